package main

import (
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Each descriptor and each peer has a number of its own. What the runtime and this program open for
// a moment takes the lowest number that is free, so those stay below.
const firstNumber = 64

const fileBytes = 4096
const sendBufferBytes = 16384

const sysMemfdCreate = 319 // asm/unistd_64.h; package syscall does not name it
const memfdCloexec = 1     // memfd_create(2): MFD_CLOEXEC

// descriptor is Go's end and the outside's. file is replaced when it is reopened.
type descriptor struct {
	name, kind   string
	number, peer int
	file         atomic.Pointer[os.File]
}

var descriptors []*descriptor

var zeros [1 << 20]byte
var one = [8]byte{1} // what is written to an eventfd

func openAll() {
	for i, d := range scenario.Descriptors {
		number := firstNumber + 2*i
		descriptors = append(descriptors, &descriptor{name: d.Name, kind: d.Kind, number: number, peer: number + 1})
		descriptors[i].open()
	}
}

// open gives the descriptor and its peer new files under their numbers. An old peer is closed.
func (d *descriptor) open() {
	ours, peer, err := pair(d.kind)
	if err != nil {
		d.short(err)
	}
	d.move(ours, d.number)
	if peer != none {
		d.move(peer, d.peer)
	}
	d.file.Store(os.NewFile(uintptr(d.number), d.name))
}

func (d *descriptor) move(from, to int) {
	err := syscall.Dup3(from, to, syscall.O_CLOEXEC)
	if err == nil {
		err = syscall.Close(from)
	}
	if err == nil {
		// A file is made nonblocking too: only then does os.NewFile ask the poller, which epoll refuses.
		err = syscall.SetNonblock(to, true)
	}
	if err != nil {
		d.short(err)
	}
}

func (d *descriptor) short(err error) {
	var limit syscall.Rlimit
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	unavailable(fmt.Sprintf("could not open %s, a %s, as number %d: %v. The scenario has %d descriptors, and a process may have numbers below %d here; see `ulimit -Hn`.",
		d.name, d.kind, d.number, err, len(scenario.Descriptors), limit.Cur))
}

// pair opens Go's end and the outside's of a new descriptor; a file has no other end.
func pair(kind string) (int, int, error) {
	var ends [2]int
	var err error
	switch kind {
	case "socketpair":
		ends, err = syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err == nil {
			err = smallBuffers(ends)
		}
	case "tcp":
		ends, err = tcp()
	case "pipe.read":
		err = syscall.Pipe2(ends[:], syscall.O_CLOEXEC)
	case "pipe.write":
		err = syscall.Pipe2(ends[:], syscall.O_CLOEXEC)
		ends[0], ends[1] = ends[1], ends[0]
	case "eventfd":
		ends[0], err = result(syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC, 0))
		if err == nil {
			ends[1], err = syscall.Dup(ends[0])
		}
	case "file":
		ends[0], err = file()
		ends[1] = none
	default:
		giveUp("there is no kind of descriptor called " + kind)
	}
	return ends[0], ends[1], err
}

// file is a regular file that no folder holds.
func file() (int, error) {
	name := [...]byte{'f', 0}
	fd, err := result(syscall.Syscall(sysMemfdCreate, uintptr(unsafe.Pointer(&name)), memfdCloexec, 0))
	if err == nil {
		_, err = syscall.Pwrite(fd, zeros[:fileBytes], 0)
	}
	return fd, err
}

func tcp() (ends [2]int, err error) {
	listener, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return ends, err
	}
	defer syscall.Close(listener)
	if err = syscall.Bind(listener, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return ends, err
	}
	if err = syscall.Listen(listener, 1); err != nil {
		return ends, err
	}
	address, err := syscall.Getsockname(listener)
	if err != nil {
		return ends, err
	}
	if ends[1], err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0); err != nil {
		return ends, err
	}
	if err = syscall.Connect(ends[1], address); err != nil {
		return ends, err
	}
	if ends[0], _, err = syscall.Accept4(listener, syscall.SOCK_CLOEXEC); err != nil {
		return ends, err
	}
	for _, end := range ends {
		if err = syscall.SetsockoptInt(end, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
			return ends, err
		}
	}
	return ends, smallBuffers(ends)
}

func smallBuffers(ends [2]int) error {
	for _, end := range ends {
		if err := syscall.SetsockoptInt(end, syscall.SOL_SOCKET, syscall.SO_SNDBUF, sendBufferBytes); err != nil {
			return err
		}
	}
	return nil
}

func result(r, _ uintptr, errno syscall.Errno) (int, error) {
	if errno != 0 {
		return none, errno
	}
	return int(r), nil
}
