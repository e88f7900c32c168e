"""Linux as the runtime sees it: a descriptor table and the system calls on it.

Pure bookkeeping: no time, no input or output, and byte counts in place of contents. Every
descriptor is O_NONBLOCK. Errors are -errno, as from the raw system calls.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from model.eventfd import EventFd
from model.eventpoll import EventPoll
from model.file import File, NotOpen
from model.linux import EBADF, EINVAL
from model.pipe import pipe_pair
from model.regular import Regular
from model.tcp import tcp_pair
from model.unix_stream import UnixStream

__all__ = ["Kernel"]

STANDARD_DESCRIPTORS = 3
"""0, 1 and 2 are taken, as in any process."""


def _nobody(waiter: object) -> None:
    raise RuntimeError(f"{waiter!r} was woken, but the kernel was given no wakeup")


class Kernel:
    """A process's descriptors. ``wakeup`` is called with a waiter that should look again."""

    __slots__ = ("_files", "_free", "_not_open", "_wakeup")

    def __init__(self, wakeup: Callable[[object], None] = _nobody) -> None:
        self._wakeup = wakeup
        self._not_open = NotOpen()
        self._files: list[File] = []
        self._free: list[int] = []
        for _ in range(STANDARD_DESCRIPTORS):
            self._install(Regular(0))

    # -- the descriptor table

    def _file(self, fd: int) -> File:
        return self._files[fd] if 0 <= fd < len(self._files) else self._not_open

    def _install(self, file: File) -> int:
        # POSIX: the lowest number that is free. dup2 may have taken one that is in the heap.
        while self._free and self._files[self._free[0]] is not self._not_open:
            heappop(self._free)
        if self._free:
            fd = heappop(self._free)
            self._files[fd] = file
        else:
            fd = len(self._files)
            self._files.append(file)
        file.refs += 1
        return fd

    def dup2(self, old: int, new: int) -> int:
        """``new``, which now names what ``old`` does and was closed if it was open; or -EBADF."""
        file = self._file(old)
        if file is self._not_open or new < 0:
            return -EBADF
        if old == new:
            return new
        file.refs += 1
        while len(self._files) <= new:
            heappush(self._free, len(self._files))
            self._files.append(self._not_open)
        replaced, self._files[new] = self._files[new], file
        self._put(replaced)
        return new

    def close(self, fd: int) -> int:
        """0 or -EBADF. The number is free at once; registrations live as long as the open file."""
        file = self._file(fd)
        if file is self._not_open:
            return -EBADF
        self._files[fd] = self._not_open
        heappush(self._free, fd)
        self._put(file)
        return 0

    def _put(self, file: File) -> None:
        if file is self._not_open:
            return
        file.refs -= 1
        if file.refs:
            return
        # Linux fs/file_table.c:__fput: the registrations go first, then the file's own release.
        while file.watchers is not None:
            file.watchers.ep.remove(file.watchers)
        file.release()

    # -- opening

    def socketpair(self) -> tuple[int, int]:
        """The two ends of a unix stream, each of which reads what the other writes."""
        one, other = UnixStream.pair()
        return self._install(one), self._install(other)

    def tcp_pair(self) -> tuple[int, int]:
        """The two ends of an established connection over the loopback."""
        one, other = tcp_pair()
        return self._install(one), self._install(other)

    def pipe(self) -> tuple[int, int]:
        """The reading and the writing end."""
        reader, writer = pipe_pair()
        return self._install(reader), self._install(writer)

    def eventfd(self, value: int = 0) -> int:
        """A counter that starts at ``value``."""
        return self._install(EventFd(value))

    def open_file(self, size: int) -> int:
        """A regular file of ``size`` bytes, which epoll refuses."""
        return self._install(Regular(size))

    def epoll_create(self) -> int:
        """An epoll instance without registrations."""
        return self._install(EventPoll(self._wakeup))

    # -- input and output

    def read(self, fd: int, nbytes: int) -> int:
        """Up to ``nbytes``: the count, 0 at end of file, or -errno."""
        if 0 <= fd < len(self._files):
            return self._files[fd].read(nbytes)
        return -EBADF

    def write(self, fd: int, nbytes: int) -> int:
        """Up to ``nbytes``: the count or -errno."""
        if 0 <= fd < len(self._files):
            return self._files[fd].write(nbytes)
        return -EBADF

    def shutdown_write(self, fd: int) -> int:
        """shutdown(fd, SHUT_WR): 0 or -errno."""
        return self._file(fd).shutdown_write()

    def reset(self, fd: int) -> int:
        """SO_LINGER of zero, then close, so that a TCP peer gets an RST: 0 or -errno."""
        return self._file(fd).linger_zero() or self.close(fd)

    # -- epoll(7)

    def _epoll(self, epfd: int) -> EventPoll:
        file = self._files[epfd] if 0 <= epfd < len(self._files) else self._not_open
        if isinstance(file, EventPoll):
            return file
        number = EBADF if file is self._not_open else EINVAL
        raise OSError(number, f"descriptor {epfd} is no epoll instance")

    def epoll_ctl(self, epfd: int, op: int, fd: int, events: int = 0, data: object = None) -> int:
        """0 or -errno. ``data`` is what ``epoll_collect`` gives back."""
        ep, file = self._file(epfd), self._file(fd)
        if ep is self._not_open or file is self._not_open:
            return -EBADF
        if isinstance(ep, EventPoll):
            return ep.ctl(op, file, fd, events, data)
        return -EINVAL

    def epoll_collect(self, epfd: int, maxevents: int) -> tuple[tuple[int, object], ...]:
        """What epoll_wait(2) with a timeout of 0 returns: (events, data) in order of the report."""
        if maxevents <= 0:
            raise OSError(EINVAL, f"maxevents is {maxevents}")
        return self._epoll(epfd).collect(maxevents)

    def epoll_ready(self, epfd: int) -> bool:
        """poll(2) on the epoll descriptor: whether a wait would return something."""
        return self._epoll(epfd).is_ready()

    def block(self, epfd: int, waiter: object) -> None:
        """``waiter`` sleeps in epoll_wait(2).

        Preconditions: ``epoll_collect`` just found nothing.
        """
        self._epoll(epfd).block(waiter)

    def unblock(self, epfd: int, waiter: object) -> None:
        """``waiter`` gave up (a timeout, a signal); nothing happens if it was woken already."""
        self._epoll(epfd).unblock(waiter)

    def ready_list(self, epfd: int) -> tuple[object, ...]:
        """The data of the queued registrations in order, ready still or not. Changes nothing."""
        return tuple(item.data for item in self._epoll(epfd).ready)
