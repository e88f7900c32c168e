"""Go 1.22 and before: the break is a pipe, and a new timer always tells the poller."""

from collections.abc import Awaitable, Callable
from typing import Any

from model.atomic import syscall, throw, world
from model.kernel import Kernel
from model.linux import EAGAIN, EINTR, EPOLL_CTL_ADD, EPOLLIN
from model.older.go123 import Go123
from model.runtime2 import G, Grunnable, Gwaiting, P
from model.time import Timer, timerHeaped, timerModified, timerZombie
from scenario import Scenario


class Go122(Go123):
    """Go 1.22. Since 1.23 the break is an eventfd, timers have a lock each, and a timer tells the
    poller only if it is the first of its heap."""

    release = "1.22"

    def __init__(self, kernel: Kernel, scenario: Scenario, now: int) -> None:
        super().__init__(kernel, scenario, now)
        self.netpollBreakRd = -1
        self.netpollBreakWr = -1

    # ---- netpoll_epoll.go

    async def netpollinit(self) -> None:
        await syscall()
        self.epfd = self.kernel.epoll_create()
        if self.epfd < 0:
            throw("runtime: netpollinit failed")
        await syscall()
        r, w = self.kernel.pipe()
        await syscall()
        errno = self.kernel.epoll_ctl(self.epfd, EPOLL_CTL_ADD, r, EPOLLIN, (None, 0))
        if errno != 0:
            throw("runtime: epollctl failed")
        self.netpollBreakRd = r
        self.netpollBreakWr = w

    def netpollIsPollDescriptor(self, fd: int) -> bool:
        return fd in (self.epfd, self.netpollBreakRd, self.netpollBreakWr)

    def breakDescriptor(self) -> int:
        return self.netpollBreakRd

    async def netpollBreak(self) -> None:
        """Interrupt an epoll_wait."""
        won = await self.netpollWakeSig.cas(0, 1)
        world.seen.breaks(won)
        if not won:
            return
        while True:
            await syscall()
            n = self.kernel.write(self.netpollBreakWr, 1)
            if n == 1:
                world.seen.ready()
                break
            if n == -EINTR:
                continue
            if n == -EAGAIN:
                return
            throw("runtime: netpollBreak write failed")

    async def netpollDrain(self) -> None:
        """netpoll, at "netpollBreak could be picked up by a nonblocking poll."."""
        await syscall()
        self.kernel.read(self.netpollBreakRd, 16)
        await self.netpollWakeSig.store(0)
        world.seen.wakesig(0)

    # ---- proc.go

    async def injectglist(self, glist: G | None) -> None:
        """Without the wakep at the end: a P that went idle in between stays so (issue 63555)."""
        if glist is None:
            return
        n = 0
        gp: G | None = glist
        q: tuple[G, ...] = ()
        while gp is not None:
            q = (*q, gp)
            n += 1
            await gp.atomicstatus.become(Gwaiting, Grunnable)
            gp = gp.schedlink
        pp = world.m.p
        if pp is None:
            await self.sched.lock.lock()
            await self.globrunqputbatch(q)
            await self.sched.lock.unlock()
            await self.startIdle(n)
            return
        npidle = await self.sched.npidle.load()
        n = min(npidle, n)
        if n > 0:
            await self.sched.lock.lock()
            await self.globrunqputbatch(q[:n])
            await self.sched.lock.unlock()
            await self.startIdle(n)
        if q[n:]:
            await self.runqputbatch(pp, q[n:])

    async def pidleput(self, pp: P) -> None:
        empty = await self.runqempty(pp)
        if not empty:
            throw("pidleput: P has non-empty run queue")
        await self.updateTimerPMask(pp)
        await self.idlepMask.set_bit(pp.id)
        pp.link = self.sched.pidle.v
        await self.sched.pidle.store(pp)
        await self.sched.npidle.add(1)

    async def updateTimerPMask(self, pp: P) -> None:
        """Clear pp's timer bit if it has no timer."""
        timers = await pp.timers.len.load()
        if timers > 0:
            return
        # There seem to be none; but another P may have one of them in its hand.
        await pp.timers.lock.lock()
        timers = await pp.timers.len.load()
        if timers == 0:
            await self.timerpMask.clear_bit(pp.id)
        await pp.timers.lock.unlock()

    # ---- time.go: what the poller is told, and when stopped timers go. The states that a timer
    # had before 1.23 are not modelled (docs/divergences.md).

    async def modify(
        self,
        t: Timer,
        when: int,
        f: Callable[[Any, int], Awaitable[None]] | None,
        arg: Any,
        seq: int,
    ) -> bool:
        """modtimer: tell the poller of a timer that moved to earlier than its place in the heap."""
        if when <= 0:
            throw("timer when must be positive")
        await t.lock.lock()
        if f is not None:
            t.f = f
            t.arg = arg
            t.seq = seq
        wake = False
        pending = t.when > 0
        t.when = when
        world.seen.timer(t, "set")
        if t.state & timerHeaped:
            ts = t.ts
            assert ts is not None
            t.state |= timerModified
            if t.state & timerZombie:
                await ts.zombies.add(-1)
                t.state &= ~timerZombie
            if when < placed(t):
                wake = True
                await t.astate.store(t.state)
                await self.updateMinWhenModified(ts, when)
        add = self.needsAdd(t)
        await self.timerUnlock(t)
        if add:
            await self.maybeAdd(t)
        if wake:
            await self.wakeNetPoller(when)
        return pending

    async def maybeAdd(self, t: Timer) -> None:
        """addInitializedTimer's kin in modtimer: the poller is told in any case.

        Stopped timers stay: only addtimer sweeps (cleantimers), which sleeps and deadlines never
        call.
        """
        pp = world.m.p
        assert pp is not None
        ts = pp.timers
        await ts.lock.lock()
        await t.lock.lock()
        when = 0
        if self.needsAdd(t):
            t.state |= timerHeaped
            when = t.when
            await self.addHeap(ts, t)
        await self.timerUnlock(t)
        await self.timersUnlock(ts)
        if when != 0:
            await self.wakeNetPoller(when)


def placed(t: Timer) -> int:
    """The ``when`` by which t stands in its heap. Preconditions: t.lock is held."""
    assert t.ts is not None
    return next(when for when, other in t.ts.heap if other is t)
