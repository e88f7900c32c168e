"""Scenarios run on a pair of witnesses, and what each comes to."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from conformance.compare import compare
from conformance.verdict import Agrees, Differs, Inconclusive, Verdict
from netpoll_lab.status import Status
from netpoll_lab.witnesses import observe
from scenario import Backend, Scenario, Trace, Unavailable

DETERMINISTIC = "virtual"
"""The clock of a witness whose second run cannot differ from the first."""


class Absent(Unavailable):
    """A witness that turned out not to be there when it was asked; ``name`` says which."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One comparison of two runs."""

    verdict: Verdict
    traces: tuple[Trace, Trace]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one scenario came to: at least one run, in order."""

    scenario: Scenario
    runs: tuple[Run, ...]

    @property
    def telling(self) -> Run:
        """The run to show: the first that differs, else that is inconclusive, else the first."""
        return min(self.runs, key=lambda run: _RANK[type(run.verdict)])


_RANK: dict[type, int] = {Differs: 0, Inconclusive: 1, Agrees: 2}


def counts(outcomes: Sequence[Outcome]) -> Counter[type]:
    """How many runs agree, differ and say nothing."""
    return Counter(type(run.verdict) for outcome in outcomes for run in outcome.runs)


def status(outcomes: Sequence[Outcome]) -> Status:
    """A difference outweighs everything; nothing compared is inconclusive."""
    found = counts(outcomes)
    if found[Differs]:
        return Status.DIFFERS
    if found[Inconclusive] or not found[Agrees]:
        return Status.INCONCLUSIVE
    return Status.AGREES


def left_out(scenario: Scenario, backends: Sequence[Backend]) -> str | None:
    """Why this scenario is not for these witnesses; None where it is."""
    allowed = scenario.witnesses
    if allowed is None or all(backend.name in allowed for backend in backends):
        return None
    return f"only for {' and '.join(allowed)}: {scenario.reason}"


def run_pair(
    scenario: Scenario,
    backends: tuple[Backend, Backend],
    *,
    repeat: int,
    before: Callable[[int], None],
) -> Outcome:
    """Run a scenario ``repeat`` times; ``before`` is told the number (from 1) of each run."""
    return Outcome(scenario=scenario, runs=tuple(_runs(scenario, backends, repeat, before)))


def _runs(
    scenario: Scenario,
    backends: tuple[Backend, Backend],
    repeat: int,
    before: Callable[[int], None],
) -> Iterator[Run]:
    seen = backends[0].channels & backends[1].channels
    last: list[Trace | None] = [None, None]
    for number in range(1, repeat + 1):
        before(number)
        first, second = (
            trace if trace is not None and trace.clock == DETERMINISTIC else _ask(backend, scenario)
            for backend, trace in zip(backends, last, strict=True)
        )
        last = [first, second]
        yield Run(verdict=compare(first, second, seen=seen), traces=(first, second))


def _ask(backend: Backend, scenario: Scenario) -> Trace:
    try:
        return observe(backend, scenario)
    except Unavailable as missing:
        raise Absent(backend.name, str(missing)) from missing
