"""What the runs of a scenario come to, pair of witnesses by pair."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.verdict import Agrees, Differs, Inconclusive, Racy, Verdict
from netpoll_lab.status import Status
from scenario import Scenario, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One comparison of two traces."""

    verdict: Verdict
    traces: tuple[Trace, Trace]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one scenario came to on one pair: at least one run, in order."""

    scenario: Scenario
    witnesses: tuple[str, str]
    """The labels of the two, such as ``go 1.21``."""
    runs: tuple[Run, ...]

    @property
    def telling(self) -> Run:
        """The run to show: the first that differs, else that says nothing, else the first."""
        return min(self.runs, key=lambda run: _RANK[type(run.verdict)])


_RANK: dict[type, int] = {Differs: 0, Inconclusive: 1, Racy: 2, Agrees: 3}


def counts(outcomes: Sequence[Outcome]) -> Counter[type]:
    """How many runs agree, differ, are racy and say nothing else."""
    return Counter(type(run.verdict) for outcome in outcomes for run in outcome.runs)


def status(outcomes: Sequence[Outcome]) -> Status:
    """A difference outweighs everything; nothing compared is inconclusive."""
    found = counts(outcomes)
    if found[Differs]:
        return Status.DIFFERS
    if found[Inconclusive] or found[Racy] or not found[Agrees]:
        return Status.INCONCLUSIVE
    return Status.AGREES
