// This program performs a scenario's goroutines on a plain Go runtime, for those who watch from
// outside. It has Go's ends of the descriptors only; whoever started it has the peers, performs the
// script and decides when each goroutine starts. See realgo/eyes/outside.py.
package main

import (
	"os"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
)

// What is told through the command pipe: a letter, and the place of a goroutine.
const (
	commandOpen   = 'o' // all descriptors
	commandStart  = 'g'
	commandScript = 's' // the set-up is over
	commandEnd    = 'e'
)

const commandBytes = 4

// Arguments: the descriptors of the scenario (text), of the commands, of the notes, and, if the run
// is to be traced, of the trace.
func main() {
	debug.SetGCPercent(-1)
	readScenario(inherited(1))
	openNotes(inherited(3))
	if len(os.Args) > 4 {
		startTrace()
	}
	allowTracing()
	obey(inherited(2))
	if len(os.Args) > 4 {
		endTrace(inherited(4))
	}
	os.Exit(0)
}

func inherited(argument int) int {
	fd, err := strconv.Atoi(os.Args[argument])
	must(err)
	return fd
}

// obey does what the command pipe says. While it waits there it is in a system call like the host
// of a script: sysmon takes its P away, and it is no goroutine that anybody could wake.
func obey(pipe int) {
	var command [commandBytes]byte
	for {
		n, err := syscall.Read(pipe, command[:])
		if err == syscall.EINTR {
			continue
		}
		must(err)
		if n != commandBytes {
			os.Exit(1) // whoever started this program is gone
		}
		switch command[0] {
		case commandOpen:
			openAll()
		case commandStart:
			start(int(command[1]) | int(command[2])<<8 | int(command[3])<<16)
		case commandScript:
			mark(scriptBegins)
			note(noteScript, 0, 0, 0, 0)
		case commandEnd:
			return
		}
	}
}

// init has this program end with whoever started it: one that is stopped reads no end of its pipe.
// The kernel keeps it for the calling thread, and in init that is the first, which never ends.
func init() {
	const setDeathSignal = 1 // linux/prctl.h: PR_SET_PDEATHSIG
	_, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, setDeathSignal, uintptr(syscall.SIGKILL), 0)
	if errno != 0 {
		must(errno)
	}
}

// allowTracing lets a strace that is not an ancestor watch this program where Yama is on.
func allowTracing() {
	const setPtracer, anybody = 0x59616d61, ^uintptr(0)                     // linux/prctl.h: PR_SET_PTRACER
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setPtracer, anybody, 0) // EINVAL without Yama
}

func must(err error) {
	if err != nil {
		os.Stderr.WriteString("eyes: " + err.Error() + "\n")
		os.Exit(1)
	}
}

// now is CLOCK_MONOTONIC in ns, on which the outside's clock and a trace's run too.
func now() int64 { return clock.ns + int64(time.Since(clock.at)) }
