"""What comes to nothing, so that it is counted and not drawn.

A thread leaves epoll_wait, finds nothing and goes back (real timeouts are whole milliseconds); one
only looks; one takes a processor, finds nothing to do and gives it back; a goroutine is preempted
and goes on, as nobody else is there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scenario.trace import Event, What


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """The positions of such events, and how often it happened after the set-up."""

    positions: frozenset[int]
    polls: int
    starts: int
    preemptions: int

    def words(self) -> list[str]:
        """Each kind with its count, for the footer."""
        counted = (
            (self.polls, "empty poll", "empty polls"),
            (self.starts, "thread that finds nothing", "threads that find nothing"),
            (self.preemptions, "preemption", "preemptions"),
        )
        return [f"{n} {one if n == 1 else many}" for n, one, many in counted if n]


def idle(events: Sequence[Event], *, first: int) -> Idle:
    """What comes to nothing in these events; the counts begin at position ``first``."""
    polls = [*_empty_rounds(events), *([i] for i in _vain_looks(events))]
    starts, preemptions = _vain_starts(events), _vain_preemptions(events)
    every = (*polls, *starts, *preemptions)
    return Idle(
        positions=frozenset(i for positions in every for i in positions),
        polls=_since(polls, first),
        starts=_since(starts, first),
        preemptions=_since(preemptions, first),
    )


def _since(found: Iterable[Sequence[int]], first: int) -> int:
    return sum(1 for positions in found if positions[0] >= first)


_NOTHING = frozenset({What.ACQUIRE, What.GIVE, What.READY, What.SYSMON})


def _empty_rounds(events: Sequence[Event]) -> list[list[int]]:
    """Each time a thread left epoll_wait with nothing and went back: those events."""
    rounds: list[list[int]] = []
    current: list[int] = []
    for i, event in enumerate(events):
        if event.what is What.POLL and not event.args.get("events"):
            current.append(i)
        elif current and event.what is What.WAIT:
            rounds.append([*current, i])
            current = []
        elif event.what in _NOTHING:
            if current and event.what is not What.SYSMON:
                current.append(i)
        else:
            current = []
    return [positions for positions in rounds if _was_blocked(events, positions[0])]


def _was_blocked(events: Sequence[Event], i: int) -> bool:
    """Whether the poll at ``i`` ended a wait, so that going back goes on with it."""
    for event in reversed(events[:i]):
        if event.what is What.WAIT:
            return True
        if event.what is What.POLL and event.args.get("timeout_ns") != 0:
            return False
    return False


def _vain_preemptions(events: Sequence[Event]) -> list[tuple[int, int]]:
    """Where a goroutine is preempted and the next to run is itself."""
    found: list[tuple[int, int]] = []
    preempted: dict[str | None, int] = {}
    for i, event in enumerate(events):
        if event.what is What.LEAVE and event.why == "preempted":
            preempted[event.g] = i
        elif event.what is What.RUN:
            if event.g in preempted:
                found.append((preempted[event.g], i))
            preempted.clear()
    return found


def _vain_starts(events: Sequence[Event]) -> list[tuple[int, int]]:
    """Where a thread takes a processor, finds nothing, gives it back, and has not polled."""
    found: list[tuple[int, int]] = []
    last: dict[str, tuple[int, What]] = {}
    before: dict[str, What] = {}
    for i, event in enumerate(events):
        if event.m is None:
            continue
        started = last.get(event.m, (0, None))[1] is What.ACQUIRE
        polled = before.get(event.m) not in (None, What.GIVE)
        if event.what is What.GIVE and started and not polled:
            found.append((last[event.m][0], i))
            last.pop(event.m)
            continue
        if event.m in last:
            before[event.m] = last[event.m][1]
        last[event.m] = (i, event.what)
    return found


def _vain_looks(events: Sequence[Event]) -> list[int]:
    """Polls that did not block and found nothing."""
    return [
        i
        for i, event in enumerate(events)
        if event.what is What.POLL
        and not event.args.get("events")
        and event.args.get("timeout_ns") == 0
    ]
