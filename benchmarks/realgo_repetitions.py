"""How often real Go does the same: ``python -m benchmarks.realgo_repetitions`` prints a table.

Each scenario is run many times, a process each, on an otherwise idle machine and then beside a
busy loop for each core but one. What differs in the compared channels is another sequence; with
several Ps the first runs of a batch are a multiset. Late runs say nothing and are counted apart.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from realgo import RealGo
from realgo.judged import comparable
from scenario import Scenario, catalogue

TIMES = 40
BUSY = [sys.executable, "-c", "while True: pass"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the runs of a scenario came to: ``sequences`` holds how many runs gave each, most
    frequent first; ``reasons`` why the others say nothing."""

    scenario: str
    sequences: tuple[int, ...]
    reasons: tuple[str, ...]

    @property
    def text(self) -> str:
        """``1``, or ``2 (38 + 2)``; behind it how many runs say nothing."""
        count = str(len(self.sequences))
        if len(self.sequences) > 1:
            count += f" ({' + '.join(map(str, self.sequences))})"
        return count + (f", {len(self.reasons)} inconclusive" if self.reasons else "")


def counted(go: RealGo, scenario: Scenario, times: int) -> Counted:
    """Run a scenario and count its sequences."""
    seen: Counter[Hashable] = Counter()
    reasons: list[str] = []
    for trace in go.runs(scenario, times):
        if trace.inconclusive:
            reasons.append("; ".join(trace.inconclusive))
        else:
            seen[tuple(comparable(trace).items())] += 1
    return Counted(
        scenario=scenario.name,
        sequences=tuple(count for _, count in seen.most_common()),
        reasons=tuple(reasons),
    )


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """So many processes that only compute."""
    running = [subprocess.Popen(BUSY) for _ in range(loops)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def table(columns: Sequence[tuple[str, Sequence[Counted]]]) -> Iterator[str]:
    """The counts as a table in Markdown, and a line that sums each column up."""
    yield "| scenario | " + " | ".join(title for title, _ in columns) + " |"
    yield "| --- " * (len(columns) + 1) + "|"
    for row in zip(*(counts for _, counts in columns), strict=True):
        yield f"| {row[0].scenario} | " + " | ".join(each.text for each in row) + " |"
    yield ""
    for title, counts in columns:
        alike = sum(len(each.sequences) == 1 for each in counts)
        late = sum(len(each.reasons) for each in counts)
        yield (
            f"{title}: {alike} of {len(counts)} scenarios gave one sequence;"
            f" {late} of {late + sum(sum(each.sequences) for each in counts)} runs say nothing."
        )


def main() -> None:
    """Measure and print; --json writes all counts and the reasons to a file as well."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.realgo_repetitions", description=__doc__
    )
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help="all, if none is named")
    parser.add_argument("--go", metavar="R", help="the release (default: the newest there is)")
    parser.add_argument("--times", type=int, default=TIMES, help="runs of each scenario")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts to FILE too")
    options = parser.parse_args()
    go = RealGo(options.go)
    known = catalogue()
    chosen = [known[name] for name in options.names] or [
        each for each in known.values() if each.witnesses is None or go.name in each.witnesses
    ]
    loops = max((os.cpu_count() or 1) - 1, 1)
    columns = []
    for title, count in (("idle", 0), (f"beside {loops} busy", loops)):
        with busy(count):
            columns.append((title, [_told(title, go, each, options.times) for each in chosen]))
    print(f"Go {go.toolchain.version}, {options.times} runs of each scenario")
    print("\n".join(table(columns)))
    if options.json is not None:
        found = {title: [asdict(each) for each in counts] for title, counts in columns}
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def _told(title: str, go: RealGo, scenario: Scenario, times: int) -> Counted:
    found = counted(go, scenario, times)
    print(f"{title}: {scenario.name}: {found.text}", file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    main()
