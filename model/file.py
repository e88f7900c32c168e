"""Linux struct file: an open file, its wait queue, and what every kind of file must answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.linux import EBADF, EINVAL, ENOTSOCK

if TYPE_CHECKING:
    from model.eventpoll import Item

__all__ = ["File", "NotOpen"]


class File:
    """An open file, that one or several descriptors name. Sizes are bytes; errors are -errno.

    ``watchers`` is the wait queue: the newest registration, which knows the one before it. It is
    newest first because add_wait_queue inserts at the head (Linux kernel/sched/wait.c).
    """

    __slots__ = ("refs", "watchers")

    pollable = True
    """Whether the file has a poll method; epoll_ctl(2) refuses the others with EPERM."""

    def __init__(self) -> None:
        self.refs = 0
        self.watchers: Item | None = None

    def wake(self, key: int) -> None:
        """Tell the registrations that ask for an event in ``key`` that something happened."""
        item = self.watchers
        while item is not None:
            # Linux fs/eventpoll.c:ep_poll_callback: a keyed wakeup is filtered by the item's mask.
            if item.events & key:
                item.ep.notify(item)
            item = item.older

    def poll(self) -> int:
        """The events that hold now, wanted or not."""
        raise NotImplementedError(self)

    def read(self, nbytes: int) -> int:
        """Take up to ``nbytes``: the count, 0 at end of file, or -errno."""
        return -EINVAL

    def write(self, nbytes: int) -> int:
        """Put in up to ``nbytes``: the count or -errno."""
        return -EINVAL

    def shutdown_write(self) -> int:
        """shutdown(fd, SHUT_WR): 0 or -errno."""
        return -ENOTSOCK

    def linger_zero(self) -> int:
        """SO_LINGER with a time of zero: 0 or -errno."""
        return -ENOTSOCK

    def release(self) -> None:
        """The last descriptor is gone."""


class NotOpen(File):
    """What stands in the descriptor table where nothing is open: every call is EBADF."""

    __slots__ = ()

    def read(self, nbytes: int) -> int:
        return -EBADF

    def write(self, nbytes: int) -> int:
        return -EBADF

    def shutdown_write(self) -> int:
        return -EBADF

    def linger_zero(self) -> int:
        return -EBADF
