"""Wrong implementations of the rules about who polls, who runs next, timers and the break."""

from conformance.wrong.netpoll_in_parts import NetpollInParts
from model import Runtime
from model.atomic import syscall, world
from model.runtime2 import RUNQ_SIZE, G, Grunnable, Grunning, P
from model.time import Timer


class NoNextSlot(Runtime):
    """R29: everybody goes to the tail of the queue."""

    async def runqput(self, pp: P, gp: G, next: bool) -> None:
        """Never next."""
        await super().runqput(pp, gp, False)


class SleepsForEver(Runtime):
    """R30: the timer of a sleep fires and wakes nobody."""

    async def goroutineReady(self, gp: G, seq: int) -> None:
        """Nobody."""


class GlobalQueueFirst(Runtime):
    """R31: looks at the global queue before the local one."""

    async def runqget(self, pp: P) -> tuple[G | None, bool]:
        """From the global queue, if there is somebody."""
        await self.sched.lock.lock()
        gp = await self.globrunqget()
        await self.sched.lock.unlock()
        if gp is not None:
            return gp, False
        return await super().runqget(pp)


class GlobalQueueStarves(Runtime):
    """R44: looks at the global queue only when the local one is empty."""

    async def globrunqget(self) -> G | None:
        """Nobody: what an empty local queue takes is globrunqgetbatch's."""
        return None


class TakesAShareInEach61stRound(Runtime):
    """R45: takes as many goroutines as a P with an empty queue does."""

    async def globrunqget(self) -> G | None:
        """One to run, and others for the local queue, which is not empty."""
        gp, q = await self.globrunqgetbatch(RUNQ_SIZE // 2)
        pp = world.m.p
        assert pp is not None
        await self.globrunqputbatch(await self.runqputbatch(pp, q))
        return gp


class YieldKeepsThePlace(Runtime):
    """R32: who yields runs next again."""

    async def goschedImpl(self, gp: G, why: str) -> G | None:
        """Go on at once."""
        world.seen.leaves(gp, why)
        await gp.atomicstatus.become(Grunning, Grunnable)
        return gp


class DropsTheListWithoutAP(Runtime):
    """R33: has freed them, but has no queue to put them on."""

    async def injectglist(self, glist: G | None) -> None:
        """Nothing without a P."""
        if world.m.p is not None:
            await super().injectglist(glist)


class MonitorNeverPolls(Runtime):
    """R34: the monitor looks at Ps only."""

    async def sysmonPoll(self, now: int) -> None:
        """No poll."""


class PollerLeavesWithItsWaiter(Runtime):
    """R35: interrupts the blocked poller when nobody waits any more."""

    async def netpollAdjustWaiters(self, delta: int) -> None:
        """Break when the number comes to 0."""
        await super().netpollAdjustWaiters(delta)
        if delta < 0 and not await self.netpollAnyWaiters():
            await self.netpollBreak()


class NeverBreaks(Runtime):
    """R36: lets the poller sleep."""

    async def netpollBreak(self) -> None:
        """No break."""


class AlwaysBreaks(Runtime):
    """R37: interrupts the poller for every timer. Go looks twice whether it has to."""

    async def maybeAdd(self, t: Timer) -> None:
        """Also for one that is not the first of its heap."""
        await super().maybeAdd(t)
        await self.wakeNetPoller(t.when)

    async def wakeNetPoller(self, when: int) -> None:
        """Without asking when the poller's wait ends."""
        await self.netpollBreak()


class SignalStaysSet(NetpollInParts):
    """R38: drains the break descriptor and leaves ``netpollWakeSig`` at 1."""

    async def drainBreak(self) -> None:
        """Only the first half."""
        await syscall()
        self.kernel.read(self.netpollEventFd, 8)


class ForgetsItsBreakDescriptor(Runtime):
    """R39: knows only the epoll descriptor."""

    def netpollIsPollDescriptor(self, fd: int) -> bool:
        """One of two."""
        return fd == self.epfd
