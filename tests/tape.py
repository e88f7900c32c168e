"""Traces made by hand, for tests of what reads traces."""

from collections.abc import Mapping
from typing import Any

from scenario import Event, Trace, What

BOTH = {"r0": ("read f0 64",), "r1": ("read f1 64",)}


class Tape:
    """Events in order, each method one line of a witness's story; ``seq`` is the place."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, what: What, **words: Any) -> int:
        self.events.append(Event(seq=len(self.events), what=what, **words))
        return len(self.events) - 1

    def script(self) -> int:
        return self.add(What.SCRIPT)

    def entry(self, index: int, text: str, *, plain_go: bool = False, blocked: bool = True) -> int:
        args = {"index": index, "text": text, "plain_go": plain_go, "blocked": blocked}
        return self.add(What.ENTRY, args=args)

    def poll(self, *events: tuple[str, str], err: bool = False) -> int:
        got = [{"fd": fd, "modes": modes, "err": err, "stale": False} for fd, modes in events]
        return self.add(What.POLL, args={"events": got, "timeout_ns": None})

    def wake(self, g: str, fd: str | None, mode: str | None, why: str, **words: Any) -> int:
        return self.add(What.WAKE, g=g, fd=fd, mode=mode, why=why, **words)

    def run(self, *gs: str) -> None:
        for g in gs:
            self.add(What.RUN, g=g, m="M0", p="P0")

    def step(self, g: str, text: str, count: int | None, error: str = "ok") -> int:
        args = {"index": 0, "text": text, "count": count, "error": error}
        return self.add(What.STEP, g=g, args=args)

    def trace(self, witness: str = "model", **words: Any) -> Trace:
        said: dict[str, Any] = {
            "release": "Go 1.27",
            "clock": "virtual",
            "scenario": "by_hand",
            "question": "Who wakes?",
            "finding": "Everybody",
            "procs": 1,
            "fds": {"f0": "socketpair", "f1": "socketpair"},
            "goroutines": BOTH,
        }
        return Trace(witness=witness, events=tuple(self.events), **(said | words))


def two_readers(
    *,
    witness: str = "model",
    wakes: str = "r0 r1",
    runs: str = "r1 r0",
    batch: tuple[tuple[str, str], ...] = (("f0", "rw"), ("f1", "rw")),
    count: int = 8,
    goroutines: Mapping[str, tuple[str, ...]] = BOTH,
    procs: int = 1,
    **words: Any,
) -> Trace:
    """Two readers of one batch; the words say what this witness tells otherwise."""
    tape = Tape()
    tape.script()
    tape.entry(0, "write f0.peer 8, write f1.peer 8")
    poll = tape.poll(*batch)
    for g in wakes.split():
        tape.wake(g, f"f{g[1]}", "r", "ready", via=poll)
    tape.run(*runs.split())
    for g in runs.split():
        tape.step(g, f"read f{g[1]} 64", count)
    return tape.trace(witness, goroutines=goroutines, procs=procs, **words)
