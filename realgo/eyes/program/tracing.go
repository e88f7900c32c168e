package main

import (
	"bytes"
	"context"
	"runtime/trace"
	"strconv"
	"syscall"
)

// The marks that realgo/eyes/gotrace.py looks for in the trace.
const (
	markCategory = "eyes"
	scriptBegins = "script"
	goroutineIs  = "goroutine "
)

// The trace is kept in memory: writing it to a file meanwhile would be system calls of its own.
var traced bytes.Buffer

func startTrace() {
	traced.Grow(1 << 22)
	must(trace.Start(&traced))
}

func endTrace(fd int) {
	trace.Stop()
	for text := traced.Bytes(); len(text) > 0; {
		n, err := syscall.Write(fd, text)
		must(err)
		text = text[n:]
	}
}

func mark(message string) {
	if trace.IsEnabled() {
		trace.Log(context.Background(), markCategory, message)
	}
}

func markGoroutine(number int) { mark(goroutineIs + strconv.Itoa(number)) }
