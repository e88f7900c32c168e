"""Linux fs/pipe.c: sixteen slots of one page between a reading and a writing end."""

from model.file import File
from model.linux import (
    ANY_EVENT,
    EAGAIN,
    EBADF,
    EPIPE,
    EPOLLERR,
    EPOLLHUP,
    EPOLLIN,
    EPOLLOUT,
)

__all__ = ["PipeReader", "PipeWriter", "pipe_pair"]

PAGE_BYTES = 4096
SLOTS = 16
"""PIPE_DEF_BUFFERS."""


class PipeReader(File):
    """The reading end, which holds the slots.

    ``ends``: for each used slot, where its data end in the page; ``start``: where the first one's
    begin. ``open`` is false when the last descriptor of this end is closed.
    """

    __slots__ = ("ends", "open", "start", "writer")

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[int] = []
        self.start = 0
        self.open = True
        self.writer = PipeWriter(self)

    def poll(self) -> int:
        """pipe_poll: a writer that is gone is HUP alone, never RDHUP."""
        return (EPOLLIN if self.ends else 0) | (0 if self.writer.open else EPOLLHUP)

    def read(self, nbytes: int) -> int:
        """pipe_read. The writer has an edge only if a slot of a full pipe becomes free."""
        if not nbytes:
            return 0
        if not self.ends:
            return -EAGAIN if self.writer.open else 0
        was_full = len(self.ends) == SLOTS
        copied = 0
        while self.ends and copied < nbytes:
            count = min(self.ends[0] - self.start, nbytes - copied)
            copied += count
            self.start += count
            if self.start == self.ends[0]:
                del self.ends[0]
                self.start = 0
        if was_full and len(self.ends) < SLOTS:
            self.writer.wake(EPOLLOUT)
        return copied

    def write(self, nbytes: int) -> int:
        return -EBADF

    def release(self) -> None:
        """pipe_release."""
        self.open = False
        self.writer.wake(ANY_EVENT)


class PipeWriter(File):
    """The writing end."""

    __slots__ = ("open", "reader")

    def __init__(self, reader: PipeReader) -> None:
        super().__init__()
        self.reader = reader
        self.open = True

    def poll(self) -> int:
        """pipe_poll: fullness is in slots, not in bytes."""
        room = EPOLLOUT if len(self.reader.ends) < SLOTS else 0
        return room | (0 if self.reader.open else EPOLLERR)

    def read(self, nbytes: int) -> int:
        return -EBADF

    def write(self, nbytes: int) -> int:
        """pipe_write. The odd bytes are merged into the last page if they fit there whole."""
        reader = self.reader
        if not nbytes:
            return 0
        if not reader.open:
            return -EPIPE
        ends = reader.ends
        written = 0
        odd = nbytes % PAGE_BYTES
        if odd and ends and ends[-1] + odd <= PAGE_BYTES:
            ends[-1] += odd
            written = odd
        while written < nbytes and len(ends) < SLOTS:
            ends.append(min(PAGE_BYTES, nbytes - written))
            written += ends[-1]
        # "Epoll nonsensically wants a wakeup whether the pipe was already empty or not", says
        # pipe_write, and it gives one to a write that found the pipe full, too.
        reader.wake(EPOLLIN)
        return written or -EAGAIN

    def release(self) -> None:
        """pipe_release."""
        self.open = False
        self.reader.wake(ANY_EVENT)


def pipe_pair() -> tuple[PipeReader, PipeWriter]:
    """The two ends of a new pipe, as pipe2(2) makes them."""
    reader = PipeReader()
    return reader, reader.writer
