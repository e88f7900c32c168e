"""The only place that suspends: one ``await`` here is one atomic access of the modelled runtime.

An access performs at once while its M's clock (``world.now``) is strictly below the time of the
next event (``world.horizon``); otherwise it queues behind what is there. So a run with look-ahead
gives the same trace as one with an event for every access: nobody could have come in between.

There is one world at a time; the driver (``model.simulate``) sets it up. After a suspension
the access performs without asking again, since its turn has come.
"""

from collections import deque
from collections.abc import Generator
from random import Random
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from model.costs import (
    FUTEX_WAKE_NS,
    LOAD_NS,
    LOCK_NS,
    NANOTIME_NS,
    RMW_NS,
    STORE_NS,
    SWITCH_NS,
    SYSCALL_NS,
    UNLOCK_NS,
)
from model.linux import EINTR

if TYPE_CHECKING:
    from model.kernel import Kernel
    from model.observe import Observer
    from model.runtime2 import G, M
    from model.simulate import Driver

T = TypeVar("T")


CASGSTATUS_SPIN_NS = 1_000
"""Go spins, then yields for 5 us (casgstatus); sysmon holds the bit for much less."""


class Throw(Exception):
    """What Go's runtime throws, in Go's words."""


class Fatal(Throw):
    """What Go reports as a fatal error of the program, such as a deadlock."""


def throw(words: str) -> NoReturn:
    """runtime.throw: the runtime's own state is broken."""
    raise Throw(words)


def fatal(words: str) -> NoReturn:
    """runtime.fatal: the program is broken."""
    raise Fatal(words)


class World:
    """The clock and the hands of the driver: what an access needs to know.

    ``now`` is the running M's own clock in ns, ahead of SimPy's; ``m`` is that M.
    """

    __slots__ = ("driver", "horizon", "m", "now", "rng", "seen")

    now: int
    horizon: int
    m: "M"
    rng: Random
    seen: "Observer"
    driver: "Driver"


world = World()


class Request(tuple[str]):
    """What a coroutine asks its driver for by awaiting it; the driver gets the word inside.

    No coroutine of its own: a parked goroutine costs less without.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def __await__(self) -> Generator[str, None, None]: ...

    else:
        __await__ = tuple.__iter__


QUEUE = Request(("queue",))  # my turn later: go on at world.now, behind what is there
BLOCK = Request(("block",))  # until somebody wakes this M
GOGO = Request(("gogo",))  # from g0 to the goroutine in m.curg
MCALL = Request(("mcall",))  # from a goroutine to g0


class Word(Generic[T]):
    """A word of shared memory. Sequentially consistent, as Go's atomics are."""

    __slots__ = ("v",)

    def __init__(self, v: T) -> None:
        self.v = v

    async def load(self) -> T:
        if world.now >= world.horizon:
            await QUEUE
        world.now += LOAD_NS
        return self.v

    async def store(self, v: T) -> None:
        if world.now >= world.horizon:
            await QUEUE
        world.now += STORE_NS
        self.v = v

    async def cas(self, old: T, new: T) -> bool:
        """CompareAndSwap: whether the word was ``old`` and is now ``new``."""
        if world.now >= world.horizon:
            await QUEUE
        world.now += RMW_NS
        if self.v == old:
            self.v = new
            return True
        return False

    async def swap(self, v: T) -> T:
        if world.now >= world.horizon:
            await QUEUE
        world.now += RMW_NS
        old = self.v
        self.v = v
        return old


class Count(Word[int]):
    """A word that holds a number."""

    __slots__ = ()

    async def add(self, delta: int) -> int:
        if world.now >= world.horizon:
            await QUEUE
        world.now += RMW_NS
        self.v += delta
        return self.v

    async def set_bit(self, bit: int) -> None:
        if world.now >= world.horizon:
            await QUEUE
        world.now += RMW_NS
        self.v |= 1 << bit

    async def clear_bit(self, bit: int) -> None:
        if world.now >= world.horizon:
            await QUEUE
        world.now += RMW_NS
        self.v &= ~(1 << bit)


class Uint32(Count):
    """A number of 32 bits that wraps around, as netpollWaiters does."""

    __slots__ = ()

    async def add(self, delta: int) -> int:
        if world.now >= world.horizon:
            await QUEUE
        world.now += RMW_NS
        self.v = (self.v + delta) & 0xFFFF_FFFF
        return self.v


class Status(Count):
    """The status of a goroutine."""

    __slots__ = ()

    async def become(self, old: int, new: int) -> None:
        """proc.go:casgstatus: from old to new, as soon as nobody holds the scan bit."""
        if world.now >= world.horizon:
            await QUEUE
        world.now += RMW_NS
        if self.v != old:
            await self.wait(old)
        self.v = new

    async def wait(self, old: int) -> None:
        """Until it is ``old``: sysmon has the scan bit for a moment (setBlockOnExitSyscall)."""
        while self.v != old:
            world.driver.wake(world.m, world.now + CASGSTATUS_SPIN_NS)
            await BLOCK


