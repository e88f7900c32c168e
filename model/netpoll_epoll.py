"""runtime/netpoll_epoll.go: the half of the poller that knows Linux."""

from model.atomic import epoll_wait, syscall, throw, world
from model.linux import (
    EAGAIN,
    EINTR,
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLLERR,
    EPOLLET,
    EPOLLHUP,
    EPOLLIN,
    EPOLLOUT,
    EPOLLRDHUP,
)
from model.netpoll import Netpoll, PollDesc, modeR, modeW
from model.runtime2 import G

MAX_EVENTS = 128


class NetpollEpoll(Netpoll):
    """The functions of netpoll_epoll.go.

    ``epfd`` is the one epoll descriptor of the process, ``netpollEventFd`` the break descriptor.
    ``netpollWakeSig`` is 1 while a break is on its way, so that the next one need not be written.
    The kernel hands back (pd, fdseq) with an event; a pd of None marks the break descriptor.
    """

    async def netpollinit(self) -> None:
        await syscall()
        self.epfd = self.kernel.epoll_create()
        if self.epfd < 0:
            throw("runtime: netpollinit failed")
        await syscall()
        efd = self.kernel.eventfd()
        if efd < 0:
            throw("runtime: eventfd failed")
        # Level-triggered: a poll that does not drain it must not hide it from one that does.
        await syscall()
        errno = self.kernel.epoll_ctl(self.epfd, EPOLL_CTL_ADD, efd, EPOLLIN, (None, 0))
        if errno != 0:
            throw("runtime: epollctl failed")
        self.netpollEventFd = efd

    def netpollIsPollDescriptor(self, fd: int) -> bool:
        return fd in (self.epfd, self.netpollEventFd)

    async def netpollopen(self, fd: int, pd: PollDesc) -> int:
        """Register fd, edge-triggered, once for its lifetime; an errno."""
        tag = await pd.fdseq.load()
        await syscall()
        events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET
        errno = -self.kernel.epoll_ctl(self.epfd, EPOLL_CTL_ADD, fd, events, (pd, tag))
        world.seen.ready()
        return errno

    async def netpollclose(self, fd: int) -> int:
        await syscall()
        errno = -self.kernel.epoll_ctl(self.epfd, EPOLL_CTL_DEL, fd)
        world.seen.ready()
        return errno

    async def netpollarm(self, pd: PollDesc, mode: int) -> None:
        throw("runtime: unused")

    async def netpollBreak(self) -> None:
        """Interrupt an epoll_wait."""
        # Failing to swap says that a wakeup is on its way already.
        won = await self.netpollWakeSig.cas(0, 1)
        world.seen.breaks(won)
        if not won:
            return
        while True:
            await syscall()
            n = self.kernel.write(self.netpollEventFd, 8)
            if n == 8:
                world.seen.ready()
                break
            if n == -EINTR:
                continue
            if n == -EAGAIN:
                return
            throw("runtime: netpollBreak write failed")

    async def netpoll(self, delay: int) -> tuple[G | None, int]:
        """Poll once: (a list of goroutines, what to add to netpollWaiters once they are ready).

        ``delay`` in ns: below 0 blocks for ever, 0 does not block. The list is a stack linked
        through ``schedlink``: the last event's goroutine comes off first.
        """
        if self.epfd == -1:
            return None, 0
        if delay < 0:
            waitms = -1
        elif delay == 0:
            waitms = 0
        elif delay < 1_000_000:
            waitms = 1
        elif delay < 10**15:
            waitms = delay // 1_000_000
        else:
            # An arbitrary cap on how long to wait for a timer: about 11.5 days.
            waitms = 10**9
        while True:
            world.seen.waits(waitms)
            events, errno = await epoll_wait(self.kernel, self.epfd, MAX_EVENTS, waitms)
            if errno == 0:
                break
            if errno != EINTR:
                throw("runtime: netpoll failed")
            if waitms > 0:
                return None, 0  # a timed sleep: the caller works out anew how long to sleep
        world.seen.polled(events, waitms)
        toRun: G | None = None
        delta = 0
        i = 0
        while i < len(events):
            ev, (pd, tag) = events[i]
            i += 1
            if ev == 0:
                continue
            if pd is None:
                if ev != EPOLLIN:
                    throw("runtime: netpoll: eventfd ready for something unexpected")
                # A poll that does not block leaves the break for the one that does.
                if delay != 0:  # DOC: drain
                    await self.netpollDrain()
                continue
            mode = 0
            if ev & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR):
                mode |= modeR
            if ev & (EPOLLOUT | EPOLLHUP | EPOLLERR):
                mode |= modeW
            if mode != 0:
                fdseq = await pd.fdseq.load()
                if fdseq == tag:  # DOC: stale. The descriptor may have been closed and reused.
                    # Only for exactly EPOLLERR: with other bits the next read or write knows
                    # better what happened (go.dev/issue/30624).
                    await self.setEventErr(pd, ev == EPOLLERR, tag)
                    toRun, dl = await self.netpollready(toRun, pd, mode)
                    delta += dl
        return toRun, delta

    async def netpollDrain(self) -> None:
        """netpoll, at "netpollBreak could be picked up by a nonblocking poll."."""
        # Drain before clearing: the other way round, a break written in between would be drained
        # while netpollWakeSig stays 1, and all later ones dropped.
        await syscall()
        self.kernel.read(self.netpollEventFd, 8)
        await self.netpollWakeSig.store(0)
        world.seen.wakesig(0)
