"""Wrong implementations of the rules about polls and events."""

from conformance.wrong.netpoll_in_parts import Events, NetpollInParts
from model import Runtime
from model.atomic import syscall
from model.linux import (
    EPOLL_CTL_ADD,
    EPOLLERR,
    EPOLLET,
    EPOLLHUP,
    EPOLLIN,
    EPOLLOUT,
    EPOLLRDHUP,
)
from model.netpoll import PollDesc, modeR, modeW
from model.netpoll_epoll import MAX_EVENTS
from model.runtime2 import G


class WriterFreedFirst(Runtime):
    """R01: looks at ``wg`` before ``rg``."""

    async def netpollready(self, toRun: G | None, pd: PollDesc, mode: int) -> tuple[G | None, int]:
        """The two directions in the other order."""
        toRun, delta = await super().netpollready(toRun, pd, mode & modeW)
        toRun, more = await super().netpollready(toRun, pd, mode & modeR)
        return toRun, delta + more


class LastEventFirst(NetpollInParts):
    """R02: walks through the array of events from its end."""

    def inOrder(self, events: Events) -> Events:
        """From the last one to the first."""
        return events[::-1]


class HangUpIsNotForReaders(NetpollInParts):
    """R03: thinks that a read may go on only if there is something to read."""

    def directions(self, ev: int) -> int:
        """EPOLLIN and EPOLLRDHUP alone are for readers."""
        mode = super().directions(ev)
        return mode if ev & (EPOLLIN | EPOLLRDHUP) else mode & modeW


class ErrorIsNotForWriters(NetpollInParts):
    """R04: thinks that a write may go on only if there is room."""

    def directions(self, ev: int) -> int:
        """EPOLLOUT and EPOLLHUP alone are for writers."""
        mode = super().directions(ev)
        return mode if ev & (EPOLLOUT | EPOLLHUP) else mode & modeR


class TakesEverything(NetpollInParts):
    """R05: asks for more events than Go does."""

    maxEvents = 4 * MAX_EVENTS


class ForgetsTheRest(NetpollInParts):
    """R06: empties the ready list after a full array of events."""

    def inOrder(self, events: Events) -> Events:
        """All of the array; what is left in the kernel is fetched and thrown away."""
        if len(events) == MAX_EVENTS:
            self.kernel.epoll_collect(self.epfd, 4 * MAX_EVENTS)
        return events


class ListIsAQueue(Runtime):
    """R07: appends to the list of goroutines and takes from its front."""

    async def netpollready(self, toRun: G | None, pd: PollDesc, mode: int) -> tuple[G | None, int]:
        """Whom this event frees goes behind whom earlier ones freed."""
        freed, delta = await super().netpollready(None, pd, mode)
        if toRun is None:
            return reversedList(freed), delta
        last = toRun
        while last.schedlink is not None:
            last = last.schedlink
        last.schedlink = reversedList(freed)
        return toRun, delta


class RegistersReadingOnly(Runtime):
    """R08: leaves writing for when somebody waits to write, and forgets it then."""

    async def netpollopen(self, fd: int, pd: PollDesc) -> int:
        """No EPOLLOUT."""
        tag = await pd.fdseq.load()
        await syscall()
        mask = EPOLLIN | EPOLLRDHUP | EPOLLET
        return -self.kernel.epoll_ctl(self.epfd, EPOLL_CTL_ADD, fd, mask, (pd, tag))


class AnyErrorIsNotPollable(NetpollInParts):
    """R09: takes any event with an error in it for a failure of the poller (golang/go#30624)."""

    def isError(self, ev: int) -> bool:
        """Also beside other bits."""
        return ev & EPOLLERR != 0


class PollsWithoutWaiters(Runtime):
    """R10: polls whether somebody waits or not."""

    async def netpollAnyWaiters(self) -> bool:
        """Always."""
        return True


def reversedList(gp: G | None) -> G | None:
    """A gList turned round, so that whom an event frees first comes off first."""
    turned: G | None = None
    while gp is not None:
        gp.schedlink, turned, gp = turned, gp, gp.schedlink
    return turned
