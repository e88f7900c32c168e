"""What the records of a run tell, as the events of a trace."""

from collections.abc import Callable, Sequence
from typing import Any

from realgo import outcomes
from realgo.fetching import Fetching
from realgo.kinds import GOROUTINE, SLOT_WORDS
from realgo.lateness import Lateness
from realgo.names import (
    USER_DONE,
    USER_ENTERS,
    USER_GO,
    USER_STEP_BEGINS,
    USER_STEP_ENDS,
    Names,
)
from realgo.records import Flag, Kind, Place, Record
from realgo.standing import Standing
from scenario import HOST, Entry, Event, Op, Scenario, Step, What

NS_PER_MS = 1_000_000
POLL_CALL = 7
"""asm/unistd_64.h: poll, by which the interpreter asks epoll whether anything can be fetched."""
DEADLINES = {
    Op.SET_READ_DEADLINE: "r",
    Op.SET_WRITE_DEADLINE: "w",
    Op.SET_DEADLINE: "rw",
}
VALUES = {0: "nil", 1: "ready", 2: "wait"}


class Story:
    """Goes through the records once, in the order of their numbers, and collects events."""

    def __init__(self, scenario: Scenario, records: Sequence[Record]) -> None:
        self.scenario = scenario
        self.lateness = Lateness(timed=scenario.timed)
        self._records = _written_when_decided(records)
        self._events: list[dict[str, Any]] = []
        self._order = tuple(scenario.goroutines)
        self._names = Names(scenario, records)
        self._standing = Standing(self._names, self._add)
        self._fetching = Fetching(self.lateness)
        self._origin = next((r.t for r in records if r.kind == Kind.SCRIPT), None)
        self._t = 0
        self._asked: int | None = None  # the entry, which causes what the host starts
        self._begun: dict[str, int] = {}  # by goroutine: the begin of its step
        self._actions: dict[tuple[str, str], int] = {}  # by descriptor and direction: the last one
        self._due: dict[object, int] = {}  # by goroutine, or by descriptor and direction
        self._timers: dict[tuple[str, str], int] = {}  # by descriptor and direction: when it is due
        self._sleeps: dict[str, int] = {}  # by goroutine: when its timer is due
        self._timeout: dict[int, int | None] = {}  # by M: of the poll that it is in
        self._polls: dict[int, dict[str, Any]] = {}  # by M: its last poll
        self._freeing: dict[int, tuple[str, int | None]] = {}  # by M: why it frees whom, and cause
        self._woken: dict[str, int] = {}  # by goroutine: its last wake
        self._busy: set[str] = set()
        self._looked: int | None = None  # when sysmon did, while anybody is busy

    def events(self) -> tuple[Event, ...]:
        """All events, with times from the start of the script."""
        origin = self._origin
        if origin is None:  # it never came to its script
            origin = self._records[-1].t if self._records else 0
        for record in self._records:
            self._t = record.t - origin
            self._standing.follow(record)
            tell = _TELLERS.get(record.kind)
            if tell is not None:
                tell(self, record)
        return tuple(Event(**event) for event in self._events)

    def _add(self, what: What, **fields: Any) -> int:
        seq = len(self._events) + 1
        self._events.append({"seq": seq, "what": what, "t": self._t, **fields})
        return seq

    # ---- the host

    def _script(self, record: Record) -> None:
        self._add(What.SCRIPT)

    def _entry(self, record: Record) -> None:
        entry = self.scenario.script[record.a]
        args = {"index": record.a, "text": entry.text, "plain_go": entry.plain is not None}
        self._asked = self._add(What.ENTRY, args={**args, "blocked": bool(record.b)})
        if entry.at_ns is not None:
            self.lateness.entry(entry.text, entry.at_ns, self._t)

    def _action(self, record: Record) -> None:
        action = _actions(self.scenario.script[record.a])[record.b]
        fd = action.fd or ""
        seq = self._add(What.ACTION, g=HOST, fd=fd, args={"text": action.text})
        for mode in action.op.directions:
            self._actions[fd, mode] = seq
        self._fetching.acted(fd)

    def _stimulus(self, record: Record) -> None:
        if record.a == POLL_CALL:
            self._fetching.looked(ready=record.c > 0)

    def _hold(self, record: Record) -> None:
        self._add(What.HOLD, why="fetch")

    def _fetch(self, record: Record) -> None:
        self._add(What.HOLD, why="event")
        self._fetching.stopped()

    def _release(self, record: Record) -> None:
        self._add(What.RELEASE)
        self._fetching.released(self._t)

    # ---- goroutines

    def _user(self, record: Record) -> None:
        g = self._names.goroutine(record.g) or ""
        if record.a == USER_GO:
            self._start(record, by=g)
        elif record.a == USER_DONE:
            self._add(What.LEAVE, g=g, m=f"M{record.m}", why="done")
            self._standing.stopped(record.m)
        elif record.a == USER_STEP_BEGINS:
            self._begin(record, g, self.scenario.goroutines[g][record.b])
        elif record.a == USER_STEP_ENDS:
            self._end(record, g, self.scenario.goroutines[g][record.b])
        else:
            assert record.a == USER_ENTERS

    def _start(self, record: Record, by: str) -> None:
        g = self._order[record.b]
        cause = self._asked if by == HOST else self._begun.get(by)
        self._add(What.START, g=g, m=f"M{record.m}", cause=cause, args={"by": by})

    def _begin(self, record: Record, g: str, step: Step) -> None:
        self._standing.step[g] = step
        args = {"index": record.b, "text": step.text}
        self._begun[g] = self._add(What.BEGIN, g=g, m=f"M{record.m}", args=args)
        ns = step.ns or 0
        if ns <= 0 or not (step.op in DEADLINES or step.op in (Op.SLEEP, Op.BUSY)):
            return
        due = self.lateness.start(f"`{step.text}`", ns, self._t)
        if step.op in DEADLINES:
            self._due.update(((step.fd, mode), due) for mode in DEADLINES[step.op])
            return
        self._due[g] = due
        if step.op is Op.BUSY:
            self._looked = self._looked if self._busy else self._t  # awake since the host was back
            self._busy.add(g)
        if step.op is Op.SLEEP:
            self._sleeps[g] = self._t + ns
            args = {"when_ns": self._sleeps[g], "of": "sleep"}
            self._standing.timer[g] = {"why": "set", "args": args}

    def _end(self, record: Record, g: str, step: Step) -> None:
        if step.op is Op.BUSY:
            self.lateness.end(f"`{step.text}`", self._due[g], self._t)
            self._look()
            self._busy.discard(g)
            self._looked = self._looked if self._busy else None
        args = {"index": record.b, "text": step.text}
        args |= {"count": outcomes.count_of(step, record.c), "error": outcomes.error_of(record.d)}
        self._add(What.STEP, g=g, m=f"M{record.m}", fd=step.fd, args=args)

    def _execute(self, record: Record) -> None:
        g = self._names.goroutine(record.a)
        cause = self._woken.pop(g, None) if g is not None else None
        self._standing.run(record.m, record.p, record.a, cause)

    def _ready(self, record: Record) -> None:
        """A sleep's timer readies its goroutine itself (time.go:goroutineReady)."""
        g = self._names.goroutine(record.a)
        if not record.c or g is None:
            return
        due = self._due.get(g, self._t)
        self.lateness.end(f"the sleep of {g}", due, self._t)
        m = f"M{record.m}"
        args = {"when_ns": self._sleeps.pop(g, self._t), "of": "sleep"}
        fire = self._add(What.TIMER, g=g, m=m, why="fire", args=args)
        self._woken[g] = self._add(What.WAKE, g=g, m=m, why="timer", cause=fire)

    def _preempt(self, record: Record) -> None:
        self._standing.preempt(record.a)

    # ---- the poller

    def _enter(self, record: Record) -> None:
        timeout = None if record.b < 0 else record.b * NS_PER_MS
        self._timeout[record.m] = timeout
        if timeout != 0:
            self._fetching.enter(record.m)
            self._add(What.WAIT, m=f"M{record.m}", args={"timeout_ns": timeout})

    def _exit(self, record: Record) -> None:
        args: dict[str, Any] = {"events": [], "timeout_ns": self._timeout.get(record.m)}
        self._add(What.POLL, m=f"M{record.m}", args=args)
        self._polls[record.m] = self._events[-1]
        self._fetching.exit(record.m)

    def _event(self, record: Record) -> None:
        fd = self._names.opened(record.c, record.d)
        item = outcomes.ready_item(fd, record.b, stale=record.d != record.e)
        poll = self._polls[record.m]
        poll["args"]["events"].append(item)
        self._fetching.fetched(fd, poll["t"])

    def _break_event(self, record: Record) -> None:
        self._polls[record.m]["args"]["events"].append(outcomes.break_item())

    def _break_cas(self, record: Record) -> None:
        who = {"g": self._names.goroutine(record.g), "m": f"M{record.m}"}
        if record.flags & Flag.FAILED:
            self._add(What.BREAK, why="coalesced", **who)
        else:
            self._add(What.WAKESIG, m=who["m"], args={"value": 1})

    def _break_write(self, record: Record) -> None:
        g = self._names.goroutine(record.g)
        self._add(What.BREAK, why="written", g=g, m=f"M{record.m}")

    def _break_clear(self, record: Record) -> None:
        self._add(What.WAKESIG, m=f"M{record.m}", args={"value": 0})

    def _lastpoll(self, record: Record) -> None:
        if record.f == Place.SYSMON:  # it does so once each time round
            self._add(What.SYSMON, m=f"M{record.m}", why="looks")
            self._look()
            self._looked = self._t if self._busy else None

    def _look(self) -> None:
        """Without a core the monitor neither polls nor preempts, however long somebody is busy."""
        if self._busy and self._looked is not None:
            self.lateness.look(self._looked, self._t)

    # ---- descriptors

    def _open(self, record: Record) -> None:
        fd = self._names.fd(record.a)
        for mode in "rw":  # what was done at the old peer was done at another file's
            self._actions.pop((fd, mode), None)
        self._fetching.forget(fd)

    def _evict(self, record: Record) -> None:
        self._freeing[record.m] = "close", self._cause(record)
        self._stop(record, self._names.fd(record.a), "rw")

    def _set_deadline(self, record: Record) -> None:
        self._freeing[record.m] = "deadline", self._cause(record)
        fd = self._names.fd(record.a)
        modes = {ord("r"): "r", ord("w"): "w"}.get(record.c, "rw")
        if record.b <= 0:
            self._stop(record, fd, modes)
            return
        when = self._t + record.b
        self._timers.update(((fd, mode), when) for mode in modes)
        args = {"when_ns": when, "of": "deadline"}
        self._add(What.TIMER, fd=fd, mode=modes, m=f"M{record.m}", why="set", args=args)

    def _stop(self, record: Record, fd: str, modes: str) -> None:
        whens = [self._timers.pop((fd, mode)) for mode in modes if (fd, mode) in self._timers]
        if whens:
            args = {"when_ns": whens[0], "of": "deadline"}
            self._add(What.TIMER, fd=fd, mode=modes, m=f"M{record.m}", why="stop", args=args)

    def _deadline_fire(self, record: Record) -> None:
        if record.c:
            return  # another deadline was set meanwhile
        fd = self._names.fd(record.a)
        modes = ("r" if record.b & 1 else "") + ("w" if record.b & 2 else "")
        due = self._due.get((fd, modes[0]), self._t)
        self.lateness.end(f"the deadline of {fd}", due, self._t)
        when = self._timers.get((fd, modes[0]), self._t)
        for mode in modes:
            self._timers.pop((fd, mode), None)
        args = {"when_ns": when, "of": "deadline"}
        fire = self._add(What.TIMER, fd=fd, mode=modes, m=f"M{record.m}", why="fire", args=args)
        self._freeing[record.m] = "deadline", fire

    def _cause(self, record: Record) -> int | None:
        """The step of the goroutine on this thread."""
        return self._begun.get(self._names.goroutine(record.g) or "")

    # ---- rg and wg

    def _access(self, record: Record) -> None:
        fd, mode = self._names.word(record)
        if record.kind == Kind.COMMIT:
            self._standing.stopped(record.m)  # if it failed, the goroutine is run again at once
        if record.flags & Flag.FAILED or record.b == record.c:
            return
        where = {"fd": fd, "mode": mode, "m": f"M{record.m}"}
        if record.kind == Kind.COMMIT:
            self._add(What.PARK, g=self._names.goroutine(record.c - GOROUTINE), why="io", **where)
        value = VALUES.get(record.c) or self._names.goroutine(record.c - GOROUTINE)
        self._add(What.SLOT, args={"value": value}, **where)
        freed = record.b - GOROUTINE
        if record.kind == Kind.UNBLOCK_CAS and freed > 0:
            self._wake(record, self._names.goroutine(freed) or "", fd, mode)

    def _wake(self, record: Record, g: str, fd: str, mode: str) -> None:
        if record.f:  # ioready
            why, cause = "ready", self._actions.get((fd, mode))
            via = self._polls[record.m]["seq"]
        else:
            (why, cause), via = self._freeing[record.m], None
        who = {"g": g, "m": f"M{record.m}", "fd": fd, "mode": mode}
        self._woken[g] = self._add(What.WAKE, why=why, cause=cause, via=via, **who)


