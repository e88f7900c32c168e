package main

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// The notes: a shared file mapping in which the program's own code (not its runtime) writes down
// what its steps came to. Layout as in realgo/eyes/notes.py: the header, then the slots.

type noteHeader struct {
	written       uint64 // slots that were asked for
	slots         uint64
	epoll, breaks int64 // the poller's own descriptors, which the outside found and wrote here
}

type noteSlot struct {
	kind      uint64 // stored last: it publishes the slot
	goroutine uint64
	step      uint64
	count     int64
	ended     uint64
	ns        int64
}

const (
	noteStart = 1 + iota
	noteBegin
	noteEnd
	noteDone
	noteScript
)

const notesOffset = 64

var clock struct {
	at time.Time
	ns int64
}

var notes struct {
	header *noteHeader
	base   unsafe.Pointer
}

func openNotes(fd int) {
	var stat syscall.Stat_t
	must(syscall.Fstat(fd, &stat))
	page, err := syscall.Mmap(fd, 0, int(stat.Size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	must(err)
	notes.header = (*noteHeader)(unsafe.Pointer(&page[0]))
	notes.base = unsafe.Pointer(&page[notesOffset])
	setClock()
}

// setClock finds what CLOCK_MONOTONIC shows at a time of the runtime's clock. Of several tries the one
// counts between whose two looks the least time passed: elsewhere this thread was interrupted.
func setClock() {
	const clockMonotonic = 1
	const tries = 32
	least := time.Hour
	for i := 0; i < tries; i++ {
		var ts syscall.Timespec
		before := time.Now()
		_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&ts)), 0)
		took := time.Since(before)
		if errno != 0 {
			must(errno)
		}
		if took < least {
			least = took
			clock.at = before.Add(took / 2)
			clock.ns = ts.Nano()
		}
	}
}

// note takes a slot; past the last one it only counts, which the outside sees.
func note(kind uint64, goroutine, step int, count int, ended uint64) {
	place := atomic.AddUint64(&notes.header.written, 1) - 1
	if place >= notes.header.slots {
		return
	}
	slot := (*noteSlot)(unsafe.Add(notes.base, uintptr(place)*unsafe.Sizeof(noteSlot{})))
	slot.goroutine = uint64(goroutine)
	slot.step = uint64(step)
	slot.count = int64(count)
	slot.ended = ended
	slot.ns = now()
	atomic.StoreUint64(&slot.kind, kind)
}
