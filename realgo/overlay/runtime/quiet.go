// Quiet: when nothing goes on by itself. Observed, never slept for. Not part of Go.

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// why things are not quiet; npQuiesce gives the last reason it saw
const (
	npQuiet        = iota
	npStillRecords // a record was made since the last look
	npStillRuns    // a P is not idle, an M spins, or a goroutine runs
	npNotAsleep    // the poller is not asleep, or has something to fetch
	npTimerPending // a timer is still to fire
	npStartedAgain // quiet at first, not at the second look
	npNotRecording // there is no record to look at
)

// npQuiesce waits until two looks in a row find all of it quiet: all Ps idle, nobody spinning, no
// goroutine but the host's running or in a system call, the poller truly asleep in poll(2) with
// nothing ready (or, held, at the gate or stopped), and no record made between.
// With end, no timer may be pending either.
func npQuiesce(timeout int64, held, end bool) uint64 {
	if npBase == 0 {
		return npNotRecording
	}
	t0 := nanotime()
	last := ^uint64(0)
	for good := 0; ; usleep(5) {
		i := npNow()
		why := npLook(i, last, held, end)
		last = i
		good++
		if why != npQuiet {
			good = 0
		}
		if good >= 2 {
			return npQuiet
		}
		if nanotime()-t0 > timeout {
			return why
		}
	}
}

func npLook(i, last uint64, held, end bool) uint64 {
	switch {
	case i != last:
		return npStillRecords
	case !npCalm():
		return npStillRuns
	case !npPollerCalm(held):
		return npNotAsleep
	case end && npLiveTimers():
		return npTimerPending
	case end && !npAllPublished(i):
		return npStillRecords
	case npNow() != i || !npCalm():
		return npStartedAgain
	}
	return npQuiet
}

// npAllPublished: is every record whole? A thread without a P, such as sysmon's, may be stalled in the
// middle of one while everything else is quiet; were it to end there, so would the readable record.
func npAllPublished(n uint64) bool {
	for i := uint64(0); i < n && i < npSlots; i++ {
		at := n - 1 - i
		s := (*npSlot)(unsafe.Pointer(npBase + npPage + uintptr(at&(npSlots-1))*unsafe.Sizeof(npSlot{})))
		if atomic.Load64(&s.seq) != at+1 {
			return false
		}
	}
	return true
}

func npCalm() bool {
	return int32(sched.npidle.Load()) == gomaxprocs && sched.nmspinning.Load() == 0 && npNoneActive()
}

func npPollerCalm(held bool) bool {
	if sched.lastpoll.Load() != 0 { // nobody is blocked in a poll: right only if nobody need be
		return netpollWaiters.Load() == 0 && !npAnyTimer()
	}
	s := atomic.Load(&npState)
	if held && (s == npAtGate || s == npStopped) {
		return true
	}
	return s == npPolling && npNothingReady() && npAsleep(npTid) && atomic.Load(&npState) == npPolling && npNothingReady()
}

func npNothingReady() bool {
	r, _ := npPoll(epfd, 0)
	return r == 0
}

// npNoneActive: no goroutine but this thread's own is runnable, running or in a system call. One in
// a long system call has lost its P to sysmon, so idle Ps alone do not prove quiet.
func npNoneActive() bool {
	self := getg().m.curg
	ptr, n := atomicAllG()
	for i := uintptr(0); i < n; i++ {
		gp := atomicAllGIndex(ptr, i)
		if gp == self {
			continue
		}
		switch readgstatus(gp) &^ _Gscan {
		case _Grunnable, _Grunning, _Gsyscall:
			return false
		}
	}
	return true
}

// npAsleep: proc(5), /proc/PID/task/TID/stat: the letter after the name's closing parenthesis.
func npAsleep(tid uint64) bool {
	var path, line [64]byte
	npStatPath(&path, tid)
	fd := open(&path[0], 0, 0)
	if fd < 0 {
		return false
	}
	n := read(fd, noescape(unsafe.Pointer(&line[0])), int32(len(line)))
	closefd(fd)
	for i := int32(0); i+2 < n; i++ {
		if line[i] == ')' {
			return line[i+2] == 'S'
		}
	}
	return false
}

func npStatPath(path *[64]byte, tid uint64) {
	var digits [20]byte
	n := 0
	for ; tid > 0; tid /= 10 {
		digits[n] = byte('0' + tid%10)
		n++
	}
	k := copy(path[:], "/proc/self/task/")
	for n > 0 {
		n--
		path[k] = digits[n]
		k++
	}
	copy(path[k:], "/stat")
}
