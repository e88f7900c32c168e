package main

import (
	"fmt"
	"syscall"
	"unsafe"
)

// host collects what the outside does, and does it while it has no P: nothing of it is an event for
// the scheduler. Only for a go statement does it come back and take one.
type host struct{ todo []op }

func (h *host) add(kind, a0 uint64) { h.todo = append(h.todo, op{op: kind, a0: a0}) }

// leave does what was collected.
func (h *host) leave() {
	if len(h.todo) > 0 {
		npRaw(unsafe.Pointer(&h.todo[0]), len(h.todo))
	}
	for i := range h.todo {
		h.todo[i].check()
	}
	h.todo = h.todo[:0]
}

// What the kernel says of an action that can have no effect now, since a buffer is full or empty, or
// an end is gone. EBADF: the outside's own end.
var refused = map[syscall.Errno]bool{
	syscall.EAGAIN: true, syscall.EPIPE: true, syscall.ECONNRESET: true, syscall.ENOTCONN: true, syscall.EBADF: true,
}

// Barriers, and what did not come to pass if one was not reached.
var barriers = map[uint64]string{
	opQuiet:      "things were not quiet in time",
	opHeldQuiet:  "things were not quiet in time, inside a hold",
	opFinalQuiet: "things were not quiet in time, at the end",
	opLetFetch:   "no blocked poller fetched anything",
}

// What was so at the last look (the overlay's quiet.go).
var whyNotQuiet = [...]string{
	1: "records were still made",
	2: "a thread or a goroutine still ran",
	3: "the poller did not sleep, or had something to fetch",
	4: "a timer was pending",
	5: "it was quiet at the first look alone",
	6: "nothing is recorded",
}

// check gives up after a barrier that was not reached: what came after it says nothing.
func (o *op) check() {
	if sentence, ok := barriers[o.op]; ok && o.ret != 0 {
		if o.op != opLetFetch {
			sentence += ": " + whyNotQuiet[o.ret]
		}
		giveUp(sentence)
	}
	if errno := syscall.Errno(o.errno); (o.op == opSyscall || o.op == opRepeat) && o.errno != 0 && !refused[errno] {
		complain(fmt.Sprintf("the outside's system call %d failed: %v", o.nr, errno))
	}
}

func (h *host) setUp() {
	h.add(opSetUpStarts, 0)
	h.leave()
	openAll()
	h.quiet(opQuiet)
	for i, g := range scenario.Goroutines {
		if !g.Later {
			h.start(i)
			h.quiet(opQuiet)
		}
	}
}

func (h *host) play() {
	h.add(opScriptStarts, untimed())
	for i := range scenario.Script {
		h.entry(i, &scenario.Script[i])
	}
	h.quiet(opFinalQuiet)
	h.leave()
}

// untimed says (1) that no time passes in the script; either all entries have a time or none has.
func untimed() uint64 {
	for _, e := range scenario.Script {
		if e.At != none {
			return 0
		}
	}
	return 1
}

func (h *host) entry(i int, e *Entry) {
	if e.At != none {
		h.add(opSleepUntil, uint64(e.At))
	}
	h.todo = append(h.todo, op{op: opEntry, a0: uint64(i), a1: untimed()})
	if e.Plain != nil {
		h.start(e.Plain.G)
	} else {
		h.held(i, e)
	}
	if !e.Nowait {
		h.quiet(opQuiet)
	}
}

// held does an entry's actions while no poller may fetch, so that they are one batch; those under
// hold_fetched when the blocked poller has fetched and stands before the first event.
func (h *host) held(i int, e *Entry) {
	h.look()
	h.add(opHold, 0)
	h.actions(i, 0, e.Held)
	if len(e.Fetched) > 0 {
		h.quiet(opHeldQuiet)
		h.quiet(opLetFetch)
		h.actions(i, len(e.Held), e.Fetched)
		h.quiet(opHeldQuiet)
	}
	h.add(opRelease, 0)
}

func (h *host) actions(i, base int, actions []Action) {
	for j := range actions {
		if actions[j].G != none {
			h.quiet(opHeldQuiet)
			h.start(actions[j].G)
			h.quiet(opHeldQuiet)
		} else {
			h.todo = append(h.todo, op{op: opAction, a0: uint64(i), a1: uint64(base + j)})
			h.outside(&actions[j])
		}
	}
}

func (h *host) quiet(barrier uint64) { h.add(barrier, scenario.QuietNs) }

// start is the one thing for which the host takes a P.
func (h *host) start(number int) {
	h.leave()
	start(number)
}
