"""runtime/trace as an eye: who was made runnable, in which order, and who ran.

The tracer knows neither descriptor nor direction nor cause. A wakeup in the sense of the wake
channel is an unblock of a goroutine that had blocked in the network or in a sleep; what semaphores
and channels free is none.

The order of the lines is not always that of the wakeups. A list from the poller is traced in the
list's order, which is last woken first (runtime/netpoll.go:netpollready pushes); where the finder
keeps the list's head for itself, the head is traced last (runtime/proc.go:findRunnable,
injectglist). See ``woken``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

CATEGORY = "eyes"
SCRIPT = "script"
GOROUTINE = "goroutine "
"""The marks that the program makes (program/tracing.go)."""
WAKEABLE = frozenset({"network", "sleep"})
"""Reasons to block whose end is a wakeup."""
SAME_POLL_NS = 5_000_000
"""Unblocks of one list are traced within microseconds, more where the machine is busy; two polls of
sysmon are 10 ms apart."""

MARK_LINE = re.compile(
    r"M=(?P<m>-?\d+) P=-?\d+ G=(?P<g>-?\d+) Log Time=(?P<ns>\d+) Task=\d+"
    rf' Category="{CATEGORY}" Message="(?P<message>[^"]*)"'
)
STATE_LINE = re.compile(
    r"M=(?P<m>-?\d+) P=(?P<p>-?\d+) G=(?P<by>-?\d+) StateTransition Time=(?P<ns>\d+)"
    r'(?: Resource=Goroutine\(\d+\) Reason="(?P<reason>[^"]*)")?'  # so up to Go 1.23
    r' GoID=(?P<g>\d+) (?P<old>\w+)->(?P<new>\w+)(?: Reason="(?P<why>[^"]*)")?'
)
OLD_LINE = re.compile(
    r"(?P<ns>\d+) (?P<event>\w+) p=\d+ g=(?P<by>\d+) off=(?P<off>\d+)(?P<rest>.*)"
)
OLD_BLOCKS = {"GoBlockNet": "network", "GoSleep": "sleep"}
OLD_OTHER_BLOCKS = re.compile(r"GoBlock\w*")


class What(StrEnum):
    """What a line of a trace says of a goroutine."""

    MARK = "mark"  # it says something itself: text
    BLOCK = "block"  # it waits; text is the reason
    UNBLOCK = "unblock"  # it is runnable
    RUN = "run"


class Line(NamedTuple):
    """``g`` is the runtime's number; ``by`` the goroutine that unblocks, None where there is none
    (a poll or a timer). ``m`` is the thread, if the format says so. ``kept``: may whoever unblocks
    keep it for itself, and not queue it? (It has a P, or it runs it at once.)"""

    what: What
    ns: int
    g: int
    text: str = ""
    by: int | None = None
    m: int | None = None
    kept: bool = False


class Unclear(Exception):
    """The trace does not say which wakeup came first. The message says why."""


class Disturbed(Exception):
    """The tracer's own timer (100 ms, 1 s) came between a wakeup and its run, and may have turned
    the order of the runs: whatever is readied singly displaces what is in the next slot."""

    def __init__(self) -> None:
        super().__init__("a timer of the tracer's own came between a wakeup and its run")


def lines(text: str, *, old: bool) -> Iterator[Line]:
    """The lines of a trace's text that matter; ``old``: as Go 1.21 prints it."""
    return _old_lines(text) if old else filter(None, map(_line, text.splitlines()))


def _line(raw: str) -> Line | None:
    if state := STATE_LINE.fullmatch(raw):
        return _state(state)
    if mark := MARK_LINE.fullmatch(raw):
        return Line(What.MARK, int(mark["ns"]), int(mark["g"]), mark["message"])
    return None


def _state(found: "re.Match[str]") -> Line | None:
    ns, g = int(found["ns"]), int(found["g"])
    match found["old"], found["new"]:
        case "Running", "Waiting":
            return Line(What.BLOCK, ns, g, found["why"] or found["reason"] or "")
        case "Waiting", "Runnable":
            by = int(found["by"])
            return Line(
                What.UNBLOCK,
                ns,
                g,
                by=by if by >= 0 else None,
                m=int(found["m"]),
                kept=int(found["p"]) >= 0,
            )
        case "Runnable", "Running":
            return Line(What.RUN, ns, g)
    return None


