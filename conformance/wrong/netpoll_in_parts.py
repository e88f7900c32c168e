"""runtime/netpoll_epoll.go:netpoll cut into parts, so that a wrong one can replace a single part.

``NetpollInParts`` itself is right: a test holds it to the same traces as the model's own text.
"""

from typing import Any

from model import Runtime
from model.atomic import epoll_wait, syscall, throw, world
from model.linux import EINTR, EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP
from model.netpoll import PollDesc, modeR, modeW
from model.netpoll_epoll import MAX_EVENTS
from model.runtime2 import G

Events = tuple[tuple[int, Any], ...]


class NetpollInParts(Runtime):
    """The model, with netpoll in parts. All other functions are the model's."""

    maxEvents = MAX_EVENTS

    async def netpoll(self, delay: int) -> tuple[G | None, int]:
        """As in the model; each call of a part is a line of Go's text."""
        waitms = self.milliseconds(delay)
        while True:
            world.seen.waits(waitms)
            events, errno = await epoll_wait(self.kernel, self.epfd, self.maxEvents, waitms)
            if errno == 0:
                break
            if errno != EINTR:
                throw("runtime: netpoll failed")
            if waitms > 0:
                return None, 0
        world.seen.polled(events, waitms)
        taken = self.inOrder(events)
        toRun: G | None = None
        delta = 0
        i = 0
        while i < len(taken):
            ev, (pd, tag) = taken[i]
            i += 1
            if pd is None:
                if delay != 0:
                    await self.drainBreak()
                continue
            mode = self.directions(ev)
            current = await self.isCurrent(pd, tag)
            if mode != 0 and current:
                await self.setEventErr(pd, self.isError(ev), tag)
                toRun, dl = await self.netpollready(toRun, pd, mode)
                delta += dl
        return toRun, delta

    def milliseconds(self, delay: int) -> int:
        """The timeout of epoll_wait: rounded up below 1 ms, cut above, at most 11.5 days."""
        if delay <= 0:
            return -1 if delay < 0 else 0
        return min(max(delay // 1_000_000, 1), 10**9)

    def inOrder(self, events: Events) -> Events:
        """The events that are handled, in the order in which they are."""
        return events

    async def drainBreak(self) -> None:
        """Read the break descriptor; then the next break may be written."""
        await syscall()
        self.kernel.read(self.netpollEventFd, 8)
        await self.netpollWakeSig.store(0)
        world.seen.wakesig(0)

    def directions(self, ev: int) -> int:
        """What an event's mask means."""
        mode = 0
        if ev & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR):
            mode |= modeR
        if ev & (EPOLLOUT | EPOLLHUP | EPOLLERR):
            mode |= modeW
        return mode

    async def isCurrent(self, pd: PollDesc, tag: int) -> bool:
        """Whether the event belongs to this use of the pollDesc."""
        fdseq = await pd.fdseq.load()
        return fdseq == tag

    def isError(self, ev: int) -> bool:
        """Whether reads shall fail as not pollable."""
        return ev == EPOLLERR
