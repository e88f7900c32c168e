"""Linux fs/eventpoll.c in the words of epoll(7): the interest list, the ready list, the waiters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from model.file import File
from model.linux import (
    EEXIST,
    EINVAL,
    ENOENT,
    EP_PRIVATE_BITS,
    EPERM,
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLERR,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLHUP,
    EPOLLIN,
    EPOLLONESHOT,
)

__all__ = ["EventPoll", "Item"]


class Item:
    """Linux struct epitem: one registration, of an open file under a descriptor number.

    ``events`` is the mask with epoll's private bits; ONESHOT leaves only those after a report.
    ``queued``: whether it is on the ready list. ``older``: the next in the file's wait queue.
    ``place``: its index in the interest list.
    """

    __slots__ = ("data", "ep", "events", "file", "number", "older", "place", "queued")

    def __init__(self, ep: EventPoll, file: File, number: int, events: int, data: object) -> None:
        self.ep = ep
        self.file = file
        self.number = number
        self.events = events
        self.data = data
        self.queued = False
        self.older: Item | None = file.watchers
        self.place = len(ep.interest)


class EventPoll(File):
    """An epoll instance. ``wakeup`` is called with a waiter that should look again.

    The interest list is keyed by (open file, number), not by number: that is why a registration
    outlives ``close`` while a dup is open. It is looked up in the file's wait queue; ``interest``
    holds all of it, for the close of the instance, in no order that anything depends on.
    """

    __slots__ = ("interest", "ready", "waiters", "wakeup")

    def __init__(self, wakeup: Callable[[object], None]) -> None:
        super().__init__()
        self.wakeup = wakeup
        self.interest: list[Item] = []
        self.ready: deque[Item] = deque()
        self.waiters: list[object] = []

    def notify(self, item: Item) -> None:
        """ep_poll_callback, behind its filter: queue the item once, and wake one waiter."""
        if not item.queued:
            item.queued = True
            self.ready.append(item)
        # Also when it was queued already: the event may be another waiter's chance.
        if self.waiters:
            self.wakeup(self.waiters.pop())

    def collect(self, maxevents: int) -> tuple[tuple[int, object], ...]:
        """ep_send_events: what epoll_wait(2) returns now, as (events, data), at most ``maxevents``.

        Readiness is asked for here, not when the item was queued: one that is ready no more is
        dropped and costs no slot. Those not reached stay in front of the re-queued ones.
        """
        ready = self.ready
        if not ready:
            return ()
        events: list[tuple[int, object]] = []
        for _ in range(len(ready)):  # a re-queued item is for the next call
            item = ready.popleft()
            mask = item.events
            revents = item.file.poll() & mask
            if not revents:
                item.queued = False
                continue
            events.append((revents, item.data))
            if mask & EPOLLONESHOT:
                item.queued = False
                item.events = mask & EP_PRIVATE_BITS
            elif mask & EPOLLET:
                item.queued = False
            else:
                ready.append(item)  # level-triggered: report again unless it is drained
            if len(events) == maxevents:
                break
        if ready and self.waiters:
            self._done_scan()
        return tuple(events)

    def is_ready(self) -> bool:
        """__ep_eventpoll_poll: would a wait return something? Drops what is ready no more."""
        ready = self.ready
        while ready:
            item = ready[0]
            if item.file.poll() & item.events:
                self._done_scan()
                return True
            ready.popleft().queued = False
        return False

    def _done_scan(self) -> None:
        # Linux fs/eventpoll.c:ep_done_scan: what is left over is for another waiter.
        if self.ready and self.waiters:
            self.wakeup(self.waiters.pop())

    def poll(self) -> int:
        """An epoll descriptor is readable when a wait would return something."""
        return EPOLLIN if self.is_ready() else 0

    def block(self, waiter: object) -> None:
        """Put ``waiter`` to sleep. The last to sleep is the first to be woken.

        Preconditions: the ready list is empty; epoll_wait(2) looks at it under the same lock that
        guards the queue of waiters and never sleeps beside an event.
        """
        if self.ready:
            raise RuntimeError(f"{waiter!r} would sleep beside {len(self.ready)} queued events")
        self.waiters.append(waiter)

    def unblock(self, waiter: object) -> None:
        """Take ``waiter`` out (a timeout, a signal), if it is there still."""
        if waiter in self.waiters:
            self.waiters.remove(waiter)

    # -- epoll_ctl(2)

    def ctl(self, op: int, file: File, number: int, events: int, data: object) -> int:
        """Add, modify or delete the registration of ``file`` under ``number``: 0 or -errno.

        The order of the checks is do_epoll_ctl's: whether it can be polled at all comes first.
        """
        if not file.pollable:
            return -EPERM
        if file is self:
            return -EINVAL
        if isinstance(file, EventPoll) or events & EPOLLEXCLUSIVE:
            raise NotImplementedError("the model has no nested epoll and no EPOLLEXCLUSIVE")
        item = self._find(file, number)
        events |= EPOLLERR | EPOLLHUP  # epoll(7): these two are always reported
        if op == EPOLL_CTL_ADD:
            return -EEXIST if item is not None else self._insert(file, number, events, data)
        if op == EPOLL_CTL_DEL:
            return -ENOENT if item is None else self.remove(item)
        if op == EPOLL_CTL_MOD:
            return -ENOENT if item is None else self._modify(item, events, data)
        return -EINVAL

    def _find(self, file: File, number: int) -> Item | None:
        item = file.watchers
        while item is not None and (item.ep is not self or item.number != number):
            item = item.older
        return item

    def _insert(self, file: File, number: int, events: int, data: object) -> int:
        item = Item(self, file, number, events, data)
        file.watchers = item
        self.interest.append(item)
        self._queue_if_ready(item)
        return 0

    def _modify(self, item: Item, events: int, data: object) -> int:
        item.events = events
        item.data = data
        self._queue_if_ready(item)
        return 0

    def _queue_if_ready(self, item: Item) -> None:
        # ADD and MOD report whatever holds, edge-triggered items too.
        if item.file.poll() & item.events and not item.queued:
            self.notify(item)

    def remove(self, item: Item) -> int:
        """ep_remove: forget the registration, and the event that may be queued for it."""
        if item.queued:
            self.ready.remove(item)
            item.queued = False
        last = self.interest.pop()
        if last is not item:
            self.interest[item.place] = last
            last.place = item.place
        newer = item.file.watchers
        if newer is item:
            item.file.watchers = item.older
            return 0
        while newer is not None and newer.older is not item:
            newer = newer.older
        assert newer is not None  # a registration is always in its file's wait queue
        newer.older = item.older
        return 0

    def release(self) -> None:
        """The instance is closed: its registrations go with it."""
        for item in tuple(self.interest):
            self.remove(item)
