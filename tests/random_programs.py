"""Random programs that may be asked of real Go too: ``python tests/random_programs.py 1.21 1 100``.

Prints where the model of that release and its Go differ, for programs of 100 seeds from 1 on; with
``timed`` or ``timers`` behind it those that have timers, and behind that perhaps the number of Ps.
What is drawn keeps away from what is a race in Go itself: a goroutine writes to no eventfd and
fills no TCP connection; and at most one descriptor has news by what goroutines do (it is reopened,
or an eventfd that is read), since a blocked poller fetches the one while the next is made.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

from conformance import Agrees, Inconclusive, compare
from model import Model
from realgo import RealGo
from scenario import NetpollError, Scenario, ScenarioError, parse

KINDS = (
    *("socketpair",) * 6,
    *("pipe.read", "pipe.read", "pipe.write", "tcp", "tcp", "eventfd"),
)
AT_PEER = {
    "socketpair": ("write",) * 5 + ("drain", "drain", "shutdown", "close", "read"),
    "tcp": ("write",) * 5 + ("drain", "shutdown", "close", "reset"),
    "pipe.read": ("write",) * 4 + ("close",),
    "pipe.write": ("drain", "drain", "read", "close"),
    "eventfd": ("write",) * 3 + ("read",),
}
LAST = ("shutdown", "close", "reset")
"""After one of these the peer is left alone."""
DEADLINES = ("set_read_deadline", "set_write_deadline", "set_deadline")
SLOT_MS = 20
"""What falls due lies this far apart, or its order would depend on the machine."""
LATEST_MS = 420
BUSY_MS = 80

Entry = str | dict[str, object]


class Program:
    """A scenario in the making."""

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.fds: dict[str, str] = {}
        self.goroutines: dict[str, list[str]] = {}
        self.script: list[Entry] = []
        self.left_alone: set[str] = set()
        self.own_news = ""

    def open(self, most: int, kinds: tuple[str, ...] = KINDS) -> None:
        for i in range(self.draw.randint(1, most)):
            kind = self.draw.choice(kinds)
            if kind == "eventfd" and self.own_news:
                kind = "socketpair"
            if kind == "eventfd":
                self.own_news = f"f{i}"
            self.fds[f"f{i}"] = kind

    def some_fd(self) -> str:
        return self.draw.choice(list(self.fds))

    def likely(self, chance: float) -> bool:
        return self.draw.random() < chance

    def action(self) -> str | None:
        """Something that the outside does at a peer that is still there."""
        fd = self.some_fd()
        if fd in self.left_alone:
            return None
        op = self.draw.choice(AT_PEER[self.fds[fd]])
        if op in LAST:
            self.left_alone.add(fd)
        return f"{op} {fd}.peer" + (" 8" if op in ("write", "read") else "")

    def actions(self, most: int, least: int = 1) -> list[str]:
        drawn = (self.action() for _ in range(self.draw.randint(least, most)))
        return [action for action in drawn if action is not None]

    def text(self, procs: int) -> str:
        """The scenario in TOML."""
        entries = ", ".join(map(inline, self.script))
        fds = (f"{name} = {json.dumps(kind)}" for name, kind in self.fds.items())
        goroutines = (f"{name} = {json.dumps(steps)}" for name, steps in self.goroutines.items())
        head = ('question = "Who wakes?"', 'finding = "They"', f"procs = {procs}")
        lines = (*head, f"script = [{entries}]", "[fds]", *fds, "[goroutines]", *goroutines)
        return "\n".join(lines) + "\n"


def inline(entry: Entry) -> str:
    if isinstance(entry, str):
        return json.dumps(entry)
    return "{" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in entry.items()) + "}"


# ---- without timers


class Untimed(Program):
    """Goroutines that read, write, yield, close and start one another; batches and stale events."""

    def __init__(self, draw: Random) -> None:
        super().__init__(draw)
        big = self.likely(0.3)
        self.open(6 if big else 3)
        names = [f"g{i}" for i in range(draw.randint(6, 14) if big else draw.randint(2, 6))]
        self.later = [name for name in names[1:] if self.likely(0.5)]
        self.unstarted = draw.sample(self.later, len(self.later))
        for name in names:
            steps = [step for _ in range(draw.choice((1, 1, 2, 2, 3, 4))) for step in self.do(name)]
            self.goroutines[name] = steps or ["yield"]
        for _ in range(draw.randint(4, 12) if big else draw.randint(1, 5)):
            self.entry()
        self.script += [f"go {name}" for name in self.unstarted]

    def do(self, name: str) -> list[str]:
        """A step of a goroutine, or a few that belong together."""
        fd, chance = self.some_fd(), self.draw.random()
        kind = self.fds[fd]
        if chance < 0.45:
            return [self.read_or_write(fd, kind)]
        if chance < 0.60:
            return self.write(fd, kind)
        if chance < 0.68:
            return ["yield"]
        if name in self.later and chance < 0.90:
            return self.deadline_or_close(fd, chance)
        return self.start(name)

    def deadline_or_close(self, fd: str, chance: float) -> list[str]:
        if chance < 0.80:
            return [f"{self.draw.choice(DEADLINES)} {fd} {self.draw.choice(('past', 'none'))}"]
        if self.own_news or self.likely(0.4):
            return [f"close {fd}"]
        self.own_news = fd
        return [f"close {fd}", f"reopen {fd}"]

    def start(self, name: str) -> list[str]:
        if self.unstarted and self.unstarted[-1] != name and self.likely(0.5):
            return [f"go {self.unstarted.pop()}"]
        return []

    def read_or_write(self, fd: str, kind: str) -> str:
        if kind == "pipe.write":
            return f"write {fd} 8"
        return f"read {fd} {8 if kind == 'eventfd' else self.draw.choice((4, 8, 64))}"

    def write(self, fd: str, kind: str) -> list[str]:
        if kind in ("pipe.read", "eventfd"):
            return []
        full = [f"fill {fd}"] if kind != "tcp" and self.likely(0.5) else []
        return [*full, f"write {fd} {self.draw.choice((1, 8))}"]

    def entry(self) -> None:
        chance = self.draw.random()
        if self.unstarted and chance < 0.35:
            self.script.append(f"go {self.unstarted.pop(0)}")
        elif chance < 0.6:
            self.script += self.actions(1)
        else:
            self.batch()

    def batch(self) -> None:
        held = self.actions(4)
        if self.unstarted and self.likely(0.4):
            held.insert(self.draw.randint(0, len(held)), f"go {self.unstarted.pop(0)}")
        if not held:
            return
        entry: dict[str, object] = {"hold": held}
        if self.likely(0.35):
            fetched = self.actions(1, least=0)
            if self.unstarted:
                fetched.append(f"go {self.unstarted.pop(0)}")
            if fetched:
                entry["hold_fetched"] = fetched
        self.script.append(entry)


# ---- with timers


class Timed(Program):
    """An entry every now and then; what falls due has a slot of 20 ms for itself."""

    def __init__(self, draw: Random) -> None:
        super().__init__(draw)
        self.taken: set[int] = set()
        self.named = 0

    def name(self) -> str:
        self.named += 1
        return f"t{self.named}"

    def entries_at(self, times: list[int]) -> None:
        self.taken.update(times)
        for at in times:
            self.entry_at(at)

    def entry_at(self, at: int) -> None:
        raise NotImplementedError

    def due(self, at: int, most: int = LATEST_MS) -> int | None:
        """How long from ``at`` until a free slot, in ms."""
        later = range(at + SLOT_MS, min(LATEST_MS, at + most) + 1, SLOT_MS)
        free = [slot for slot in later if slot not in self.taken]
        if not free:
            return None
        slot = self.draw.choice(free)
        self.taken.add(slot)
        return slot - at

    def deadline(self, at: int, none: float, past: float) -> list[str]:
        words, chance = f"{self.draw.choice(DEADLINES)} {self.some_fd()}", self.draw.random()
        if chance < none + past:
            return [f"{words} none" if chance < none else f"{words} past"]
        due = self.due(at)
        return [] if due is None else [f"{words} {due}ms"]

    def go_at(self, at: int, steps: list[str], **more: object) -> None:
        if steps:
            name = self.name()
            self.goroutines[name] = steps
            self.script.append({"do": f"go {name}", "at": f"{at}ms", **more})

    def write_at(self, at: int, **more: object) -> None:
        fd = self.some_fd()
        if fd in self.left_alone:
            return
        if self.likely(0.1):
            self.left_alone.add(fd)
            self.script.append({"do": f"close {fd}.peer", "at": f"{at}ms", **more})
        else:
            self.script.append({"do": f"write {fd}.peer 8", "at": f"{at}ms", **more})

    def readers(self) -> None:
        for fd in self.fds:
            if self.likely(0.8):
                self.goroutines[f"r{fd}"] = [f"read {fd} {self.draw.choice((4, 64))}"] * (
                    self.draw.randint(1, 3)
                )


class Sleeps(Timed):
    """Sleeps, deadlines and a busy goroutine among readers and writers."""

    def __init__(self, draw: Random) -> None:
        super().__init__(draw)
        self.open(3, ("socketpair",) * 5 + ("pipe.read", "tcp"))
        self.readers()
        for fd, kind in self.fds.items():
            if kind == "socketpair" and self.likely(0.5):
                self.goroutines[f"w{fd}"] = [f"fill {fd}", f"write {fd} 1"]
        self.busy_until = -1
        times = draw.sample(range(SLOT_MS, 240, SLOT_MS), draw.randint(1, 4))
        self.times = [0, *sorted(times)]
        self.entries_at(self.times)

    def entry_at(self, at: int) -> None:
        chance = self.draw.random()
        while_busy = any(at < other < self.busy_until for other in self.times)
        if at < self.busy_until:
            self.write_at(at, **({"nowait": True} if while_busy else {}))
        elif chance < 0.3:
            self.write_at(at)
        elif chance < 0.4 and self.busy_until < 0 and self.free_for_busy(at):
            self.busy_until = at + BUSY_MS
            self.taken.update(range(at, self.busy_until + SLOT_MS, SLOT_MS))
            beside = any(at < other < self.busy_until for other in self.times)
            self.go_at(at, [f"busy {BUSY_MS}ms"], **({"nowait": True} if beside else {}))
        else:
            self.go_at(at, self.sleeper(at))

    def free_for_busy(self, at: int) -> bool:
        end = at + BUSY_MS
        others = self.taken - set(self.times)
        return end not in self.taken and not any(at < slot <= end for slot in others)

    def sleeper(self, at: int) -> list[str]:
        steps: list[str] = []
        for _ in range(self.draw.randint(1, 3)):
            if self.likely(0.5):
                due = self.due(at, 140)
                if due is not None:
                    steps.append(f"sleep {due}ms")
                    at += due
            else:
                steps += self.deadline(at, 0.15, 0.1)
        if steps and self.likely(0.15):
            steps.append(f"close {self.some_fd()}")
        return steps


class Timers(Timed):
    """Many timers in one heap: set, moved to earlier and later, removed, swept."""

    def __init__(self, draw: Random) -> None:
        super().__init__(draw)
        self.open(3, ("socketpair",))
        self.readers()
        self.entries_at(list(range(0, SLOT_MS * draw.randint(4, 9), SLOT_MS)))

    def entry_at(self, at: int) -> None:
        if self.likely(0.2):
            self.write_at(at)
            return
        steps: list[str] = []
        if at == 0 or self.likely(0.2):
            for _ in range(self.draw.randint(1, 4)):
                due = self.due(at)
                if due is not None:
                    name = self.name()
                    self.goroutines[name] = [f"sleep {due}ms"]
                    steps.append(f"go {name}")
        for _ in range(self.draw.randint(1, 2)):
            steps += self.deadline(at, 0.3, 0.06)
        self.go_at(at, steps)


KINDS_OF_PROGRAM: dict[str, Callable[[Random], Program]] = {
    "untimed": Untimed,
    "timed": Sleeps,
    "timers": Timers,
}


def programs(kind: str, seeds: range, procs: int = 1) -> Iterator[Scenario]:
    """A scenario for each seed whose program the format allows."""
    for seed in seeds:
        text = KINDS_OF_PROGRAM[kind](Random(seed)).text(procs)
        name = f"{kind} {seed}"
        try:
            yield parse(text, name=name, origin=name)
        except ScenarioError:
            continue  # it acts at a closed peer, say: what was drawn is no scenario


def main(words: list[str]) -> None:
    release, first, count, *kinds = words
    model, go = Model(release=release), RealGo(release)
    found: Counter[str] = Counter()
    kind = kinds[0] if kinds else "untimed"
    procs = int(kinds[1]) if kinds[1:] else 1
    for one in programs(kind, range(int(first), int(first) + int(count)), procs):
        verdict = compare(model.run(one), go.run(one))
        found[type(verdict).__name__] += 1
        if not isinstance(verdict, Agrees | Inconclusive):
            print(one, verdict, sep="\n", end="\n\n")
    print(dict(found))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except NetpollError as error:
        raise SystemExit(str(error)) from None
