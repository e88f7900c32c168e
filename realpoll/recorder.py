"""The recorder: what the loop does, as the events of a trace, in the order in which it happened.

The loop calls it at the very moment, under its lock or on the thread that holds the token, so the
order of the records is the order of the events.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from realpoll.connection import Side
from realpoll.goroutine import Goroutine, Token, Worker
from realpoll.kernel import ERROR_ALONE, READABLE, WRITABLE
from realpoll.timers import Timer
from scenario.trace import Event, What
from scenario.words import HOST, Action


class Recorder:
    """Collects events until it is ``over``.

    ``names`` maps the numbers of descriptors to the scenario's names.
    ``on_timer`` is told of each timer that is set or fires: (why, timer, now).
    """

    def __init__(self, *, on_timer: Callable[[str, Timer, int], None] | None = None) -> None:
        self.names: dict[int, str] = {}
        self.events: list[tuple[What, int, dict[str, Any]]] = []
        self.over = False
        self._lock = threading.Lock()
        self._on_timer = on_timer
        self._parent: int | None = None  # of the next wakeup: a timer's firing or a closer's step
        self._poll: int | None = None
        self._actions: dict[tuple[str, str], int] = {}
        self._with_news: dict[Goroutine, Side] = {}
        self._here = threading.local()

    def note(self, what: What, **fields: Any) -> int:
        """Record one event and get its number, counted from 1."""
        with self._lock:
            if not self.over:
                self.events.append((what, time.monotonic_ns(), fields))
            return len(self.events)

    def finish(self) -> None:
        """The run has come to its end: what is done to clean up is not recorded."""
        with self._lock:
            self.over = True

    def trace_events(self, started_ns: int) -> tuple[Event, ...]:
        """All events, with times counted from ``started_ns``."""
        return tuple(
            Event(seq=seq, what=what, t=t - started_ns, **_relative(what, fields, started_ns))
            for seq, (what, t, fields) in enumerate(self.events, 1)
        )

    # What the script and the steps tell.

    def begin(self, g: str, index: int, text: str) -> None:
        """A step begins; it may be the cause of what the same goroutine frees or starts."""
        self._here.deed = self.note(What.BEGIN, g=g, args={"index": index, "text": text})

    def step(self, g: str, index: int, text: str, count: int | str | None, error: str) -> None:
        """A step ended."""
        args = {"index": index, "text": text, "count": count, "error": error}
        self.note(What.STEP, g=g, args=args)

    def entry(self, args: dict[str, Any]) -> None:
        """An entry of the script begins; it is the cause of what it starts."""
        self._here.deed = self.note(What.ENTRY, args=args)

    def action(self, action: Action) -> None:
        """The outside does something at a descriptor's peer."""
        fd = action.fd or ""
        seq = self.note(What.ACTION, g=HOST, fd=fd, args={"text": action.text})
        for mode in action.op.directions:
            self._actions[fd, mode] = seq

    def reopened(self, fd: str) -> None:
        """What was done at the peer was done at another file's."""
        for mode in "rw":
            self._actions.pop((fd, mode), None)

    # What the loop tells.

    def enter(self, thread: str) -> None:
        """The calling thread has this name on pictures."""
        self._here.m = thread

    def start(self, goroutine: Goroutine) -> None:
        """A goroutine was made."""
        by, cause = getattr(self._here, "g", HOST), getattr(self._here, "deed", None)
        self.note(What.START, g=goroutine.name, m=self._m(), cause=cause, args={"by": by})

    def run(self, goroutine: Goroutine, worker: Worker) -> None:
        """A goroutine begins to run."""
        token = worker.token
        self._here.g = goroutine.name
        self.note(What.RUN, g=goroutine.name, m=worker.name, p=token.name if token else None)
        side = self._with_news.pop(goroutine, None)
        if side is not None:
            self.slot(side, "nil")  # the first thing it does is to use up the news

    def park(self, goroutine: Goroutine, side: Side | None, why: str | None = None) -> None:
        """A goroutine stops until woken."""
        if side is None:
            self.note(What.PARK, g=goroutine.name, why=why)
            return
        fd = self._name(side)
        self.note(What.PARK, g=goroutine.name, fd=fd, mode=side.mode)
        self.note(What.SLOT, fd=fd, mode=side.mode, args={"value": goroutine.name})

    def leave(self, goroutine: Goroutine, why: str) -> None:
        """A goroutine stops running for another reason."""
        self.note(What.LEAVE, g=goroutine.name, why=why)

    def wake(self, goroutine: Goroutine, side: Side | None, why: str) -> None:
        """A goroutine is freed."""
        if side is None:
            self.note(What.WAKE, g=goroutine.name, m=self._m(), why=why, cause=self._parent)
            return
        fd = self._name(side)
        via = None
        if why == "ready":
            cause, via = self._actions.get((fd, side.mode)), self._poll
        elif self._parent is not None:
            cause = self._parent
        else:
            cause = getattr(self._here, "deed", None)
        who = {"g": goroutine.name, "m": self._m(), "fd": fd, "mode": side.mode}
        self.note(What.WAKE, **who, why=why, cause=cause, via=via)
        self.slot(side, "ready" if why == "ready" else "nil")

    def news(self, waiter: Goroutine | None, side: Side) -> None:
        """News came for a side, and whoever waits there is freed."""
        if waiter is None:
            self.slot(side, "ready")
        else:
            self._with_news[waiter] = side
            self.wake(waiter, side, "ready")

    def slot(self, side: Side, value: str) -> None:
        """A slot changed with nobody waiting in it, or was emptied."""
        self.note(What.SLOT, fd=self._name(side), mode=side.mode, args={"value": value})

    def poll(self, events: list[tuple[int, int, bool]], timeout: int | None) -> None:
        """A poll returned, and its events (number, mask, stale) are handed out from here on."""
        items = [self._item(*event) for event in events]
        args = {"events": items, "timeout_ns": timeout}
        self._poll = self.note(What.POLL, m=self._m(), args=args)

    def wait(self, worker: Worker, timeout: int | None) -> None:
        """A thread blocks in a poll."""
        self.note(What.WAIT, m=worker.name, args={"timeout_ns": timeout})

    def timer(self, why: str, timer: Timer, now: int) -> None:
        """A timer was set or stopped, or fires."""
        who: dict[str, Any]
        if timer.side is not None:
            who = {"fd": self._name(timer.side), "mode": timer.side.mode}
        else:
            who = {"g": timer.sleeper.name if timer.sleeper else None}
        of = "sleep" if timer.side is None else "deadline"
        seq = self.note(What.TIMER, why=why, args={"when_ns": timer.due, "of": of}, **who)
        self._parent = seq if why == "fire" else None
        if self._on_timer is not None:
            self._on_timer(why, timer, now)

    def fired(self) -> None:
        """All due timers have fired: what is freed now has another parent."""
        self._parent = None

    def ring(self, written: bool) -> None:
        """Somebody broke the poll."""
        who = {"g": getattr(self._here, "g", None), "m": self._m()}
        self.note(What.BREAK, **who, why="written" if written else "coalesced")
        if written:
            self.note(What.WAKESIG, args={"value": 1})

    def silence(self) -> None:
        """The poll took the break out."""
        self.note(What.WAKESIG, args={"value": 0})

    def acquire(self, worker: Worker, token: Token) -> None:
        """A thread takes a token."""
        self.note(What.ACQUIRE, m=worker.name, p=token.name)

    def give(self, worker: Worker, token: Token) -> None:
        """A thread gives its token back; what it does from here on, no goroutine does."""
        self._here.g = None
        self.note(What.GIVE, m=worker.name, p=token.name)

    def monitor(self, why: str) -> None:
        """The monitor looks, or goes to sleep."""
        self.note(What.SYSMON, m=self._m(), why=why)

    def _m(self) -> str | None:
        return getattr(self._here, "m", None)

    def _name(self, side: Side) -> str:
        return self.names[side.connection.fd]

    def _item(self, fd: int, mask: int, stale: bool) -> dict[str, Any]:
        name = self.names.get(fd)
        if name is None:
            return {"fd": "break", "modes": "r", "err": False, "stale": False}
        modes = ("r" if mask & READABLE else "") + ("w" if mask & WRITABLE else "")
        return {"fd": name, "modes": modes, "err": mask == ERROR_ALONE, "stale": stale}


def _relative(what: What, fields: dict[str, Any], started_ns: int) -> dict[str, Any]:
    if what is not What.TIMER:
        return fields
    args = dict(fields["args"], when_ns=fields["args"]["when_ns"] - started_ns)
    return {**fields, "args": args}
