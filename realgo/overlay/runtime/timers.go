// Which timers there are, since Go 1.23. Not part of Go.

package runtime

// npAnyTimer: does a timer make findRunnable poll for a limited time? Stopped ones that still lie
// in a heap do too.
func npAnyTimer() bool {
	for _, pp := range allp {
		if pp != nil && pp.timers.wakeTime() != 0 {
			return true
		}
	}
	return false
}

// npLiveTimers: is a timer still to fire? Only in quiet, when nobody changes a heap.
func npLiveTimers() bool {
	for _, pp := range allp {
		if pp == nil {
			continue
		}
		for _, tw := range pp.timers.heap {
			if tw.timer.state&timerZombie == 0 {
				return true
			}
		}
	}
	return false
}
