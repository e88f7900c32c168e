"""Goroutines, the tokens they run on, and the threads that carry both."""

import threading
from collections import deque
from collections.abc import Coroutine
from typing import Any, Protocol


class Trap(Protocol):
    """What a goroutine yields to stop: it parks it, or says that it may go on at once."""

    def park(self, goroutine: "Goroutine") -> bool:
        """Called when the goroutine stands still; False if its reason to wait is gone already."""
        ...


Steps = Coroutine[Trap, None, Any]


class Goroutine:
    """A coroutine with a name. Where it waits, the place knows it; it does not know the place."""

    __slots__ = ("name", "send", "steps")

    def __init__(self, steps: Steps, name: str) -> None:
        self.steps = steps
        self.send = steps.send  # made once: it is called at each wakeup
        self.name = name

    def __repr__(self) -> str:
        return f"<Goroutine {self.name}>"


class Token:
    """The right to run goroutines. Its holder alone fills ``soon`` and appends to ``local``.

    ``soon`` runs before all of ``local``. ``turns`` counts what was chosen by queue; the monitor
    takes a token whose turns stand still for busy and sets ``step_aside``.
    """

    __slots__ = ("local", "number", "soon", "step_aside", "turns")

    def __init__(self, number: int) -> None:
        self.number = number
        self.soon: Goroutine | None = None
        self.local: deque[Goroutine] = deque()
        self.turns = 1  # the first was that of whoever starts the others
        self.step_aside = False

    @property
    def name(self) -> str:
        """The name on pictures."""
        return f"P{self.number}"

    def make_ready(self, goroutine: Goroutine) -> None:
        """Let a goroutine run next; whoever was to run next goes to the local tail."""
        if self.soon is not None:
            self.local.append(self.soon)
        self.soon = goroutine


class Worker:
    """A thread. ``token`` is what it holds; without one it polls, or waits for its ``bell``."""

    __slots__ = ("bell", "doing", "number", "thread", "tid", "token")

    def __init__(self, number: int) -> None:
        self.number = number
        self.token: Token | None = None
        self.bell = threading.Lock()
        self.bell.acquire()
        self.thread: threading.Thread | None = None
        self.tid = 0
        self.doing = "rests"

    @property
    def name(self) -> str:
        """The name on pictures."""
        return f"M{self.number}"