def _old_lines(text: str) -> Iterator[Line]:
    """A finder with a P writes both the unblock and the run of the head into its P's buffer, one
    behind the other; the offsets tell. Whoever has no P writes into another buffer."""
    read = [
        (int(found["off"]), line)
        for found in map(OLD_LINE.fullmatch, text.splitlines())
        if found is not None and (line := _old_line(found)) is not None
    ]
    by_offset = [line for _, line in sorted(read, key=lambda each: each[0])]
    kept = {
        line
        for line, after in pairwise(by_offset)
        if line.what is What.UNBLOCK and (after.what, after.g) == (What.RUN, line.g)
    }
    yield from (line._replace(kept=line in kept) for _, line in read)


def _old_line(found: "re.Match[str]") -> Line | None:
    ns, by, event = int(found["ns"]), int(found["by"]), found["event"]
    fields = dict(word.split("=", 1) for word in found["rest"].split() if "=" in word)
    if event == "UserLog" and fields["category"] == CATEGORY:
        return Line(What.MARK, ns, by, found["rest"].partition(" message=")[2])
    if event in OLD_BLOCKS or OLD_OTHER_BLOCKS.fullmatch(event):
        return Line(What.BLOCK, ns, by, OLD_BLOCKS.get(event, event))
    if event == "GoUnblock":
        return Line(What.UNBLOCK, ns, int(fields["g"]), by=by or None)
    if event == "GoStart":
        return Line(What.RUN, ns, int(fields["g"]))
    return None


class Names:
    """The places of the scenario's goroutines by the runtime's numbers."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._places = {
            line.g: int(line.text.removeprefix(GOROUTINE))
            for line in lines
            if line.what is What.MARK and line.text.startswith(GOROUTINE)
        }

    def place(self, g: int) -> int | None:
        """None: the goroutine is none of the scenario's."""
        return self._places.get(g)


def script_begins(lines: Iterable[Line]) -> int | None:
    """When the set-up was over, on the trace's clock; None if the trace does not say so."""
    marks = (line.ns for line in lines if line.what is What.MARK and line.text == SCRIPT)
    return next(marks, None)


def wakes_and_runs(
    found: Sequence[Line], names: Names, by_timer: Callable[[int, int], bool]
) -> Iterator[Line]:
    """The wakeups of the scenario's goroutines in their order, and all runs, in the trace's.

    ``by_timer`` says of a place and a time whether the goroutine was woken then by its deadline.
    Raises Unclear, Disturbed.
    """
    waits: dict[int, str] = {}
    woken_up: set[int] = set()
    at = 0
    while at < len(found):
        line = found[at]
        at += 1
        if line.what is What.BLOCK:
            waits[line.g] = line.text
        elif line.what is What.RUN and names.place(line.g) is not None:
            woken_up.discard(line.g)
            yield line
        elif line.what is What.UNBLOCK and names.place(line.g) is None:
            if woken_up and line.by is None:
                raise Disturbed
        elif line.what is What.UNBLOCK and _is_wake(line, names, waits):
            group = [line, *_same_list(found[at:], line, names, waits)]
            at += len(group) - 1
            woken_up.update(each.g for each in group)
            timer = [
                waits[each.g] == "sleep" or by_timer(names.place(each.g) or 0, each.ns)
                for each in group
            ]
            yield from woken(group, timer)


def _is_wake(line: Line, names: Names, waits: dict[int, str]) -> bool:
    return names.place(line.g) is not None and waits.get(line.g) in WAKEABLE


def _same_list(
    rest: Sequence[Line], first: Line, names: Names, waits: dict[int, str]
) -> Iterator[Line]:
    """The unblocks that follow at once and may be of the same list."""
    if first.by is not None:
        return
    before = first
    for line in rest:
        alike = line.what is What.UNBLOCK and (line.by, line.m) == (None, first.m)
        if not alike or line.ns - before.ns > SAME_POLL_NS or not _is_wake(line, names, waits):
            return
        yield line
        before = line


def woken(group: Sequence[Line], by_timer: Sequence[bool]) -> list[Line]:
    """One list's unblocks in the order of the wakeups.

    - Timers free one goroutine after the other: as traced.
    - A finder with a P traces the list without its head, then the head: the head was woken last,
      so the order is the others' reversed, then the head.
    - sysmon, or a poller that found no P, traces the whole list: reversed.
    The times stay as traced. Raises Unclear.
    """
    if len(group) == 1 or all(by_timer):
        return list(group)
    if any(by_timer):
        raise Unclear("the trace shows wakeups by timers and by a poll in one breath")
    *others, last = group
    order = [*reversed(others), last] if last.kept else [*reversed(group)]
    return [each._replace(ns=group[place].ns) for place, each in enumerate(order)]
