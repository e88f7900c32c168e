// An HTTP server and its clients in one process; the first argument says how it ends.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
)

const clients, requests = 4, 50

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello")
	}))
	var done sync.WaitGroup
	for i := 0; i < clients; i++ {
		done.Add(1)
		go func() {
			defer done.Done()
			ask("http://" + listener.Addr().String())
		}()
	}
	done.Wait()
	fmt.Println("answered", clients*requests)
	if len(os.Args) > 1 {
		end(os.Args[1])
	}
}

func ask(url string) {
	client := &http.Client{Transport: &http.Transport{}}
	for i := 0; i < requests; i++ {
		response, err := client.Get(url)
		must(err)
		_, err = io.Copy(io.Discard, response.Body)
		must(err)
		response.Body.Close()
	}
}

func end(how string) {
	switch how {
	case "crash":
		panic("as asked")
	case "child":
		child := exec.Command(os.Args[0])
		child.Stdout = os.Stdout
		must(child.Run())
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
