"""A file of Go, written for the tests that need Go's text and no toolchain."""

BY_HAND = """\
package runtime

// netpollready of ours, with a comment whose first line is as long as usual,
// so that both are joined on a page that is not wide enough for them.
func netpollready(toRun *gList, pd *pollDesc, mode int32) int32 {
	delta := int32(0) // how many

	// inside
	if mode == 'r' {
		rg = netpollunblock(pd, 'r', true, &delta)
	}
	text := "a { in // a string"
	return delta
}

func (c *pollCache) free(pd *pollDesc) {}
"""
