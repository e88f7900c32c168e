"""A connection: a descriptor, a slot for each direction, and whoever reads, writes or closes it.

A slot is *empty*, holds *news* (the kernel has reported readiness that nobody has used), or a
*waiting* goroutine. These are all its moves; every one happens under the loop's lock, except that
the one goroutine whose turn it is may use up news without it.

    empty   --report-->  news        news --used-->  empty
    empty   --park---->  waiting     waiting --report-->  news, and the goroutine goes on
                                     waiting --deadline or close-->  empty, and it goes on
"""

import os
import types
from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from realpoll.calls import Calls
from realpoll.errors import Closed, NoDeadline, NotPollable, PartialWrite, Timeout, Trouble
from realpoll.goroutine import Goroutine
from realpoll.timers import NO_DEADLINE, Timer

if TYPE_CHECKING:
    from realpoll.scheduler import Scheduler

EMPTY: Final = None
NEWS: Final = True
Slot = Goroutine | Literal[True] | None
Mode = Literal["r", "w"]
T = TypeVar("T")


class Side:
    """One direction of a connection, and the trap of a goroutine that waits for news on it.

    ``busy`` while somebody reads (or writes); ``queue`` are those who want to, first come first
    served. ``due`` is the deadline in ns (monotonic), or one of the two constants.
    """

    __slots__ = ("busy", "connection", "due", "queue", "slot", "timer")

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.slot: Slot = EMPTY
        self.busy = False
        self.queue: deque[Goroutine] | None = None
        self.due = NO_DEADLINE
        self.timer: Timer | None = None

    @property
    def mode(self) -> Mode:
        """Which of the two it is."""
        return "r" if self is self.connection.reader else "w"

    def trouble(self) -> Trouble | None:
        """Why nobody may wait here, if so."""
        if self.connection.closing:
            return Closed()
        if self.due < 0:
            return Timeout()
        # An error alone is reported to readers; a writer's next write says which error it is.
        if self.mode == "r" and self.connection.broken:
            return NotPollable()
        return None

    def park(self, goroutine: Goroutine) -> bool:
        """Wait for news, unless it came meanwhile or there is no use in waiting."""
        connection = self.connection
        loop = connection.loop
        # Announce first and look second; see ``Scheduler._keep_parkers_out``.
        loop.parking = True
        alone = not loop.handing_out
        if not alone:
            loop.parking = False
            loop.lock.acquire()
        try:
            if self.slot is NEWS or self.due < 0 or (connection.careful and self.trouble()):
                if self.slot is NEWS and loop.tap is not None:
                    loop.tap.slot(self, "nil")
                return False
            loop.waiting += 1
            if loop.tap is not None:
                loop.tap.park(goroutine, self)
            self.slot = goroutine
            return True
        finally:
            if alone:
                loop.parking = False
            else:
                loop.lock.release()

    def free(self, why: str) -> Goroutine | None:
        """Take out whoever waits, for another reason than news. Precondition: the lock is held."""
        waiter = self.slot
        if waiter is EMPTY or waiter is NEWS:
            return None
        loop = self.connection.loop
        self.slot = EMPTY
        loop.waiting -= 1
        if loop.tap is not None:
            loop.tap.wake(waiter, self, why)
        return waiter

    def begin(self) -> bool:
        """Start an operation; False when it is not our turn. Raises what ``trouble`` says."""
        with self.connection.loop.lock:
            if self.connection.closing:
                raise Closed
            if self.busy:
                return False
            trouble = self.trouble()
            if trouble is not None:
                self.pass_on()
                raise trouble
            self.busy = True
            return True

    def pass_on(self) -> None:
        """Let the first in the queue try. Precondition: the lock is held."""
        if self.queue:
            self.connection.loop.make_ready(self.queue.popleft())

    def end(self) -> None:
        """End an operation: the next in the queue may try, and the last user closes."""
        connection = self.connection
        loop = connection.loop
        with loop.lock:
            self.busy = False
            self.pass_on()
            if connection.closing and not (connection.reader.busy or connection.writer.busy):
                connection.finish()


