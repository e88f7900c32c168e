"""Timers: a heap of what comes due, with cancelled ones dropped when they surface."""

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realpoll.connection import Side
    from realpoll.goroutine import Goroutine


@dataclass(slots=True, eq=False)
class Timer:
    """What happens at ``due`` (ns, monotonic): a sleeper goes on, or a side's deadline passes."""

    due: int
    sleeper: "Goroutine | None" = None
    side: "Side | None" = None
    cancelled: bool = False


class Timers:
    """All timers of a loop, earliest first; equal ones in the order in which they were set.

    Not locked: the loop's lock guards it.
    """

    __slots__ = ("_heap", "_order", "live")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Timer]] = []
        self._order = 0
        self.live = 0

    def add(self, timer: Timer) -> None:
        """Set a timer."""
        self._order += 1
        self.live += 1
        heapq.heappush(self._heap, (timer.due, self._order, timer))

    def cancel(self, timer: Timer) -> None:
        """Make sure that a timer never fires. Precondition: it is set."""
        timer.cancelled = True
        self.live -= 1

    def next_due(self) -> int | None:
        """When the earliest timer is due, or None."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: int) -> Timer | None:
        """The earliest timer that is due by now, taken out."""
        due = self.next_due()
        if due is None or due > now:
            return None
        self.live -= 1
        return heapq.heappop(self._heap)[2]
