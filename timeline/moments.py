"""When things happened: the times of a trace's events, and the part that is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from scenario.trace import Event, Trace, What
from timeline.idle import Idle, idle

UNTIMED_STEP_NS = 1_000
"""A trace without times is drawn with one microsecond from event to event; the footer says so."""

_LONG_AGO_NS = -(10**15)
_STOPPING = frozenset({What.WAKESIG, What.SYSMON, What.ACQUIRE, What.GIVE, What.POLL})
_BACKGROUND = frozenset({What.SCRIPT, What.SYSMON, What.HOLD, What.RELEASE})
_MARKS = frozenset({What.WAKE, What.BREAK})
"""What is drawn as a mark of its own: no two of them at one instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """``times[i]`` (ns) is of the i-th event; events ``first`` to ``last`` (included) are drawn.

    ``idle`` are events that come to nothing, ``after`` the positions of those after the last.
    """

    times: tuple[int, ...]
    first: int
    last: int
    idle: Idle
    after: frozenset[int]

    @property
    def skip(self) -> frozenset[int]:
        """The positions of the events that change no lane."""
        return self.idle.positions | self.after

    @property
    def start(self) -> int:
        return self.times[self.first] if self.times else 0

    @property
    def end(self) -> int:
        return self.times[self.last] if self.times else 0


def moments(trace: Trace) -> Moments:
    """The times of the events (never running backwards), and where the picture begins and ends.

    It begins with the first thing after the set-up and ends with the last. Where nothing happens
    after the set-up (everything was answered at once), the set-up itself is drawn.
    """
    end = _put_away(trace.events)
    drawn = [i for i in after_setup(trace.events) if i < end and _matters(trace.events[i])]
    if not drawn:
        drawn = [i for i, event in enumerate(trace.events) if _matters(event)] or [0]
    times = _times(trace.events)
    before = after_setup(trace.events).start if drawn[0] in after_setup(trace.events) else 0
    # The set-up is not drawn: all of it has happened before the picture begins.
    times = (_LONG_AGO_NS,) * before + times[before:]
    return Moments(
        times=times,
        first=drawn[0],
        last=drawn[-1],
        idle=idle(trace.events, first=before),
        # What follows the last thing of interest is the witness putting itself away.
        after=frozenset(range(drawn[-1] + 1, len(times))),
    )


def after_setup(events: Sequence[Event]) -> range:
    """The positions after the SCRIPT event; all of them where a trace has none."""
    for i, event in enumerate(events):
        if event.what is What.SCRIPT:
            return range(i + 1, len(events))
    return range(len(events))


def _put_away(events: Sequence[Event]) -> int:
    """Where a witness begins to stop: a break that nobody of the trace wrote ends the last wait."""
    written = 0
    for i, event in enumerate(events):
        if event.what is What.BREAK and event.why == "written":
            written += 1
        elif event.what is What.POLL and _only_breaks(event) and event.args.get("events"):
            if not written and all(later.what in _STOPPING for later in events[i + 1 :]):
                return i
            written = 0
    return len(events)


def _only_breaks(poll: Event) -> bool:
    return all(item["fd"] == "break" for item in poll.args.get("events") or ())


def has_clock(trace: Trace) -> bool:
    """Whether any event says when it happened."""
    return any(event.t is not None for event in trace.events)


def _matters(event: Event) -> bool:
    if event.what is What.POLL and _only_breaks(event):
        return False
    return event.what not in _BACKGROUND


def _times(events: Sequence[Event]) -> tuple[int, ...]:
    if all(event.t is None for event in events):
        return tuple(i * UNTIMED_STEP_NS for i in range(len(events)))
    times: list[int] = []
    # Two threads may write their events in another order than they read the clock.
    latest = min(event.t for event in events if event.t is not None)
    began: dict[str | None, int] = {}
    marked = latest - 1
    for event in events:
        latest = max(latest, latest if event.t is None else event.t)
        if event.what in _MARKS:
            latest = marked = max(latest, marked + 1)  # one mark would hide the other
        if event.what is What.RUN:
            began[event.g] = latest
        elif event.what in (What.LEAVE, What.PARK) and began.get(event.g) == latest:
            latest += 1  # a run that costs nothing must still be seen
        times.append(latest)
    return tuple(times)
