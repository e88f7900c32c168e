"""The words of a scenario: descriptors, goroutines with their steps, the script of the outside."""

from dataclasses import dataclass, field
from enum import StrEnum

PAST_NS = -1
"""A deadline in the past, as runtime/netpoll.go:poll_runtime_pollSetDeadline is told of it."""
NO_DEADLINE_NS = 0
"""No deadline (same source)."""

HOST = "host"
"""The goroutine that performs the script from inside a system call, without a P."""


class Kind(StrEnum):
    """What a descriptor is. ``f0`` is Go's end and ``f0.peer`` the outside's."""

    SOCKETPAIR = "socketpair"
    TCP = "tcp"
    PIPE_READ = "pipe.read"
    PIPE_WRITE = "pipe.write"
    EVENTFD = "eventfd"
    FILE = "file"


class Op(StrEnum):
    """What a goroutine can do in one step."""

    READ = "read"
    WRITE = "write"
    FILL = "fill"
    SLEEP = "sleep"
    SET_READ_DEADLINE = "set_read_deadline"
    SET_WRITE_DEADLINE = "set_write_deadline"
    SET_DEADLINE = "set_deadline"
    CLOSE = "close"
    REOPEN = "reopen"
    BUSY = "busy"
    YIELD = "yield"
    GO = "go"
    IS_POLL_DESCRIPTOR = "is_poll_descriptor"


class Outside(StrEnum):
    """What the script can do. All but ``go`` happen at the peer's end, outside the runtime."""

    WRITE = "write"
    READ = "read"
    FILL = "fill"
    DRAIN = "drain"
    SHUTDOWN = "shutdown"
    CLOSE = "close"
    RESET = "reset"
    GO = "go"

    @property
    def directions(self) -> str:
        """Of Go's end, those for which it may be the ``cause`` of readiness (decision 7)."""
        return _DIRECTIONS.get(self, "")


_DIRECTIONS = {
    Outside.WRITE: "r",
    Outside.FILL: "r",
    Outside.SHUTDOWN: "r",
    Outside.READ: "w",
    Outside.DRAIN: "w",
    Outside.CLOSE: "rw",
    Outside.RESET: "rw",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a goroutine, as written (``text``) and taken apart.

    ``fd`` is a declared descriptor (for ``is_poll_descriptor`` also ``epfd`` or ``break``),
    ``nbytes`` a size in bytes, ``ns`` a duration or a deadline from now in ns (``PAST_NS``,
    ``NO_DEADLINE_NS``), ``g`` the goroutine that ``go`` starts.
    """

    op: Op
    text: str
    fd: str | None = None
    nbytes: int | None = None
    ns: int | None = None
    g: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action of the script. ``fd`` names Go's end; the action happens at its peer."""

    op: Outside
    text: str
    fd: str | None = None
    nbytes: int | None = None
    g: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the script.

    ``held`` actions happen while no poller may fetch (one batch). ``fetched`` actions happen
    when the blocked poller has fetched what ``held`` made ready and stands before the first event.
    A plain ``go`` (``do = "go r2"``) stands alone in ``plain`` and holds nobody.
    ``at_ns`` counts from the start of the script. With ``nowait`` the next entry does not wait
    for quiet.
    """

    held: tuple[Action, ...] = ()
    fetched: tuple[Action, ...] = ()
    plain: Action | None = None
    at_ns: int | None = None
    nowait: bool = False

    @property
    def text(self) -> str:
        """The entry in one line, for pictures and messages."""
        if self.plain is not None:
            return self.plain.text
        parts = ", ".join(action.text for action in self.held)
        if self.fetched:
            parts += "; fetched: " + ", ".join(action.text for action in self.fetched)
        return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One question about wakeups, as something that every witness can run.

    ``fds`` and ``goroutines`` are in file order. ``witnesses`` (names of backends) is None where
    all may run it; otherwise ``reason`` says why not all.
    """

    name: str
    question: str
    finding: str
    procs: int = 1
    fds: dict[str, Kind] = field(default_factory=dict)
    goroutines: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    script: tuple[Entry, ...] = ()
    witnesses: tuple[str, ...] | None = None
    reason: str | None = None

    @property
    def timed(self) -> bool:
        """Whether it has a timer or a busy goroutine, so that every entry has an ``at``."""
        return any(entry.at_ns is not None for entry in self.script)

    @property
    def started_by_go(self) -> frozenset[str]:
        """The goroutines that a ``go`` starts; the others start before the script, in order."""
        steps = (step.g for steps in self.goroutines.values() for step in steps)
        actions = (
            action.g
            for entry in self.script
            for action in (*entry.held, *entry.fetched, *((entry.plain,) if entry.plain else ()))
        )
        return frozenset(g for g in (*steps, *actions) if g is not None)
