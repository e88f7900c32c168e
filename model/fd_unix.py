"""internal/poll/fd_unix.go and fd_poll_runtime.go: read, write, close as a program calls them."""

from model.atomic import Word, syscall, world
from model.fd_mutex import FdMutex, FdMutexes
from model.linux import EAGAIN, EINTR, errorcode
from model.netpoll import PollDesc, modeR, modeW, pollErrClosing, pollErrTimeout, pollNoError
from model.sema import Sema

# Go's errors, as the words of the step channel.
EOF = "eof"
ErrNetClosing = "closed"
ErrDeadlineExceeded = "timeout"
ErrNotPollable = "not pollable"
ErrNoDeadline = "no deadline"


class FD:
    """poll.FD: a descriptor of a Go program. ``pd`` is None where it cannot be polled."""

    __slots__ = ("Sysfd", "csema", "fdmu", "isBlocking", "pd")

    def __init__(self, sysfd: int) -> None:
        self.fdmu = FdMutex()
        self.Sysfd = sysfd
        self.pd: PollDesc | None = None
        self.csema: Sema | None = None  # signalled when the last user has left
        self.isBlocking = Word(0)


class FDs(FdMutexes):
    """The methods of poll.FD. Each answers (count, error); an error of None is Go's nil."""

    async def fdInit(self, fd: FD) -> str | None:
        """FD.Init: register the descriptor; one that epoll refuses is used without polling."""
        await self.netpollGenericInit()
        pd, errno = await self.pollOpen(fd.Sysfd)
        if pd is None:
            await fd.isBlocking.store(1)
            return errorcode[errno]
        fd.pd = pd
        return None

    async def fdDestroy(self, fd: FD) -> None:
        """FD.destroy. Called by the last user, once fd is closed."""
        if fd.pd is not None:
            # Out of the poller first: else the number might be reused while it is still registered.
            await self.pollClose(fd.pd)
            fd.pd = None
        await self.entersyscall()
        await syscall()
        self.kernel.close(fd.Sysfd)
        await self.exitsyscall()
        fd.Sysfd = -1
        await self.semrelease(self.csemaOf(fd))

    def csemaOf(self, fd: FD) -> Sema:
        fd.csema = fd.csema or Sema()
        return fd.csema

    async def fdClose(self, fd: FD) -> str | None:
        """FD.Close: returns when the descriptor has really been closed."""
        if not await self.increfAndClose(fd.fdmu):
            return ErrNetClosing
        # Unblock any I/O: whoever is freed finds pd closing, leaves, and the last destroys it.
        if fd.pd is not None:
            await self.pollUnblock(fd.pd)
        last = await self.decref(fd.fdmu)
        if last:
            await self.fdDestroy(fd)
        blocking = await fd.isBlocking.load()
        if blocking == 0:
            await self.semacquire(self.csemaOf(fd))
        return None

    async def fdRead(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        """FD.Read: try first, park only when there is nothing."""
        if not await self.rwlock(fd.fdmu, True):
            return 0, ErrNetClosing
        n, err = await self.fdReadLocked(fd, nbytes)
        if await self.rwunlock(fd.fdmu, True):
            await self.fdDestroy(fd)
        return n, err

    async def fdReadLocked(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        if nbytes == 0:
            return 0, None
        if fd.pd is not None:
            res = await self.pollReset(fd.pd, modeR)
            if res != pollNoError:
                return 0, convertErr(res)
        while True:
            n = await self.syscallRead(fd.Sysfd, nbytes)
            if n > 0:
                return n, None
            if n == 0:
                return 0, EOF
            if n != -EAGAIN or fd.pd is None:
                return 0, errorcode[-n]
            res = await self.pollWait(fd.pd, modeR)
            if res != pollNoError:
                return 0, convertErr(res)

    async def fdWrite(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        """FD.Write: all of it, parking whenever the kernel takes no more."""
        if not await self.rwlock(fd.fdmu, False):
            return 0, ErrNetClosing
        n, err = await self.fdWriteLocked(fd, nbytes)
        if await self.rwunlock(fd.fdmu, False):
            await self.fdDestroy(fd)
        return n, err

    async def fdWriteLocked(self, fd: FD, nbytes: int) -> tuple[int, str | None]:
        if fd.pd is not None:
            res = await self.pollReset(fd.pd, modeW)
            if res != pollNoError:
                return 0, convertErr(res)
        nn = 0
        while True:
            n = await self.syscallWrite(fd.Sysfd, nbytes - nn)
            if n > 0:
                nn += n
            if nn == nbytes:
                return nn, None
            if n == -EAGAIN and fd.pd is not None:
                res = await self.pollWait(fd.pd, modeW)
                if res == pollNoError:
                    continue
                return nn, convertErr(res)
            if n < 0:
                return nn, errorcode[-n]
            if n == 0:
                return nn, "unexpected eof"

    async def fdSetDeadline(self, fd: FD, d: int, mode: int) -> str | None:
        """setDeadlineImpl: ``d`` in ns from now, 0 for none, below 0 in the past."""
        if not await self.incref(fd.fdmu):
            return ErrNetClosing
        err: str | None = None
        if fd.pd is None:
            err = ErrNoDeadline
        else:
            await self.pollSetDeadline(fd.pd, d, mode)
        last = await self.decref(fd.fdmu)
        if last:
            await self.fdDestroy(fd)
        return err

    async def syscallRead(self, sysfd: int, nbytes: int) -> int:
        """syscall.Read: a count, 0 at the end of the file, or -errno."""
        while True:
            await self.entersyscall()
            await syscall()
            n = self.kernel.read(sysfd, nbytes)
            world.seen.ready()
            await self.exitsyscall()
            if n != -EINTR:
                return n

    async def syscallWrite(self, sysfd: int, nbytes: int) -> int:
        """syscall.Write: a count or -errno."""
        while True:
            await self.entersyscall()
            await syscall()
            n = self.kernel.write(sysfd, nbytes)
            world.seen.ready()
            await self.exitsyscall()
            if n != -EINTR:
                return n


def convertErr(res: int) -> str:
    """fd_poll_runtime.go:convertErr, of anything but pollNoError."""
    if res == pollErrClosing:
        return ErrNetClosing
    if res == pollErrTimeout:
        return ErrDeadlineExceeded
    return ErrNotPollable