class Turn:
    """The trap of a goroutine that waits for its turn on a side."""

    __slots__ = ("side",)

    def __init__(self, side: Side) -> None:
        self.side = side

    def park(self, goroutine: Goroutine) -> bool:
        """Queue up, unless it became our turn meanwhile."""
        side = self.side
        loop = side.connection.loop
        with loop.lock:
            if side.connection.closing or not side.busy:
                return False
            if side.queue is None:
                side.queue = deque()
            if loop.tap is not None:
                loop.tap.park(goroutine, None, "semaphore")
            side.queue.append(goroutine)
            return True


class LastUser:
    """The trap of a closer that waits for the last user to leave."""

    __slots__ = ("connection",)

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection

    def park(self, goroutine: Goroutine) -> bool:
        """Wait, unless the last user has left meanwhile."""
        loop = self.connection.loop
        with loop.lock:
            if self.connection.closed:
                return False
            if loop.tap is not None:
                loop.tap.park(goroutine, None, "semaphore")
            self.connection.closer = goroutine
            return True


class Connection:
    """A descriptor that goroutines read and write as if it blocked.

    Made by ``Loop.connection``, which takes the descriptor over. ``polled`` is False for a kind
    that epoll refuses; such a descriptor blocks the thread instead. ``born`` is the count of
    registrations when it was registered. ``careful`` says that an operation has to ask (``begin``)
    before it starts: something is amiss, or there are several tokens. With one token its holder is
    the only one who starts and ends operations, and needs no lock for it.
    """

    __slots__ = (
        "born",
        "broken",
        "calls",
        "careful",
        "closed",
        "closer",
        "closing",
        "fd",
        "loop",
        "polled",
        "reader",
        "writer",
    )

    def __init__(self, loop: "Scheduler", fd: int) -> None:
        self.loop = loop
        self.fd = fd
        self.calls = Calls(fd)
        self.reader = Side(self)
        self.writer = Side(self)
        self.closing = False
        self.closed = False
        self.closer: Goroutine | None = None
        self.broken = False
        self.careful = loop.shared
        self.polled = loop.kernel.register(fd)
        if not self.polled:
            os.set_blocking(fd, True)
        self.born = loop.kernel.registrations

    # The three below are one text, not three uses of a common one: another frame would cost each
    # waiting goroutine 200 bytes, and each wakeup a tenth of its time. Nor is ``read`` a call of
    # ``when_readable``, which returns its generator: that is as quick, but each waiting goroutine
    # then keeps the call that it was given: 1,085 bytes in place of 1,005, and over the goal.

    @types.coroutine
    def read(self, limit: int) -> Generator["Side | Turn", None, bytes]:
        """At least one byte and at most ``limit``, or ``b""`` at the end. Waits when there is none.

        Raises Closed, Timeout, NotPollable, or the OSError that read(2) gives.
        """
        side = self.reader
        data: bytes | None
        if side.busy or side.queue or side.due < 0 or self.careful:
            while not side.begin():
                yield Turn(side)
            tried = False
        elif (data := self.calls.read(limit)) is not None:
            return data  # nobody else can have noticed that we were here
        else:
            tried = side.busy = True
        try:
            while True:
                if tried:
                    yield side
                    if side.slot is NEWS:
                        side.slot = EMPTY
                    elif (trouble := side.trouble()) is not None:
                        raise trouble
                if (data := self.calls.read(limit)) is not None:
                    return data
                tried = True
        finally:
            if side.queue or self.careful:
                side.end()
            else:
                side.busy = False

    @types.coroutine
    def when_readable(self, call: Callable[[], T]) -> Generator["Side | Turn", None, T]:
        """The value of ``call()``, tried now and again at each news until it does not say EAGAIN.

        What ``read`` does with read(2), for other calls: accept(2), recvfrom(2). Raises alike.
        """
        side = self.reader
        while not side.begin():
            yield Turn(side)
        try:
            while (found := _call_now(call)) is None:
                yield side
                if side.slot is NEWS:
                    side.slot = EMPTY
                elif (trouble := side.trouble()) is not None:
                    raise trouble
            return found[0]
        finally:
            side.end()

    @types.coroutine
    def write(self, data: bytes) -> Generator["Side | Turn", None, int]:
        """Write all of ``data``, waiting as often as it takes; the number of bytes.

        Raises as ``read`` does. A Timeout says how many bytes were written before it.
        """
        side = self.writer
        done, size = 0, len(data)
        if side.busy or side.queue or side.due < 0 or self.careful:
            while not side.begin():
                yield Turn(side)
        elif (done := self.calls.write(data) or 0) == size:
            return done  # nobody else can have noticed that we were here
        else:
            side.busy = True
        try:
            while True:
                written: int | None = self.calls.write(data[done:] if done else data)
                if written is not None:
                    done += written
                    if done == size:
                        return done
                    continue
                yield side
                if side.slot is NEWS:
                    side.slot = EMPTY
                elif (trouble := side.trouble()) is not None:
                    trouble.done = done
                    raise trouble
        except OSError as error:
            if done:
                raise PartialWrite(error, done) from error
            raise
        finally:
            if side.queue or self.careful:
                side.end()
            else:
                side.busy = False

    @types.coroutine
    def close(self) -> Generator[LastUser, None, None]:
        """Let everybody who waits here go, and return when the last of them has left.

        Raises Closed when somebody was quicker.
        """
        loop = self.loop
        with loop.lock:
            if self.closing:
                raise Closed
            self.closing = self.careful = True
            sides = (self.reader, self.writer)
            for side in sides:
                while side.queue:
                    loop.make_ready(side.queue.popleft())
            freed = [side.free("close") for side in sides]
            for waiter in freed:
                if waiter is not None:
                    loop.make_ready(waiter)
            for side in sides:
                loop.timers.cancel_deadline(side)
            if not (self.reader.busy or self.writer.busy):
                self.finish()
        if not self.closed:
            yield LastUser(self)

    def waiters(self) -> list[Goroutine]:
        """Who waits here: for news, for a turn, or to have closed it."""
        found = [] if self.closer is None else [self.closer]
        for side in (self.reader, self.writer):
            found += side.queue or ()
            if isinstance(side.slot, Goroutine):
                found.append(side.slot)
        return found

    def finish(self) -> None:
        """Give the descriptor back and let the closer go on. Precondition: the lock is held."""
        loop = self.loop
        if self.polled:
            loop.kernel.unregister(self.fd)
            del loop.connections[self.fd]
        os.close(self.fd)
        self.closed = True
        if self.closer is not None:
            loop.make_ready(self.closer)
            self.closer = None

    def set_deadline(self, after_ns: int | None, *, read: bool = True, write: bool = True) -> None:
        """Let reads and writes fail from ``after_ns`` on. None takes the deadline away.

        A deadline that is not in the future frees at once whoever waits. Raises Closed, NoDeadline.
        """
        loop = self.loop
        with loop.lock:
            if self.closing:
                raise Closed
            if not self.polled:
                raise NoDeadline
            now = loop.now()
            sides = [side for side, on in ((self.reader, read), (self.writer, write)) if on]
            for side in sides:
                loop.timers.move_deadline(side, None if after_ns is None else now + after_ns, now)
            freed = [side.free("deadline") for side in sides if side.due < 0]
            for waiter in freed:
                if waiter is not None:
                    loop.make_ready(waiter)


def _call_now(call: Callable[[], T]) -> tuple[T] | None:
    """What a call gives, or None for EAGAIN. In a frame of its own: see ``Calls``."""
    try:
        return (call(),)
    except BlockingIOError:
        return None
