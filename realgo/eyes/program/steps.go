package main

import (
	"errors"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	_ "unsafe" // for linkname
)

//go:linkname isPollDescriptor internal/poll.IsPollDescriptor
func isPollDescriptor(fd uintptr) bool

// How a step ended, as realgo/eyes/notes.py reads it; an errno stands behind firstErrno.
const (
	endedOk          = 0
	endedEOF         = 1
	endedTimeout     = 2
	endedClosed      = 3
	endedNoDeadline  = 4
	endedNotPollable = 5
	endedUnknown     = 6
	firstErrno       = 1000
)

const chunkBytes = 4096

var zeros [chunkBytes]byte
var one = [8]byte{1} // what is written to an eventfd

var files []atomic.Pointer[os.File]

func openAll() {
	files = make([]atomic.Pointer[os.File], len(scenario.Descriptors))
	for i := range files {
		openDescriptor(i)
	}
}

// openDescriptor makes a file of an inherited number, which the outside made nonblocking: so the
// poller registers it.
func openDescriptor(place int) {
	d := &scenario.Descriptors[place]
	files[place].Store(os.NewFile(uintptr(d.Number), d.Name))
}

// reopen puts the next spare under the old number. It does not give up its P meanwhile.
func reopen(place int) {
	d := &scenario.Descriptors[place]
	spare := d.Spares[0]
	d.Spares = d.Spares[1:]
	must(syscall.Dup3(spare, d.Number, syscall.O_CLOEXEC))
	must(syscall.Close(spare))
	openDescriptor(place)
}

func start(number int) { go perform(number) }

func perform(number int) {
	markGoroutine(number)
	note(noteStart, number, 0, 0, 0)
	steps := scenario.Goroutines[number].Steps
	size := len(one)
	for i := range steps {
		if steps[i].Bytes > size {
			size = steps[i].Bytes
		}
	}
	buffer := make([]byte, size)
	for i := range steps {
		note(noteBegin, number, i, 0, 0)
		n, err := step(&steps[i], buffer)
		note(noteEnd, number, i, n, ended(err))
	}
	note(noteDone, number, 0, 0, 0)
}

func step(s *Step, buffer []byte) (n int, err error) {
	if s.Fd >= 0 {
		return onDescriptor(s, files[s.Fd].Load(), buffer)
	}
	switch s.Op {
	case "sleep":
		time.Sleep(time.Duration(s.Ns))
	case "busy":
		for begun := time.Now(); time.Since(begun) < time.Duration(s.Ns); {
		}
	case "yield":
		runtime.Gosched()
	case "go":
		start(s.G)
	case "is_poll_descriptor":
		own := notes.header.epoll
		if s.Fd == ownBreak {
			own = notes.header.breaks
		}
		n = yes(int(own))
	default:
		must(errors.New("there is no step called " + s.Op))
	}
	return n, nil
}

func onDescriptor(s *Step, f *os.File, buffer []byte) (n int, err error) {
	switch s.Op {
	case "read":
		n, err = f.Read(buffer[:s.Bytes])
	case "write":
		copy(buffer, one[:]) // what a read left there may be too large for an eventfd
		n, err = f.Write(buffer[:s.Bytes])
	case "fill":
		err = fill(scenario.Descriptors[s.Fd].Number)
	case "set_read_deadline":
		err = f.SetReadDeadline(deadline(s.Ns))
	case "set_write_deadline":
		err = f.SetWriteDeadline(deadline(s.Ns))
	case "set_deadline":
		err = f.SetDeadline(deadline(s.Ns))
	case "close":
		err = f.Close()
	case "reopen":
		reopen(s.Fd)
	case "is_poll_descriptor":
		n = yes(scenario.Descriptors[s.Fd].Number)
	default:
		must(errors.New("there is no step called " + s.Op))
	}
	return n, err
}

// fill writes until not even a byte is taken, without the poller. EAGAIN is no error here.
func fill(fd int) error {
	for _, size := range [...]int{chunkBytes, 1} {
		for {
			_, err := syscall.Write(fd, zeros[:size])
			if err == syscall.EAGAIN {
				break
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// deadline turns what a step says into a time: 0 is none, a negative number is in the past.
func deadline(ns int64) time.Time {
	switch {
	case ns == 0:
		return time.Time{}
	case ns < 0:
		return time.Now().Add(-time.Second)
	}
	return time.Now().Add(time.Duration(ns))
}

func yes(fd int) int {
	if isPollDescriptor(uintptr(fd)) {
		return 1
	}
	return 0
}

func ended(err error) uint64 {
	var errno syscall.Errno
	var path *os.PathError
	switch {
	case err == nil:
		return endedOk
	case err == io.EOF:
		return endedEOF
	case errors.Is(err, os.ErrDeadlineExceeded):
		return endedTimeout
	case errors.Is(err, os.ErrClosed), err.Error() == "use of closed file":
		return endedClosed // a deadline of a closed file: internal/poll.ErrFileClosing, as it is
	case errors.Is(err, os.ErrNoDeadline):
		return endedNoDeadline
	case errors.As(err, &errno):
		return firstErrno + uint64(errno)
	case errors.As(err, &path) && path.Err.Error() == "not pollable": // which nobody else can name
		return endedNotPollable
	}
	return endedUnknown
}
