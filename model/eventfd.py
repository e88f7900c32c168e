"""Linux fs/eventfd.c: a counter."""

from model.file import File
from model.linux import EAGAIN, EINVAL, EPOLLIN, EPOLLOUT

__all__ = ["EventFd"]

COUNTER_BYTES = 8
COUNTER_MAX = 2**64 - 2


class EventFd(File):
    """A counter from 0 to 2**64 - 2. A write adds 1: the model moves counts, no contents."""

    __slots__ = ("count",)

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def poll(self) -> int:
        """eventfd_poll."""
        return (EPOLLIN if self.count else 0) | (EPOLLOUT if self.count < COUNTER_MAX else 0)

    def read(self, nbytes: int) -> int:
        """Take the whole counter; every success is an OUT edge."""
        if nbytes < COUNTER_BYTES:
            return -EINVAL
        if not self.count:
            return -EAGAIN
        self.count = 0
        self.wake(EPOLLOUT)
        return COUNTER_BYTES

    def write(self, nbytes: int) -> int:
        """Add 1; every success is an IN edge, a write that would overflow is none."""
        if nbytes != COUNTER_BYTES:
            return -EINVAL
        if self.count == COUNTER_MAX:
            return -EAGAIN
        self.count += 1
        self.wake(EPOLLIN)
        return COUNTER_BYTES
