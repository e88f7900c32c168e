// The gate: where a poller can be kept from fetching what is ready. Not part of Go.
//
// Without the gate flag in the record's header every poll is Go's own EpollWait.

package runtime

import (
	"internal/runtime/atomic"
	sc "internal/runtime/syscall/linux"
	"unsafe"
)

// what the one blocking poller is doing, in npState
const (
	npAway    = iota // nobody blocks in a poll
	npPolling        // in poll(2) on the epoll descriptor
	npAtGate         // something is ready, and the gate is shut
	npStopped        // it has fetched, and is stopped before the first event
)

var npGated bool
var npState uint32
var npTid uint64      // the thread of the blocking poller
var npHold uint32     // the gate is shut
var npFetch uint32    // the poller at the gate may fetch, and is to stop then
var npTimeless uint32 // no time passes: in the set-up, and in an untimed script

const npSysPoll = 7

type npPollfd struct {
	fd              int32
	events, revents int16
}

// npEpollWait is EpollWait, but a blocking wait is poll(2) on the epoll descriptor (which consumes
// nothing), then the gate, then EpollWait without waiting: what was made ready while the gate was
// shut comes as one batch.
func npEpollWait(ep int32, events []sc.EpollEvent, most, waitms int32) (int32, uintptr) {
	if !npGated {
		return sc.EpollWait(ep, events, most, waitms)
	}
	if waitms == 0 {
		if atomic.Load(&npHold) != 0 || npMonitorRests() && getg().m.p == 0 {
			return 0, 0
		}
		return sc.EpollWait(ep, events, most, 0)
	}
	npTid = getg().m.procid
	atomic.Store(&npState, npPolling)
	n, e := npGatedWait(ep, events, most, waitms)
	atomic.Store(&npState, npAway)
	return n, e
}

func npGatedWait(ep int32, events []sc.EpollEvent, most, waitms int32) (int32, uintptr) {
	end := nanotime() + int64(waitms)*1000000
	for {
		left := waitms
		if waitms > 0 {
			left = max(0, int32((end-nanotime()+999999)/1000000))
		}
		r, e := npPoll(ep, left)
		if e != 0 || r == 0 {
			return 0, e
		}
		for atomic.Load(&npHold) != 0 && atomic.Load(&npFetch) == 0 {
			atomic.Store(&npState, npAtGate)
			usleep(20)
		}
		n, e := sc.EpollWait(ep, events, most, 0)
		for n > 0 && atomic.Load(&npFetch) != 0 {
			atomic.Store(&npState, npStopped)
			usleep(20)
		}
		if n != 0 || e != 0 {
			return n, e
		}
		atomic.Store(&npState, npPolling) // another poll fetched it meanwhile
	}
}

func npPoll(fd, waitms int32) (uintptr, uintptr) {
	var pf npPollfd
	pf.fd, pf.events = fd, 1
	r, _, e := sc.Syscall6(npSysPoll, uintptr(noescape(unsafe.Pointer(&pf))), 1, uintptr(int(waitms)), 0, 0, 0)
	return r, e
}

// npMonitorRests: where no time passes sysmon has no turn, for all that it does needs time to have
// passed: 10 ms without a poll, 10 ms in one goroutine, a look's while in one system call. Were it
// let, a stall of the machine would look like something that Go does.
//
//go:nosplit
func npMonitorRests() bool { return atomic.Load(&npTimeless) != 0 }
