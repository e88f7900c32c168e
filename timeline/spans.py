"""The lanes of a trace: what each goroutine, processor, thread and word did, from when to when.

Pure: no drawing, no fonts. Times are whatever the caller gives for each event (ns for the picture,
columns for the text), so that both forms tell the same story.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from scenario.trace import Event, Trace, What
from timeline.holds import holds
from timeline.pollers import pollers, work_ends
from timeline.units import due


class State(StrEnum):
    """What a span shows."""

    RUNNING = "running"
    RUNNABLE = "runnable"
    WAITING = "waiting"
    SYSCALL = "syscall"
    HOLDS = "holds a P"
    BLOCKED = "blocked in epoll_wait"
    HELD = "blocked, and held by the script"
    STOPPED = "stopped behind its fetch"
    AT_WORK = "poller at work"
    LISTED = "ready list"
    TIMER = "timer"
    SIGNALLED = "wakesig 1"
    QUIET = "wakesig 0"
    ASLEEP = "sysmon sleeps"
    NIL = "nil"
    ANNOUNCED = "pdWait"
    TAKEN = "goroutine"
    NEWS = "pdReady"


class Kind(StrEnum):
    """The kinds of lanes."""

    READY = "ready list"
    TIMERS = "next timer"
    POLLER = "epoll_wait"
    WAKESIG = "netpollWakeSig"
    SYSMON = "sysmon"
    M = "threads"
    P = "processors"
    G = "goroutines"
    SLOT = "pollDesc"


class Lane(NamedTuple):
    """The key of a lane; ``name`` is empty for lanes of which there is one."""

    kind: Kind
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """``words`` are the label, longest form first; ``level`` is the ready list's length."""

    start: int
    end: int
    state: State
    words: tuple[str, ...] = ()
    level: int = 0


Lanes = Mapping[Lane, tuple[Span, ...]]


