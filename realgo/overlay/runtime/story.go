// What happened beside the accesses, for the pictures and the trace. Not part of Go.

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// npSlotAddress is the identity of rg or wg, as the accesses have it.
//
//go:nosplit
func npSlotAddress(w *atomic.Uintptr) uint64 { return uint64(uintptr(unsafe.Pointer(w))) }

//go:nosplit
func npPdAddress(pd *pollDesc) uint64 { return uint64(uintptr(unsafe.Pointer(pd))) }

//go:nosplit
func npNowOr0() uint64 {
	if npOn == 0 {
		return 0
	}
	return npNow()
}

// npDrained spans the read, so that who clears netpollWakeSig too early is seen to.
//
//go:nosplit
//go:nowritebarrierrec
func npDrained(before uint64) {
	if npOn != 0 {
		npPut(npkBreakDrain, 0, before, 0, 0, 0, 0, 0, 0)
	}
}

//go:nowritebarrierrec
func npEvent(pd *pollDesc, mask uint32, tag uintptr) {
	npRec(npkEvent, uint64(pd.fd), uint64(mask), npPdAddress(pd), uint64(tag), uint64(pd.fdseq.Load()), 0)
}

func npOpened(fd uintptr, pd *pollDesc) {
	npRec(npkOpen, uint64(fd), npPdAddress(pd), uint64(pd.fdseq.Load()), npSlotAddress(&pd.rg), npSlotAddress(&pd.wg), 0)
}

func npClosed(pd *pollDesc) {
	npRec(npkClose, uint64(pd.fd), npPdAddress(pd), uint64(pd.fdseq.Load()), npSlotAddress(&pd.rg), npSlotAddress(&pd.wg), 0)
}

func npEvicted(pd *pollDesc) {
	npRec(npkEvict, uint64(pd.fd), npPdAddress(pd), 0, npSlotAddress(&pd.rg), npSlotAddress(&pd.wg), 0)
}

func npDeadlineSet(pd *pollDesc, d int64, mode int) {
	npRec(npkSetDeadline, uint64(pd.fd), uint64(d), uint64(mode), npSlotAddress(&pd.rg), npSlotAddress(&pd.wg), 0)
}

func npDeadlineFired(pd *pollDesc, read, write bool, seq, now uintptr) {
	npRec(npkDeadlineFire, uint64(pd.fd), npb(read)|npb(write)<<1, npb(seq != now), npSlotAddress(&pd.rg), npSlotAddress(&pd.wg), 0)
}

//go:nowritebarrierrec
func npReadied(gp *g, next bool) {
	npRec(npkReady, gp.goid, npb(next), npb(gp.waitreason == waitReasonSleep), 0, 0, 0)
}

//go:nowritebarrierrec
func npExecuted(gp *g, inheritTime bool) {
	npRec(npkExecute, gp.goid, npb(inheritTime), 0, 0, 0, 0)
}

//go:nowritebarrierrec
func npPollerWoken(when int64) {
	npRec(npkWakePoller, uint64(when), uint64(sched.lastpoll.Load()), uint64(sched.pollUntil.Load()), 0, 0, 0)
}

//go:nowritebarrierrec
func npInjected(glist *gList) {
	if npOn == 0 {
		return
	}
	for gp := glist.head.ptr(); gp != nil; gp = gp.schedlink.ptr() {
		npRec(npkInject, gp.goid, 0, 0, 0, 0, 0)
	}
}
