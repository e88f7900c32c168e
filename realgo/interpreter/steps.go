package main

import (
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"
	_ "unsafe" // for linkname
)

//go:linkname isPollDescriptor internal/poll.IsPollDescriptor
func isPollDescriptor(fd uintptr) bool

// How a step ended, as realgo/outcomes.py reads it; an errno stands behind firstErrno.
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

// perform does all steps of a goroutine.
func perform(number int) {
	npUser(userEnters, uint64(number), 0, 0)
	steps := scenario.Goroutines[number].Steps
	buffer := bufferFor(steps)
	for i := range steps {
		npUser(userStepBegins, uint64(i), 0, 0)
		n, err := step(&steps[i], buffer)
		npUser(userStepEnds, uint64(i), uint64(n), outcome(err))
	}
	npUser(userDone, 0, 0, 0)
}

// start is the go statement, with a record of who starts whom.
func start(number int) {
	npUser(userGo, uint64(number), 0, 0)
	go perform(number)
}

func bufferFor(steps []Step) []byte {
	size := len(one)
	for i := range steps {
		if steps[i].Bytes > size {
			size = steps[i].Bytes
		}
	}
	return make([]byte, size)
}

func step(s *Step, buffer []byte) (n int, err error) {
	if s.Fd >= 0 {
		return onDescriptor(s, descriptors[s.Fd], buffer)
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
		epfd, breakFd := npFds()
		if s.Fd == ownEpoll {
			n = yes(epfd)
		} else {
			n = yes(breakFd)
		}
	default:
		giveUp("there is no step called " + s.Op)
	}
	return n, nil
}

func onDescriptor(s *Step, d *descriptor, buffer []byte) (n int, err error) {
	f := d.file.Load()
	switch s.Op {
	case "read":
		n, err = f.Read(buffer[:s.Bytes])
	case "write":
		copy(buffer, one[:]) // an eventfd takes a number; what a read left there may be too large
		n, err = f.Write(buffer[:s.Bytes])
	case "fill":
		err = fill(d)
	case "set_read_deadline":
		err = f.SetReadDeadline(deadline(s.Ns))
	case "set_write_deadline":
		err = f.SetWriteDeadline(deadline(s.Ns))
	case "set_deadline":
		err = f.SetDeadline(deadline(s.Ns))
	case "close":
		err = f.Close()
	case "reopen":
		d.open()
	case "is_poll_descriptor":
		n = yes(d.number)
	default:
		giveUp("there is no step called " + s.Op)
	}
	return n, err
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

func outcome(err error) uint64 {
	var errno syscall.Errno
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
	case inner(err) == "not pollable": // internal/poll.ErrNotPollable, which nobody else can name
		return endedNotPollable
	}
	complain("a step ended with an error that no word is known for: " + err.Error())
	return endedUnknown
}

func inner(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return ""
}
