"""Who woke whom: the numbered wakeups of a trace, its breaks, its stale events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scenario.trace import Event, Trace, What
from timeline.holds import Hold, holds
from timeline.moments import Moments, after_setup, moments
from timeline.pollers import Poller, pollers


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The place of a wakeup in the events of its poll: event ``index`` (from 1) of ``size``."""

    index: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wakeup:
    """One wakeup. ``number`` counts the wakeups from 1, ``rank`` the first runs.

    ``outcome`` is the step that then ended, or the park if the goroutine went on waiting.
    """

    number: int
    at: int
    event: Event
    poll: Event | None = None
    cause: Event | None = None
    batch: Batch | None = None
    run: Event | None = None
    run_at: int | None = None
    rank: int | None = None
    outcome: Event | None = None

    @property
    def g(self) -> str:
        return self.event.g or "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakMark:
    """One netpollBreak: what asked for it (a timer that was set), and whom it should get up.

    ``ran`` is the last goroutine that began to run before it: it set the timer.
    """

    at: int
    event: Event
    ran: Event | None = None
    timer: Event | None = None
    blocked: Event | None = None

    @property
    def written(self) -> bool:
        return self.event.why == "written"

    @property
    def m(self) -> str | None:
        """The thread that did it, or that on which its goroutine ran."""
        return self.event.m or (self.ran.m if self.ran is not None else None)

    @property
    def by_goroutine(self) -> bool:
        """Whether a goroutine asked for it, not a thread that sees the same timer."""
        return self.written or self.event.g is not None

    @property
    def who(self) -> str:
        timer = self.timer.g if self.timer is not None else None
        setter = self.event.g or timer or (self.ran.g if self.ran is not None else None)
        return (setter if self.by_goroutine else self.m) or "a thread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """An event that a poll returned for a descriptor that had gone meanwhile."""

    at: int
    poll: Event
    fd: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that the outside did, in the script's words."""

    at: int
    text: str
    fd: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything about a trace that the captions and the arrows need; all in order of time."""

    trace: Trace
    moments: Moments
    wakeups: tuple[Wakeup, ...]
    breaks: tuple[BreakMark, ...]
    stale: tuple[Stale, ...]
    actions: tuple[Action, ...]
    pollers: Mapping[int, Poller]
    holds: tuple[Hold, ...]

    @property
    def run_order(self) -> tuple[Wakeup, ...]:
        """The wakeups that led to a run, first to run first."""
        return tuple(sorted((w for w in self.wakeups if w.rank), key=lambda w: w.rank or 0))

    @property
    def has_orders(self) -> bool:
        """Whether several goroutines woke and ran, so that their orders can be compared."""
        return len({w.g for w in self.run_order}) > 1

    @property
    def reordered(self) -> bool:
        """Whether the goroutines ran in another order than they woke."""
        numbers = [w.number for w in self.run_order]
        return numbers != sorted(numbers)


def story(trace: Trace) -> Story:
    """The wakeups, breaks, stale events and outside actions after the set-up."""
    when = moments(trace)
    return Story(
        trace=trace,
        moments=when,
        wakeups=_ranked(_wakeups(trace, when)),
        breaks=tuple(_breaks(trace, when)),
        stale=tuple(_stale(trace, when)),
        actions=tuple(_actions(trace, when)),
        pollers=pollers(trace),
        holds=holds(trace.events[after_setup(trace.events).start :]),
    )


def _wakeups(trace: Trace, when: Moments) -> list[Wakeup]:
    by_seq = {event.seq: event for event in trace.events}
    found: list[Wakeup] = []
    open_: dict[str, int] = {}
    finishing: dict[str, int] = {}
    for i in after_setup(trace.events):
        event = trace.events[i]
        if event.what is What.WAKE:
            open_[event.g or "?"] = len(found)
            found.append(_wakeup(event, len(found) + 1, when.times[i], by_seq))
        elif event.what is What.RUN and event.g in open_:
            place = open_.pop(event.g)
            finishing[event.g] = place
            found[place] = replace(found[place], run=event, run_at=when.times[i])
        elif event.what in (What.STEP, What.PARK) and event.g in finishing:
            place = finishing.pop(event.g)
            found[place] = replace(found[place], outcome=event)
    return found


def _wakeup(event: Event, number: int, at: int, by_seq: Mapping[int, Event]) -> Wakeup:
    poll = by_seq.get(event.via) if event.via is not None else None
    cause = by_seq.get(event.cause) if event.cause is not None else None
    if cause is not None and cause.what is What.ACTION:
        cause = _fitting(event, cause, by_seq)
    if poll is not None and poll.what is not What.POLL:
        poll = None
    return Wakeup(
        number=number, at=at, event=event, poll=poll, cause=cause, batch=_batch(event, poll)
    )


_MAKES = {
    "r": ("write", "fill", "shutdown", "close", "reset"),
    "w": ("read", "drain", "close", "reset"),
}
"""What at the peer's end makes a descriptor readable or writable."""


