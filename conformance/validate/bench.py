"""A pollDesc, a kernel and a scheduler that do nothing by themselves: one call stands on them."""

from collections.abc import Callable
from typing import Any

from conformance.validate.stepping import NOW_NS, Call, Free, Tally, Watched, function
from model.linux import EPOLLIN, EPOLLOUT
from model.netpoll import PollDesc
from model.proc import Proc
from model.program import Runtime
from model.runtime2 import G, Gwaiting

LONG_AGO = 1
"""A time of the last poll that sysmon finds too long ago."""
BREAK_READY = ((EPOLLIN, (None, 0)),)
NOTHING = ((0, (None, 0)),)
"""An event without a bit, which netpoll passes over: so that no poll waits."""

Others = Callable[[Any], tuple[Any, ...]]


class StillKernel:
    """Answers what the poller asks of Linux; a poll returns ``events`` once."""

    def __init__(self, call: Call, events: tuple[Any, ...]) -> None:
        self.call = call
        self.events = events
        self.count = 0
        self.noted = False  # whether what is done to the break descriptor is part of the log

    def epoll_ctl(self, *ask: object) -> int:
        return 0

    def epoll_collect(self, epfd: int, maxevents: int) -> tuple[Any, ...]:
        events, self.events = self.events, NOTHING
        return events

    def write(self, fd: int, n: int) -> int:
        if self.noted:
            self.call.note("break", function(), "write", "", "")
        self.count += 1
        return n

    def read(self, fd: int, n: int) -> int:
        if self.noted:
            self.call.note("break", function(), "read", "", "")
        self.count = 0
        return n


def bare(runtime: type[Runtime]) -> type[Any]:
    """``runtime`` with the scheduler taken out from behind the poller."""

    class Bare(runtime):  # type: ignore[valid-type,misc]
        call: Call
        me: G

        async def gopark(self, unlockf: Any, lock: Any, reason: str) -> None:
            parked = await unlockf(self.me, lock)
            if parked:  # it runs again because somebody has changed the word
                lock.leave_parked()

        async def goready(self, gp: G) -> None:
            self.call.deeds.append(("ready", gp.goid))

        async def injectglist(self, glist: G | None) -> None: ...
        async def wakep(self) -> None: ...
        async def pidleget(self) -> None: ...

    return Bare


BARE: dict[type[Runtime], type[Any]] = {}
"""By runtime: made once."""


class Bench:
    """One call's surroundings: ``text`` is the runtime, ``pd`` the one pollDesc that it has."""

    def __init__(
        self, runtime: type[Runtime], call: Call, events: tuple[Any, ...] = NOTHING
    ) -> None:
        self.call = call
        self.kernel = StillKernel(call, events)
        kind = BARE.get(runtime)
        if kind is None:
            kind = BARE[runtime] = bare(runtime)
        text: Any = object.__new__(kind)
        Proc.__init__(text, self.kernel, 1, NOW_NS)  # type: ignore[arg-type]
        text.call = call
        text.me = PARKED["rg"]
        text.epfd = 3
        text.netpollEventFd = text.netpollBreakRd = text.netpollBreakWr = 4  # its names in time
        text.netpollInited.v = 1
        text.netpollWaiters = Tally("netpollWaiters", 1, call)
        self.text: Runtime = text
        self.pd = PollDesc()
        text.pollcache.first = self.pd

    def watch_slot(self, word: str, v: Any, others: Others) -> None:
        setattr(self.pd, word, Watched(word, v, self.call, others))

    def slot(self, word: str) -> Watched:
        found: Watched = getattr(self.pd, word)
        return found

    def watch_lastpoll(self, v: Any, others: Others) -> None:
        self.lastpoll = Watched("lastpoll", v, self.call, others)
        self.text.sched.lastpoll = self.lastpoll

    def watch_wakesig(self, v: Any, others: Others) -> None:
        self.wakesig = Watched("netpollWakeSig", v, self.call, others)
        self.text.netpollWakeSig = self.wakesig  # type: ignore[assignment]
        self.kernel.noted = True

    def free_info(self, values: tuple[int, ...]) -> None:
        """Let pd.atomicInfo say any of ``values``."""
        self.pd.atomicInfo = Free(values, self.call)

    def park(self, r: Any, w: Any, known: bool) -> None:
        """Put ``r`` and ``w`` into the slots ("g": a goroutine of its own), with news for both."""
        for word, v in (("rg", r), ("wg", w)):
            gp = PARKED[word]
            gp.schedlink = None
            gp.atomicstatus.v = Gwaiting
            # A goroutine that parks here is freed at once, or the call would have no end.
            self.watch_slot(word, gp if v == "g" else v, same if known else freed)
        self.text.sched.lastpoll.v = LONG_AGO
        self.pd.fdseq.v = 1
        self.kernel.events = ((EPOLLIN | EPOLLOUT, (self.pd, 1)),)

    def due(self) -> PollDesc:
        """The pollDesc, with a deadline of both directions that comes due."""
        self.pd.rd = self.pd.wd = NOW_NS
        self.pd.rrun = True
        return self.pd


PARKED = {"rg": G(1, "reader"), "wg": G(2, "writer")}


def same(v: Any) -> tuple[Any, ...]:
    """Nobody changes anything meanwhile."""
    return (v,)


def freed(v: Any) -> tuple[Any, ...]:
    """Nobody changes anything but that a parked goroutine is freed by news."""
    return (v, 1) if isinstance(v, G) else (v,)
