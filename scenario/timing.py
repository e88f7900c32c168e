"""Whether a scenario's times are far enough apart for a real machine to keep them in order."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from scenario.grammar import DEADLINES, UNITS_NS
from scenario.positions import Path
from scenario.source import Node
from scenario.words import Kind, Op, Scenario, Step

APART_NS = 20_000_000
"""Virtual machines stall for several ms now and then, so closer times change places. Two timers
that are meant to coincide do not: which is due first, and so whether the second one breaks the
poller's wait, is decided by nanoseconds. (A deadline for both directions is one timer.)"""

ALWAYS_WAITS = frozenset({Kind.SOCKETPAIR, Kind.TCP, Kind.PIPE_READ})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A time at which something is due, in ns from the start of the script."""

    ns: int
    what: str
    place: Path
    entry: bool = False


@dataclass(slots=True, kw_only=True)
class Plan:
    """What can be said of a script's times before it runs.

    ``busy`` are intervals, each with its goroutine. A deadline that is replaced or taken away
    counts too: the poller waits until then all the same, and a timer that is set meanwhile breaks
    its wait or does not.
    """

    instants: list[Instant] = field(default_factory=list)
    busy: list[tuple[int, int, str]] = field(default_factory=list)


def is_timed(step: Step) -> bool:
    """Whether a step starts a timer or keeps a P busy."""
    return step.op in (Op.SLEEP, Op.BUSY) or (step.op in DEADLINES and (step.ns or 0) > 0)


def text_of(ns: int) -> str:
    """``20ms`` for 20,000,000."""
    unit = next(u for u in reversed(UNITS_NS) if ns % UNITS_NS[u] == 0)
    return f"{ns // UNITS_NS[unit]}{unit}" if ns else "0ms"


def check_times(scenario: Scenario, root: Node) -> None:
    """Raises ScenarioError for times that are missing, out of order, or too close."""
    _check_setup(scenario, root)
    _check_every_at(scenario, root)
    if scenario.timed:
        plan = _plan(scenario)
        _check_busy(scenario, plan, root)
        _check_apart(_instants(scenario, plan), root)


def _check_setup(scenario: Scenario, root: Node) -> None:
    for g, index in _setup_steps(scenario):
        step = scenario.goroutines[g][index]
        if is_timed(step):
            raise root.at(("goroutines", g, index)).fail(
                f"{step.text!r} before the script, when no time runs; it must stand in a goroutine"
                f' that the script starts; add {{do = "go {g}", at = "0ms"}} to the script'
            )


def _setup_steps(scenario: Scenario) -> Iterator[tuple[str, int]]:
    """The steps that may be done before the script: those up to a read that is sure to wait."""
    by_go = scenario.started_by_go
    todo = [g for g in scenario.goroutines if g not in by_go]
    touched = {
        step.fd
        for steps in scenario.goroutines.values()
        for step in steps
        if step.op in (Op.CLOSE, Op.REOPEN, *DEADLINES)
    }
    for g in todo:  # it grows meanwhile
        for index, step in enumerate(scenario.goroutines[g]):
            yield g, index
            if step.g is not None:
                todo.append(step.g)
            kind = scenario.fds.get(step.fd or "")
            if step.op is Op.READ and kind in ALWAYS_WAITS and step.fd not in touched:
                break


def _check_every_at(scenario: Scenario, root: Node) -> None:
    timed = scenario.timed or any(
        is_timed(step) for steps in scenario.goroutines.values() for step in steps
    )
    for index, entry in enumerate(scenario.script):
        if timed and entry.at_ns is None:
            raise root.at(("script", index)).fail(
                "an entry without a time in a scenario with times; each entry must have one;"
                f' write {{do = "...", at = "{20 * index}ms"}}'
            )


def _plan(scenario: Scenario) -> Plan:
    plan = Plan()
    by_go = scenario.started_by_go
    todo: list[tuple[str, int | None]] = [(g, None) for g in scenario.goroutines if g not in by_go]
    for entry in scenario.script:
        named = (*entry.held, *entry.fetched, *((entry.plain,) if entry.plain else ()))
        todo += [(action.g, entry.at_ns) for action in named if action.g is not None]
    for g, at_ns in todo:  # it grows meanwhile
        todo += _walk(scenario, plan, g, at_ns)
    return plan


def _walk(
    scenario: Scenario, plan: Plan, g: str, at_ns: int | None
) -> list[tuple[str, int | None]]:
    """Notes when the steps of ``g`` are due; returns whom it starts, and when."""
    started: list[tuple[str, int | None]] = []
    for index, step in enumerate(scenario.goroutines[g]):
        if step.op in (Op.READ, Op.WRITE) and scenario.fds[step.fd or ""] is not Kind.FILE:
            at_ns = None  # from here on the outside decides
        elif step.g is not None:
            started.append((step.g, at_ns))
        elif at_ns is not None and is_timed(step):
            at_ns = _note(plan, g, index, step, at_ns)
    return started


def _note(plan: Plan, g: str, index: int, step: Step, at_ns: int) -> int:
    """Notes when a step's timer is due; returns when the next step begins."""
    end = at_ns + (step.ns or 0)
    what = "the deadline of" if step.op in DEADLINES else "the end of"
    plan.instants.append(
        Instant(ns=end, what=f"{what} {step.text!r} in {g}", place=("goroutines", g, index))
    )
    if step.op is Op.BUSY:
        plan.busy.append((at_ns, end, g))
    return at_ns if step.op in DEADLINES else end


def _instants(scenario: Scenario, plan: Plan) -> list[Instant]:
    """All that is due, in order of time."""
    entries = [
        Instant(
            ns=entry.at_ns or 0, what=f"the entry {entry.text!r}", place=("script", i), entry=True
        )
        for i, entry in enumerate(scenario.script)
    ]
    return sorted([*entries, *plan.instants], key=lambda instant: instant.ns)


def _check_busy(scenario: Scenario, plan: Plan, root: Node) -> None:
    """An entry while somebody is busy needs ``nowait`` on the one before it."""
    busy = sorted(plan.busy)
    ends = list(accumulate(((end, g) for _, end, g in busy), max))
    for index, (before, entry) in enumerate(pairwise(scenario.script), 1):
        at_ns = entry.at_ns or 0
        earlier = bisect_left(busy, at_ns, key=lambda interval: interval[0])
        end, g = ends[earlier - 1] if earlier else (0, "")
        if at_ns < end and not before.nowait:
            raise root.at(("script", index)).fail(
                f"{text_of(at_ns)} comes while {g} is busy, until {text_of(end)};"
                " only an entry after one with nowait may; add nowait = true to the entry"
                f" before, or wait until {text_of(end + APART_NS)}"
            )


def _check_apart(instants: list[Instant], root: Node) -> None:
    _check_order(root, [instant for instant in instants if instant.entry])
    for first, second in pairwise(instants):
        if second.ns - first.ns < APART_NS:
            raise root.at(second.place).fail(
                f"{second.what} is due at {text_of(second.ns)}, {first.what} at"
                f" {text_of(first.ns)}; at least {text_of(APART_NS)} must lie between;"
                " move one of them"
            )


def _check_order(root: Node, entries: list[Instant]) -> None:
    for first, second in pairwise(entries):
        if first.place > second.place:
            raise root.at(first.place).fail(
                f"{first.what} at {text_of(first.ns)} stands behind {second.what} at"
                f" {text_of(second.ns)}; each entry must be later than the one before;"
                " put them in order"
            )
