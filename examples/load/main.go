// Load: an HTTP server and its clients in one process, made to keep the network poller busy.
//
// Most requests go over connections that stay open. Beside them there are clients that run into a
// deadline, clients that close while the server waits, clients that reset, and connections that
// the server closes since nobody uses them. All of it is chosen by a seed and counted; the program
// fails if a request that should have been answered was not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

var (
	requests = flag.Int64("requests", 100_000, "how many requests to make")
	clients  = flag.Int("clients", 32, "how many clients make them at once")
	seed     = flag.Int64("seed", 1, "what the clients' choices are made from")
	quiet    = flag.Bool("quiet", false, "print nothing")
)

// what became of the requests
var answered, late, reset, idle, failed atomic.Int64

func main() {
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	server := &http.Server{
		Handler:     http.HandlerFunc(answer),
		ReadTimeout: 2 * time.Second,
		IdleTimeout: 200 * time.Millisecond,
	}
	go server.Serve(listener)
	begun := time.Now()
	run(listener.Addr().String())
	server.Shutdown(context.Background())
	if !*quiet {
		report(time.Since(begun))
	}
	if failed.Load() != 0 {
		os.Exit(1)
	}
}

func report(took time.Duration) {
	fmt.Printf("answered %d, late %d, reset %d, left idle %d, failed %d\n",
		answered.Load(), late.Load(), reset.Load(), idle.Load(), failed.Load())
	fmt.Printf("%d requests in %.1f s, %.0f a second\n",
		*requests, took.Seconds(), float64(*requests)/took.Seconds())
}

// answer is the server's side: a slow answer is asked for by the path.
func answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/slow" {
		time.Sleep(5 * time.Millisecond)
	}
	io.WriteString(w, "hello\n")
}

func run(address string) {
	var left atomic.Int64
	left.Store(*requests)
	var all sync.WaitGroup
	for i := 0; i < *clients; i++ {
		all.Add(1)
		go func(choose *rand.Rand) {
			defer all.Done()
			client := &http.Client{Transport: &http.Transport{}}
			for left.Add(-1) >= 0 {
				one(client, address, choose)
			}
			client.CloseIdleConnections()
		}(rand.New(rand.NewSource(*seed + int64(i))))
	}
	all.Wait()
}

// one makes one request: of a thousand, 10 are too slow, 5 are reset, 2 are left idle.
func one(client *http.Client, address string, choose *rand.Rand) {
	switch n := choose.Intn(1000); {
	case n < 10:
		tooSlow(client, address)
	case n < 15:
		hangUp(address)
	case n < 17:
		leaveIdle(address)
	default:
		get(client, "http://"+address+"/")
	}
}

func get(client *http.Client, url string) {
	response, err := client.Get(url)
	if err != nil {
		fail(err)
		return
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		fail(err)
		return
	}
	answered.Add(1)
}

// tooSlow gives up before the server answers.
func tooSlow(client *http.Client, address string) {
	limit, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(limit, "GET", "http://"+address+"/slow", nil)
	if err != nil {
		fail(err)
		return
	}
	response, err := client.Do(request)
	if err == nil {
		response.Body.Close()
		answered.Add(1)
	} else if errors.Is(err, context.DeadlineExceeded) {
		late.Add(1)
	} else {
		fail(err)
	}
}

// hangUp writes half a request and resets the connection while the server reads.
func hangUp(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		fail(err)
		return
	}
	io.WriteString(conn, "GET / HTTP/1.1\r\n")
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
	reset.Add(1)
}

// leaveIdle is answered once, then reads with a deadline that comes before the server hangs up (if
// the machine is not too busy), and without one until it does.
func leaveIdle(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		fail(err)
		return
	}
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: load\r\n\r\n")
	conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, err = io.Copy(io.Discard, conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		conn.SetReadDeadline(time.Time{})
		_, err = io.Copy(io.Discard, conn)
	}
	if err != nil {
		fail(err)
		return
	}
	idle.Add(1)
}

func fail(err error) {
	if failed.Add(1) == 1 {
		fmt.Fprintln(os.Stderr, "load: first failure:", err)
	}
}
