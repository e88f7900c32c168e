package main

import (
	"os"
	"runtime"
	"sync"
	"syscall"
)

// What is wrong with a run is told on the standard output, a line each: a word and a sentence.

const (
	tellUnavailable  = "unavailable "  // nothing can run here
	tellInconclusive = "inconclusive " // this run says nothing
)

const gaveUp = 3 // the exit status after giveUp and unavailable

var complaints struct {
	sync.Mutex
	lines []string
}

// complain keeps a reason why this run says nothing, until it is over.
func complain(sentence string) {
	complaints.Lock()
	complaints.lines = append(complaints.lines, tellInconclusive+sentence)
	complaints.Unlock()
}

// tell writes the complaints.
func tell() {
	complaints.Lock()
	defer complaints.Unlock()
	for _, line := range complaints.lines {
		say(line)
	}
}

// giveUp ends the run at once, and writes on the standard error where every goroutine stands.
func giveUp(sentence string) {
	tell()
	say(tellInconclusive + sentence)
	stacks := make([]byte, 1<<16)
	write(2, stacks[:runtime.Stack(stacks, true)])
	os.Exit(gaveUp)
}

func unavailable(sentence string) {
	say(tellUnavailable + sentence)
	os.Exit(gaveUp)
}

func say(line string) { write(1, []byte(line+"\n")) }

func write(fd int, text []byte) {
	for len(text) > 0 {
		n, err := syscall.Write(fd, text)
		if err != nil {
			return // whoever should have read it is gone
		}
		text = text[n:]
	}
}
