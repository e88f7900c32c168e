// Ping-pong over socket pairs on real Go, through its netpoller. Prints messages a second.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

func end(fd int) net.Conn {
	file := os.NewFile(uintptr(fd), "end")
	conn, err := net.FileConn(file)
	if err != nil {
		panic(err)
	}
	file.Close()
	return conn
}

func main() {
	pairs, _ := strconv.Atoi(os.Args[1])
	messages, _ := strconv.Atoi(os.Args[2])
	rounds := messages / (2 * pairs)
	var all sync.WaitGroup
	begun := time.Now()
	for i := 0; i < pairs; i++ {
		fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			panic(err)
		}
		for j, fd := range fds {
			all.Add(1)
			go func(conn net.Conn, serves bool) {
				defer all.Done()
				buffer := make([]byte, 1)
				for k := 0; k < rounds; k++ {
					if serves {
						conn.Write(buffer)
					}
					conn.Read(buffer)
					if !serves {
						conn.Write(buffer)
					}
				}
			}(end(fd), j == 0)
		}
	}
	all.Wait()
	fmt.Println(float64(2*pairs*rounds) / time.Since(begun).Seconds())
}
