"""What is told of a run: the text calls an Observer at its linearisation points.

The calls stand right behind the access that they speak of, so nothing lies between the two.
"""

from typing import TYPE_CHECKING, Any

from model.atomic import Word, world
from model.linux import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP
from model.netpoll import PollDesc, modeR, modeW, pdNil, pdReady, pdWait
from model.runtime2 import G, M, P
from scenario import HOST, Action, Entry, Event, Step, What

if TYPE_CHECKING:
    from model.program import Runtime
    from model.time import Timer

Events = tuple[tuple[int, tuple[PollDesc | None, int]], ...]


class Observer:
    """Sees everything and keeps nothing: for runs that are only measured."""

    def opened(self, pd: PollDesc) -> None: ...
    def slot(self, pd: PollDesc, mode: int, value: G | int) -> None: ...
    def committed(self, gp: G, gpp: Word[G | int]) -> None: ...
    def unblocked(self, pd: PollDesc, mode: int, old: G | int, ioready: bool) -> None: ...
    def slept(self, gp: G) -> None: ...
    def timer(self, t: "Timer", why: str) -> None: ...
    def breaks(self, written: bool) -> None: ...
    def wakesig(self, value: int) -> None: ...
    def ready(self) -> None: ...
    def waits(self, waitms: int) -> None: ...
    def polled(self, events: Events, waitms: int) -> None: ...
    def runs(self, gp: G) -> None: ...
    def parks(self, gp: G | None, reason: str) -> None: ...
    def leaves(self, gp: G, why: str) -> None: ...
    def starts(self, gp: G) -> None: ...
    def acquires(self, mp: M, pp: P) -> None: ...
    def gives(self, mp: M, pp: P) -> None: ...
    def sysmon(self, why: str) -> None: ...
    def begins(self, gp: G, index: int, step: Step) -> None: ...
    def ends(
        self, gp: G, index: int, step: Step, count: int | str | None, error: str | None
    ) -> None: ...


SLOT_WORDS = {pdNil: "nil", pdReady: "ready", pdWait: "wait"}


