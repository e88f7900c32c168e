"""runtime/sema.go: semaphores for goroutines, first come first served."""

from model.atomic import Count, Mutex, throw, world
from model.netpoll_epoll import NetpollEpoll
from model.runtime2 import G


class Sema:
    """A semaphore with its waiters.

    Go finds the waiters of an address in a table of trees (semTable); a queue beside each semaphore
    says the same, since a semaphore's waiters are served in order of arrival there as well.
    """

    __slots__ = ("addr", "head", "lock", "nwait", "tail")

    def __init__(self) -> None:
        self.addr = Count(0)
        self.nwait = Count(0)
        self.lock = Mutex()  # guards the following
        self.head: G | None = None
        self.tail: G | None = None


class Semaphores(NetpollEpoll):
    """The functions of sema.go."""

    async def goparkunlock(self, lock: Mutex, reason: str) -> None:
        """proc.go:goparkunlock: park the calling goroutine; ``lock`` goes when it is parked."""
        await self.gopark(self.parkunlock_c, lock, reason)

    async def parkunlock_c(self, gp: G, lock: Mutex) -> bool:
        await lock.unlock()
        return True

    async def semacquire(self, s: Sema) -> None:
        if await self.cansemacquire(s):
            return
        while True:
            await s.lock.lock()
            # Add ourselves to nwait first: semrelease looks at it without the lock.
            await s.nwait.add(1)
            can = await self.cansemacquire(s)
            if can:
                await s.nwait.add(-1)
                await s.lock.unlock()
                return
            gp = world.m.curg
            assert gp is not None
            gp.schedlink = None
            if s.tail is None:
                s.head = gp
            else:
                s.tail.schedlink = gp
            s.tail = gp
            await self.goparkunlock(s.lock, "semaphore")
            # Somebody may have been quicker.
            if await self.cansemacquire(s):
                return

    async def semrelease(self, s: Sema) -> None:
        await s.addr.add(1)
        # After the add, or a wakeup is missed (see the order in semacquire).
        nwait = await s.nwait.load()
        if nwait == 0:
            return
        await s.lock.lock()
        nwait = await s.nwait.load()
        if nwait == 0:
            await s.lock.unlock()
            return
        gp = s.head
        if gp is None:
            throw("semrelease: nobody waits")
        s.head = gp.schedlink
        if s.head is None:
            s.tail = None
        gp.schedlink = None
        await s.nwait.add(-1)
        await s.lock.unlock()
        await self.goready(gp)

    async def cansemacquire(self, s: Sema) -> bool:
        while True:
            v = await s.addr.load()
            if v == 0:
                return False
            if await s.addr.cas(v, v - 1):
                return True
