package main

import (
	"encoding/json"
	"syscall"
)

// The scenario as realgo/wire.py writes it. Goroutines and descriptors are told by their place.

const none = -1 // no descriptor, no goroutine, no time
const ownEpoll, ownBreak = -2, -3

// Descriptor is one of the scenario's; the kinds are those of scenario.Kind.
type Descriptor struct{ Name, Kind string }

// Step is one step of a goroutine; the words are those of scenario.Op.
type Step struct {
	Op    string
	Fd    int
	Bytes int
	Ns    int64
	G     int
}

// Goroutine has steps. Later means that a go starts it, and not the set-up.
type Goroutine struct {
	Steps []Step
	Later bool
}

// Action is what the outside does at a descriptor's peer; the words are those of scenario.Outside.
type Action struct {
	Op    string
	Fd    int
	Bytes int
	G     int
}

// Entry is one entry of the script; At is in ns from its start.
type Entry struct {
	Held, Fetched []Action
	Plain         *Action
	At            int64
	Nowait        bool
}

// Scenario is all that this program is told.
type Scenario struct {
	Descriptors []Descriptor
	Goroutines  []Goroutine
	Script      []Entry
	QuietNs     uint64
}

var scenario Scenario

// readScenario reads it from the standard input, without the poller and without a goroutine.
func readScenario() {
	var text []byte
	chunk := make([]byte, 1<<16)
	for {
		n, err := syscall.Read(0, chunk)
		if err != nil {
			giveUp("could not read the scenario: " + err.Error())
		}
		if n == 0 {
			break
		}
		text = append(text, chunk[:n]...)
	}
	if err := json.Unmarshal(text, &scenario); err != nil {
		giveUp("could not understand the scenario: " + err.Error())
	}
}
