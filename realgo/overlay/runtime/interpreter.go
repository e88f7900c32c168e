// What the interpreter may call. Not part of Go.
//
// These functions are pushed to package main by linkname: a main that wants one declares it without
// a body, beside an empty .s file. A main that declares none is an ordinary program.
//
//	func npControl(on uint32) bool            begin (1) or end (0) recording; false: no record is mapped
//	func npUser(a, b, c, d uint64)            one record of kind USER
//	func npGoid() uint64                      the calling goroutine's number
//	func npFds() (epoll, breaker int)         the poller's own descriptors
//	func npRaw(ops unsafe.Pointer, n int)     perform n operations on this thread, without a P
//
// An operation is ten uint64: op, nr, a0 to a5, ret, errno. Times are ns.
//
//	 0 system call nr(a0..a5), gives ret and errno            record STIMULUS nr, a0, ret, errno, 0
//	 1 quiet; a0 timeout; ret 0 or why not (quiet.go)         record QUIET op, ret
//	 2 sleep until a0 after the script's start
//	 3 entry a0 begins; a1: the script is untimed             record ENTRY a0, a poller is blocked
//	 4 hold: shut the gate                                    record HOLD
//	 5 the same system call until it fails or gives 0         record STIMULUS nr, a0, ret, errno, 1
//	 6 held quiet, as 1                                       record QUIET
//	 7 quiet and no timer pending, as 1                       record QUIET
//	 8 fetch: let the poller fetch, and stop it; as 1         record FETCH ret
//	 9 the script starts; a0: it is untimed                   record SCRIPT its time
//	10 release: open the gate                                 record RELEASE
//	11 wait until nothing is unsent on socket a0
//	12 action a1 of entry a0 follows, with detail a2          record ACTION a0, a1, a2
//	13 set-up starts
//
// Recording begins in netpollinit, with the first descriptor or timer. npControl(1) sees to it that
// netpollinit has run. The gate works only with the gate flag in the record's header.

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

//go:linkname npControl main.npControl
func npControl(on uint32) bool {
	netpollGenericInit()
	if npBase == 0 {
		return false
	}
	atomic.Store(&npOn, on)
	return true
}

//go:linkname npUser main.npUser
func npUser(a, b, c, d uint64) { npRec(npkUser, a, b, c, d, 0, 0) }

//go:linkname npGoid main.npGoid
func npGoid() uint64 { return getg().goid }

//go:linkname npFds main.npFds
func npFds() (epoll, breaker int) { return int(epfd), int(netpollEventFd) }

// npRaw gives its P up first, as notetsleepg does: the outside has no scheduler interaction.
//
//go:linkname npRaw main.npRaw
func npRaw(ops unsafe.Pointer, n int) {
	entersyscallblock()
	npRunOps(ops, n)
	exitsyscall()
}
