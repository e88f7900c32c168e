"""The legend: only what occurs in this picture."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from timeline.arrows import DASHES, Seen
from timeline.canvas import Layer, Line, Polygon, Rect
from timeline.lanes import bar, is_plain, poller_bar
from timeline.plan import shows
from timeline.sheet import LEFT, RIGHT, Sheet
from timeline.signs import circle, look, mark_break, mark_stale, tear
from timeline.spans import Kind, State
from timeline.words import monitor, waiting_words

_SIZE = 12.0
_SAMPLE = 26.0
_ROW = 27.0

Painter = Callable[[float, float], None]


class _Entry(NamedTuple):
    """A sample (painted at x and the middle y), its words, and the word for it and its like."""

    words: str
    width: float
    paint: Painter
    head: str = ""


def draw_legend(sheet: Sheet, seen: Seen, y: float) -> float:
    """One row or more of samples with their words; returns the pixel below."""
    canvas = sheet.canvas
    x, last = LEFT, ""
    for entry in _entries(sheet, seen):
        head = entry.head if entry.head != last else ""
        last = entry.head
        before = canvas.measure(head, _SIZE, bold=True) + 8 if head else 0
        need = before + entry.width + 6 + canvas.measure(entry.words, _SIZE)
        if x + need > RIGHT:
            x, y = LEFT, y + _ROW
        lane = f"legend {y:.0f}"
        canvas.text(x, y, head, _SIZE, sheet.palette.second, bold=True, lane=lane)
        entry.paint(x + before, y)
        left = x + before + entry.width + 6
        canvas.text(left, y, entry.words, _SIZE, sheet.palette.text, lane=lane)
        x += need + 14
    return y + _ROW / 2


def _entries(sheet: Sheet, seen: Seen) -> Iterator[_Entry]:
    yield from _goroutine_entries(sheet)
    yield from _poller_entries(sheet)
    if sheet.tale.wakeups:
        yield _Entry("n-th wakeup", 20, lambda x, y: circle(sheet, x + 10, y, "n"))
    yield from (_Entry(*entry) for entry in _arrow_entries(sheet, seen))
    yield from (_Entry(*entry) for entry in _break_entries(sheet))
    yield from (_Entry(*entry) for entry in _other_entries(sheet))


def _goroutine_entries(sheet: Sheet) -> Iterator[_Entry]:
    boxes = sheet.plan.boxes
    goroutines = [b for b in boxes if b.members or (b.lane is not None and b.lane.kind is Kind.G)]
    states = {
        State.RUNNING: "running",
        State.RUNNABLE: "runnable",
        State.WAITING: waiting_words(sheet.tale.trace),
        State.SYSCALL: "in a system call",
    }
    plain = all(is_plain(box) for box in goroutines)
    for state, words in states.items():
        if shows(goroutines, state):
            yield _Entry(words, _SAMPLE, _bar_sample(sheet, state, plain), "goroutines:")


def _bar_sample(sheet: Sheet, state: State, plain: bool) -> Painter:
    return lambda x, y: bar(sheet, x, x + _SAMPLE, y - 9, 18, state, plain=plain)


def _poller_entries(sheet: Sheet) -> Iterator[_Entry]:
    for states, words in (
        ((State.AT_WORK,), "at work"),
        ((State.HELD, State.STOPPED), "held by the script"),
    ):
        seen = [state for state in states if shows(sheet.plan.boxes, state)]
        if seen:
            yield _Entry(words, _SAMPLE, _poller_sample(sheet, seen[0]), "poller:")


def _poller_sample(sheet: Sheet, state: State) -> Painter:
    return lambda x, y: poller_bar(sheet, x, x + _SAMPLE, y - 9, 18, state)


def _arrow_entries(sheet: Sheet, seen: Seen) -> Iterator[tuple[str, float, Painter]]:
    names = {
        "ready": "by readiness",
        "deadline": "by a deadline",
        "timer": "by a sleep's timer",
        "close": "by a close",
    }
    if {"deadline", "timer"} <= seen.whys:
        names["deadline"] = "by a deadline or a sleep's timer"
        names.pop("timer")
    for why, words in names.items():
        if why in seen.whys:
            yield words, _SAMPLE, _arrow_sample(sheet, DASHES[why])


def _arrow_sample(sheet: Sheet, dash: tuple[float, ...]) -> Painter:
    color = sheet.palette.wakeup

    def paint(x: float, y: float) -> None:
        end = x + _SAMPLE
        sheet.canvas.add(
            Line(points=((x, y), (end - 5, y)), color=color, lw=1.6, dash=dash, layer=Layer.ARROW)
        )
        points = ((end - 7, y - 3.6), (end - 7, y + 3.6), (end, y))
        sheet.canvas.add(Polygon(points=points, fill=color, layer=Layer.ARROW))

    return paint


def _break_entries(sheet: Sheet) -> Iterator[tuple[str, float, Painter]]:
    for written, words in ((True, "break written"), (False, "break coalesced")):
        if any(mark.written is written for mark in sheet.tale.breaks):
            yield words, 18, _triangle_sample(sheet, written)


def _triangle_sample(sheet: Sheet, written: bool) -> Painter:
    return lambda x, y: mark_break(sheet, x + 9, y, written, gid="")


def _other_entries(sheet: Sheet) -> Iterator[tuple[str, float, Painter]]:
    boxes = sheet.plan.boxes
    if sheet.tale.stale:
        yield "stale event", 14, lambda x, y: mark_stale(sheet, x + 7, y)
    if len(sheet.axis.windows) > 1:
        yield "quiet time cut", 16, lambda x, y: _tear_sample(sheet, x + 4, y)
    go = sheet.tale.trace.witness != "epoll"
    if shows(boxes, State.NEWS):
        words = "pdReady" if go else "news"
        yield words, _SAMPLE, _strip_sample(sheet, news=True)
    if shows(boxes, State.ANNOUNCED):
        yield "pdWait" if go else "about to wait", _SAMPLE, _strip_sample(sheet, news=False)
    if sheet.plan.box(Kind.SYSMON) is not None:
        yield f"{monitor(sheet.tale.trace)} looks", 8, lambda x, y: look(sheet, x + 4, y)


def _strip_sample(sheet: Sheet, *, news: bool) -> Painter:
    palette = sheet.palette
    return lambda x, y: sheet.canvas.add(
        Rect(
            x=x,
            y=y - 7,
            w=_SAMPLE,
            h=14,
            fill=palette.news if news else palette.background,
            edge=None if news else palette.outline,
            hatch=None if news else "....",
            hatch_color=None if news else palette.second,
        )
    )


def _tear_sample(sheet: Sheet, x: float, y: float) -> None:
    tear(sheet, x, y - 9, y + 9)
    tear(sheet, x + 7, y - 9, y + 9)
