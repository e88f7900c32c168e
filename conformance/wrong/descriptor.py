"""Wrong implementations of the rules about reading, writing and closing."""

from conformance.wrong.netpoll_in_parts import NetpollInParts
from model import Runtime
from model.fd_mutex import FdMutex, mutexClosed, mutexRef, mutexRMask, mutexWMask
from model.fd_unix import EOF, FD, ErrDeadlineExceeded, ErrNetClosing, convertErr
from model.linux import EAGAIN, errorcode
from model.netpoll import PollDesc, modeR, pollNoError
from model.runtime2 import G


class WaitsBeforeReading(Runtime):
    """R11: asks the poller before it tries, as a level-triggered program may."""

    async def fdReadLocked(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        """Wait, then read."""
        if fd.pd is not None:
            res = await self.pollReset(fd.pd, modeR)
            if res != pollNoError:
                return 0, convertErr(res)
            res = await self.pollWait(fd.pd, modeR)
            if res != pollNoError:
                return 0, convertErr(res)
        return await super().fdReadLocked(fd, nbytes)


class ReadsUntilFull(Runtime):
    """R12: a read goes on until it has all that it was asked for, as io.ReadFull does."""

    async def fdReadLocked(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        """Read again and again."""
        got = 0
        while got < nbytes:
            n, err = await super().fdReadLocked(fd, nbytes - got)
            got += n
            if err is not None:
                return got, err
        return got, None


class WritesOnce(Runtime):
    """R13: writes what there is room for, and says that this was all."""

    async def fdWriteLocked(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        """One system call."""
        n = await self.syscallWrite(fd.Sysfd, nbytes)
        if n == -EAGAIN:
            return 0, None
        if n < 0:
            return 0, errorcode[-n]
        return n, None


class EndOfFileIsEmptyRead(Runtime):
    """R14: hands on a read of 0 bytes without a word."""

    async def fdReadLocked(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        """No end of file."""
        n, err = await super().fdReadLocked(fd, nbytes)
        return n, None if err == EOF else err


class ReadersNotLocked(Runtime):
    """R15: counts the readers of a descriptor but lets them read at the same time."""

    async def rwlock(self, mu: FdMutex, read: bool) -> bool:
        """A reference is enough for a reader."""
        if read:
            return await self.incref(mu)
        return await super().rwlock(mu, read)

    async def rwunlock(self, mu: FdMutex, read: bool) -> bool:
        """And is given back."""
        if read:
            return await self.decref(mu)
        return await super().rwunlock(mu, read)


class FilesWaitForThePoller(Runtime):
    """R16: waits for news of a descriptor that the poller does not have."""

    async def fdReadLocked(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        """Park for ever."""
        if fd.pd is None:
            await self.gopark(None, None, "file")
        return await super().fdReadLocked(fd, nbytes)


class CloseFreesNobody(Runtime):
    """R25: forgets that somebody may wait."""

    async def netpollunblock(self, pd: PollDesc, mode: int, ioready: bool) -> tuple[G | None, int]:
        """Not for a close."""
        if pd.closing and not ioready:
            return None, 0
        return await super().netpollunblock(pd, mode, ioready)


class CloseDoesNotWait(Runtime):
    """R26: comes back at once, whoever still uses the descriptor."""

    async def fdClose(self, fd: FD) -> str | None:
        """FD.Close without its last lines."""
        if not await self.increfAndClose(fd.fdmu):
            return ErrNetClosing
        if fd.pd is not None:
            await self.pollUnblock(fd.pd)
        last = await self.decref(fd.fdmu)
        if last:
            await self.fdDestroy(fd)
        return None


class ClosedLooksLikeEndOfFile(Runtime):
    """R27: reports a descriptor that this program closed as if the peer had."""

    async def fdRead(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        """End of file in place of closed."""
        n, err = await super().fdRead(fd, nbytes)
        return n, EOF if err == ErrNetClosing else err


class BelievesStaleEvents(NetpollInParts):
    """R28: does not ask whether the descriptor is still the one that the event is about."""

    async def isCurrent(self, pd: PollDesc, tag: int) -> bool:
        """Always."""
        return True


class ForgetsPartialWrites(Runtime):
    """R40: a write that fails says that it wrote nothing."""

    async def fdWriteLocked(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        """Zero, whatever has left."""
        n, err = await super().fdWriteLocked(fd, nbytes)
        return (0 if err == ErrDeadlineExceeded else n), err


class ClosesTwice(Runtime):
    """R41: the second close does as if it had been the first."""

    async def fdClose(self, fd: FD) -> str | None:
        """No error."""
        await super().fdClose(fd)
        return None


class CloseForgetsTheQueue(Runtime):
    """R43: frees who waits for the poller, and leaves those who wait for their turn."""

    async def increfAndClose(self, mu: FdMutex) -> bool:
        """Without the last lines, that release the semaphores."""
        while True:
            old = await mu.state.load()
            if old & mutexClosed:
                return False
            new = (old | mutexClosed) + mutexRef
            if await mu.state.cas(old, new & ~(mutexRMask | mutexWMask)):
                return True
