package main

import (
	"syscall"
	"time"
	"unsafe"
)

const chunkBytes = 4096
const soMeminfo = 55 // asm-generic/socket.h: SO_MEMINFO
const siocoutq = 0x5411
const arrivalLimit = time.Second

// fill writes until not even a byte is taken, without the poller. EAGAIN is no error here.
func fill(d *descriptor) error {
	for _, size := range [...]int{chunkBytes, 1} {
		for {
			if d.kind == "tcp" && !hasRoom(d.number) {
				waitForArrival(d)
			}
			_, err := syscall.Write(d.number, zeros[:size])
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

// hasRoom says whether less than half of a send buffer is in use. While something is under way
// beyond that, a refusal would not be the last: its arrival makes room again, and an event.
func hasRoom(fd int) bool {
	var words [9]uint32 // linux/sock_diag.h: [3] is the limit of the send buffer, [5] its use
	size := uint32(unsafe.Sizeof(words))
	_, _, errno := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), syscall.SOL_SOCKET, soMeminfo,
		uintptr(unsafe.Pointer(&words)), uintptr(unsafe.Pointer(&size)), 0)
	return errno != 0 || words[5] < words[3]/2
}

// waitForArrival returns when nothing is under way from either end. What is left over by then has to
// wait until the peer reads.
func waitForArrival(d *descriptor) {
	for limit := time.Now().Add(arrivalLimit); underWay(d.number) || underWay(d.peer); {
		acknowledge(d.number)
		acknowledge(d.peer)
		if time.Now().After(limit) {
			complain("what a fill of " + d.name + " wrote over TCP had not arrived after a second")
			return
		}
	}
}

const unackedOffset = 24 // linux/tcp.h: tcpi_unacked, a count of segments, in struct tcp_info

func underWay(fd int) bool {
	var unsent int32
	_, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), siocoutq, uintptr(unsafe.Pointer(&unsent)))
	if errno != 0 || unsent == 0 {
		return false
	}
	var info [64]byte
	size := uint32(len(info))
	_, _, errno = syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), syscall.IPPROTO_TCP, syscall.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	return errno == 0 && *(*uint32)(unsafe.Pointer(&info[unackedOffset])) != 0
}

// acknowledge makes a socket say at once what it got, not after up to 40 ms.
func acknowledge(fd int) {
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) // it may be closed
}