class _Track:
    """One lane in the making: a state that lasts until the next one."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.now: tuple[State, tuple[str, ...], int] | None = None
        self.since = 0

    def become(
        self, t: int, state: State | None, words: tuple[str, ...] = (), level: int = 0
    ) -> None:
        now = None if state is None else (state, words, level)
        if now == self.now:
            return
        self.end(t)
        self.now, self.since = now, t

    def end(self, t: int) -> None:
        if self.now is not None and t > self.since:
            state, words, level = self.now
            self.spans.append(Span(start=self.since, end=t, state=state, words=words, level=level))


def lanes(
    trace: Trace,
    times: Sequence[int],
    *,
    start: int,
    end: int,
    skip: frozenset[int] = frozenset(),
) -> Lanes:
    """All lanes that the trace can fill, cut to ``start`` .. ``end``; empty ones are not there.

    A goroutine that the scenario declares always has its lane, in the scenario's order.
    ``skip`` are positions of events that changed nothing and are left out.
    """
    teller = _Teller(trace, times)
    for i, (event, t) in enumerate(zip(trace.events, times, strict=True)):
        if i not in skip:
            teller.hear(event, t)
    return teller.told(start, end)


class _Teller:
    """Hears the events of a trace one by one and keeps a track for each lane."""

    def __init__(self, trace: Trace, times: Sequence[int]) -> None:
        self.goroutines = trace.goroutines
        self.sees_ready = any(event.what is What.READY for event in trace.events)
        self.own_words = trace.witness == "epoll"
        self.pollers = pollers(trace)
        self.tracks: dict[Lane, _Track] = {Lane(Kind.G, g): _Track() for g in trace.goroutines}
        self.holder: dict[str, str] = {}
        self.runs_on: dict[str, str] = {}
        self.timers: dict[tuple[str | None, ...], int] = {}
        self.work_ends = work_ends(trace.events, times, self.pollers)
        self.work_until: int | None = None
        self.freeing = _freeing(trace.events)
        self.holds = {seq for hold in holds(trace.events) for seq in hold.seqs}
        self.held = False
        self.blocked: tuple[str, ...] = ()
        self.ready_at: int | None = None
        self.ready_fds: tuple[str, ...] = ()
        self.handlers: dict[What, Callable[[Event, int], None]] = {
            What.START: self.start,
            What.RUN: self.run,
            What.PARK: self.park,
            What.LEAVE: self.leave,
            What.WAKE: self.wake,
            What.WAIT: self.wait,
            What.POLL: self.poll,
            What.READY: self.ready,
            What.HOLD: self.held_back,
            What.RELEASE: self.released,
            What.BREAK: self.brk,
            What.TIMER: self.timer,
            What.WAKESIG: self.wakesig,
            What.SYSMON: self.sysmon,
            What.ACQUIRE: self.acquire,
            What.GIVE: self.give,
            What.SLOT: self.slot,
        }
        self.firings = {event.seq for event in self.freeing.values()}

    def hear(self, event: Event, t: int) -> None:
        if self.work_until is not None and t >= self.work_until:
            self.become(Lane(Kind.POLLER), self.work_until, None)
            self.work_until = None
        handler = self.handlers.get(event.what)
        if handler is not None:
            handler(event, t)

    def told(self, start: int, end: int) -> Lanes:
        if self.work_until is not None and self.work_until < end:
            self.become(Lane(Kind.POLLER), self.work_until, None)
        for track in self.tracks.values():
            track.end(end)
        cut = {lane: _cut(track.spans, start, end) for lane, track in self.tracks.items()}
        return {lane: spans for lane, spans in cut.items() if spans or lane.kind is Kind.G}

    def become(
        self,
        lane: Lane,
        t: int,
        state: State | None,
        words: tuple[str, ...] = (),
        level: int = 0,
    ) -> None:
        self.tracks.setdefault(lane, _Track()).become(t, state, words, level)

    def goroutine(self, g: str | None, t: int, state: State | None, *words: str) -> None:
        if g is not None and g in self.goroutines:
            self.become(Lane(Kind.G, g), t, state, words)

    # Goroutines and processors.

    def start(self, event: Event, t: int) -> None:
        self.goroutine(event.g, t, State.RUNNABLE)

    def run(self, event: Event, t: int) -> None:
        if event.g is None:
            return
        self.goroutine(event.g, t, State.RUNNING)
        if event.p is not None:
            self.off_processor(event.g, t)
            for other in [g for g, p in self.runs_on.items() if p == event.p]:
                del self.runs_on[other]
            self.runs_on[event.g] = event.p
            self.become(Lane(Kind.P, event.p), t, State.RUNNING, (event.g,))
            self.hold(event.m, event.p, t)

    def park(self, event: Event, t: int) -> None:
        word = event.why if event.why in ("sleep", "semaphore") else event.fd
        self.goroutine(event.g, t, State.WAITING, *([word] if word else []))
        self.off_processor(event.g, t)

    def leave(self, event: Event, t: int) -> None:
        then = {
            "yield": State.RUNNABLE,
            "preempted": State.RUNNABLE,
            "syscall": State.SYSCALL,
        }
        self.goroutine(event.g, t, then.get(event.why or ""))
        self.off_processor(event.g, t)

    def wake(self, event: Event, t: int) -> None:
        self.goroutine(event.g, t, State.RUNNABLE)
        fired = self.freeing.get(event.seq)
        if fired is not None:
            self.timers.pop(_timer_key(fired), None)
            self.next_timer(t)

    def off_processor(self, g: str | None, t: int) -> None:
        p = self.runs_on.pop(g, None) if g is not None else None
        if p is not None:
            self.become(Lane(Kind.P, p), t, None)

    # Threads.

    def acquire(self, event: Event, t: int) -> None:
        if event.p is not None:
            self.tracks.setdefault(Lane(Kind.P, event.p), _Track())
            self.hold(event.m, event.p, t)

    def give(self, event: Event, t: int) -> None:
        if event.m is not None:
            self.let_go(event.m, t)

    def hold(self, m: str | None, p: str, t: int) -> None:
        if m is None or self.holder.get(m) == p:
            return
        for other in [other for other, held in self.holder.items() if held == p]:
            self.let_go(other, t)
        self.holder[m] = p
        self.become(Lane(Kind.M, m), t, State.HOLDS, (f"holds {p}", p))

    def let_go(self, m: str, t: int) -> None:
        self.holder.pop(m, None)
        self.become(Lane(Kind.M, m), t, None)

    # The poller and what is under it.

    def wait(self, event: Event, t: int) -> None:
        m = event.m or "M"
        if "timeout_ns" not in event.args:
            words: tuple[str, ...] = (f"{m} blocked", m)
        elif event.args["timeout_ns"] is None:
            words = (f"{m} blocked, no timeout", f"{m} blocked", m)
        else:
            timeout = due(event.args["timeout_ns"])
            words = (f"{m} blocked, timeout {timeout}", f"{m}, {timeout}", m)
        self.work_until = None
        self.blocked = words
        self.let_go(m, t)
        self.blocks(t)

    def blocks(self, t: int) -> None:
        words = self.blocked
        if self.held:
            words = (f"{self.blocked[-1]} held by the script", "held by the script", "held")
        elif self.ready_fds:
            words = (f"{self.blocked[-1]} wakes up", "wakes up")
        self.become(Lane(Kind.POLLER), t, State.HELD if self.held else State.BLOCKED, words)

    def poller_is(self, *states: State) -> bool:
        track = self.tracks.get(Lane(Kind.POLLER))
        return track is not None and track.now is not None and track.now[0] in states

    def held_back(self, event: Event, t: int) -> None:
        """The poller may not fetch; or it has, and stands before the first event."""
        if event.seq not in self.holds:
            return
        self.held = event.why != "event"
        if self.held and self.poller_is(State.BLOCKED):
            self.blocks(t)
        elif self.poller_is(State.BLOCKED, State.HELD):
            words = ("stopped behind its fetch", "stopped")
            self.become(Lane(Kind.POLLER), t, State.STOPPED, words)
            if self.sees_ready and self.ready_at != t:
                self.listed([], t)  # a trace may say so only when the poll is over

    def released(self, event: Event, t: int) -> None:
        self.held = False
        if self.poller_is(State.HELD):
            self.blocks(t)

    def poll(self, event: Event, t: int) -> None:
        lane = Lane(Kind.POLLER)
        blocked = self.poller_is(State.BLOCKED, State.HELD, State.STOPPED)
        if not event.args.get("events") and not blocked:
            return  # a look that found nothing
        words: tuple[str, ...] = ("at work",) if self.own_words else ("netpoll",)
        if self.pollers[event.seq].how == "monitor":
            words = ("monitor",) if self.own_words else ("sysmon: netpoll", "sysmon")
        self.become(lane, t, State.AT_WORK, words)
        self.work_until = self.work_ends[event.seq]

    def ready(self, event: Event, t: int) -> None:
        self.ready_at = t
        self.listed(list(event.args.get("fds") or ()), t)

    def brk(self, event: Event, t: int) -> None:
        """A written break makes its eventfd ready, whether or not the witness says so."""
        if event.why == "written" and self.sees_ready:
            track = self.tracks.get(Lane(Kind.READY))
            if track is None or track.now is None:
                self.listed(["break"], t)

    def listed(self, fds: Sequence[str], t: int) -> None:
        self.ready_fds = tuple(fds)
        if self.ready_fds and self.poller_is(State.BLOCKED):
            self.blocks(t)  # epoll_wait goes on until the kernel has its thread running
        names = ("break descriptor", "break") if fds[:1] == ["break"] else tuple(fds[:1])
        words = names if len(fds) == 1 else (str(len(fds)),)
        self.become(
            Lane(Kind.READY), t, State.LISTED if fds else None, words if fds else (), len(fds)
        )

    def timer(self, event: Event, t: int) -> None:
        if event.why == "set" and event.args.get("when_ns") is not None:
            self.timers[_timer_key(event)] = int(event.args["when_ns"])
        elif not (event.why == "fire" and event.seq in self.firings):
            self.timers.pop(_timer_key(event), None)
        self.next_timer(t)

    def next_timer(self, t: int) -> None:
        if not self.timers:
            self.become(Lane(Kind.TIMERS), t, None)
            return
        (_, g, fd, _), when = min(self.timers.items(), key=lambda item: item[1])
        name, moment = fd or g or "timer", due(when)
        self.become(Lane(Kind.TIMERS), t, State.TIMER, (f"{name}: {moment}", moment, name))

    def wakesig(self, event: Event, t: int) -> None:
        value = bool(event.args.get("value"))
        state = State.SIGNALLED if value else State.QUIET
        self.become(Lane(Kind.WAKESIG), t, state, ("1" if value else "0",))

    def sysmon(self, event: Event, t: int) -> None:
        asleep = event.why == "sleeps"
        self.become(
            Lane(Kind.SYSMON), t, State.ASLEEP if asleep else None, ("sleeps",) if asleep else ()
        )

    def slot(self, event: Event, t: int) -> None:
        value = event.args.get("value")
        fixed = {"nil": State.NIL, "wait": State.ANNOUNCED, "ready": State.NEWS}
        state = fixed.get(str(value), State.TAKEN)
        words = {State.NIL: "nil", State.ANNOUNCED: "pdWait", State.NEWS: "pdReady"}
        if self.own_words:
            words = {State.NIL: "empty", State.ANNOUNCED: "about to wait", State.NEWS: "news"}
        self.become(
            Lane(Kind.SLOT, f"{event.fd}.{event.mode}"), t, state, (words.get(state, str(value)),)
        )


def _timer_key(event: Event) -> tuple[str | None, ...]:
    return (event.args.get("of"), event.g if event.fd is None else None, event.fd, event.mode)


def _freeing(events: Sequence[Event]) -> dict[int, Event]:
    """For the last wakeup (by seq) of each firing that firing: then its timer is gone."""
    by_seq = {event.seq: event for event in events if event.what is What.TIMER}
    last = {
        event.cause: event.seq
        for event in events
        if event.what is What.WAKE and event.cause in by_seq
    }
    return {wake: by_seq[fire] for fire, wake in last.items() if fire is not None}


def _cut(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    return tuple(
        Span(
            start=max(span.start, start),
            end=min(span.end, end),
            state=span.state,
            words=span.words,
            level=span.level,
        )
        for span in spans
        if span.end > start and span.start < end
    )