def _fitting(wake: Event, cause: Event, by_seq: Mapping[int, Event]) -> Event:
    """The last action on the descriptor that concerns the wakeup's own direction.

    A trace names the last one of all, which may be about the other direction.
    """
    fitting = [
        action
        for action in by_seq.values()
        if action.what is What.ACTION
        and action.fd == cause.fd
        and action.seq <= cause.seq
        and str(action.args.get("text", "")).startswith(_MAKES.get(wake.mode or "", ()))
    ]
    return max(fitting, key=lambda action: action.seq, default=cause)


def _batch(event: Event, poll: Event | None) -> Batch | None:
    if poll is None:
        return None
    fds = [item["fd"] for item in poll_items(poll) if item["fd"] != "break"]
    if event.fd not in fds:
        return None
    return Batch(index=fds.index(event.fd) + 1, size=len(fds))


def poll_items(poll: Event) -> list[Mapping[str, Any]]:
    """The events that a poll returned."""
    return list(poll.args.get("events") or ())


def _ranked(wakeups: list[Wakeup]) -> tuple[Wakeup, ...]:
    ran = sorted((w.run.seq, w.number) for w in wakeups if w.run is not None)
    rank = {number: place for place, (_, number) in enumerate(ran, 1)}
    return tuple(replace(w, rank=rank.get(w.number)) for w in wakeups)


def _breaks(trace: Trace, when: Moments) -> Iterator[BreakMark]:
    first = after_setup(trace.events).start
    timer: Event | None = None
    blocked: Event | None = None
    ran: Event | None = None
    pending: dict[tuple[str | None, ...], Event] = {}
    for i, event in enumerate(trace.events):
        if event.what is What.TIMER:
            _follow(pending, event)
            timer = event if event.why == "set" else timer
        elif event.what is What.WAIT:
            blocked = event
        elif event.what is What.RUN and event.g in trace.goroutines:
            ran = event
        elif event.what is What.BREAK and i >= first:
            mark = BreakMark(at=when.times[i], event=event, ran=ran, timer=timer, blocked=blocked)
            # A thread without a goroutine sees the timer that is due first, not the newest.
            first_due = min(pending.values(), key=_due, default=timer)
            yield mark if mark.by_goroutine else replace(mark, timer=first_due)


def _follow(pending: dict[tuple[str | None, ...], Event], timer: Event) -> None:
    """Keeps the timers that are set and have not fired or been stopped."""
    key = (timer.args.get("of"), timer.g if timer.fd is None else None, timer.fd, timer.mode)
    if timer.why == "set" and timer.args.get("when_ns") is not None:
        pending[key] = timer
    else:
        pending.pop(key, None)


def _due(timer: Event) -> int:
    return int(timer.args["when_ns"])


def _stale(trace: Trace, when: Moments) -> Iterator[Stale]:
    for i in after_setup(trace.events):
        event = trace.events[i]
        if event.what is What.POLL:
            for item in poll_items(event):
                if item.get("stale"):
                    yield Stale(at=when.times[i], poll=event, fd=item["fd"])


def _actions(trace: Trace, when: Moments) -> Iterator[Action]:
    """What the script did; where a witness leaves actions out, the text of its entries."""
    acted = any(event.what is What.ACTION for event in trace.events)
    named = {
        step.split()[1] for steps in trace.goroutines.values() for step in steps if _goes(step)
    }
    for i in after_setup(trace.events):
        event = trace.events[i]
        text = str(event.args.get("text", ""))
        if event.what is What.ACTION:
            yield Action(at=when.times[i], text=text or event.fd or "acts", fd=event.fd)
            named |= {text.split()[1]} if _goes(text) else set()
        elif event.what is What.ENTRY and (event.args.get("plain_go") or not acted):
            yield Action(at=when.times[i], text=text, fd=None)
            named |= {text.split()[1]} if _goes(text) else set()
        elif event.what is What.START and event.g in trace.goroutines and event.g not in named:
            yield Action(at=when.times[i], text=f"go {event.g}", fd=None)


def _goes(text: str) -> bool:
    return text.startswith("go ")
