package main

import "syscall"

var sink [1 << 16]byte

var noLinger = [2]int32{1, 0} // socket(7): a close then sends a reset
var enabled int32 = 1

const pollIn = 1 // poll(2): POLLIN

// poll(2): struct pollfd
var epoll struct {
	fd              int32
	events, revents int16
}

// look records, without fetching anything, whether epoll has something to be fetched.
func (h *host) look() {
	fd, _ := npFds()
	epoll.fd, epoll.events = int32(fd), pollIn
	h.call(opSyscall, syscall.SYS_POLL, address(&epoll), 1, 0)
}

// outside turns an action at a peer into system calls.
func (h *host) outside(a *Action) {
	d := descriptors[a.Fd]
	peer := uint64(d.peer)
	switch a.Op {
	case "write":
		h.call(opSyscall, syscall.SYS_WRITE, peer, d.message(), uint64(a.Bytes))
	case "read":
		h.call(opSyscall, syscall.SYS_READ, peer, address(&sink), uint64(a.Bytes))
	case "fill":
		for _, size := range [...]uint64{chunkBytes, 1} {
			h.call(opRepeat, syscall.SYS_WRITE, peer, address(&zeros), size)
		}
	case "drain":
		h.call(opRepeat, syscall.SYS_READ, peer, address(&sink), uint64(len(sink)))
	case "shutdown":
		h.call(opSyscall, syscall.SYS_SHUTDOWN, peer, syscall.SHUT_WR, 0)
	case "close":
		h.call(opSyscall, syscall.SYS_CLOSE, peer, 0, 0)
	case "reset":
		h.setOption(peer, syscall.SOL_SOCKET, syscall.SO_LINGER, address(&noLinger), 8)
		h.call(opSyscall, syscall.SYS_CLOSE, peer, 0, 0)
	default:
		giveUp("there is no action called " + a.Op)
	}
	if d.kind == "tcp" && (a.Op == "write" || a.Op == "shutdown") {
		// Even over loopback it arrives a little later than sent; the answer to it comes at once,
		// not after up to 40 ms, when it is asked for.
		h.setOption(uint64(d.number), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, address(&enabled), 4)
		h.add(opArrived, peer)
	}
}

// message is what an action writes: an eventfd takes a number.
func (d *descriptor) message() uint64 {
	if d.kind == "eventfd" {
		return address(&one)
	}
	return address(&zeros)
}

func (h *host) call(kind, nr, a0, a1, a2 uint64) {
	h.todo = append(h.todo, op{op: kind, nr: nr, a0: a0, a1: a1, a2: a2})
}

func (h *host) setOption(fd, level, name, value, size uint64) {
	h.todo = append(h.todo, op{op: opSyscall, nr: syscall.SYS_SETSOCKOPT, a0: fd, a1: level, a2: name, a3: value, a4: size})
}
