// Three readers, and a host without a P that writes to all of them while the gate is shut. It
// prints what each wait for quiet gave: 0, or why it was not reached in the first argument's time.
package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func npControl(on uint32) bool
func npUser(a, b, c, d uint64)
func npRaw(ops unsafe.Pointer, n int)

type op struct{ op, nr, a0, a1, a2, a3, a4, a5, ret, errno uint64 }

const readers = 3

var long, short = wait("10s"), wait("50ms")

var ops []op
var told []string
var eight [8]byte

func wait(text string) uint64 {
	limit, err := time.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	return uint64(limit)
}

func do(what ...op) {
	ops = append(ops, what...)
}

func perform() {
	npRaw(unsafe.Pointer(&ops[0]), len(ops))
	for _, o := range ops {
		switch o.op {
		case 1, 6, 7, 8:
			told = append(told, fmt.Sprint(o.op, "=", o.ret))
		}
	}
	ops = ops[:0]
}

func write(fd int) op {
	return op{nr: syscall.SYS_WRITE, a0: uint64(fd), a1: uint64(uintptr(unsafe.Pointer(&eight[0]))), a2: 8}
}

func read(file *os.File, times int) {
	var got [8]byte
	for ; times > 0; times-- {
		n, err := file.Read(got[:])
		if err != nil {
			panic(err)
		}
		npUser(uint64(n), 0, 0, 0)
	}
}

func main() {
	if len(os.Args) > 1 {
		long = wait(os.Args[1])
	}
	if !npControl(1) {
		panic("nothing is recorded")
	}
	do(op{op: 13})
	perform()
	var files []*os.File
	var peers []int
	for i := 0; i < readers; i++ {
		pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			panic(err)
		}
		files, peers = append(files, os.NewFile(uintptr(pair[0]), "socket")), append(peers, pair[1])
		go read(files[i], 2)
	}
	do(op{op: 1, a0: long}, op{op: 9})
	do(op{op: 3, a1: 1}, op{op: 4})
	for _, peer := range peers {
		do(write(peer))
	}
	do(op{op: 6, a0: long}, op{op: 10}, op{op: 1, a0: long})
	do(op{op: 3, a0: 1, a1: 1}, op{op: 4}, write(peers[0]), op{op: 6, a0: long}, op{op: 8, a0: long}, write(peers[1]))
	do(op{op: 6, a0: long}, op{op: 10}, op{op: 1, a0: long}, op{op: 7, a0: long})
	perform()
	timers(files[2])
	npControl(0)
	fmt.Println(strings.Join(told, " "))
}

// timers: one that is pending keeps the end away, one that is stopped does not, one that fires is
// waited for.
func timers(file *os.File) {
	file.SetReadDeadline(time.Now().Add(time.Hour))
	do(op{op: 1, a0: long}, op{op: 7, a0: short})
	perform()
	file.SetReadDeadline(time.Time{})
	do(op{op: 7, a0: long})
	perform()
	go func() {
		time.Sleep(20 * time.Millisecond)
		npUser(99, 0, 0, 0)
	}()
	do(op{op: 7, a0: long})
	perform()
}
