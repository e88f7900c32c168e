"""The comparer: two traces of one scenario, and the first place where they do not say the same.

The first difference is the one nearest to its cause. Earlier script entries come before later
ones, since a wrong wakeup of one entry makes much of the following ones wrong as well. Within an
entry the channels come in the order of causation: what a poll returned (batch) decides who is
freed (wake), that decides who runs (run), a run may start an earlier timer and so need a break
(break), and how a step ends (step) is the last thing to show. After the first difference of a
channel nothing in it is judged.

Two differences are none of a channel. A witness may stop because its runtime threw (``throw``):
whatever is missing after it is only what follows. And a witness may perform another script, or
none (``script``); then the two did not answer one question, and this comes before all channels.
"""

from collections.abc import Iterator, Sequence

from conformance.diagnosis import diagnose
from conformance.found import Found
from conformance.lines import Line, line_pairs
from conformance.verdict import Agrees, Differs, Inconclusive, Verdict
from scenario import CHANNELS, StepResult, Trace, What

AROUND = 4
"""Items shown on each side of a difference."""


def compare(
    expected: Trace,
    actual: Trace,
    *,
    seen: frozenset[str] = frozenset(CHANNELS),
    names: tuple[str, str] | None = None,
) -> Verdict:
    """Whether ``actual`` says the same as ``expected``, channel by channel.

    ``seen`` names the channels that both witnesses can see; the others are not compared and the
    verdict says so. With more than one P the runs of a batch are compared as a multiset.
    ``names`` are the witnesses' where their own do not tell enough (``go 1.21``).
    Raises ValueError where the traces are not of one scenario, or for an unknown channel.
    """
    _check_same_question(expected, actual, seen)
    unseen = tuple(name for name in CHANNELS if name not in seen)
    witnesses = _names(expected, actual) if names is None else names
    reasons = tuple(_reasons(expected, actual, seen, witnesses))
    if reasons:
        return Inconclusive(
            scenario=expected.scenario, witnesses=witnesses, reasons=reasons, unseen=unseen
        )
    compared = seen | {"throw", "script"}
    pairs = [pair for pair in line_pairs(expected, actual) if pair[0].channel in compared]
    counts = dict.fromkeys((name for name in CHANNELS if name in seen), 0)
    for one, other in pairs:
        if one.channel in counts:
            counts[one.channel] += _equal_items(one, other)
    apart = [pair for pair in pairs if pair[0].items != pair[1].items]
    if not apart:
        return Agrees(scenario=expected.scenario, witnesses=witnesses, counts=counts, unseen=unseen)
    return _difference(expected, witnesses, _first(apart), apart, counts, unseen)


def _first(apart: Sequence[tuple[Line, Line]]) -> tuple[Line, Line]:
    """The script, unless it stopped at a throw; of what is left, the earliest entry's."""
    if apart[0][0].channel == "script":
        return apart[0]
    return min(apart, key=lambda pair: _entry(*pair))  # the first of equals: causation


def _difference(
    expected: Trace,
    witnesses: tuple[str, str],
    first: tuple[Line, Line],
    apart: Sequence[tuple[Line, Line]],
    counts: dict[str, int],
    unseen: tuple[str, ...],
) -> Differs:
    one, other = first
    position = _equal_items(one, other)
    begin = max(0, position - AROUND)
    around = slice(begin, position + AROUND + 1)
    others = tuple(
        Found.at(_equal_items(*pair), *pair)
        for pair in apart
        if pair is not first and _entry(*pair) == _entry(*first)
    )
    found = Found.at(position, one, other, others)
    diagnosis = diagnose(found, expected)
    return Differs(
        scenario=expected.scenario,
        witnesses=witnesses,
        channel=one.channel,
        position=position,
        g=one.g,
        expected=found.expected,
        actual=found.actual,
        around=(one.items[around], other.items[around]),
        around_from=begin,
        kind=diagnosis.kind,
        rules=diagnosis.rules,
        go=diagnosis.go,
        likely=diagnosis.likely,
        counts=counts,
        unseen=unseen,
    )


def _check_same_question(expected: Trace, actual: Trace, seen: frozenset[str]) -> None:
    for word in ("scenario", "goroutines", "fds", "procs"):
        mine, theirs = getattr(expected, word), getattr(actual, word)
        if mine != theirs:
            raise ValueError(
                f"two traces of one scenario are compared; these have different {word}: "
                f"{mine!r} and {theirs!r}"
            )
    unknown = seen - set(CHANNELS)
    if unknown:
        raise ValueError(f"no such channel: {', '.join(sorted(unknown))}")


def _names(expected: Trace, actual: Trace) -> tuple[str, str]:
    """The witnesses' names; two runs of one witness are told apart by a number."""
    first, second = expected.witness, actual.witness
    return (first, second) if first != second else (f"{first} 1", f"{second} 2")


def _reasons(
    expected: Trace, actual: Trace, seen: frozenset[str], names: tuple[str, str]
) -> Iterator[str]:
    traces = (expected, actual)
    for name, trace in zip(names, traces, strict=True):
        yield from (f"{name}: {reason}" for reason in trace.inconclusive)
    if not any(event.what is What.SCRIPT for trace in traces for event in trace.events):
        yield "neither witness came to the end of the set-up"
    elif not _say_something(expected, actual, seen):
        yield "no channel that both witnesses see holds anything"


def _say_something(expected: Trace, actual: Trace, seen: frozenset[str]) -> bool:
    """A goroutine that never came back from its first step says nothing."""
    return any(
        item.ended if isinstance(item, StepResult) else True
        for pair in line_pairs(expected, actual)
        for line in pair
        if line.channel in seen | {"throw", "script"}
        for item in line.items
    )


def _equal_items(one: Line, other: Line) -> int:
    """How many items agree before the first difference."""
    for place, (mine, theirs) in enumerate(zip(one.items, other.items, strict=False)):
        if mine != theirs:
            return place
    return min(len(one.items), len(other.items))


def _entry(one: Line, other: Line) -> int:
    """The script entry of the first difference: the earlier side's."""
    place = _equal_items(one, other)
    return min(line.entries[place] for line in (one, other) if place < len(line.entries))
