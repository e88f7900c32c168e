package main

import (
	"encoding/json"
	"syscall"
)

// The scenario as realgo/wire.py, and more of each descriptor (outside.py) writes it. Goroutines and descriptors are told by place.

const ownEpoll, ownBreak = -2, -3

// Descriptor is Go's end of one. Number is inherited; Spares are what reopening it takes, in order.
type Descriptor struct {
	Name   string
	Kind   string
	Number int
	Spares []int
}

// Step is one step of a goroutine; the words are those of scenario.Op.
type Step struct {
	Op    string
	Fd    int
	Bytes int
	Ns    int64
	G     int
}

// Goroutine has a name and steps.
type Goroutine struct {
	Name  string
	Steps []Step
}

var scenario struct {
	Descriptors []Descriptor
	Goroutines  []Goroutine
}

func readScenario(fd int) {
	var text []byte
	chunk := make([]byte, 1<<16)
	for {
		n, err := syscall.Read(fd, chunk)
		must(err)
		if n == 0 {
			break
		}
		text = append(text, chunk[:n]...)
	}
	must(json.Unmarshal(text, &scenario))
	must(syscall.Close(fd))
}
