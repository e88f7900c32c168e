"""Go 1.21: netpollWaiters counts wakeups by close and deadline only, and a yield wakes no P."""

from model.atomic import world
from model.netpoll import PollDesc, modeR, pdNil, pdReady
from model.older.go122 import Go122
from model.runtime2 import G, Grunnable, Grunning, M


class Go121(Go122):
    """Go 1.21. Since 1.22 netpollWaiters falls with every wakeup, as soon as the goroutine is
    runnable (issues 60782, 61454)."""

    release = "1.21"

    # ---- netpoll.go

    async def netpollgoready(self, gp: G) -> None:
        """The only place where netpollWaiters falls: a poll that frees gp does not come by."""
        await self.netpollWaiters.add(-1)
        await self.goready(gp)

    async def netpollunblock(self, pd: PollDesc, mode: int, ioready: bool) -> tuple[G | None, int]:
        """Free whoever is parked on pd in mode: (the goroutine, 0: there is no delta yet)."""
        gpp = pd.rg if mode == modeR else pd.wg
        while True:
            old = await gpp.load()
            if old == pdReady:
                return None, 0
            if old == pdNil and not ioready:
                return None, 0
            new = pdReady if ioready else pdNil
            if await gpp.cas(old, new):
                world.seen.unblocked(pd, mode, old, ioready)
                return (old, 0) if isinstance(old, G) else (None, 0)

    # ---- proc.go

    async def findRunnableRecheck(self, mp: M) -> tuple[bool, G | None]:
        """findRunnable, at "Check all runqueues once again.": not the global one (issue 55160)."""
        return await self.findRunnableRecheckRunqs(mp)

    async def goschedImpl(self, gp: G, why: str) -> G | None:
        """Without the wakep at the end."""
        world.seen.leaves(gp, why)
        await gp.atomicstatus.become(Grunning, Grunnable)
        gp.m = None
        world.m.curg = None
        await self.sched.lock.lock()
        await self.globrunqput(gp)
        await self.sched.lock.unlock()
        return None
