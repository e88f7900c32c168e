"""The contract, second part: reading, writing, deadlines and closing a descriptor."""

from conformance.rule import EVER, Rule

DESCRIPTOR_RULES = (
    Rule(
        id="R11",
        text="A read tries first and waits only after the kernel has said EAGAIN: what lies there "
        "already is read without waiting.",
        source="internal/poll/fd_unix.go:FD.Read",
        releases=EVER,
        scenarios=(
            "data_before_the_read",
            "data_while_asleep",
        ),
        wrong="WaitsBeforeReading",
    ),
    Rule(
        id="R12",
        text="A read returns with what there is, less than was asked for included; what it leaves "
        "is taken by the next read without another event.",
        source="internal/poll/fd_unix.go:FD.Read",
        releases=EVER,
        scenarios=(
            "partial_read",
            "a_read_that_waits",
        ),
        wrong="ReadsUntilFull",
    ),
    Rule(
        id="R13",
        text="A write goes on until everything is written, waits each time the kernel says EAGAIN "
        "and is freed by the descriptor's next writable edge.",
        source="internal/poll/fd_unix.go:FD.Write",
        releases=EVER,
        scenarios=(
            "write_blocked_and_drained",
            "writer_before_reader",
        ),
        wrong="WritesOnce",
    ),
    Rule(
        id="R14",
        text="A read of 0 bytes on a stream is the end of file, reported as such each time.",
        source="internal/poll/fd_unix.go:FD.Read, fd_posix.go:FD.eofError",
        releases=EVER,
        scenarios=(
            "half_close",
            "peer_close",
            "writer_gone",
        ),
        wrong="EndOfFileIsEmptyRead",
    ),
    Rule(
        id="R15",
        text="One goroutine reads a descriptor at a time (and one writes it); the others wait for "
        "their turn and not for the poller. They are woken first come, first served, and must then "
        "ask again: whoever runs at that moment may be quicker.",
        source="internal/poll/fd_mutex.go:fdMutex.rwlock, rwunlock",
        releases=EVER,
        scenarios=("second_reader",),
        wrong="ReadersNotLocked",
    ),
    Rule(
        id="R16",
        text="A descriptor that epoll refuses (a regular file, EPERM) is used without the poller: "
        "its reads and writes never wait, and it cannot have a deadline.",
        source="internal/poll/fd_unix.go:FD.Init; fd_poll_runtime.go:pollDesc.init",
        releases=EVER,
        scenarios=("regular_file",),
        wrong="FilesWaitForThePoller",
    ),
    Rule(
        id="R17",
        text="A read deadline frees the goroutine that waits to read, with 'timeout', and not the "
        "one that waits to write.",
        source="runtime/netpoll.go:netpollReadDeadline",
        releases=EVER,
        scenarios=(
            "read_deadline",
            "two_deadlines_apart",
            "deadline_outlives_a_read",
        ),
        wrong="ReadDeadlineFreesNobody",
    ),
    Rule(
        id="R18",
        text="A write deadline frees the goroutine that waits to write, with 'timeout', and not "
        "the one that waits to read.",
        source="runtime/netpoll.go:netpollWriteDeadline",
        releases=EVER,
        scenarios=(
            "write_deadline",
            "two_deadlines_apart",
        ),
        wrong="WriteDeadlineFreesNobody",
    ),
    Rule(
        id="R19",
        text="A deadline for both directions is one timer; when it fires it frees the reader first "
        "and the writer second.",
        source="runtime/netpoll.go:netpollDeadline, netpolldeadlineimpl",
        releases=EVER,
        scenarios=(
            "combined_deadline",
            "combined_deadline_moved_earlier",
        ),
        wrong="CombinedDeadlineFreesWriterFirst",
    ),
    Rule(
        id="R20",
        text="A deadline in the past frees at once whoever waits, and lets nobody wait any more.",
        source="runtime/netpoll.go:poll_runtime_pollSetDeadline",
        releases=EVER,
        scenarios=(
            "deadline_in_the_past",
            "deadline_and_data_at_once",
        ),
        wrong="PastDeadlineFreesNobody",
    ),
    Rule(
        id="R21",
        text="A deadline that is moved to an earlier time frees at the earlier time.",
        source="runtime/netpoll.go:poll_runtime_pollSetDeadline",
        releases=EVER,
        scenarios=(
            "deadline_moved_earlier",
            "combined_deadline_moved_earlier",
        ),
        wrong="EarlierDeadlineIgnored",
    ),
    Rule(
        id="R22",
        text="A deadline that is moved to a later time, or taken away, frees nobody at the old "
        "time.",
        source="runtime/netpoll.go:poll_runtime_pollSetDeadline, netpolldeadlineimpl (rseq, wseq)",
        releases=EVER,
        scenarios=(
            "deadline_removed",
            "data_after_a_deadline_moved_later",
        ),
        wrong="LaterDeadlineIgnored",
    ),
    Rule(
        id="R23",
        text="A deadline that has passed beats data: a read that begins after it is a timeout "
        "though data lie there.",
        source="internal/poll/fd_unix.go:FD.Read (prepareRead); runtime/netpoll.go:netpollcheckerr",
        releases=EVER,
        scenarios=("a_passed_deadline_beats_data",),
        wrong="DataBeatDeadlines",
    ),
    Rule(
        id="R24",
        text="Setting a new deadline, or none, makes the descriptor usable again after a timeout.",
        source="runtime/netpoll.go:poll_runtime_pollSetDeadline",
        releases=EVER,
        scenarios=("deadline_past_then_none",),
        wrong="TimeoutsAreForEver",
    ),
    Rule(
        id="R25",
        text="Closing a descriptor frees the goroutine that waits to read, then the one that waits "
        "to write, both with 'closed'.",
        source="runtime/netpoll.go:poll_runtime_pollUnblock; internal/poll/fd_unix.go:FD.Close",
        releases=EVER,
        scenarios=(
            "close_wakes_the_reader",
            "close_wakes_reader_and_writer",
        ),
        wrong="CloseFreesNobody",
    ),
    Rule(
        id="R26",
        text="Close comes back only when the last user of the descriptor has left; only then is "
        "its number given back. One that the poller does not have is closed without waiting.",
        source="internal/poll/fd_unix.go:FD.Close (csema), fd_mutex.go:FD.decref",
        releases=EVER,
        scenarios=(
            "close_waits_for_the_last_user",
            "stale_event_after_reuse",
        ),
        wrong="CloseDoesNotWait",
    ),
    Rule(
        id="R27",
        text="A read or a write that begins after the close is 'closed'.",
        source="internal/poll/fd_mutex.go:fdMutex.rwlock, fd_poll_runtime.go:convertErr",
        releases=EVER,
        scenarios=("close_wakes_the_reader",),
        wrong="ClosedLooksLikeEndOfFile",
    ),
    Rule(
        id="R28",
        text="An event that was fetched before its descriptor was closed is dropped, even if the "
        "number and the pollDesc are in use again.",
        source="runtime/netpoll_epoll.go:netpoll (fdseq); runtime/netpoll.go:pollCache.free",
        releases=EVER,
        scenarios=("stale_event_after_reuse",),
        wrong="BelievesStaleEvents",
    ),
    Rule(
        id="R40",
        text="A write that times out or fails says how many bytes had left before.",
        source="internal/poll/fd_unix.go:FD.Write",
        releases=EVER,
        scenarios=("partial_write_at_a_deadline",),
        wrong="ForgetsPartialWrites",
    ),
    Rule(
        id="R41",
        text="A descriptor is closed once: a second close is 'closed', and does nothing.",
        source="internal/poll/fd_unix.go:FD.Close, fd_mutex.go:fdMutex.increfAndClose",
        releases=EVER,
        scenarios=("two_closers",),
        wrong="ClosesTwice",
    ),
    Rule(
        id="R42",
        text="Who was freed without news looks at its deadline again and waits on if there is none "
        "that has passed.",
        source="runtime/netpoll.go:poll_runtime_pollWait (golang/go#6103)",
        releases=EVER,
        scenarios=("deadline_past_then_none",),
        wrong="FreedMeansTimeout",
    ),
    Rule(
        id="R43",
        text="Closing also sends away, with 'closed', those who wait for their turn to read or "
        "write.",
        source="internal/poll/fd_mutex.go:fdMutex.increfAndClose",
        releases=EVER,
        scenarios=("close_frees_the_second_reader",),
        wrong="CloseForgetsTheQueue",
    ),
)
