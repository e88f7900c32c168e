"""One function of the model's text alone, stepped through every value that a word may show it.

The functions of ``model`` suspend only in accesses. With the world's horizon put off for ever they
do not suspend at all, so one call runs to its end at once; the words that are watched choose what
they show at each access from what others may have left there, and note what became of it.
"""

import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

from model.atomic import Throw, Uint32, Word, world
from model.observe import Observer
from model.runtime2 import G, M

Text: TypeAlias = Coroutine[Any, Any, Any]
"""One call of a function of the model, not yet begun."""

FAR_NS = 1 << 62
"""A horizon that no access reaches."""
NOW_NS = 1_000_000_000
"""The clock at the start of each call; lastpoll lies further back than sysmon's patience."""
MAX_CHOICES = 10
"""Accesses of watched words in one call. A loop that meets interference more often than this
repeats what it did; the call is then left, and what it did so far counts."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Access:
    """One access of a watched word: in which function, how, and from which value to which.

    ``ask`` tells calls apart that a record tells apart too: ``io`` and ``no io`` of netpollunblock.
    A count's ``old`` is empty and its ``new`` the amount: only the sum of a count is promised.
    """

    word: str
    where: str
    op: str
    old: str
    new: str
    ask: str = ""


class LeftHere(Exception):
    """A call used up its choices."""


class Choices:
    """Every way through a call: ``choose`` decides, ``advance`` finds the next untried way."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: list[int] = []
        self._of: list[int] = []
        self._at = 0

    def choose(self, options: tuple[Any, ...]) -> Any:
        """One of ``options``. Raises LeftHere after ``limit``."""
        if self._at == self._limit:
            raise LeftHere
        if self._at == len(self._taken):
            self._taken.append(0)
            self._of.append(len(options))
        self._at += 1
        return options[self._taken[self._at - 1]]

    def advance(self) -> bool:
        """Go back to the last decision with an option left; False if there is none."""
        self._at = 0
        while self._taken:
            self._taken[-1] += 1
            if self._taken[-1] < self._of[-1]:
                return True
            self._taken.pop()
            self._of.pop()
        return False


class Call:
    """One call under way: its choices, and what it has done so far."""

    def __init__(self, choices: Choices, ask: str = "") -> None:
        self.choices = choices
        self.ask = ask
        self.log: list[Access] = []
        self.deeds: list[tuple[str, int]] = []  # ("park" | "free" | "ready", goid), ("adjust", n)
        self.ended = False

    def note(self, word: str, where: str, op: str, old: str, new: str) -> None:
        self.log.append(Access(word=word, where=where, op=op, old=old, new=new, ask=self.ask))


class Watched(Word[Any]):
    """A word that shows what others may have made of it, and notes what the call makes of it.

    ``v`` is what the call itself left there, ``held`` all that it ever left there, and ``changed``
    what it made of what. ``others`` gives what may stand there by now.
    """

    __slots__ = ("call", "changed", "held", "name", "others", "parked")

    def __init__(
        self, name: str, v: Any, call: Call, others: Callable[[Any], tuple[Any, ...]]
    ) -> None:
        super().__init__(v)
        self.name = name
        self.call = call
        self.others = others
        self.held: set[Any] = {v}
        self.changed: set[tuple[Any, Any]] = set()
        self.parked = False

    def leave_parked(self) -> None:
        """Show next what somebody made of the goroutine that stands there."""
        self.parked = True

    def _show(self) -> Any:
        options = self.others(self.v)
        if self.parked:
            options = tuple(v for v in options if not isinstance(v, G))
            self.parked = False
            if not options:
                raise LeftHere  # nobody is known who would free it
        return self.call.choices.choose(options)

    def _become(self, op: str, old: Any, new: Any) -> None:
        where = function()
        self.call.note(self.name, where, op, named(self.name, old), named(self.name, new))
        if op != "load":
            self.v = new
            self.held.add(new)
            self.changed.add((old, new))

    def _fail(self, old: Any) -> None:
        """Note what a recorder knows of a cas that failed: what the word was not."""
        found = f"not {named(self.name, old)}"
        self.call.note(self.name, function(), "cas", found, found)

    async def load(self) -> Any:
        v = self._show()
        self._become("load", v, v)
        return v

    async def store(self, v: Any) -> None:
        self._become("store", self._show(), v)

    async def cas(self, old: Any, new: Any) -> bool:
        v = self._show()
        if v != old:
            self._fail(old)
            return False
        self._become("cas", v, new)
        if isinstance(v, G):
            self.call.deeds.append(("free", v.goid))
        if isinstance(new, G):
            self.call.deeds.append(("park", new.goid))
        return True

    async def swap(self, v: Any) -> Any:
        old = self._show()
        self._become("swap", old, v)
        return old


