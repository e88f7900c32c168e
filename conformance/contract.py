"""The contract: what the poller must do, as numbered rules that a porter can work from."""

from conformance.rule import Rule, Untestable
from conformance.rules_descriptor import DESCRIPTOR_RULES
from conformance.rules_poll import POLL_RULES
from conformance.rules_scheduler import SCHEDULER_RULES

RULES: tuple[Rule, ...] = tuple(
    sorted((*POLL_RULES, *DESCRIPTOR_RULES, *SCHEDULER_RULES), key=lambda one: one.id)
)
_BY_ID = {one.id: one for one in RULES}


def rule(number: str) -> Rule:
    """The rule of that number, such as ``R07``. Raises KeyError for an unknown one."""
    return _BY_ID[number]


UNTESTABLE: tuple[Untestable, ...] = (
    Untestable(
        text="News that comes between a failed read and the wait is kept as pdReady and consumed "
        "by the wait, which then does not park.",
        source="runtime/netpoll.go:netpollblock",
        reason="Each read and write begins by forgetting old news (pollReset), and a scenario "
        "cannot act between two instructions of one read: only a race shows it.",
    ),
    Untestable(
        text="A deadline's timer that was stopped while it had begun to fire is recognised by its "
        "sequence number and does nothing.",
        source="runtime/netpoll.go:netpolldeadlineimpl",
        reason="Stopping a timer keeps it from firing at all; the number is needed only if the "
        "two meet within the same microsecond.",
    ),
    Untestable(
        text="A break that finds the wake signal set is not written again.",
        source="runtime/netpoll_epoll.go:netpollBreak",
        reason="How many breaks are written or suppressed is not compared, since it varies from "
        "run to run in real Go.",
    ),
    Untestable(
        text="A poll that does not block neither drains the break descriptor nor clears the "
        "signal.",
        source="runtime/netpoll_epoll.go:netpoll",
        reason="Nobody else polls while one is blocked, so the two meet only in a race.",
    ),
    Untestable(
        text="The break descriptor is drained before the signal is cleared.",
        source="runtime/netpoll_epoll.go:netpoll",
        reason="The other order loses a break only if one is written between the two.",
    ),
    Untestable(
        text="A wait below 1 ms is rounded up to 1 ms; a longer one is cut to whole ms.",
        source="runtime/netpoll_epoll.go:netpoll",
        reason="Times are not compared, and a poll that returns early and empty is not seen.",
    ),
    Untestable(
        text="A timed wait that a signal interrupts returns empty; others are begun again.",
        source="runtime/netpoll_epoll.go:netpoll",
        reason="No channel shows an empty poll, and Python retries an interrupted wait by itself.",
    ),
    Untestable(
        text="`closing` and the deadlines are published before the waiters are looked for.",
        source="runtime/netpoll.go:publishInfo, poll_runtime_pollUnblock",
        reason="The other order loses a wakeup only in a race (go.dev/issue/45211).",
    ),
    Untestable(
        text="Looking for work, a P runs the timers that are due before it looks at any queue or "
        "polls.",
        source="runtime/proc.go:findRunnable",
        reason="A timer and an event that nobody has fetched can only lie there together within "
        "10 ms of each other: the monitor polls. Timed steps need to be 20 ms apart.",
    ),
    Untestable(
        text="The number of waiters falls only when the freed goroutines can run.",
        source="runtime/proc.go:injectglist, netpollAdjustWaiters",
        reason="The other order gives a false deadlock report only in a race (go.dev/issue/61454).",
    ),
    Untestable(
        text="A close takes the registration out of epoll before the number is given back.",
        source="runtime/netpoll_epoll.go:netpollclose",
        reason="The kernel forgets a registration by itself when the last descriptor of the file "
        "is closed; only a duplicate made elsewhere shows it.",
    ),
    Untestable(
        text="Which thread polls, and how many threads spin.",
        source="runtime/proc.go:findRunnable, wakep",
        reason="Thread numbers and empty polls are not compared: they vary.",
    ),
)
"""Rules that hold and that the five channels cannot show; searching all interleavings can."""
