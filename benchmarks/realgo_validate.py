"""How fast real Go's records are checked: examples/load with one and with four Ps.

Each run makes about a million events. By the clock the program and its checker run side by side;
CPU seconds are of the checking alone. A second run with four Ps is four times as long: is the
checker as quick at its end, and does it keep no more?
"""

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from conformance.validate.checker import Checker
from conformance.validate.transitions import table
from model.releases import runtime
from realgo.build import build
from realgo.program import Program
from realgo.toolchain import find
from scenario import Unavailable

LOAD = Path(__file__).parent.parent / "examples" / "load"
REQUESTS = 22_000
"""A request is some 50 events."""
LONGER = 4
PAGE = resource.getpagesize()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One program's run: its events, seconds by the clock, CPU seconds of the checking, and how
    many bytes the process held when a quarter was checked and in the end."""

    events: int
    clock_s: float
    cpu_s: float
    early: int
    late: int


def checked(program: Path, release: str, procs: int, requests: int) -> Checked:
    """Run the load and check it. Raises RuntimeError where there is a violation or no verdict."""
    checker = Checker(table(runtime(release)))
    held: list[int] = []
    cpu_s, begun = 0.0, time.monotonic()
    with Program(program, ["-quiet", "-requests", str(requests)], procs=procs) as running:
        for batch in running.batches(lambda: None):
            start = time.thread_time()
            checker.check(batch)
            cpu_s += time.thread_time() - start
            held.append(resident())
    checker.finish()
    if checker.violation or checker.tangled or running.lost or running.status:
        raise RuntimeError(f"{checker.violation or checker.tangled or running.ending()}")
    return Checked(
        events=checker.counts.records,
        clock_s=time.monotonic() - begun,
        cpu_s=cpu_s,
        early=held[len(held) // 4],
        late=held[-1],
    )


def resident() -> int:
    """Bytes of this process that are in memory."""
    with open(f"/proc/{os.getpid()}/statm", encoding="ascii") as sizes:
        return int(sizes.read().split()[1]) * PAGE


def measure(requests: int = REQUESTS) -> dict[str, float]:
    """Events a second by the clock and by the CPU; ``longer_to_shorter`` is the checker's rate in
    the long run to that in the short one. Nothing where no Go toolchain is."""
    try:
        go = find()
        program = build(go, LOAD)
    except Unavailable:
        return {}
    one = checked(program, go.release, 1, requests)
    four = checked(program, go.release, 4, requests)
    longer = checked(program, go.release, 4, LONGER * requests)
    return {
        "events_1": one.events,
        "events_4": four.events,
        "per_second_1": one.events / one.clock_s,
        "per_second_4": four.events / four.clock_s,
        "checker_per_cpu_second_1": one.events / one.cpu_s,
        "checker_per_cpu_second_4": four.events / four.cpu_s,
        "longer_to_shorter": (longer.events / longer.cpu_s) / (four.events / four.cpu_s),
        "memory_growth": longer.late / longer.early,
    }


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:28} {value:12,.2f}")
