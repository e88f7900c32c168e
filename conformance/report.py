"""Scenarios run on several witnesses: who could run, what they saw, and a verdict for each pair."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from conformance.compare import compare
from conformance.verdict import Inconclusive, Verdict
from scenario import Backend, Scenario, Trace, Unavailable

HARMLESS = (
    "The machine was busy: a witness measured that it was late, and so judges nothing. This is "
    "harmless; run it again with nothing beside it."
)
"""What to say of a run that was only late."""
_LATE = re.compile(r"\d(?:\.\d+)? ms late\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One scenario, run once by each witness.

    ``repeat`` counts from 1. ``traces`` is by the witness's name; whoever could not run is in
    ``unavailable`` with the reason, and whom the scenario is not for in ``left_out``. ``verdicts``
    is by pair, in the order in which the witnesses were given.
    """

    scenario: str
    repeat: int
    traces: Mapping[str, Trace]
    verdicts: Mapping[tuple[str, str], Verdict]
    unavailable: Mapping[str, str]
    left_out: Mapping[str, str]


def run_pairs(
    scenarios: Iterable[Scenario], backends: Sequence[Backend], repeat: int = 1
) -> Iterator[Result]:
    """Each scenario ``repeat`` times on all witnesses; nothing is run again because it differs.

    Raises ValueError for fewer than two witnesses or two of one name.
    """
    names = [backend.name for backend in backends]
    if len(set(names)) != len(names) or len(names) < 2:
        raise ValueError(f"two or more witnesses of different names are needed, not {names}")
    for scenario in scenarios:
        for number in range(1, repeat + 1):
            yield _run(scenario, backends, number)


def _run(scenario: Scenario, backends: Sequence[Backend], number: int) -> Result:
    traces: dict[str, Trace] = {}
    unavailable: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for backend in backends:
        if scenario.witnesses is not None and backend.name not in scenario.witnesses:
            left_out[backend.name] = scenario.reason or "the scenario is not for this witness"
            continue
        try:
            traces[backend.name] = backend.run(scenario)
        except Unavailable as missing:
            unavailable[backend.name] = str(missing)
    verdicts = {
        (one.name, other.name): compare(
            traces[one.name], traces[other.name], seen=one.channels & other.channels
        )
        for one, other in combinations(backends, 2)
        if one.name in traces and other.name in traces
    }
    return Result(
        scenario=scenario.name,
        repeat=number,
        traces=traces,
        verdicts=verdicts,
        unavailable=unavailable,
        left_out=left_out,
    )


def only_late(verdict: Inconclusive) -> bool:
    """Whether every reason is a measured lateness: the machine was busy, nothing else is wrong."""
    return all(_LATE.search(reason) for reason in verdict.reasons)
