"""Scenarios run on several witnesses: who could run, what they saw, and a verdict for each pair."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from conformance.compare import compare
from conformance.racy import RUNS, Repeats, as_sets, is_racy
from conformance.verdict import Differs, Inconclusive, Racy, Verdict
from scenario import Backend, Scenario, Trace, Unavailable

HARMLESS = (
    "The machine was busy: a witness measured that it was late, and so judges nothing. This is "
    "harmless; run it again with nothing beside it."
)
"""What to say of a run that was only late."""
LATE = re.compile(r"\d(?:\.\d+)? ms late\b")
"""A measured lateness, in a reason."""


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
    scenarios: Iterable[Scenario],
    backends: Sequence[Backend],
    repeat: int = 1,
    *,
    pairs: Sequence[tuple[str, str]] | None = None,
) -> Iterator[Result]:
    """Each scenario ``repeat`` times on all witnesses; nothing is run again because it differs.

    ``pairs`` are the names of those to compare (None: every pair). Two releases of one witness
    have names of their own, such as ``go 1.21``: the first word is who they are. One that finds
    its own runs unequal is asked for more of them, as a set to hold the other's against.
    Raises ValueError for fewer than two witnesses or two of one name.
    """
    names = [backend.name for backend in backends]
    if len(set(names)) != len(names) or len(names) < 2:
        raise ValueError(f"two or more witnesses of different names are needed, not {names}")
    chosen = tuple(combinations(names, 2)) if pairs is None else tuple(pairs)
    for scenario in scenarios:
        for number in range(1, repeat + 1):
            yield _run(scenario, backends, chosen, number)


def _run(
    scenario: Scenario,
    backends: Sequence[Backend],
    pairs: Sequence[tuple[str, str]],
    number: int,
) -> Result:
    traces: dict[str, Trace] = {}
    unavailable: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for backend in backends:
        if not is_for(scenario, backend.name):
            left_out[backend.name] = scenario.reason or "the scenario is not for this witness"
            continue
        try:
            traces[backend.name] = backend.run(scenario)
        except Unavailable as missing:
            unavailable[backend.name] = str(missing)
    return Result(
        scenario=scenario.name,
        repeat=number,
        traces=traces,
        verdicts=dict(_verdicts(scenario, backends, pairs, traces)),
        unavailable=unavailable,
        left_out=left_out,
    )


def is_for(scenario: Scenario, name: str) -> bool:
    """Whether the scenario is for the witness of that name, whatever its release."""
    return scenario.witnesses is None or name.partition(" ")[0] in scenario.witnesses


def _verdicts(
    scenario: Scenario,
    backends: Sequence[Backend],
    pairs: Sequence[tuple[str, str]],
    traces: Mapping[str, Trace],
) -> Iterator[tuple[tuple[str, str], Verdict]]:
    by_name = {backend.name: backend for backend in backends}
    several = {
        name: _more(by_name[name], scenario, trace) if is_racy(trace) else (trace,)
        for name, trace in traces.items()
    }
    for pair in pairs:
        if not traces.keys() >= set(pair):
            continue
        one, other = pair
        seen = by_name[one].channels & by_name[other].channels
        verdict = compare(traces[one], traces[other], seen=seen, names=pair)
        if isinstance(verdict, Inconclusive) and any(is_racy(traces[name]) for name in pair):
            verdict = as_sets(verdict, several[one], several[other], seen)
        yield pair, verdict


def _more(backend: Backend, scenario: Scenario, racy: Trace) -> tuple[Trace, ...]:
    """The runs of a witness that found them unequal; only itself where it cannot say them."""
    return backend.runs(scenario, RUNS) if isinstance(backend, Repeats) else (racy,)


def only_late(verdict: Inconclusive) -> bool:
    """Whether every reason is a measured lateness: the machine was busy, nothing else is wrong."""
    return all(LATE.search(reason) for reason in verdict.reasons)


def merely_late(verdicts: Iterable[Verdict]) -> bool:
    """Whether something was inconclusive, and all that is wrong is a machine that was busy.

    Then nothing was compared, and the scenario may be run again; one that differs never is.
    """
    found = list(verdicts)
    silent = [verdict for verdict in found if isinstance(verdict, Inconclusive)]
    apart = any(isinstance(verdict, Differs | Racy) for verdict in found)
    return bool(silent) and not apart and all(map(only_late, silent))
