"""What an access costs in virtual time. It chooses the regime; no channel may depend on it.

All are in ns. Measured, unless it says otherwise, with a C program on a two-core virtual machine
(x86-64, Linux 6.18): each access alone in a loop on a line that nobody else touches.
"""

LOAD_NS = 1
"""A plain ``mov`` (0.6)."""
STORE_NS = 5
"""Go's atomic store is an ``xchg`` (5.4)."""
RMW_NS = 6
"""``lock cmpxchg`` or ``lock xadd`` (6.0)."""
LOCK_NS = 6
"""runtime.lock when nobody holds it: one compare-and-swap."""
UNLOCK_NS = 5
"""runtime.unlock when nobody waits: one exchange."""
SYSCALL_NS = 370
"""A read or write of one byte on a unix stream pair (half of 733 for both)."""
NANOTIME_NS = 19
"""clock_gettime(CLOCK_MONOTONIC) through the vDSO (19)."""
SWITCH_NS = 50
"""runtime.gogo: change of stacks without a system call. An estimate, not measured."""
FUTEX_WAKE_NS = 1_300
"""From futex(FUTEX_WAKE) or a readiness until the woken thread runs: the 10th percentile."""
FUTEX_JITTER_NS = 800
"""The seed draws up to this much more (median in all 1,700; one in ten took 16,000 or more)."""
THREAD_START_NS = 6_000
"""From pthread_create until the new thread runs (6,200)."""
BUSY_SLICE_NS = 20_000
"""How far a busy goroutine computes before the model asks whether it was told to step aside.

Go tells it by a signal (runtime/preempt.go), which arrives within microseconds. Not measured.
"""
