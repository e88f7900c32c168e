"""Traps that have to do with no descriptor: sleeping and stepping aside."""

from collections.abc import Generator
from typing import TYPE_CHECKING

from realpoll.goroutine import Goroutine
from realpoll.timers import Timer

if TYPE_CHECKING:
    from realpoll.loop import Loop


class Sleep:
    """Awaiting it parks the goroutine until its timer fires; it does nothing if ``ns`` <= 0."""

    __slots__ = ("loop", "ns")

    def __init__(self, loop: "Loop", ns: int) -> None:
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
            loop.add_timer(Timer(now + self.ns, sleeper=goroutine), now)
        return True


class StepAside:
    """Awaiting it sends the goroutine to the global tail. ``why``: yield or preempted."""

    __slots__ = ("loop", "why")

    def __init__(self, loop: "Loop", why: str) -> None:
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
