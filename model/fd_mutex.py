"""internal/poll/fd_mutex.go: a descriptor's users are counted, its readers take turns."""

from model.atomic import Count, throw
from model.sema import Sema, Semaphores

# Bits of fdMutex.state.
mutexClosed = 1 << 0
mutexRLock = 1 << 1
mutexWLock = 1 << 2
mutexRef = 1 << 3
mutexRefMask = (1 << 20) - 1 << 3
mutexRWait = 1 << 23
mutexRMask = (1 << 20) - 1 << 23
mutexWWait = 1 << 43
mutexWMask = (1 << 20) - 1 << 43

overflowMsg = "too many concurrent operations on a single file or socket (max 1048575)"


class FdMutex:
    """One lock for reading, one for writing, a count of users, and whether it is closed."""

    __slots__ = ("rsema", "state", "wsema")

    def __init__(self) -> None:
        self.state = Count(0)
        self.rsema: Sema | None = None  # made when somebody has to wait, to save memory
        self.wsema: Sema | None = None

    def sema(self, read: bool) -> Sema:
        if read:
            self.rsema = self.rsema or Sema()
            return self.rsema
        self.wsema = self.wsema or Sema()
        return self.wsema


class FdMutexes(Semaphores):
    """The methods of fdMutex; those of FD that only call them are in fd_unix."""

    async def incref(self, mu: FdMutex) -> bool:
        """Count one more user; False if mu is closed."""
        while True:
            old = await mu.state.load()
            if old & mutexClosed:
                return False
            new = old + mutexRef
            if new & mutexRefMask == 0:
                throw(overflowMsg)
            if await mu.state.cas(old, new):
                return True

    async def increfAndClose(self, mu: FdMutex) -> bool:
        """Close mu and count the closer as a user; False if it was closed already."""
        while True:
            old = await mu.state.load()
            if old & mutexClosed:
                return False
            # Mark as closed and take a reference; whoever waits for a turn is sent away.
            new = (old | mutexClosed) + mutexRef
            if new & mutexRefMask == 0:
                throw(overflowMsg)
            new &= ~(mutexRMask | mutexWMask)
            if await mu.state.cas(old, new):
                break
        while old & mutexRMask:
            old -= mutexRWait
            await self.semrelease(mu.sema(True))
        while old & mutexWMask:
            old -= mutexWWait
            await self.semrelease(mu.sema(False))
        return True

    async def decref(self, mu: FdMutex) -> bool:
        """Count one user less: whether mu is closed and this was the last."""
        while True:
            old = await mu.state.load()
            if old & mutexRefMask == 0:
                throw("inconsistent poll.fdMutex")
            new = old - mutexRef
            if await mu.state.cas(old, new):
                return new & (mutexClosed | mutexRefMask) == mutexClosed

    async def rwlock(self, mu: FdMutex, read: bool) -> bool:
        """Take mu for reading or writing, in turn; False if it is closed."""
        mutexBit = mutexRLock if read else mutexWLock
        mutexWait = mutexRWait if read else mutexWWait
        mutexMask = mutexRMask if read else mutexWMask
        while True:
            old = await mu.state.load()
            if old & mutexClosed:
                return False
            if old & mutexBit == 0:
                # The lock is free: take it.
                new = (old | mutexBit) + mutexRef
                if new & mutexRefMask == 0:
                    throw(overflowMsg)
                if await mu.state.cas(old, new):
                    return True
                continue
            # Wait for the lock.
            new = old + mutexWait
            if new & mutexMask == 0:
                throw(overflowMsg)
            if await mu.state.cas(old, new):
                # The signaller has taken mutexWait off already.
                await self.semacquire(mu.sema(read))

    async def rwunlock(self, mu: FdMutex, read: bool) -> bool:
        """Give mu back: whether it is closed and this was the last user."""
        mutexBit = mutexRLock if read else mutexWLock
        mutexWait = mutexRWait if read else mutexWWait
        mutexMask = mutexRMask if read else mutexWMask
        while True:
            old = await mu.state.load()
            if old & mutexBit == 0 or old & mutexRefMask == 0:
                throw("inconsistent poll.fdMutex")
            # Drop the lock and the reference, and wake whoever waits for it.
            new = (old & ~mutexBit) - mutexRef
            if old & mutexMask:
                new -= mutexWait
            if await mu.state.cas(old, new):
                break
        if old & mutexMask:
            await self.semrelease(mu.sema(read))
        return new & (mutexClosed | mutexRefMask) == mutexClosed
