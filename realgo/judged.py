"""What several runs of one scenario say together."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from scenario import CHANNELS, Channels, Trace, channels
from scenario.groups import run_groups

ENOUGH = 2
"""How many equal runs must be left when others were late. A run that differs is never left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One run. ``troubled``: it says nothing, for another reason than that it was late."""

    trace: Trace
    troubled: bool

    @property
    def counts(self) -> bool:
        """Whether it says anything."""
        return not self.trace.inconclusive


def judged(attempts: Sequence[Attempt], runs: int) -> Trace:
    """The first of the attempts that count, if they are equal and enough; else an inconclusive one.

    ``runs`` is how many that count were wanted; fewer are enough, but two if two were wanted.

    Late runs do not count: that was measured before anything was compared. Any other trouble, in a
    single run, makes the whole inconclusive. The worst goes first: trouble, runs that differ, late.
    """
    counting = [attempt.trace for attempt in attempts if attempt.counts]
    troubled = [attempt.trace for attempt in attempts if attempt.troubled]
    if troubled:
        return troubled[0]
    if unequal := _unequal(counting):
        return replace(counting[0], inconclusive=(unequal,))
    if len(counting) >= min(ENOUGH, runs):
        return counting[0]
    late = next(attempt.trace for attempt in attempts if not attempt.counts)
    if len(attempts) == 1:
        return late
    count = len(attempts) - len(counting)
    word = f"{count} of {len(attempts)} runs were late, the first of them: "
    return replace(late, inconclusive=(word + "; ".join(late.inconclusive),))


def _unequal(traces: Sequence[Trace]) -> str | None:
    """In which channels the traces are not equal, and how many runs say what."""
    compared = [comparable(trace) for trace in traces]
    told = []
    for channel in CHANNELS:
        counts = Counter(each[channel] for each in compared)
        if len(counts) > 1:
            told.append(f"{channel} ({' and '.join(str(n) for _, n in counts.most_common())} runs)")
    if not told:
        return None
    return f"racy: of {len(traces)} runs not all gave the same {', '.join(told)}"


def comparable(trace: Trace) -> dict[str, Hashable]:
    """A trace's channels, by name, as what is compared: with several Ps the first runs of each
    group of wakes are a multiset."""
    seen: Channels = channels(trace)
    groups = tuple(names for _, names in run_groups(trace))
    return {
        "wake": seen.wake,
        "run": seen.run if trace.procs == 1 else groups,
        "batch": seen.batch,
        "break": seen.brk,
        "step": tuple(sorted(seen.step.items())),
    }
