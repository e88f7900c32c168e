"""For the tests of the drawn form: pictures as canvases, and traces that all tests go through."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import timeline_by_hand as by_hand
from scenario.trace import Trace
from timeline.canvas import Canvas, Circle, Line, Polygon, Rect
from timeline.figure import compose
from timeline.ink import Ruler
from timeline.palette import LIGHT, Palette

NAMES = sorted(by_hand.by_name())


@cache
def ruler() -> Ruler:
    """Needs matplotlib, so that whoever only imports this does not."""
    return Ruler()


def picture(trace: Trace, palette: Palette = LIGHT) -> Canvas:
    return compose(trace, palette, ruler())


def one_second_with_microseconds_of_action() -> Trace:
    """A read that waits, whose data comes after one second."""
    trace = by_hand.a_read_that_waits()
    later = [e if (e.t or 0) < 6_000 else replace(e, t=(e.t or 0) + 10**9) for e in trace.events]
    return replace(trace, events=tuple(later))


def renamed(trace: Trace, prefix: str) -> Trace:
    """The same with longer names for all goroutines."""
    events = tuple(replace(e, g=prefix + e.g) if e.g else e for e in trace.events)
    goroutines = {prefix + g: steps for g, steps in trace.goroutines.items()}
    return replace(trace, events=events, goroutines=goroutines)


TRACES: dict[str, Callable[[], Trace]] = {
    **{name: (lambda name=name: by_hand.by_name()[name]) for name in NAMES},  # type: ignore[misc]
    "one": lambda: by_hand.batch(1),
    "twelve": lambda: by_hand.batch(12),
    "thirteen": lambda: by_hand.batch(13),
    "thirty": lambda: by_hand.batch(30),
    "forty": lambda: by_hand.batch(40),
    "two hundred": lambda: by_hand.batch(200),
    "one second": one_second_with_microseconds_of_action,
    "wordy": lambda: replace(
        by_hand.a_break(),
        finding="A finding that is long enough for two lines " * 4,
        question="And a question that is no shorter, " * 6,
        release="go1.27.3 linux/amd64 with a long remark " * 4,
    ),
    "long names": lambda: renamed(by_hand.batch(6), "a_goroutine_with_quite_a_name_of_its_own_"),
    "thirty long names": lambda: renamed(by_hand.batch(30), "a_goroutine_with_a_name_"),
    "empty": lambda: replace(by_hand.a_read_that_waits(), events=()),
    "untimed": lambda: replace(
        by_hand.a_break(), events=tuple(replace(e, t=None) for e in by_hand.a_break().events)
    ),
}


def corners(item: object) -> list[tuple[float, float]]:
    match item:
        case Rect():
            return [(item.x, item.y), (item.x + item.w, item.y + item.h)]
        case Line() | Polygon():
            return list(item.points)
        case Circle():
            return [(item.x - item.r, item.y - item.r), (item.x + item.r, item.y + item.r)]
    return []
