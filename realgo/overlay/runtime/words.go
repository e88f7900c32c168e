// The accesses to the shared words, each with its record. Not part of Go.
//
// Each function does what Go's text does at that place, between reading npNow and taking the
// record's index. A Store is a Swap whose result is recorded: on amd64 both are one XCHG.

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// npValue is what rg or wg holds, without an address: 0, 1, 2, or the goroutine's number + 1000.
// It is read before the access, while a parked goroutine cannot end.
//
//go:nosplit
func npValue(x uintptr) uint64 {
	if x <= pdWait {
		return uint64(x)
	}
	return (*g)(unsafe.Pointer(x)).goid + 1000
}

//go:nosplit
func npFd(pd *pollDesc) uint64 {
	if pd == nil {
		return ^uint64(0)
	}
	return uint64(pd.fd)
}

//go:nosplit
func npDone(ok bool) uint16 {
	if ok {
		return 0
	}
	return npFlagFailed
}

//go:nosplit
//go:nowritebarrierrec
func npCas(kind uint16, w *atomic.Uintptr, old, new uintptr, pd *pollDesc, mode int32, more uint64) bool {
	if npOn == 0 {
		return w.CompareAndSwap(old, new)
	}
	was, will := npValue(old), npValue(new)
	before := npNow()
	ok := w.CompareAndSwap(old, new)
	npPut(kind, npDone(ok), before, npSlotAddress(w), was, will, npFd(pd), uint64(mode), more)
	return ok
}

//go:nosplit
//go:nowritebarrierrec
func npLoad(kind uint16, w *atomic.Uintptr, pd *pollDesc, mode int32, more uint64) uintptr {
	if npOn == 0 {
		return w.Load()
	}
	before := npNow()
	is := w.Load()
	v := npValue(is)
	npPut(kind, 0, before, npSlotAddress(w), v, v, npFd(pd), uint64(mode), more)
	return is
}

//go:nosplit
//go:nowritebarrierrec
func npSwap(kind uint16, w *atomic.Uintptr, new uintptr, pd *pollDesc, mode int32) uintptr {
	if npOn == 0 {
		return w.Swap(new)
	}
	before := npNow()
	was := w.Swap(new)
	npPut(kind, 0, before, npSlotAddress(w), npValue(was), npValue(new), npFd(pd), uint64(mode), 0)
	return was
}

//go:nosplit
//go:nowritebarrierrec
func npWakeSigCas() bool {
	if npOn == 0 {
		return netpollWakeSig.CompareAndSwap(0, 1)
	}
	before := npNow()
	ok := netpollWakeSig.CompareAndSwap(0, 1)
	npPut(npkBreakCas, npDone(ok), before, uint64(uintptr(unsafe.Pointer(&netpollWakeSig))), 0, 1, 0, 0, 0)
	return ok
}

//go:nosplit
//go:nowritebarrierrec
func npWakeSigClear() {
	if npOn == 0 {
		netpollWakeSig.Store(0)
		return
	}
	before := npNow()
	was := netpollWakeSig.Swap(0)
	npPut(npkBreakClear, 0, before, uint64(uintptr(unsafe.Pointer(&netpollWakeSig))), uint64(was), 0, 0, 0, 0)
}

//go:nosplit
//go:nowritebarrierrec
func npLastpollLoad(place uint64) int64 {
	if npOn == 0 {
		return sched.lastpoll.Load()
	}
	before := npNow()
	is := sched.lastpoll.Load()
	npPut(npkLastpollLoad, 0, before, uint64(uintptr(unsafe.Pointer(&sched.lastpoll))), uint64(is), uint64(is), 0, 0, place)
	return is
}

//go:nosplit
//go:nowritebarrierrec
func npLastpollSwap(kind uint16, new int64, place uint64) int64 {
	if npOn == 0 {
		return sched.lastpoll.Swap(new)
	}
	before := npNow()
	was := sched.lastpoll.Swap(new)
	npPut(kind, 0, before, uint64(uintptr(unsafe.Pointer(&sched.lastpoll))), uint64(was), uint64(new), 0, 0, place)
	return was
}

//go:nosplit
//go:nowritebarrierrec
func npLastpollCas(kind uint16, old, new int64, place uint64) bool {
	if npOn == 0 {
		return sched.lastpoll.CompareAndSwap(old, new)
	}
	before := npNow()
	ok := sched.lastpoll.CompareAndSwap(old, new)
	npPut(kind, npDone(ok), before, uint64(uintptr(unsafe.Pointer(&sched.lastpoll))), uint64(old), uint64(new), 0, 0, place)
	return ok
}

//go:nosplit
//go:nowritebarrierrec
func npWaitersAdd(delta int32) {
	if npOn == 0 {
		netpollWaiters.Add(delta)
		return
	}
	before := npNow()
	is := netpollWaiters.Add(delta)
	npPut(npkWaitersAdd, 0, before, uint64(uintptr(unsafe.Pointer(&netpollWaiters))), uint64(is-uint32(delta)), uint64(is), 0, 0, uint64(delta))
}

//go:nosplit
//go:nowritebarrierrec
func npAnyWaiters(place uint64) bool {
	if npOn == 0 {
		return netpollWaiters.Load() > 0
	}
	before := npNow()
	is := netpollWaiters.Load()
	npPut(npkWaitersLoad, 0, before, uint64(uintptr(unsafe.Pointer(&netpollWaiters))), uint64(is), uint64(is), 0, 0, place)
	return is > 0
}
