// Talk is what tests of `netpoll go validate` run: its first argument says what becomes of it.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const pairs = 8

func main() {
	switch os.Args[1] {
	case "talk":
		talk(400)
	case "for-ever":
		talk(1 << 60)
	case "exit":
		talk(5)
		fmt.Fprintln(os.Stderr, "on the standard error")
		os.Exit(7)
	case "panic":
		talk(5)
		panic("as the test wants")
	case "kill":
		talk(5)
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "child":
		talk(5)
		child()
	case "exec":
		talk(5)
		check(syscall.Exec(os.Args[0], []string{os.Args[0], "exit"}, os.Environ()))
	case "quiet":
		fmt.Println("nothing was polled")
	}
}

// talk lets pairs of goroutines say something to one another, with deadlines and pauses.
func talk(rounds int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer listener.Close()
	var all sync.WaitGroup
	for i := 0; i < pairs; i++ {
		here, err := net.Dial("tcp", listener.Addr().String())
		check(err)
		there, err := listener.Accept()
		check(err)
		go func() {
			io.Copy(there, there)
			there.Close()
		}()
		all.Add(1)
		go func(pause time.Duration) {
			defer all.Done()
			defer here.Close()
			say(here, rounds, pause)
		}(time.Duration(i+1) * 50 * time.Microsecond)
	}
	all.Wait()
	fmt.Println("talked")
}

func say(conn net.Conn, rounds int, pause time.Duration) {
	word := make([]byte, 5)
	for i := 0; i < rounds; i++ {
		conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		_, err := conn.Write([]byte("hello"))
		check(err)
		_, err = io.ReadFull(conn, word)
		check(err)
		if i%8 == 0 {
			time.Sleep(pause)
		}
	}
}

// child runs this program again, with the same environment.
func child() {
	files := []*os.File{os.Stdin, os.Stdout, os.Stderr}
	process, err := os.StartProcess(os.Args[0], []string{os.Args[0], "exit"}, &os.ProcAttr{Files: files})
	check(err)
	state, err := process.Wait()
	check(err)
	fmt.Println("the child exited with", state.ExitCode())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
