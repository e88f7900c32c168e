// The stimulus: what the outside does, by a thread without a P. Not part of Go.

package runtime

import (
	"internal/runtime/atomic"
	sc "internal/runtime/syscall/linux"
	"unsafe"
)

var npT0 int64 // the script's start

// npOp is one operation; the interpreter lays them out in an array of its own.
type npOp struct {
	op                         uint64
	nr, a0, a1, a2, a3, a4, a5 uint64
	ret, errno                 uint64
}

// the operations; what each takes and gives stands in interpreter.go
const (
	npOpSyscall = iota
	npOpQuiet
	npOpSleepUntil
	npOpEntry
	npOpHold
	npOpSyscallAll
	npOpHeldQuiet
	npOpFinalQuiet
	npOpFetch
	npOpStart
	npOpRelease
	npOpUnsent
	npOpAction
	npOpSetup
)

//go:nosplit
func npRunOps(ops unsafe.Pointer, n int) {
	systemstack(func() {
		for i := 0; i < n; i++ {
			npRunOp((*npOp)(add(ops, uintptr(i)*unsafe.Sizeof(npOp{}))))
		}
	})
}

func npRunOp(o *npOp) {
	switch o.op {
	case npOpSyscall:
		npSyscall(o)
		npRec(npkStimulus, o.nr, o.a0, o.ret, o.errno, 0, 0)
	case npOpSyscallAll:
		for npSyscall(o); o.errno == 0 && o.ret != 0; npSyscall(o) {
		}
		npRec(npkStimulus, o.nr, o.a0, o.ret, o.errno, 1, 0)
	case npOpQuiet, npOpHeldQuiet, npOpFinalQuiet:
		o.ret = npQuiesce(int64(o.a0), o.op == npOpHeldQuiet, o.op == npOpFinalQuiet)
		npRec(npkQuiet, o.op, o.ret, 0, 0, 0, 0)
	case npOpSleepUntil:
		npSleepUntil(npT0 + int64(o.a0))
	case npOpEntry:
		if o.a1 != 0 { // an untimed script takes no time
			npPolledNow()
		}
		npRec(npkEntry, o.a0, npb(atomic.Load(&npState) != npAway), 0, 0, 0, 0)
	case npOpAction:
		npRec(npkAction, o.a0, o.a1, o.a2, 0, 0, 0)
	case npOpHold:
		atomic.Store(&npHold, 1)
		npRec(npkHold, 0, 0, 0, 0, 0, 0)
	case npOpFetch:
		o.ret = npLetFetch(int64(o.a0))
		npRec(npkFetch, o.ret, 0, 0, 0, 0, 0)
	case npOpRelease:
		atomic.Store(&npHold, 0)
		atomic.Store(&npFetch, 0)
		npRec(npkRelease, 0, 0, 0, 0, 0, 0)
	case npOpUnsent:
		npAwaitSent(o.a0)
	case npOpSetup:
		npSetUp()
	case npOpStart:
		npPolledNow()
		atomic.Store(&npTimeless, uint32(o.a0))
		npT0 = nanotime()
		npRec(npkScript, uint64(npT0), 0, 0, 0, 0, 0)
	}
}

func npSyscall(o *npOp) {
	r, _, e := sc.Syscall6(uintptr(o.nr), uintptr(o.a0), uintptr(o.a1), uintptr(o.a2), uintptr(o.a3), uintptr(o.a4), uintptr(o.a5))
	o.ret, o.errno = uint64(r), uint64(e)
}

func npSleepUntil(due int64) {
	for left := due - nanotime(); left > 0; left = due - nanotime() {
		usleep(uint32(left/1000 + 1))
	}
}

// npLetFetch lets the poller at the gate fetch, and waits until it stands before the first event.
func npLetFetch(timeout int64) uint64 {
	t0 := nanotime()
	atomic.Store(&npFetch, 1)
	for atomic.Load(&npState) != npStopped {
		if nanotime()-t0 > timeout {
			return 1
		}
		usleep(5)
	}
	return 0
}

const npSysIoctl, npSiocoutq, npMostLooks = 16, 0x5411, 10000

// npAwaitSent waits until nothing is unsent on a TCP socket: tcp(7), SIOCOUTQ.
func npAwaitSent(fd uint64) {
	var unsent int32
	for i := 0; i < npMostLooks; i++ {
		_, _, e := sc.Syscall6(npSysIoctl, uintptr(fd), npSiocoutq, uintptr(noescape(unsafe.Pointer(&unsent))), 0, 0, 0)
		if e != 0 || unsent == 0 {
			return
		}
		usleep(5)
	}
}

// npSetUp begins the set-up, which takes no time: the monitor has no turn, and no P is about to
// look at the global queue first, as findRunnable does in every 61st turn.
func npSetUp() {
	atomic.Store(&npTimeless, 1)
	for _, pp := range allp {
		if pp != nil {
			pp.schedtick = 1
		}
	}
}

// npPolledNow: as if the last poll had just been, so that the monitor has no reason to poll.
func npPolledNow() {
	if last := sched.lastpoll.Load(); last != 0 {
		npLastpollCas(npkLastpollCas, last, nanotime(), npAtHost)
	}
}
