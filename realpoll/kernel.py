"""The kernel's side: one epoll instance and the descriptor that breaks its wait."""

import os
import select
import threading
from typing import Protocol

from scenario.errors import Unavailable

MAX_EVENTS = 128
"""Events that one poll takes at most, as the contract has it."""

NS_PER_MS = 1_000_000
# As select has them on Linux; literal, so that this file can be imported where it has not.
ERROR_ALONE = 0x008  # EPOLLERR
READABLE = 0x001 | 0x2000 | 0x010 | 0x008  # EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR
WRITABLE = 0x004 | 0x010 | 0x008  # EPOLLOUT | EPOLLHUP | EPOLLERR
Mask = tuple[int, int]


class Kernel:
    """One edge-triggered epoll instance in which each descriptor is registered once.

    ``registrations`` counts registrations. A wait returns it too, so that an event of a descriptor
    that was registered after that wait had returned can be told as stale: ``select.epoll`` gives
    back the number of a descriptor and nothing to tell an old file from a new one.
    """

    def __init__(self, *, pipe: bool = False) -> None:
        if not hasattr(select, "epoll"):
            raise Unavailable(
                "This system has no epoll, so real epoll is not there. The model runs everywhere."
            )
        self.epoll = select.epoll()
        self.registrations = 0
        self._interest = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
        self._bell: Bell = Pipe() if pipe or not hasattr(os, "eventfd") else EventFd()
        self.break_fd = self._bell.fd
        self._ringing = False
        self._lock = threading.Lock()
        # Level-triggered: a poll that may not drain it must leave it for the one that may.
        self.epoll.register(self.break_fd, select.EPOLLIN)

    def register(self, fd: int) -> bool:
        """Watch a descriptor, in both directions, for good. False: its kind cannot be polled."""
        try:
            self.epoll.register(fd, self._interest)
        except PermissionError:  # epoll_ctl(2): EPERM, the file does not support epoll
            return False
        self.registrations += 1
        return True

    def unregister(self, fd: int) -> None:
        """Take a descriptor out; events of it that were fetched before are stale from now on."""
        self.epoll.unregister(fd)

    def wait(self, timeout_ns: int | None) -> tuple[list[Mask], int]:
        """What is ready, and how many registrations there had been then. None waits for ever."""
        return self.epoll.poll(seconds(timeout_ns), MAX_EVENTS), self.registrations

    def ring(self) -> bool:
        """End a blocked wait. False: an earlier ring is still on its way, and does."""
        with self._lock:
            if self._ringing:
                return False
            self._ringing = True
        self._bell.ring()
        return True

    def silence(self) -> None:
        """Take the ring out. Only for a wait that may block: that is the one that was meant."""
        self._bell.silence()
        with self._lock:
            self._ringing = False

    def owns(self, fd: int) -> bool:
        """Whether a descriptor is one of the poller's own."""
        return fd == self.epoll.fileno() or fd in self._bell.fds

    def close(self) -> None:
        """Close all descriptors of the poller."""
        self.epoll.close()
        for fd in self._bell.fds:
            os.close(fd)


def seconds(timeout_ns: int | None) -> float:
    """A wait as ``select.epoll.poll`` wants it, in whole milliseconds: early would be a lie."""
    if timeout_ns is None:
        return -1
    return -(-timeout_ns // NS_PER_MS) / 1000


class Bell(Protocol):
    """A descriptor that somebody can make readable; ``fds`` are all that it holds."""

    fd: int
    fds: tuple[int, ...]

    def ring(self) -> None: ...

    def silence(self) -> None: ...


class EventFd:
    """A bell that is one eventfd(2)."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.fds: tuple[int, ...] = (self.fd,)

    def ring(self) -> None:
        os.eventfd_write(self.fd, 1)

    def silence(self) -> None:
        os.eventfd_read(self.fd)


class Pipe:
    """A bell that is a pipe(7), for systems without eventfd."""

    def __init__(self) -> None:
        self.fd, self._end = os.pipe()
        self.fds: tuple[int, ...] = (self.fd, self._end)
        for fd in self.fds:
            os.set_blocking(fd, False)

    def ring(self) -> None:
        os.write(self._end, b"\0")

    def silence(self) -> None:
        os.read(self.fd, 16)