class Recorder(Observer):
    """Makes the events of a trace. ``runtime`` is set once it exists."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []  # of an Event each, but t by the M's clock
        self.origin = 0  # when the script began, in ns
        self.runtime: Runtime | None = None
        self.names: dict[tuple[PollDesc, int], str] = {}  # by pollDesc and fdseq
        self.current: dict[PollDesc, str] = {}
        self.words: dict[Word[G | int], tuple[str, str]] = {}
        self.held: dict[Word[G | int], str] = {}  # what a trace says that a word holds
        self.actions: dict[tuple[str, str], int] = {}  # by fd and mode: seq of the last action
        self.asked: int | None = None  # seq of the script's last entry or `go`
        self.fds: list[str] = []  # the ready list as last recorded
        self.polls: dict[M, int] = {}  # by M: seq of its last poll
        self.fires: dict[M, int] = {}  # by M: seq of the timer whose function it runs
        self.steps: dict[str, int] = {}  # by goroutine: seq of the beginning of its step
        self.woken: dict[str, int] = {}  # by goroutine: seq of its last wake

    def add(self, what: What, /, **fields: Any) -> int:
        """Record an event at the M's clock; its seq."""
        seq = len(self.records) + 1
        self.records.append({"seq": seq, "what": what, "t": world.now, **fields})
        return seq

    def trace_events(self) -> tuple[Event, ...]:
        """The events, with times from the start of the script."""
        origin = self.origin
        return tuple(Event(**{**record, "t": record["t"] - origin}) for record in self.records)

    # ---- what the driver tells

    def script(self) -> None:
        self.origin = world.now
        self.add(What.SCRIPT)

    def entry(self, index: int, entry: Entry, blocked: bool) -> None:
        args = {"index": index, "text": entry.text, "plain_go": entry.plain is not None}
        self.asked = self.add(What.ENTRY, args={**args, "blocked": blocked})

    def action(self, action: Action) -> None:
        seq = self.add(What.ACTION, fd=action.fd, args={"text": action.text})
        assert action.fd is not None
        for mode in action.op.directions:
            self.actions[action.fd, mode] = seq

    def hold(self, why: str) -> None:
        self.add(What.HOLD, why=why)

    def release(self) -> None:
        self.add(What.RELEASE)

    def throw(self, text: str) -> None:
        self.add(What.THROW, m=repr(world.m), args={"text": text})

    def ready(self) -> None:
        rt = self.runtime
        if rt is None or rt.epfd < 0:
            return
        fds = [self.name_of(data) for data in rt.kernel.ready_list(rt.epfd)]
        if fds != self.fds:
            self.fds = fds
            self.add(What.READY, args={"fds": fds})

    # ---- what the text tells

    def name(self, pd: PollDesc, fd: str) -> None:
        """From now on pd is the scenario's descriptor ``fd``."""
        self.current[pd] = fd
        self.names[pd, pd.fdseq.v] = fd
        self.words[pd.rg] = (fd, "r")
        self.words[pd.wg] = (fd, "w")

    def name_of(self, data: Any) -> str:
        pd, tag = data
        return "break" if pd is None else self.names.get((pd, tag), "?")

    def opened(self, pd: PollDesc) -> None:
        assert self.runtime is not None
        self.name(pd, self.runtime.names[pd.fd])
        self.slot(pd, modeR, pdNil)
        self.slot(pd, modeW, pdNil)

    def slot(self, pd: PollDesc, mode: int, value: G | int) -> None:
        text = value.name if isinstance(value, G) else SLOT_WORDS[value]
        self._changed(pd.rg if mode == modeR else pd.wg, text)

    def committed(self, gp: G, gpp: Word[G | int]) -> None:
        self._changed(gpp, gp.name)

    def _changed(self, word: Word[G | int], text: str) -> None:
        """A store of what is there already is no event."""
        if self.held.get(word, "nil") == text:
            return
        self.held[word] = text
        fd, mode = self.words[word]
        self.add(What.SLOT, m=repr(world.m), fd=fd, mode=mode, args={"value": text})

    def unblocked(self, pd: PollDesc, mode: int, old: G | int, ioready: bool) -> None:
        self.slot(pd, mode, pdReady if ioready else pdNil)
        if not isinstance(old, G):
            return
        fd = self.current[pd]
        mp = world.m
        why, cause, via = "deadline", self.fires.get(mp), None
        if ioready:
            letter = "r" if mode == modeR else "w"
            why, cause, via = "ready", self.actions.get((fd, letter)), self.polls.get(mp)
        elif pd.closing or cause is None:
            why = "close" if pd.closing else "deadline"
            cause = self.steps.get(mp.curg.name) if mp.curg is not None else None
        self.woken[old.name] = self.add(
            What.WAKE,
            g=old.name,
            m=repr(mp),
            fd=fd,
            mode="r" if mode == modeR else "w",
            why=why,
            cause=cause,
            via=via,
            tag="netpollunblock:free",
        )

    def slept(self, gp: G) -> None:
        self.woken[gp.name] = self.add(
            What.WAKE, g=gp.name, m=repr(world.m), why="timer", cause=self.fires.get(world.m)
        )

    def timer(self, t: "Timer", why: str) -> None:
        fields: dict[str, Any] = {"why": why, "m": repr(world.m)}
        if isinstance(t.arg, G):
            fields["g"] = t.arg.name
        else:
            name = t.f.__name__ if t.f is not None else ""
            fields["fd"] = self.current[t.arg]
            modes = {"netpollReadDeadline": "r", "netpollWriteDeadline": "w"}
            fields["mode"] = modes.get(name, "rw")
        of = "sleep" if isinstance(t.arg, G) else "deadline"
        seq = self.add(What.TIMER, args={"when_ns": t.when - self.origin, "of": of}, **fields)
        if why == "fire":
            self.fires[world.m] = seq

    def breaks(self, written: bool) -> None:
        why = "written" if written else "coalesced"
        who = world.m.curg.name if world.m.curg is not None else None
        self.add(What.BREAK, why=why, m=repr(world.m), g=who, tag="wakeNetPoller:break")
        if written:
            self.wakesig(1)

    def wakesig(self, value: int) -> None:
        self.add(What.WAKESIG, m=repr(world.m), args={"value": value})

    def waits(self, waitms: int) -> None:
        if waitms != 0:
            timeout = None if waitms < 0 else waitms * 1_000_000
            self.add(What.WAIT, m=repr(world.m), args={"timeout_ns": timeout})

    def polled(self, events: Events, waitms: int) -> None:
        items = [self.item(ev, data) for ev, data in events]
        timeout = None if waitms < 0 else waitms * 1_000_000
        args = {"events": items, "timeout_ns": timeout}
        self.polls[world.m] = self.add(What.POLL, m=repr(world.m), args=args)
        self.ready()

    def item(self, ev: int, data: tuple[PollDesc | None, int]) -> dict[str, Any]:
        modes = ("r" if ev & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR) else "") + (
            "w" if ev & (EPOLLOUT | EPOLLHUP | EPOLLERR) else ""
        )
        pd, tag = data
        stale = pd is not None and pd.fdseq.v != tag
        return {"fd": self.name_of(data), "modes": modes, "err": ev == EPOLLERR, "stale": stale}

    def runs(self, gp: G) -> None:
        mp = world.m
        self.fires.pop(mp, None)
        cause = self.woken.pop(gp.name, None)
        self.add(What.RUN, g=gp.name, m=repr(mp), p=repr(mp.p), cause=cause)

    def parks(self, gp: G | None, reason: str) -> None:
        assert gp is not None
        fields: dict[str, Any] = {}
        if reason == "io":
            fields["fd"], fields["mode"] = self.words[world.m.waitlock]
            fields["tag"] = "netpollblock:park"
        self.add(What.PARK, g=gp.name, m=repr(world.m), why=reason, **fields)

    def leaves(self, gp: G, why: str) -> None:
        self.add(What.LEAVE, g=gp.name, m=repr(world.m), why=why)

    def starts(self, gp: G) -> None:
        by = world.m.curg.name if world.m.curg is not None else None
        cause = self.asked if by == HOST else self.steps.get(by or "")
        self.add(What.START, g=gp.name, m=repr(world.m), cause=cause, args={"by": by})

    def acquires(self, mp: M, pp: P) -> None:
        self.add(What.ACQUIRE, m=repr(mp), p=repr(pp))

    def gives(self, mp: M, pp: P) -> None:
        self.add(What.GIVE, m=repr(mp), p=repr(pp))

    def sysmon(self, why: str) -> None:
        self.add(What.SYSMON, m=repr(world.m), why=why)

    def begins(self, gp: G, index: int, step: Step) -> None:
        args = {"index": index, "text": step.text}
        self.steps[gp.name] = self.add(What.BEGIN, g=gp.name, args=args)

    def ends(
        self, gp: G, index: int, step: Step, count: int | str | None, error: str | None
    ) -> None:
        args = {"index": index, "text": step.text, "count": count, "error": error or "ok"}
        self.add(What.STEP, g=gp.name, m=repr(world.m), fd=step.fd, args=args)
