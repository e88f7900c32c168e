"""The model's own run written down as real Go's is: a record for each access."""

import sys
from typing import Any

import pytest

from conformance.validate.spelling import LASTPOLL_PLACES, SLOT_PLACES
from conformance.validate.stepping import function
from model.atomic import Count, Uint32, Word, world
from model.kernel import Kernel
from model.netpoll import PollDesc
from model.program import Runtime
from model.runtime2 import G
from model.simulate import START_NS, simulate
from realgo.kinds import GOROUTINE, Flag, Kind, Place
from realgo.records import Record
from scenario import Scenario

MODES = {"rg": ord("r"), "wg": ord("w")}
PLACES = {function: place for place, function in LASTPOLL_PLACES.items()}
LOADS = {function: kind for kind, (function, op) in SLOT_PLACES.items() if op == "load"}
OTHERS = {
    "netpollblockcommit": Kind.COMMIT,
    "netpollunblock": Kind.UNBLOCK_CAS,
    "pollReset": Kind.RESET,
    "pollOpen": Kind.OPEN_STORE,
}
ADDRESSES = {"lastpoll": 1, "netpollWaiters": 2, "netpollWakeSig": 3}


class Tape:
    """Takes the records down."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.put(Kind.START, START_NS, 0, 1)

    def put(self, kind: Kind, *arguments: int, flags: int = 0) -> None:
        rest = (*arguments, *[0] * (6 - len(arguments)))
        count = len(self.records)
        m = getattr(world, "m", None)
        gp = m.curg if m is not None else None
        who = (-1, m.id if m is not None else 0, gp.goid if gp is not None else 0)
        self.records.append(Record(count + 1, count, world.now, kind, *who, 0, flags, 0, *rest))


class Slot(Word[Any]):
    """rg or wg."""

    __slots__ = ("address", "io", "name", "tape")

    def __init__(self, v: Any, name: str, address: int, tape: Tape) -> None:
        super().__init__(v)
        self.name, self.address, self.tape = name, address, tape

    def _put(self, kind: Kind, old: Any, new: Any, failed: bool = False) -> None:
        flags = int(Flag.FAILED) if failed else 0
        arguments = (self.address, slot(old), slot(new), 0, MODES[self.name])
        self.tape.put(kind, *arguments, *self._news(kind), flags=flags)

    def _news(self, kind: Kind) -> tuple[int, ...]:
        return (int(news()),) if kind in (Kind.UNBLOCK_LOAD, Kind.UNBLOCK_CAS) else ()

    async def load(self) -> Any:
        self._put(LOADS[function()], self.v, self.v)
        return self.v

    async def store(self, v: Any) -> None:
        self._put(OTHERS[function()], self.v, v)
        self.v = v

    async def cas(self, old: Any, new: Any) -> bool:
        where = function()
        kind = OTHERS.get(where)
        if kind is None:
            kind = Kind.BLOCK_CONSUME if new == 0 else Kind.BLOCK_ANNOUNCE
        done = bool(self.v == old)
        self._put(kind, old, new, failed=not done)
        if done:
            self.v = new
        return done

    async def swap(self, v: Any) -> Any:
        self._put(Kind.BLOCK_COLLECT, self.v, v)
        old, self.v = self.v, v
        return old


def slot(v: Any) -> int:
    return v.goid + GOROUTINE if isinstance(v, G) else int(v)


def news() -> bool:
    """Which of its two kinds of call the running netpollunblock is."""
    frame = sys._getframe(1)
    while frame.f_code.co_name != "netpollunblock":
        assert frame.f_back is not None
        frame = frame.f_back
    return bool(frame.f_locals["ioready"])


class Time(Word[int]):
    """sched.lastpoll."""

    __slots__ = ("tape",)

    def __init__(self, v: int, tape: Tape) -> None:
        super().__init__(v)
        self.tape = tape

    def _put(self, kind: Kind, old: int, new: int, flags: int = 0) -> None:
        place = PLACES.get(function(), Place.HANDOFF)
        self.tape.put(kind, ADDRESSES["lastpoll"], old, new, 0, 0, place, flags=flags)

    async def load(self) -> int:
        self._put(Kind.LASTPOLL_LOAD, self.v, self.v)
        return self.v

    async def store(self, v: int) -> None:
        self._put(Kind.LASTPOLL_SWAP, self.v, v)
        self.v = v

    async def swap(self, v: int) -> int:
        self._put(Kind.LASTPOLL_SWAP, self.v, v)
        old, self.v = self.v, v
        return old

    async def cas(self, old: int, new: int) -> bool:
        done = self.v == old
        self._put(Kind.LASTPOLL_CAS, old, new, 0 if done else int(Flag.FAILED))
        if done:
            self.v = new
        return done


class Waiters(Uint32):
    """netpollWaiters."""

    __slots__ = ("tape",)

    def __init__(self, tape: Tape) -> None:
        super().__init__(0)
        self.tape = tape

    async def add(self, delta: int) -> int:
        new = (self.v + delta) & 0xFFFF_FFFF
        arguments = (ADDRESSES["netpollWaiters"], self.v, new, 0, 0, delta)
        self.tape.put(Kind.WAITERS_ADD, *arguments)
        self.v = new
        return new


class WakeSig(Count):
    """netpollWakeSig."""

    __slots__ = ("tape",)

    def __init__(self, tape: Tape) -> None:
        super().__init__(0)
        self.tape = tape

    async def cas(self, old: int, new: int) -> bool:
        done = self.v == old
        flags = 0 if done else int(Flag.FAILED)
        self.tape.put(Kind.BREAK_CAS, ADDRESSES["netpollWakeSig"], old, new, flags=flags)
        if done:
            self.v = new
        return done

    async def store(self, v: int) -> None:
        self.tape.put(Kind.BREAK_CLEAR, ADDRESSES["netpollWakeSig"], self.v, v)
        self.v = v


def taped(runtime: type[Runtime], tape: Tape) -> type[Runtime]:
    """``runtime`` with words that are taken down."""

    class Taped(runtime):  # type: ignore[valid-type,misc]
        def __init__(self, kernel: Kernel, scenario: Scenario, now: int) -> None:
            super().__init__(kernel, scenario, now)
            self.sched.lastpoll = Time(now, tape)
            self.netpollWaiters = Waiters(tape)
            self.netpollWakeSig = WakeSig(tape)
            self.kernel = TapedKernel(kernel, tape)

        async def execute(self, gp: G, inheritTime: bool) -> None:
            tape.put(Kind.EXECUTE, gp.goid)
            await super().execute(gp, inheritTime)

        async def ready(self, gp: G, next: bool) -> None:
            tape.put(Kind.READY, gp.goid)
            await super().ready(gp, next)

        async def injectglist(self, glist: G | None) -> None:
            gp = glist
            while gp is not None:
                tape.put(Kind.INJECT, gp.goid)
                gp = gp.schedlink
            await super().injectglist(glist)

        async def netpoll(self, delay: int) -> tuple[G | None, int]:
            tape.put(Kind.ENTER)
            found: tuple[G | None, int] = await super().netpoll(delay)
            return found

    return Taped


class TapedKernel:
    """A kernel of which the break descriptor's reads and writes are taken down."""

    def __init__(self, kernel: Kernel, tape: Tape) -> None:
        self._kernel, self._tape = kernel, tape

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)

    def read(self, fd: int, n: int) -> Any:
        if function() == "netpoll":
            self._tape.put(Kind.BREAK_DRAIN)
        return self._kernel.read(fd, n)

    def write(self, fd: int, n: int) -> Any:
        if function() == "netpollBreak":
            self._tape.put(Kind.BREAK_WRITE)
        return self._kernel.write(fd, n)


def records_of(
    scenario: Scenario,
    patch: pytest.MonkeyPatch,
    runtime: type[Runtime] = Runtime,
    seed: int = 0,
) -> list[Record]:
    """What the recorder would write down of the model's run."""
    tape = Tape()
    made = iter(range(10, 1 << 20))

    class TapedDesc(PollDesc):
        __slots__ = ()

        def __init__(self) -> None:
            super().__init__()
            self.rg = Slot(0, "rg", next(made), tape)
            self.wg = Slot(0, "wg", next(made), tape)

    with patch.context() as patched:
        patched.setattr("model.netpoll.PollDesc", TapedDesc)
        simulate(scenario, runtime=taped(runtime, tape), seed=seed, inline=False)
    return tape.records
