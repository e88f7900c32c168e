"""The contract, third part: who polls, who runs next, timers and the break."""

from conformance.rule import EVER, Rule

SCHEDULER_RULES = (
    Rule(
        id="R29",
        text="Whoever is made able to run singly (by a deadline, a close, a timer, a `go`) takes "
        "the P's next slot; whom it displaces goes to the tail of the local queue. So of two the "
        "later one runs first.",
        source="runtime/proc.go:ready, runqput",
        releases=EVER,
        scenarios=(
            "combined_deadline",
            "close_wakes_reader_and_writer",
            "go_order",
        ),
        wrong="NoNextSlot",
    ),
    Rule(
        id="R30",
        text="A sleeping goroutine is woken by its timer; no descriptor and no event is needed.",
        source="runtime/time.go:timeSleep, goroutineReady",
        releases=EVER,
        scenarios=(
            "sleep_alone",
            "two_sleepers",
        ),
        wrong="SleepsForEver",
    ),
    Rule(
        id="R31",
        text="A P takes from its local queue before it takes from the global one (but see R44).",
        source="runtime/proc.go:findRunnable",
        releases=EVER,
        scenarios=("yield_goes_last",),
        wrong="GlobalQueueFirst",
    ),
    Rule(
        id="R32",
        text="Who yields or is preempted goes to the tail of the global queue.",
        source="runtime/proc.go:goschedImpl, gopreempt_m",
        releases=EVER,
        scenarios=("yield_goes_last",),
        wrong="YieldKeepsThePlace",
    ),
    Rule(
        id="R33",
        text="A thread blocks in a poll without a P. If it comes back and finds no P free, it puts "
        "everybody whom it freed on the global queue, and stops.",
        source="runtime/proc.go:findRunnable, injectglist",
        releases=EVER,
        scenarios=("busy_goroutine_and_sysmon",),
        wrong="DropsTheListWithoutAP",
    ),
    Rule(
        id="R34",
        text="When nobody is blocked in a poll and nobody has polled for 10 ms, the monitor polls, "
        "without a P.",
        source="runtime/proc.go:sysmon",
        releases=EVER,
        scenarios=("the_monitor_polls_in_time",),
        wrong="MonitorNeverPolls",
    ),
    Rule(
        id="R35",
        text="A blocked poller stays blocked when the last goroutine that waited has gone; it "
        "fetches the next event for nobody.",
        source="runtime/netpoll.go:poll_runtime_pollUnblock, netpollAdjustWaiters (no break)",
        releases=EVER,
        scenarios=("poller_outlives_its_waiter",),
        wrong="PollerLeavesWithItsWaiter",
    ),
    Rule(
        id="R36",
        text="A new timer that is due before the blocked poller's wait ends, or that appears while "
        "the poller waits for ever, writes a break.",
        source="runtime/proc.go:wakeNetPoller",
        releases=EVER,
        scenarios=(
            "break_by_earlier_timer",
            "two_sleepers",
        ),
        wrong="NeverBreaks",
    ),
    Rule(
        id="R37",
        text="A timer that is due after the blocked poller's wait ends writes no break.",
        source="runtime/proc.go:wakeNetPoller; runtime/time.go:timer.maybeAdd",
        releases="1.21-1.27 (in 1.21 and 1.22 every new timer asks; the answer is the same)",
        scenarios=(
            "deadline_moved_later",
            "no_break_for_a_later_timer",
        ),
        wrong="AlwaysBreaks",
    ),
    Rule(
        id="R38",
        text="The poll that may block and reads the break descriptor clears the wake signal, so "
        "that the next break is written again.",
        source="runtime/netpoll_epoll.go:netpoll, netpollBreak",
        releases=EVER,
        scenarios=("break_by_earlier_timer",),
        wrong="SignalStaysSet",
    ),
    Rule(
        id="R39",
        text="The poller knows its own descriptors: the epoll descriptor and the break descriptor "
        "(until 1.22 both ends of a pipe), and no other.",
        source="runtime/netpoll_epoll.go:netpollIsPollDescriptor",
        releases=EVER,
        scenarios=("own_descriptors",),
        wrong="ForgetsItsBreakDescriptor",
    ),
    Rule(
        id="R44",
        text="In each 61st round a P looks at the global queue first, so that nobody starves "
        "there.",
        source="runtime/proc.go:findRunnable (schedtick)",
        releases=EVER,
        scenarios=("nobody_starves_in_the_global_queue",),
        wrong="GlobalQueueStarves",
    ),
    Rule(
        id="R45",
        text="In the 61st round a P takes one goroutine from the global queue, and no more.",
        source="runtime/proc.go:findRunnable, globrunqget",
        releases=EVER,
        scenarios=("every_61st_turn",),
        wrong="TakesAShareInEach61stRound",
    ),
)
