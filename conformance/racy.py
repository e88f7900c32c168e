"""A witness whose own runs are not all alike: its outcomes are a set, and it agrees with nobody.

Real Go may run a scenario in more than one way. Then one run of it proves nothing, and what can be
said is whether the other witness did something that real Go does too.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from conformance.compare import compare
from conformance.verdict import Agrees, Inconclusive, Racy
from scenario import Scenario, Trace

RACY = "racy: "
"""How the reason of such a witness begins."""
RUNS = 10
"""How often a racy witness is asked for the set of its outcomes."""


@runtime_checkable
class Repeats(Protocol):
    """A witness that can say what each of several runs gave."""

    def runs(self, scenario: Scenario, times: int) -> tuple[Trace, ...]: ...


def is_racy(trace: Trace) -> bool:
    """Whether the witness itself found its runs unequal."""
    return any(reason.startswith(RACY) for reason in trace.inconclusive)


def outcomes(runs: Sequence[Trace], seen: frozenset[str]) -> list[Trace]:
    """One run for each thing that happened; runs that say nothing are left out."""
    found: list[Trace] = []
    for run in runs:
        if not run.inconclusive and not any(_alike(run, other, seen) for other in found):
            found.append(run)
    return found


def as_sets(
    verdict: Inconclusive,
    one: Sequence[Trace],
    other: Sequence[Trace],
    seen: frozenset[str],
) -> Racy:
    """The same, with what the runs of both sides have in common. A side that is not racy has one
    run."""
    mine, theirs = outcomes(one, seen), outcomes(other, seen)
    shared = sum(any(_alike(left, right, seen) for right in theirs) for left in mine)
    runs = (len(one), len(other))
    counts = (len(mine), len(theirs))
    told = tuple(_told(verdict.witnesses, runs, counts, shared))
    return Racy(
        scenario=verdict.scenario,
        witnesses=verdict.witnesses,
        reasons=(*verdict.reasons, *told),
        unseen=verdict.unseen,
        outcomes=counts,
        shared=shared,
    )


def _told(
    names: tuple[str, str], runs: tuple[int, int], counts: tuple[int, int], shared: int
) -> Iterator[str]:
    alone = [name for name, many in zip(names, runs, strict=True) if many == 1]
    for name, many, found in zip(names, runs, counts, strict=True):
        if many > 1:
            yield f"{name} came to {found} {_outcomes(found)} in {many} more runs"
    if 0 in counts:
        yield "nothing conclusive is there to hold beside them"
    elif alone:
        yield f"what {alone[0]} did is {'' if shared else 'not '}among them"
    else:
        yield f"{shared} {_outcomes(shared)} both have in common"


def _outcomes(count: int) -> str:
    return "outcome" if count == 1 else "outcomes"


def _alike(one: Trace, other: Trace, seen: frozenset[str]) -> bool:
    return isinstance(compare(one, other, seen=seen), Agrees)
