"""Who runs where: what the records say beside their own words, by their thread, P and goroutine."""

from collections.abc import Callable
from typing import Any

from realgo.names import HOST_ID, Names
from realgo.records import Kind, Record
from scenario import HOST, Op, Step, What

Add = Callable[..., int]

_PARKS = {
    Op.SLEEP: "sleep",
    # internal/poll.FD.Close waits on a semaphore for the last user, fdMutex.rwlock for its turn.
    Op.CLOSE: "semaphore",
    Op.READ: "semaphore",
    Op.WRITE: "semaphore",
}
"""Why a goroutine in such a step stopped, where it did not park at the poller."""


class Standing:
    """Follows who has which P, and notes who stopped running where no record says so.

    Each record names its thread, the P and the goroutine of it. So a change between two records of
    a thread is seen with the second: its time is the second's, which is late by what lies between.
    """

    def __init__(self, names: Names, add: Add) -> None:
        self._names = names
        self._add = add
        self._running: dict[int, tuple[int, str]] = {}  # by M: the goroutine's number and name
        self._holder: dict[int, int] = {}  # by P: the M
        self._preempted: set[int] = set()  # Ps that were asked to since somebody began to run
        self.step: dict[str, Step] = {}  # by goroutine: the step that it is in
        self.timer: dict[str, dict[str, Any]] = {}  # by goroutine: what is set once it sleeps

    def follow(self, record: Record) -> None:
        """What has changed on the record's thread since its last record."""
        running = self._running.get(record.m)
        if running is not None and _has_left(running[0], record):
            self._leave(record.m, *running)
        self._follow_p(record)
        if record.g and record.p >= 0 and record.m not in self._running:
            self.run(record.m, record.p, record.g)  # back from a system call, without a queue

    def _follow_p(self, record: Record) -> None:
        held = next((p for p, m in self._holder.items() if m == record.m), -1)
        if held == record.p:
            return
        if held >= 0:
            self._give(held)
        if record.p >= 0:
            if record.p in self._holder:
                self._taken(record.p)
            self._holder[record.p] = record.m
            self._add(What.ACQUIRE, m=f"M{record.m}", p=f"P{record.p}")

    def _taken(self, p: int) -> None:
        """A P has changed hands: whoever ran on the thread that had it is in a system call."""
        m = self._holder[p]
        number, name = self._running.pop(m, (0, ""))
        if number:
            self._add(What.LEAVE, g=name, m=f"M{m}", why="syscall")
        self._give(p)

    def _give(self, p: int) -> None:
        self._add(What.GIVE, m=f"M{self._holder.pop(p)}", p=f"P{p}")

    def run(self, m: int, p: int, goroutine: int, cause: int | None = None) -> None:
        """A thread begins to run a goroutine; the runtime's own are left out."""
        name = self._names.goroutine(goroutine)
        if name is None:
            return
        self._running[m] = goroutine, name
        self._preempted.discard(p)
        self._add(What.RUN, g=name, m=f"M{m}", p=f"P{p}" if p >= 0 else None, cause=cause)

    def preempt(self, p: int) -> None:
        """Whoever runs on a P is asked to stop."""
        self._preempted.add(p)

    def stopped(self, m: int) -> None:
        """The goroutine on a thread has stopped running, and that was recorded."""
        self._running.pop(m, None)

    def _leave(self, m: int, number: int, name: str) -> None:
        del self._running[m]
        step = self.step.get(name)
        asked = any(self._holder.get(p) == m for p in self._preempted)
        fields: dict[str, Any] = {"g": name, "m": f"M{m}"}
        if name == HOST:
            self._add(What.LEAVE, why="syscall", **fields)
        elif step is not None and step.op is Op.YIELD:
            self._add(What.LEAVE, why="yield", **fields)
        elif step is None or step.op not in _PARKS or (asked and step.op is not Op.SLEEP):
            self._add(What.LEAVE, why="preempted", **fields)
        else:
            self._add(What.PARK, why=_PARKS[step.op], **fields)
            if step.op is Op.SLEEP and name in self.timer:  # time.go:resetForSleep
                self._add(What.TIMER, **fields, **self.timer.pop(name))


def _has_left(running: int, record: Record) -> bool:
    """The host has left once it has no P, others once their thread is at something else.

    A commit stands between: its goroutine has let go of the thread, and whether it parks is what
    the record is about.
    """
    if record.kind == Kind.COMMIT:
        return False
    if running == HOST_ID and record.p < 0:
        return True
    return record.g != running or record.kind == Kind.EXECUTE
