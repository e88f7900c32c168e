// The interpreter: it runs one scenario inside the instrumented runtime, which records what happens.
// The scenario comes on the standard input, the record goes into a mapping that the parent shares.
package main

import "os"

func main() {
	readScenario()
	if !npControl(1) {
		giveUp("the runtime records nothing")
	}
	h := &host{todo: make([]op, 0, 4096)}
	h.setUp()
	h.play()
	tell()
	os.Exit(0)
}