class Mutex:
    """runtime.mutex: a lock for Ms, not for goroutines."""

    __slots__ = ("holder", "waiters")

    def __init__(self) -> None:
        self.holder: M | None = None
        self.waiters: deque[M] | None = None

    async def lock(self) -> None:
        if world.now >= world.horizon:
            await QUEUE
        world.now += LOCK_NS
        if self.holder is not None:
            await self.wait()
        self.holder = world.m

    async def wait(self) -> None:
        while self.holder is not None:
            if self.waiters is None:
                self.waiters = deque()
            self.waiters.append(world.m)
            await BLOCK

    async def unlock(self) -> None:
        if world.now >= world.horizon:
            await QUEUE
        world.now += UNLOCK_NS
        self.holder = None
        if self.waiters:
            self.hand_on()

    def hand_on(self) -> None:
        """Wake the first that waits. Preconditions: there is one."""
        assert self.waiters is not None
        world.driver.wake(self.waiters.popleft(), world.now + FUTEX_WAKE_NS)


class Note:
    """runtime.note: one M sleeps until one wakeup."""

    __slots__ = ("key", "sleeper")

    def __init__(self) -> None:
        self.key = 0
        self.sleeper: M | None = None

    async def sleep(self) -> None:
        """runtime.notesleep, and the noteclear that follows it."""
        if world.now >= world.horizon:
            await QUEUE
        world.now += SYSCALL_NS
        while self.key == 0:
            self.sleeper = world.m
            await BLOCK
        self.sleeper = None
        self.key = 0

    async def tsleep(self, ns: int) -> bool:
        """runtime.notetsleep: False if ``ns`` went by first."""
        if world.now >= world.horizon:
            await QUEUE
        world.now += SYSCALL_NS
        if self.key == 0:
            mp = world.m
            self.sleeper = mp
            world.driver.timeout(mp, world.now + ns)
            await BLOCK
            mp.wakeseq += 1
        self.sleeper = None
        return self.key != 0

    async def clear(self) -> None:
        if world.now >= world.horizon:
            await QUEUE
        world.now += STORE_NS
        self.key = 0

    async def wakeup(self) -> None:
        if world.now >= world.horizon:
            await QUEUE
        world.now += SYSCALL_NS
        if self.key != 0:
            throw("notewakeup - double wakeup")
        self.key = 1
        if self.sleeper is not None:
            world.driver.wake_later(self.sleeper)


async def nanotime() -> int:
    """runtime.nanotime: the M's clock, in ns; never 0."""
    if world.now >= world.horizon:
        await QUEUE
    world.now += NANOTIME_NS
    return world.now


async def usleep(ns: int) -> None:
    """runtime.usleep: the M keeps what it holds and does nothing for ``ns``."""
    world.driver.rest(world.m, world.now + ns)
    await BLOCK


async def compute(ns: int) -> None:
    """The goroutine computes for ``ns``."""
    world.driver.wake(world.m, world.now + ns)
    await BLOCK


async def look() -> None:
    """A racy read of plain fields: what follows until the next ``await`` reads them, at once.

    For what Go reads without a lock while its owner may write it, as sysmon does with another's M.
    """
    if world.now >= world.horizon:
        await QUEUE
    world.now += LOAD_NS


async def choose(count: int) -> int:
    """cheaprandn: one of 0 to count - 1. The seed chooses here; a search tries them all."""
    return world.rng.randrange(count)


async def syscall() -> None:
    """Into the kernel: what follows until the next ``await`` happens inside it, at once."""
    if world.now >= world.horizon:
        await QUEUE
    world.now += SYSCALL_NS


async def epoll_wait(
    kernel: "Kernel", epfd: int, maxevents: int, waitms: int
) -> tuple[tuple[tuple[int, Any], ...], int]:
    """epoll_wait(2): ((events, data), ...) and an errno. ``waitms`` -1 is for ever.

    The driver's gate stands here: a scenario's ``hold`` keeps pollers from fetching, and its
    ``hold_fetched`` stops them between the fetch and the first event.
    """
    if world.now >= world.horizon:
        await QUEUE
    world.now += SYSCALL_NS
    mp = world.m
    gate = world.driver.gate
    if waitms == 0:
        return (() if gate.held else kernel.epoll_collect(epfd, maxevents)), 0
    mp.timedout = mp.interrupted = False
    if waitms > 0:
        world.driver.timeout(mp, world.now + waitms * 1_000_000)
    events: tuple[tuple[int, Any], ...] = ()
    while True:
        if gate.open_to(mp):
            events = kernel.epoll_collect(epfd, maxevents)
        if events or mp.timedout or mp.interrupted:
            break
        gate.enter(mp, kernel, epfd)
        await BLOCK
        gate.leave(mp, kernel, epfd)
    if gate.stops(mp, events):
        await BLOCK
    mp.wakeseq += 1  # a timeout that is still on its way finds nobody
    return events, (EINTR if mp.interrupted and not events else 0)


async def gogo(gp: "G") -> None:
    """runtime.gogo: run ``gp`` on this M; comes back when ``gp`` calls mcall."""
    world.now += SWITCH_NS
    world.seen.runs(gp)
    await GOGO


async def mcall(fn: Any) -> None:
    """runtime.mcall: leave the goroutine's stack and let g0 call ``fn(gp)``."""
    world.m.mcallfn = fn
    await MCALL


async def outside() -> "G":
    """The host's system call: it lasts until the script wants a goroutine to be started."""
    await BLOCK
    return world.driver.request()
