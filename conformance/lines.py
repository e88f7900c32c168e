"""The channels of a trace as lines of items, each item with the script entry it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.verdict import Batch, Item, Together
from scenario import Event, Trace, What, channels, first_runs

BREAK_FD = "break"
SET_UP = -1
"""The entry of what happens before the script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One channel of a trace (of ``step``: one goroutine's); ``entries`` lies parallel to it."""

    channel: str
    items: tuple[Item, ...]
    entries: tuple[int, ...]
    g: str | None = None


def lines(trace: Trace) -> tuple[Line, ...]:
    """All lines in the order of causation: batch, wake, run, break, each goroutine's steps."""
    seen = channels(trace)
    entry = _entries(trace)
    batches = tuple(Batch(events=batch) for batch in seen.batch)
    return (
        _line("batch", batches, [entry[e.seq] for e in batch_events(trace)]),
        _line("wake", seen.wake, [entry[e.seq] for e in wake_events(trace)]),
        _run_line(trace, entry),
        _line("break", seen.brk, [item.entry for item in seen.brk]),
        *(
            _step_line(trace, g, seen.step[g], entry)
            for g in sorted(trace.goroutines, key=_natural)
        ),
    )


def line_pairs(expected: Trace, actual: Trace) -> tuple[tuple[Line, Line], ...]:
    """The lines of two traces of one scenario, side by side.

    Before the channels come the throws, if there are any, since a runtime does nothing after
    one; then what was performed of the script, if that is not the same.
    """
    pairs = tuple(zip(lines(expected), lines(actual), strict=True))
    throws = (_throws(expected), _throws(actual))
    scripts = (_script(expected), _script(actual))
    return (
        *((throws,) if any(line.items for line in throws) else ()),
        *((scripts,) if scripts[0].items != scripts[1].items else ()),
        *pairs,
    )


SET_UP_OVER = "the set-up is over"


def _script(trace: Trace) -> Line:
    """What was performed of the script; a witness that never came to it has nothing here."""
    done = [event for event in trace.events if event.what in (What.SCRIPT, What.ENTRY)]
    entry = _entries(trace)
    return _line("script", [_performed(e) for e in done], [entry[e.seq] for e in done])


def _performed(event: Event) -> str:
    if event.what is What.SCRIPT:
        return SET_UP_OVER
    return f"entry {event.args['index'] + 1}: {event.args['text']}"


def _throws(trace: Trace) -> Line:
    thrown = [event for event in trace.events if event.what is What.THROW]
    entry = _entries(trace)
    return _line("throw", [event.args["text"] for event in thrown], [entry[e.seq] for e in thrown])


def after_setup(trace: Trace) -> tuple[Event, ...]:
    """The events from ``script`` on; none if the set-up never ended."""
    for place, event in enumerate(trace.events):
        if event.what is What.SCRIPT:
            return trace.events[place:]
    return ()


def batch_events(trace: Trace) -> tuple[Event, ...]:
    """The polls behind the batch channel, one for each item."""
    polls = (e for e in after_setup(trace) if e.what is What.POLL)
    return tuple(e for e in polls if any(item["fd"] != BREAK_FD for item in e.args["events"]))


def wake_events(trace: Trace) -> tuple[Event, ...]:
    """The wakes behind the wake channel, one for each item."""
    return tuple(e for e in after_setup(trace) if e.what is What.WAKE)


def run_events(trace: Trace) -> tuple[tuple[Event, Event], ...]:
    """Each first run with the wake that it follows, in the order of the runs."""
    after = after_setup(trace)
    last_wake: dict[str | None, Event] = {}
    runs = {event.seq for event in first_runs(after)}
    pairs = []
    for event in after:
        if event.what is What.WAKE:
            last_wake[event.g] = event
        elif event.seq in runs:
            pairs.append((event, last_wake[event.g]))
    return tuple(pairs)


def wake_groups(trace: Trace) -> dict[int, int]:
    """The group of each wake (by ``seq``), numbered from 0 in the order of the wakes.

    A group is what one poll carried (``via``; a ready wake of unknown poll counts for the latest
    one). Of the others, wakes that stand beside each other with the same cause on the same
    descriptor are one group: a deadline or a close of both directions.
    """
    groups: dict[int, int] = {}
    polls: dict[int | None, int] = {}
    poll: int | None = None
    before: Event | None = None
    count = 0
    for event in after_setup(trace):
        if event.what is What.POLL:
            poll = event.seq
        if event.what is not What.WAKE:
            continue
        if event.why == "ready":
            group = polls.setdefault(poll if event.via is None else event.via, count)
        else:
            group = groups[before.seq] if before and _together(before, event) else count
        groups[event.seq] = group
        count = max(count, group + 1)
        before = event
    return groups


def _together(one: Event, other: Event) -> bool:
    return one.fd is not None and (one.why, one.fd) == (other.why, other.fd)


def _natural(name: str) -> tuple[str, int, str]:
    """r2 comes before r10."""
    letters = name.rstrip("0123456789")
    number = name[len(letters) :]
    return letters, int(number or 0), name


def _entries(trace: Trace) -> dict[int, int]:
    current, entries = SET_UP, {}
    for event in trace.events:
        if event.what is What.ENTRY:
            current = event.args["index"]
        entries[event.seq] = current
    return entries


def _line(channel: str, items: Sequence[Item], entries: Sequence[int]) -> Line:
    return Line(channel=channel, items=tuple(items), entries=tuple(entries))


def _run_line(trace: Trace, entry: dict[int, int]) -> Line:
    runs = run_events(trace)
    if trace.procs == 1:
        names = [run.g or "" for run, _ in runs]
        return _line("run", names, [entry[run.seq] for run, _ in runs])
    groups = wake_groups(trace)
    members: dict[int, list[str]] = {group: [] for group in groups.values()}
    for run, wake in runs:
        members[groups[wake.seq]].append(run.g or "")
    begins = {group: entry[seq] for seq, group in reversed(groups.items())}
    return _line(
        "run",
        [Together(names=tuple(sorted(names))) for names in members.values()],
        [begins[group] for group in members],
    )


def _step_line(trace: Trace, g: str, steps: Sequence[Item], entry: dict[int, int]) -> Line:
    """An unfinished step belongs to the last entry: only the end shows that it stays parked."""
    ends = [entry[e.seq] for e in trace.events if e.what is What.STEP and e.g == g]
    last = max(entry.values(), default=SET_UP)
    ends += [last] * (len(steps) - len(ends))
    return Line(channel="step", items=tuple(steps), entries=tuple(ends), g=g)
