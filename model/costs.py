"""What an access costs in virtual time. The figures choose the regime; no channel may depend on them.

All are in ns, for x86-64 and an uncontended cache line unless said otherwise; see
docs/performance.md for how they were measured and on which machine.
"""

LOAD_NS = 1
"""An atomic load is a plain ``mov``: about a cycle out of the first-level cache."""
STORE_NS = 1
"""Go's atomic.Store is an ``xchg``, but a store-release is a plain ``mov``."""
RMW_NS = 20
"""A ``lock``-prefixed instruction: 18 to 25 cycles alone, more when the line is elsewhere."""
LOCK_NS = 20
"""runtime/lock_spinbit.go: one compare-and-swap when nobody holds the lock."""
UNLOCK_NS = 10
"""One exchange, and a futex(2) call only when somebody waits (FUTEX_WAKE_NS)."""
SYSCALL_NS = 300
"""Into the kernel and back for a small read or write on a socket."""
NANOTIME_NS = 20
"""clock_gettime through the vDSO."""
SWITCH_NS = 100
"""runtime.gogo and mcall: change of stacks, without a system call."""
FUTEX_WAKE_NS = 5_000
"""From futex(FUTEX_WAKE) or a readiness until the woken thread runs on an idle core."""
FUTEX_JITTER_NS = 1_000
"""How much of that differs from time to time: the part that the seed draws."""
THREAD_START_NS = 20_000
"""From clone(2) until the new thread runs."""
BUSY_SLICE_NS = 20_000
"""How far a busy goroutine computes before the model asks whether it was told to step aside.

Go tells it by a signal (runtime/preempt.go), which arrives within a few microseconds.
"""
