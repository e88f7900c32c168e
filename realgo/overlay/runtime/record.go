// The recorder: fixed slots in a file that the parent made and sized. Not part of Go.
//
// The layout is that of realgo/records.py and docs/reference/record-format.md. Everything here is
// integer stores into memory that Go does not manage: no allocation, no write barrier, so that it
// may run while the world is stopped, on a thread without a P, and under the scheduler's locks.

package runtime

import (
	"internal/runtime/atomic"
	sc "internal/runtime/syscall/linux"
	"unsafe"
)

// npHeader is the first page. The two counters that both sides touch have cache lines of their own.
type npHeader struct {
	magic, version, slots, slotSize uint64
	flags, patience, pid, page      uint64
	written                         uint64
	_                               [7]uint64
	consumed                        uint64
	_                               [7]uint64
	lost, ended, replaced           uint64
}

type npSlot struct {
	seq, before, t   uint64
	kind             uint16
	p                int16
	m                int32
	g                uint64
	waiters          uint32
	flags, idle      uint16
	a, b, c, d, e, f uint64
}

// of the machine and the kernel: amd64's system calls and their flags
const (
	npSysMmap, npSysMunmap, npSysClose, npSysGetpid, npSysOpenat = 9, 11, 3, 39, 257
	npAtCwd                                                      = ^uintptr(99)
	npOpenReadWriteCloexec                                       = 0x80002
	npMapReadWrite, npMapShared                                  = 3, 1
)

const npPage = 4096

// npBase is an address, not a pointer: the mapping is not Go's, and storing it needs no barrier.
var npBase uintptr
var npSlots uint64
var npOn uint32

//go:nosplit
func npHead() *npHeader { return (*npHeader)(unsafe.Pointer(npBase)) }

// npStart maps the file that NETPOLL_RECORD names. It runs once, as netpollinit begins.
func npStart() {
	name := gogetenv("NETPOLL_RECORD")
	if name == "" {
		return
	}
	var path [4096]byte
	if len(name) >= len(path) {
		npFail("the name in NETPOLL_RECORD is too long", 0)
		return
	}
	copy(path[:], name)
	fd, _, e := sc.Syscall6(npSysOpenat, npAtCwd, uintptr(noescape(unsafe.Pointer(&path[0]))), npOpenReadWriteCloexec, 0, 0, 0)
	if e != 0 {
		npFail("cannot open the file that NETPOLL_RECORD names", e)
		return
	}
	npMapAll(fd)
	sc.Syscall6(npSysClose, fd, 0, 0, 0, 0, 0)
}

func npFail(why string, errno uintptr) {
	println("netpoll-lab: nothing is recorded:", why, "errno", errno)
}

func npMap(fd, size uintptr) uintptr {
	base, _, e := sc.Syscall6(npSysMmap, 0, size, npMapReadWrite, npMapShared, fd, 0)
	if e != 0 {
		npFail("cannot map the record file", e)
		return 0
	}
	return base
}

// npMapAll claims the file for this process and maps it all. A child inherits the variable, finds
// another process's number, and leaves the file alone.
func npMapAll(fd uintptr) {
	base := npMap(fd, npPage)
	if base == 0 {
		return
	}
	h := (*npHeader)(unsafe.Pointer(base))
	if h.magic != npMagic || h.version != npVersion || h.slotSize != uint64(unsafe.Sizeof(npSlot{})) {
		npFail("the record file has another format", 0)
		return
	}
	pid, _, _ := sc.Syscall6(npSysGetpid, 0, 0, 0, 0, 0, 0)
	if !atomic.Cas64(&h.pid, 0, uint64(pid)) {
		if atomic.Load64(&h.pid) == uint64(pid) {
			atomic.Store64(&h.replaced, 1) // by exec: this process has recorded as another program
		}
		sc.Syscall6(npSysMunmap, base, npPage, 0, 0, 0, 0)
		return
	}
	npSlots = h.slots
	npGated = h.flags&npFlagGate != 0
	sc.Syscall6(npSysMunmap, base, npPage, 0, 0, 0, 0)
	npBase = npMap(fd, npPage+uintptr(npSlots)*unsafe.Sizeof(npSlot{}))
	if npBase == 0 {
		return
	}
	// First in the record, so before others write: sysmon looks at lastpoll without having been asked.
	npPut(npkStart, 0, 0, uint64(sched.lastpoll.Load()), uint64(netpollWaiters.Load()), uint64(gomaxprocs), uint64(netpollWakeSig.Load()), 0, 0)
	atomic.Store(&npOn, 1)
}

// npNow is the number of records begun so far. Read before an access, it bounds it from below;
// the record's own index, taken after the access, bounds it from above.
//
//go:nosplit
func npNow() uint64 { return atomic.Load64(&npHead().written) }

// npRec records a thing that is no access to a shared word.
//
//go:nosplit
//go:nowritebarrierrec
func npRec(kind uint16, a, b, c, d, e, f uint64) {
	if npOn != 0 {
		npPut(kind, 0, npNow(), a, b, c, d, e, f)
	}
}

//go:nosplit
//go:nowritebarrierrec
func npPut(kind, flags uint16, before, a, b, c, d, e, f uint64) {
	h := npHead()
	i := atomic.Xadd64(&h.written, 1) - 1
	if i-atomic.Load64(&h.consumed) >= npSlots && !npAwaitReader(i) {
		return
	}
	s := (*npSlot)(unsafe.Pointer(npBase + npPage + uintptr(i&(npSlots-1))*unsafe.Sizeof(npSlot{})))
	mp := getg().m
	s.before = before
	s.t = uint64(nanotime())
	s.kind = kind
	s.m = int32(mp.id)
	s.p = -1
	if pp := mp.p.ptr(); pp != nil {
		s.p = int16(pp.id)
	}
	s.g = 0
	if mp.curg != nil {
		s.g = mp.curg.goid
	}
	if mp.spinning {
		flags |= npFlagSpinning
	}
	if sched.lastpoll.Load() == 0 {
		flags |= npFlagPolling
	}
	s.flags = flags
	s.waiters = netpollWaiters.Load()
	s.idle = uint16(sched.npidle.Load())
	s.a, s.b, s.c, s.d, s.e, s.f = a, b, c, d, e, f
	atomic.StoreRel64(&s.seq, i+1) // last: it publishes the slot
}

// npAwaitReader waits until slot i is free again. When the reader's patience is over recording ends
// for good, since a record with a hole proves nothing.
//
//go:nosplit
//go:nowritebarrierrec
func npAwaitReader(i uint64) bool {
	h := npHead()
	end := nanotime() + int64(h.patience)
	for i-atomic.Load64(&h.consumed) >= npSlots {
		if atomic.Load(&npOn) == 0 || nanotime() >= end {
			atomic.Store(&npOn, 0)
			atomic.Store64(&h.ended, 1)
			atomic.Xadd64(&h.lost, 1)
			return false
		}
		usleep(20)
	}
	return true
}

//go:nosplit
func npb(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
