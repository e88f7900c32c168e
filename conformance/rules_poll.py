"""The contract, first part: what a poll returns and what an event means."""

from conformance.rule import EVER, Rule

POLL_RULES = (
    Rule(
        id="R01",
        text="An event that says both directions frees the goroutine that waits to read first and "
        "the one that waits to write second. An event frees nobody else.",
        source="runtime/netpoll.go:netpollready",
        releases=EVER,
        scenarios=("writer_before_reader",),
        wrong="WriterFreedFirst",
    ),
    Rule(
        id="R02",
        text="The events of one poll are handled in the order in which the kernel's ready list "
        "hands them over, so goroutines are freed in that order.",
        source="runtime/netpoll_epoll.go:netpoll",
        releases=EVER,
        scenarios=(
            "six_in_one_batch",
            "batch_in_order_of_arrival",
        ),
        wrong="LastEventFirst",
    ),
    Rule(
        id="R03",
        text="EPOLLIN, EPOLLRDHUP, EPOLLHUP and EPOLLERR each mean that a read may go on: also a "
        "hang-up without data frees the reader, who then reads the end of file.",
        source="runtime/netpoll_epoll.go:netpoll",
        releases=EVER,
        scenarios=("writer_gone",),
        wrong="HangUpIsNotForReaders",
    ),
    Rule(
        id="R04",
        text="EPOLLOUT, EPOLLHUP and EPOLLERR each mean that a write may go on: also a lone error "
        "frees the writer, whose next write learns what happened.",
        source="runtime/netpoll_epoll.go:netpoll",
        releases=EVER,
        scenarios=("reader_gone",),
        wrong="ErrorIsNotForWriters",
    ),
    Rule(
        id="R05",
        text="One poll takes at most 128 events.",
        source="runtime/netpoll_epoll.go:netpoll",
        releases=EVER,
        scenarios=("more_than_128_at_once",),
        wrong="TakesEverything",
    ),
    Rule(
        id="R06",
        text="What did not fit into a poll stays with the kernel and comes with the next one; "
        "nothing is lost.",
        source="runtime/netpoll_epoll.go:netpoll",
        releases=EVER,
        scenarios=("more_than_128_at_once",),
        wrong="ForgetsTheRest",
    ),
    Rule(
        id="R07",
        text="With one P, the goroutines of one poll run last event first; of one event, the "
        "writer before the reader.",
        source="runtime/netpoll_epoll.go:netpoll (toRun is a stack); runtime/proc.go:findRunnable",
        releases=EVER,
        scenarios=(
            "six_in_one_batch",
            "writer_before_reader",
        ),
        wrong="ListIsAQueue",
    ),
    Rule(
        id="R08",
        text="A descriptor is registered once, when it is opened, for reading, writing and a half "
        "close together. Waiting does not touch the registration.",
        source="runtime/netpoll_epoll.go:netpollopen",
        releases=EVER,
        scenarios=(
            "write_blocked_and_drained",
            "each_direction_its_own",
            "pipe_blocked_and_drained",
        ),
        wrong="RegistersReadingOnly",
    ),
    Rule(
        id="R09",
        text="Only an event that is exactly EPOLLERR makes reads fail as 'not pollable'. An error "
        "among other bits leaves it to the next read to find out.",
        source="runtime/netpoll_epoll.go:netpoll; runtime/netpoll.go:netpollcheckerr",
        releases=EVER,
        scenarios=(
            "peer_close_with_unread_data",
            "tcp_reset",
        ),
        wrong="AnyErrorIsNotPollable",
    ),
    Rule(
        id="R10",
        text="A thread that looks for work polls only if some goroutine waits for a descriptor "
        "(or a timer is due later): what nobody waits for stays in the kernel.",
        source="runtime/proc.go:findRunnable; runtime/netpoll.go:netpollAnyWaiters",
        releases="1.22-1.27 (in 1.21 the number of waiters never falls when an event frees one)",
        scenarios=(
            "nobody_waits_nobody_polls",
            "regular_file",
        ),
        wrong="PollsWithoutWaiters",
    ),
)
