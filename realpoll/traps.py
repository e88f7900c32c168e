"""Traps that have to do with no descriptor: sleeping and stepping aside."""

from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING

from realpoll.goroutine import Goroutine
from realpoll.timers import Timer

if TYPE_CHECKING:
    from realpoll.scheduler import Scheduler


class Sleep:
    """Awaiting it parks the goroutine until its timer fires; it does nothing if ``ns`` <= 0."""

    __slots__ = ("loop", "ns")

    def __init__(self, loop: "Scheduler", ns: int) -> None:
        self.loop = loop
        self.ns = ns

    def __await__(self) -> Generator["Sleep", None, None]:
        if self.ns > 0:
            yield self

    def park(self, goroutine: Goroutine) -> bool:
        """Set the timer; whoever fires it finds the goroutine standing still."""
        loop = self.loop
        with loop.lock:
            if loop.tap is not None:
                loop.tap.park(goroutine, None, "sleep")
            now = loop.now()
            loop.timers.add(Timer(now + self.ns, sleeper=goroutine), now)
        return True


class StepAside:
    """Awaiting it sends the goroutine to the global tail. ``why``: yield or preempted."""

    __slots__ = ("loop", "why")

    def __init__(self, loop: "Scheduler", why: str) -> None:
        self.loop = loop
        self.why = why

    def __await__(self) -> Generator["StepAside", None, None]:
        yield self

    def park(self, goroutine: Goroutine) -> bool:
        """Queue up behind everybody."""
        loop = self.loop
        with loop.lock:
            if loop.tap is not None:
                loop.tap.leave(goroutine, self.why)
            loop.everywhere.append(goroutine)
        return True


class Semaphore:
    """A count that goroutines wait for, first come first served. ``Loop.semaphore`` makes one."""

    def __init__(self, loop: "Scheduler", count: int) -> None:
        self._loop = loop
        self._count = count
        self._queue: deque[Goroutine] = deque()

    async def acquire(self) -> None:
        """Take one, waiting until there is one."""
        await _Acquire(self)

    def release(self) -> None:
        """Give one back; the first who waits gets it and runs next."""
        with self._loop.lock:
            if self._queue:
                self._loop.make_ready(self._queue.popleft())
            else:
                self._count += 1

    def waiters(self) -> list[Goroutine]:
        """Who waits for one."""
        return list(self._queue)

    def park(self, goroutine: Goroutine) -> bool:
        """Queue up, unless there is one to take."""
        loop = self._loop
        with loop.lock:
            if self._count > 0:
                self._count -= 1
                return False
            if loop.tap is not None:
                loop.tap.park(goroutine, None, "semaphore")
            self._queue.append(goroutine)
            return True


class _Acquire:
    """Awaiting it yields the semaphore itself as the trap."""

    __slots__ = ("_semaphore",)

    def __init__(self, semaphore: Semaphore) -> None:
        self._semaphore = semaphore

    def __await__(self) -> Generator[Semaphore, None, None]:
        yield self._semaphore
