"""Timers: sleeps and deadlines in a heap, who fires them, and when they break a poll."""

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realpoll.goroutine import Goroutine

if TYPE_CHECKING:
    from realpoll.connection import Side
    from realpoll.scheduler import Scheduler

NO_DEADLINE: Final = 0
EXPIRED: Final = -1


@dataclass(slots=True, eq=False)
class Timer:
    """What happens at ``due`` (ns, monotonic): a sleeper goes on, or a side's deadline passes."""

    due: int
    sleeper: Goroutine | None = None
    side: "Side | None" = None
    cancelled: bool = False


class Timers:
    """All timers of a loop, earliest first; equal ones in the order in which they were set.

    Precondition of every method but ``fire_due``: the loop's lock is held.
    """

    def __init__(self, loop: "Scheduler") -> None:
        self._loop = loop
        self._order = 0
        self.heap: list[tuple[int, int, Timer]] = []

    def add(self, timer: Timer, now: int) -> None:
        """Set a timer, and break a blocked poll that would outlast it."""
        self._order += 1
        heapq.heappush(self.heap, (timer.due, self._order, timer))
        if self._loop.tap is not None:
            self._loop.tap.timer("set", timer, now)
        self.break_poll_for(timer.due)

    def break_poll_for(self, due: int) -> None:
        """Break a poll that is blocked for ever, or for longer than until ``due``."""
        loop = self._loop
        if loop.blocked and (loop.until is None or loop.until > due):
            written = loop.kernel.ring()
            if loop.tap is not None:
                loop.tap.ring(written)

    def next_due(self) -> int | None:
        """When the earliest timer is due, or None."""
        while self.heap and self.heap[0][2].cancelled:
            heapq.heappop(self.heap)
        return self.heap[0][0] if self.heap else None

    def sleepers(self) -> list[Goroutine]:
        """Who sleeps."""
        return [timer.sleeper for _, _, timer in self.heap if timer.sleeper is not None]

    def move_deadline(self, side: "Side", due: int | None, now: int) -> None:
        """Give a side another deadline; one that is not in the future counts as passed."""
        self.cancel_deadline(side)
        if due is None:
            side.due = NO_DEADLINE
        elif due <= now:
            side.due = EXPIRED
        else:
            side.due = due
            side.timer = Timer(due, side=side)
            self.add(side.timer, now)

    def cancel_deadline(self, side: "Side") -> None:
        """Stop a side's timer, if it has one."""
        if side.timer is not None:
            side.timer.cancelled = True
            if self._loop.tap is not None:
                self._loop.tap.timer("stop", side.timer, self._loop.now())
            side.timer = None

    def fire_due(self) -> None:
        """Let sleepers and the victims of deadlines go. Precondition: the caller has a token."""
        loop = self._loop
        with loop.lock:
            now = loop.now()
            while (due := self.next_due()) is not None and due <= now:
                timer = heapq.heappop(self.heap)[2]
                if loop.tap is not None:
                    loop.tap.timer("fire", timer, now)
                freed = self._fire(timer)
                if freed is not None:
                    loop.make_ready(freed)
            if loop.tap is not None:
                loop.tap.fired()

    def _fire(self, timer: Timer) -> Goroutine | None:
        if timer.side is not None:
            timer.side.due = EXPIRED
            timer.side.timer = None
            return timer.side.free("deadline")
        if self._loop.tap is not None and timer.sleeper is not None:
            self._loop.tap.wake(timer.sleeper, None, "timer")
        return timer.sleeper