def _written_when_decided(records: Sequence[Record]) -> list[Record]:
    """The records, with each write of a break where its thread decided on it.

    A write is made between that and its own record. By then a poll may have come back from it.
    """
    ordered: list[Record] = []
    decided: dict[int, int] = {}  # by M: where in ``ordered``
    for record in records:
        at = decided.pop(record.m, None) if record.kind == Kind.BREAK_WRITE else None
        if at is None:
            if record.kind == Kind.BREAK_CAS and not record.flags & Flag.FAILED:
                decided[record.m] = len(ordered)
            ordered.append(record)
        else:
            ordered.insert(at + 1, record._replace(t=ordered[at].t))
            decided = {m: k + (k > at) for m, k in decided.items()}
    return ordered


def _actions(entry: Entry) -> tuple[Any, ...]:
    return (*entry.held, *entry.fetched)


_TELLERS: dict[int, Callable[[Story, Record], None]] = {
    Kind.SCRIPT: Story._script,
    Kind.STIMULUS: Story._stimulus,
    Kind.ENTRY: Story._entry,
    Kind.ACTION: Story._action,
    Kind.HOLD: Story._hold,
    Kind.FETCH: Story._fetch,
    Kind.RELEASE: Story._release,
    Kind.USER: Story._user,
    Kind.EXECUTE: Story._execute,
    Kind.READY: Story._ready,
    Kind.PREEMPT: Story._preempt,
    Kind.ENTER: Story._enter,
    Kind.EXIT: Story._exit,
    Kind.EVENT: Story._event,
    Kind.BREAK_EVENT: Story._break_event,
    Kind.BREAK_CAS: Story._break_cas,
    Kind.BREAK_WRITE: Story._break_write,
    Kind.BREAK_CLEAR: Story._break_clear,
    Kind.LASTPOLL_LOAD: Story._lastpoll,
    Kind.OPEN: Story._open,
    Kind.EVICT: Story._evict,
    Kind.SET_DEADLINE: Story._set_deadline,
    Kind.DEADLINE_FIRE: Story._deadline_fire,
    **dict.fromkeys(SLOT_WORDS, Story._access),
}