class Free(Word[Any]):
    """A word that may show any of ``values`` at any time, and whose accesses are not noted."""

    __slots__ = ("call", "values")

    def __init__(self, values: tuple[Any, ...], call: Call) -> None:
        super().__init__(values[0])
        self.values = values
        self.call = call

    async def load(self) -> Any:
        return self.call.choices.choose(self.values)

    async def cas(self, old: Any, new: Any) -> bool:
        return True


class Tally(Uint32):
    """A count of which only the amounts are noted."""

    __slots__ = ("call", "name")

    def __init__(self, name: str, v: int, call: Call) -> None:
        super().__init__(v)
        self.name = name
        self.call = call

    async def add(self, delta: int) -> int:
        self.call.note(self.name, function(), "add", "", f"{delta:+d}")
        self.call.deeds.append(("adjust", delta))
        return await super().add(delta)


RECORDED = frozenset(
    {"netpollblock", "netpollblockcommit", "netpollunblock", "pollReset", "pollOpen", "pollClose"}
    | {"netpollBreak", "netpoll", "findRunnablePoll", "findRunnableBlock", "sysmonPoll"}
    | {"wakeNetPoller"}
)
"""The functions of the model that records name. What they call is taken for a part of them: the
model cuts some of Go's functions into pieces, which older releases replace."""


def function() -> str:
    """The function of the model that makes the access that is under way."""
    frame = sys._getframe(1)
    first = ""
    while frame.f_back is not None and frame.f_code is not every_way.__code__:
        name = frame.f_code.co_name
        if name in RECORDED:
            return name
        if not first and frame.f_code.co_filename != __file__:
            first = name
        frame = frame.f_back
    return first


SLOT_NAMES = {0: "nil", 1: "ready", 2: "wait"}


def named(word: str, v: Any) -> str:
    """A value as a table has it: which goroutine, and which time, does not matter there."""
    if word in ("rg", "wg"):
        return "g" if isinstance(v, G) else SLOT_NAMES[v]
    if word == "lastpoll":
        return "time" if v else "0"
    return str(v)


class OpenGate:
    """Nobody is held at a poll."""

    held = False

    def open_to(self, mp: M) -> bool:
        return True

    def stops(self, mp: M, events: object) -> bool:
        return False

    def enter(self, mp: M, kernel: object, epfd: int) -> None: ...
    def leave(self, mp: M, kernel: object, epfd: int) -> None: ...


class NoDriver:
    """What a call asks of the driver here: nothing that takes time."""

    gate = OpenGate()

    def timeout(self, mp: M, when: int) -> None: ...


@contextmanager
def alone() -> Iterator[None]:
    """The world for calls that never wait for anybody. What it was before is put back."""
    before = {name: getattr(world, name) for name in world.__slots__ if hasattr(world, name)}
    world.horizon = FAR_NS
    world.rng = Random(0)
    world.seen = Observer()
    world.driver = NoDriver()  # type: ignore[assignment]
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(world, name, value)


def complete(text: Text) -> Any:
    """The result of a call. Raises Throw; RuntimeError if it waits for somebody after all."""
    world.now = NOW_NS
    world.m = M(1)
    try:
        text.send(None)
    except StopIteration as end:
        return end.value
    text.close()
    raise RuntimeError(f"{text} waits where it should run to its end")


def every_way(
    make: Callable[[Call], Text], ask: str = "", limit: int = MAX_CHOICES
) -> Iterator[Call]:
    """Each way through the call that ``make`` begins. A way that the text throws on is no way:
    what it did up to the access that made it throw is in its neighbours."""
    choices = Choices(limit)
    while True:
        call = Call(choices, ask)
        text = make(call)
        try:
            complete(text)
            call.ended = True
        except LeftHere:
            pass  # not over, but what it did so far counts
        except Throw:
            call.log.clear()
            call.deeds.clear()
        finally:
            text.close()
        yield call
        if not choices.advance():
            return
