package main

import "unsafe"

// What the instrumented runtime gives this program; the bodies are in the overlay.

// npControl begins (1) or ends (0) the recording; false: no record is mapped.
func npControl(on uint32) bool

// npUser records four numbers in the name of the calling goroutine.
func npUser(a, b, c, d uint64)

// npFds gives the number of the epoll instance and that of the descriptor that breaks its wait.
func npFds() (int, int)

// npRaw performs n operations on this thread while it has no P.
func npRaw(ops unsafe.Pointer, n int)

// What the first number of a record by npUser means, and what the others are.
const (
	userStepEnds   = 1 // index, count, outcome
	userDone       = 2
	userStepBegins = 3 // index
	userEnters     = 4 // the goroutine's number in the scenario
	userGo         = 5 // the number of the one that is about to be started
)

// What npRaw can do, and what a0, a1, ... are.
const (
	opSyscall      = 0  // nr, then its six arguments
	opQuiet        = 1  // how long to wait for it at most, in ns
	opSleepUntil   = 2  // ns from the start of the script
	opEntry        = 3  // its index; whether the script is untimed
	opHold         = 4  //
	opRepeat       = 5  // as opSyscall, until it fails or gives 0
	opHeldQuiet    = 6  // as opQuiet
	opFinalQuiet   = 7  // as opQuiet; no timer may be pending either
	opLetFetch     = 8  // as opQuiet
	opScriptStarts = 9  // whether it is untimed
	opRelease      = 10 //
	opArrived      = 11 // a socket, until nothing that it sent is under way
	opAction       = 12 // the entry's index, the action's
	opSetUpStarts  = 13 //
)

// op is one operation of npRaw. Its layout is the overlay's too.
type op struct {
	op                         uint64
	nr, a0, a1, a2, a3, a4, a5 uint64
	ret, errno                 uint64
}

// address is what a system call is told of a variable that never moves: all of them are global.
func address[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }
