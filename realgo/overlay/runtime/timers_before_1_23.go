// Which timers there are, before Go 1.23. Not part of Go.

package runtime

// npAnyTimer: does a timer make findRunnable poll for a limited time? Deleted ones that still lie
// in a heap do too.
func npAnyTimer() bool {
	for _, pp := range allp {
		if pp != nil && nobarrierWakeTime(pp) != 0 {
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
		for _, t := range pp.timers {
			if s := t.status.Load(); s != timerDeleted && s != timerRemoved && s != timerNoStatus {
				return true
			}
		}
	}
	return false
}
