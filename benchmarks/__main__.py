"""All benchmarks in interleaved rounds, held against the goals: ``python -m benchmarks``."""

import argparse
import importlib
import inspect
import json
import platform
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import ModuleType

ROUNDS = 5
HERE = Path(__file__).parent
QUICK = {"messages": 6_000, "goroutines": 20_000, "wakeups": 500, "requests": 1_000}
"""With --quick: sizes by the name of measure()'s argument, for a look in a minute."""
Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a figure is to be: at least ``least`` or at most ``most``."""

    what: str
    key: str
    least: float | None = None
    most: float | None = None

    def met(self, figure: float) -> bool:
        """Whether the figure is good enough."""
        if self.least is not None:
            return figure >= self.least
        assert self.most is not None
        return figure <= self.most

    @property
    def wanted(self) -> str:
        """The goal in words."""
        if self.least is not None:
            return f"at least {self.least:g}"
        return f"at most {self.most:g}"

    def verdict(self, figure: float | None) -> str:
        """Met, or missed by how much."""
        if figure is None:
            return "not measured"
        if self.met(figure):
            return "met"
        limit = self.least if self.least is not None else self.most
        assert limit is not None
        return f"missed by {abs(figure - limit) / limit:.0%}"


def goals() -> list[Goal]:
    """Those of goals.toml, in order."""
    table = tomllib.loads((HERE / "goals.toml").read_text("utf-8"))
    return [Goal(**goal) for goal in table["goal"]]


def benchmarks() -> dict[str, ModuleType]:
    """By name: the modules here that measure something."""
    names = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "measure")}


def arguments(measure: Callable[..., Figures], quick: bool) -> dict[str, int]:
    """One round of it; smaller where it is to be quick and the benchmark knows how."""
    known = inspect.signature(measure).parameters
    sizes = {"rounds": 1} | (QUICK if quick else {})
    return {name: size for name, size in sizes.items() if name in known}


def figures(modules: Mapping[str, ModuleType], rounds: int, quick: bool) -> Figures:
    """Medians by ``MODULE.NAME``; each round goes through all benchmarks."""
    seen: dict[str, list[float]] = {}
    for number in range(1, rounds + 1):
        for name, module in modules.items():
            print(f"round {number} of {rounds}: {name}", file=sys.stderr, flush=True)
            answer = module.measure(**arguments(module.measure, quick))
            for key, value in answer.items():
                seen.setdefault(f"{name}.{key}", []).append(value)
    return {key: median(values) for key, values in seen.items()}


def missing(modules: Mapping[str, ModuleType]) -> Iterator[str]:
    """What the benchmarks would compare with and have not found."""
    for name, module in modules.items():
        if hasattr(module, "missing"):
            yield from (f"{name}: {each} is not there" for each in module.missing())


def table(found: Figures) -> Iterator[str]:
    """The goals, then all figures."""
    yield f"{'goal':62} {'wanted':>13} {'seen':>10}"
    for goal in goals():
        figure = found.get(goal.key)
        seen = "-" if figure is None else f"{figure:,.3f}"
        yield f"{goal.what:62} {goal.wanted:>13} {seen:>10}  {goal.verdict(figure)}"
    yield ""
    for key, value in found.items():
        yield f"{key:56} {value:16,.3f}"


def machine() -> str:
    """What was measured on."""
    return f"{platform.python_implementation()} {platform.python_version()}, {platform.platform()}"


def main() -> None:
    """Measure and print; --json writes all figures to a file as well."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two small rounds: a first look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    options = parser.parse_args()
    modules = benchmarks()
    rounds = 2 if options.quick else ROUNDS
    found = figures(modules, rounds, options.quick)
    print(machine())
    print("\n".join(table(found)))
    print("\n".join(missing(modules)))
    if options.json is not None:
        record = {"machine": machine(), "rounds": rounds, "figures": found}
        options.json.write_text(json.dumps(record, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
