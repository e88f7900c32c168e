"""The channels of a trace as lines of items, each item with the script entry it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.verdict import Batch, Item, Together
from scenario import Event, Trace, What, channels
from scenario.groups import after_setup, run_groups
from scenario.groups import run_events as run_events
from scenario.groups import wake_groups as wake_groups

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


def batch_events(trace: Trace) -> tuple[Event, ...]:
    """The polls behind the batch channel, one for each item."""
    polls = (e for e in after_setup(trace) if e.what is What.POLL)
    return tuple(e for e in polls if any(item["fd"] != BREAK_FD for item in e.args["events"]))


def wake_events(trace: Trace) -> tuple[Event, ...]:
    """The wakes behind the wake channel, one for each item."""
    return tuple(e for e in after_setup(trace) if e.what is What.WAKE)


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
    groups = run_groups(trace)
    return _line(
        "run",
        [Together(names=names) for _, names in groups],
        [entry[seq] for seq, _ in groups],
    )


def _step_line(trace: Trace, g: str, steps: Sequence[Item], entry: dict[int, int]) -> Line:
    """An unfinished step belongs to the last entry: only the end shows that it stays parked."""
    ends = [entry[e.seq] for e in trace.events if e.what is What.STEP and e.g == g]
    last = max(entry.values(), default=SET_UP)
    ends += [last] * (len(steps) - len(ends))
    return Line(channel="step", items=tuple(steps), entries=tuple(ends), g=g)
