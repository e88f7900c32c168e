"""For the tests of the drawn form: pictures as canvases, and traces that all tests go through."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import combinations

import timeline_by_hand as by_hand
from scenario.trace import Trace
from timeline.canvas import Canvas, Circle, Layer, Line, Polygon, Rect
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


def clipped(canvas: Canvas) -> list[str]:
    """The words that the sheet's edge cuts."""
    return [
        t.words
        for t in canvas.texts()
        if not 0 <= t.extent[0] < t.extent[1] <= canvas.width
        or not t.size <= t.y <= canvas.height - t.size
    ]


def outside(canvas: Canvas) -> list[object]:
    """What is drawn off the sheet."""
    return [
        item
        for item in canvas.items
        for x, y in corners(item)
        if not (-1 <= x <= canvas.width + 1 and -1 <= y <= canvas.height + 1)
    ]


def overlaps(canvas: Canvas) -> list[tuple[str, str]]:
    """Any two words of a picture that touch, and any word under a mark.

    Circles of different lanes may: the staircase of a batch is narrower than they are.
    """
    boxes = [(*t.extent, t.y - t.size * 0.4, t.y + t.size * 0.4, t.words) for t in canvas.texts()]
    numbers = [t for t in canvas.texts() if t.layer is Layer.MARK_WORD]
    for item in canvas.items:
        if isinstance(item, Circle | Polygon) and item.layer is Layer.MARK and item.gid:
            xs, ys = zip(*corners(item), strict=True)
            own = [t for t in numbers if min(xs) < t.x < max(xs) and min(ys) < t.y < max(ys)]
            if not own:
                boxes.append((min(xs), max(xs), min(ys), max(ys), item.gid))
    return [
        (a[4], b[4])
        for a, b in combinations(boxes, 2)
        if not (a[4].startswith("wake-") and b[4].startswith("wake-") and a[2] != b[2])
        and a[0] < b[1]
        and b[0] < a[1]
        and a[2] < b[3]
        and b[2] < a[3]
    ]


def unreadable(canvas: Canvas) -> list[tuple[str, str]]:
    """Words on a ground with too little contrast, and the ground."""
    grounds = [i for i in canvas.items if isinstance(i, Rect | Circle) and i.fill]
    grounds.sort(key=lambda item: item.layer)
    found = []
    for words in canvas.texts():
        left, right = words.extent
        for x in (left + 1, (left + right) / 2, right - 1):
            under = [g for g in grounds if g.layer <= words.layer and covers(g, x, words.y)]
            fill = (under[-1].fill if under else None) or canvas.background
            if contrast(words.color, fill) < 4.5:
                found.append((words.words, fill))
    return found


def covers(item: Rect | Circle, x: float, y: float) -> bool:
    if isinstance(item, Circle):
        return (x - item.x) ** 2 + (y - item.y) ** 2 <= item.r**2
    return item.x <= x <= item.x + item.w and item.y <= y <= item.y + item.h


def contrast(a: str, b: str) -> float:
    """WCAG 2's ratio of two colours."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)
