"""runtime/proc.go up to Go 1.24: any P may poll, and the global queue is emptied one by one."""

from model.atomic import throw, world
from model.older.go125 import Go125
from model.runtime2 import RUNQ_SIZE, G, Grunnable, Gwaiting, M, P


class Go124(Go125):
    """Go 1.24. Since 1.25 a batch leaves the global queue before it is put anywhere, and
    one P polls at a time (pollingNet)."""

    release = "1.24"
    tagBits = 19  # tagptr_64bit.go:taggedPointerBits on amd64

    async def findRunnablePoll(self) -> G | None:
        """findRunnable, at "Poll network.": any number of threads may poll at the same time."""
        inited = await self.netpollInited.load()
        if inited == 0:
            return None
        if not await self.netpollAnyWaiters():
            return None
        lastpoll = await self.sched.lastpoll.load()
        if lastpoll == 0:
            return None  # somebody is blocked in netpoll
        toRun, delta = await self.netpoll(0)
        if toRun is None:
            return None
        gp = toRun
        toRun = gp.schedlink
        gp.schedlink = None
        await self.injectglist(toRun)
        await self.netpollAdjustWaiters(delta)
        await gp.atomicstatus.become(Gwaiting, Grunnable)
        return gp

    async def findRunnableRecheck(self, mp: M) -> tuple[bool, G | None]:
        """findRunnable, at "Check global and P runqueues again.": (whether there is work, a G)."""
        sched = self.sched
        await sched.lock.lock()
        head = await sched.runq.head.load()
        if head is not None:
            pp = await self.pidlegetSpinning()
            if pp is not None:
                gp = await self.globrunqgetFor(pp)
                if gp is None:
                    throw("global runq empty with non-zero runqsize")
                await sched.lock.unlock()
                await self.acquirep(pp)
                await self.becomeSpinning(mp)
                return True, gp
        await sched.lock.unlock()
        return await self.findRunnableRecheckRunqs(mp)

    async def globrunqgetbatch(self, n: int) -> tuple[G | None, tuple[G, ...]]:
        """globrunqget(pp, 0) for our own P: nothing is left over for the caller to put there."""
        pp = world.m.p
        assert pp is not None
        gp = await self.globrunqgetFor(pp)
        return gp, ()

    async def globrunqgetFor(self, pp: P) -> G | None:
        """globrunqget(pp, 0): a G, and the rest of pp's share onto pp's queue.

        Preconditions: sched.lock is held.
        """
        runq = self.sched.runq
        if runq.size == 0:
            return None
        n = min(runq.size, runq.size // self.gomaxprocs + 1, RUNQ_SIZE // 2)
        gp = await runq.pop()
        n -= 1
        while n > 0:
            n -= 1
            gp1 = await runq.pop()
            assert gp1 is not None
            await self.runqput(pp, gp1, False)
        return gp

    async def runqputbatch(self, pp: P, q: tuple[G, ...]) -> tuple[G, ...]:
        """Put q on pp's queue, and what does not fit on the global one: nothing is left over."""
        if not q:
            return ()
        h = await pp.runqhead.load()
        t = pp.runqtail.v
        n = min(len(q), RUNQ_SIZE - (t - h))
        for i in range(n):
            q[i].schedlink = None
            pp.runq[(t + i) % RUNQ_SIZE] = q[i]
        await pp.runqtail.store(t + n)
        if q[n:]:
            await self.sched.lock.lock()
            await self.globrunqputbatch(q[n:])
            await self.sched.lock.unlock()
        return ()
