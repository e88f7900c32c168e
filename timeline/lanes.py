"""Draws what stands in the lanes: bars of goroutines, boxes of threads, steps, strips."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from timeline.canvas import Layer, Line, Rect, shortened
from timeline.palette import Palette
from timeline.plan import Box
from timeline.sheet import SPAN_SIZE, STRIP_SIZE, Sheet
from timeline.spans import Kind, Span, State
from timeline.units import ordinal
from timeline.words import is_host

_LEAST_PX = 1.5
_MOST_BESIDE = 30
_LEAST_LETTERS = 4
_HATCHING = 14.0
_SHARE = {State.RUNNING: 1.0, State.RUNNABLE: 0.7, State.WAITING: 0.4, State.SYSCALL: 1.0}


def draw_lanes(sheet: Sheet) -> None:
    """All lanes but the outside's, bars before words so that no word is covered."""
    painters = {
        Kind.READY: _ready,
        Kind.TIMERS: _timers,
        Kind.POLLER: _poller,
        Kind.WAKESIG: _wakesig,
        Kind.SYSMON: _sysmon,
        Kind.M: _thread,
        Kind.P: _processor,
        Kind.G: _goroutine,
        Kind.SLOT: _slot,
    }
    for box in sheet.plan.boxes:
        if box.lane is not None:
            painters[box.lane.kind](sheet, box)


def pieces(sheet: Sheet, span: Span) -> list[tuple[float, float]]:
    """Where a span is seen, never so narrow that it vanishes."""
    return [(a, max(b, a + _LEAST_PX)) for a, b in sheet.axis.pieces(span.start, span.end)]


def _line(sheet: Sheet, box: Box, y: float, color: str, dash: tuple[float, ...] = ()) -> None:
    for w in sheet.axis.windows:
        sheet.canvas.add(
            Line(points=((w.x0, y), (w.x1, y)), color=color, dash=dash, layer=Layer.GRID)
        )


def _ready(sheet: Sheet, box: Box) -> None:
    palette = sheet.palette
    _line(sheet, box, box.bottom, palette.outline)
    most = max((span.level for span in box.spans), default=1)
    for span in box.spans:
        height = 4 + (box.h - 4) * (span.level / most)
        words = span.words if most == 1 else (str(span.level),)
        for a, b in pieces(sheet, span):
            sheet.canvas.add(Rect(x=a, y=box.bottom - height, w=b - a, h=height, fill=palette.work))
            if height > 16:
                middle = box.bottom - height / 2 if most == 1 else box.bottom - height + 8
                written = sheet.label(a, b, box, words, palette.on_work, bold=True, y=middle)
                if not written and most == 1:
                    sheet.beside(b, sheet.window_end(a), box, words, palette.text, size=11)
            else:
                above = box.bottom - height - 8
                sheet.label(a, b, box, words, palette.text, bold=True, y=above)


def _timers(sheet: Sheet, box: Box) -> None:
    for span in box.spans:
        for a, b in pieces(sheet, span):
            sheet.canvas.add(
                Rect(
                    x=a,
                    y=box.y,
                    w=b - a,
                    h=box.h,
                    fill=sheet.palette.background,
                    edge=sheet.palette.text,
                    dash=(3, 2),
                )
            )
            sheet.label(a, b, box, span.words, sheet.palette.text, size=11)


def _poller(sheet: Sheet, box: Box) -> None:
    palette = sheet.palette
    _line(sheet, box, box.middle, palette.faint)
    for span in box.spans:
        at_work = span.state is State.AT_WORK
        for a, b in pieces(sheet, span):
            poller_bar(sheet, a, b, box.y, box.h, span.state)
            color = palette.on_work if at_work else palette.text
            if span.state in (State.HELD, State.STOPPED):
                _on_hatching(sheet, box, a, b, span)
            elif not sheet.label(a, b, box, span.words, color, bold=at_work) and at_work:
                # Whoever polls instead of a thread is news; a thread at work is not.
                others = tuple(word for word in span.words if word in ("sysmon", "monitor"))
                sheet.beside(b, sheet.window_end(a), box, others, palette.text, size=11)


def _on_hatching(sheet: Sheet, box: Box, a: float, b: float, span: Span) -> None:
    """Words that leave some of the hatching to be seen on both sides."""
    palette, bold = sheet.palette, span.state is State.STOPPED
    color = palette.on_work if bold else palette.text
    places = ((a + _HATCHING, b - _HATCHING, span.words), (a, b, span.words[-1:]))
    if any(sheet.label(x0, x1, box, words, color, bold=bold) for x0, x1, words in places):
        _behind_last_word(sheet, box.y + 4, box.h - 8, _poller_fill(palette, span.state))


def _poller_fill(palette: Palette, state: State) -> str:
    return palette.work if state in (State.AT_WORK, State.STOPPED) else palette.waiting


def poller_bar(sheet: Sheet, a: float, b: float, y: float, h: float, state: State) -> None:
    """The poller's band; hatched where the script holds it."""
    palette = sheet.palette
    hatches = {State.HELD: palette.outline, State.STOPPED: palette.on_work}
    sheet.canvas.add(
        Rect(
            x=a,
            y=y,
            w=b - a,
            h=h,
            fill=_poller_fill(palette, state),
            edge=palette.outline,
            hatch="\\\\\\\\" if state in hatches else None,
            hatch_color=hatches.get(state),
        )
    )


def _wakesig(sheet: Sheet, box: Box) -> None:
    palette = sheet.palette
    height = 12.0
    for span in box.spans:
        on = span.state is State.SIGNALLED
        for a, b in pieces(sheet, span):
            sheet.canvas.add(
                Rect(
                    x=a,
                    y=box.bottom - height,
                    w=b - a,
                    h=height,
                    fill=palette.brk if on else palette.background,
                    edge=palette.brk if on else palette.grid,
                )
            )
            color = palette.on_brk if on else palette.second
            middle = box.bottom - height / 2
            sheet.label(a, b, box, span.words, color, size=STRIP_SIZE, bold=on, y=middle)


def _sysmon(sheet: Sheet, box: Box) -> None:
    _line(sheet, box, box.middle, sheet.palette.outline)
    for span in box.spans:
        for a, b in pieces(sheet, span):
            sheet.canvas.add(
                Rect(
                    x=a,
                    y=box.y + 1,
                    w=b - a,
                    h=box.h - 2,
                    fill=sheet.palette.background,
                    edge=sheet.palette.grid,
                )
            )
            sheet.label(a, b, box, span.words, sheet.palette.second, size=11)


def _thread(sheet: Sheet, box: Box) -> None:
    palette = sheet.palette
    _line(sheet, box, box.middle, palette.outline, dash=(1, 2.5))
    for span in box.spans:
        for a, b in pieces(sheet, span):
            sheet.canvas.add(
                Rect(
                    x=a,
                    y=box.y,
                    w=b - a,
                    h=box.h,
                    fill=palette.background,
                    edge=palette.text,
                    lw=1.7,
                )
            )
            sheet.label(a, b, box, span.words, palette.text, bold=True)
    for a, b in _gaps(sheet, box):
        words = "no P"
        if b - a > 64 and sheet.label(a, b, box, (words,), palette.second, size=11):
            _behind_last_word(sheet, box.middle - 2, 4, palette.ground)


def _behind_last_word(sheet: Sheet, y: float, h: float, fill: str) -> None:
    """Clears the line or the hatching where the last word was written."""
    text = sheet.canvas.texts()[-1]
    a, b = text.extent
    sheet.canvas.add(Rect(x=a - 5, y=y, w=b - a + 10, h=h, fill=fill, layer=Layer.WORD))


def _gaps(sheet: Sheet, box: Box) -> list[tuple[float, float]]:
    """Where a lane is empty: within each window, between its pieces."""
    drawn = sorted(piece for span in box.spans for piece in pieces(sheet, span))
    gaps = []
    for w in sheet.axis.windows:
        x = w.x0
        for a, b in [piece for piece in drawn if w.x0 <= piece[0] <= w.x1]:
            if a > x:
                gaps.append((x, a))
            x = max(x, b)
        if w.x1 > x:
            gaps.append((x, w.x1))
    return gaps


def _processor(sheet: Sheet, box: Box) -> None:
    palette = sheet.palette
    _line(sheet, box, box.middle, palette.outline, dash=(1, 2.5))
    places = [(a, b, span) for span in box.spans for a, b in pieces(sheet, span)]
    for i, (a, b, span) in enumerate(places):
        host = is_host(span.words[0])
        fill = palette.work if host else palette.running
        # A hairline of ground tells two goroutines apart that run back to back.
        sheet.canvas.add(Rect(x=a, y=box.y, w=max(b - a - 1, 1), h=box.h, fill=fill))
        color = palette.on_work if host else palette.on_running
        many = len(places) > _MOST_BESIDE
        short = shortened(span.words[0], b - a - 8, SPAN_SIZE, sheet.canvas.measure, bold=True)
        forms = (*span.words, *([short] if len(short) > _LEAST_LETTERS else []))
        if not sheet.label(a, b, box, forms, color, bold=True) and not many:
            limit = min(places[i + 1][0] if i + 1 < len(places) else b + 200, sheet.window_end(a))
            sheet.beside(b, limit, box, span.words, palette.text, bold=True)


def _look(palette: Palette, state: State, *, plain: bool) -> dict[str, object]:
    """Fill, outline and hatch of a goroutine's state; ``plain`` drops all but the fill."""
    fills = {
        State.RUNNING: palette.running,
        State.RUNNABLE: palette.runnable,
        State.WAITING: palette.waiting,
        State.SYSCALL: palette.syscall,
    }
    if plain:
        return {"fill": fills[state]}
    hatches = {State.RUNNABLE: "////", State.SYSCALL: "|||"}
    hatch_colors = {State.RUNNABLE: palette.on_runnable, State.SYSCALL: palette.background}
    edges = {State.RUNNABLE: palette.second, State.WAITING: palette.outline}
    return {
        "fill": fills[state],
        "edge": edges.get(state),
        "hatch": hatches.get(state),
        "hatch_color": hatch_colors.get(state),
    }


def bar(sheet: Sheet, a: float, b: float, y: float, h: float, state: State, *, plain: bool) -> None:
    """A goroutine's bar: the taller, the nearer to running."""
    height = h * _SHARE[state]
    look = _look(sheet.palette, state, plain=plain)
    sheet.canvas.add(Rect(x=a, y=y + (h - height) / 2, w=b - a, h=height, **look))  # type: ignore[arg-type]


def is_plain(box: Box) -> bool:
    """Whether a lane of goroutines has no room for outlines and hatching."""
    return bool(box.members) or box.h <= 7


def _goroutine(sheet: Sheet, box: Box) -> None:
    for span in box.spans:
        for a, b in pieces(sheet, span):
            bar(sheet, a, b, box.y, box.h, span.state, plain=is_plain(box))
    if not box.named:
        return
    size = SPAN_SIZE if box.h > 14 else 11.0
    for wakeup in sheet.tale.wakeups:
        if wakeup.g != box.name or wakeup.rank is None or wakeup.run_at is None:
            continue
        _ran(sheet, box, wakeup.run_at, wakeup.rank, size)


def _ran(sheet: Sheet, box: Box, at: int, rank: int, size: float) -> None:
    """``ran 1st`` on the run, or beside it where the run is too short."""
    forms: tuple[str, ...] = (f"ran {ordinal(rank)}", ordinal(rank))
    run = next((s for s in box.spans if s.state is State.RUNNING and s.start == at), None)
    if run is None:
        return
    for a, b in pieces(sheet, run)[:1]:
        if box.h >= 14 and sheet.label(
            a, b, box, forms, sheet.palette.on_running, size=size, bold=True
        ):
            return
        limit = min(_next_start(sheet, box, b), sheet.window_end(a))
        forms = forms if box.h > 7 else forms[1:]
        sheet.beside(b, limit, box, forms, sheet.palette.text, size=size, bold=True)


def _next_start(sheet: Sheet, box: Box, x: float) -> float:
    starts = [a for span in box.spans for a, _ in pieces(sheet, span) if a >= x - 0.5]
    return min(starts, default=10_000.0)


def _slot(sheet: Sheet, box: Box) -> None:
    palette = sheet.palette
    _line(sheet, box, box.bottom - 1, palette.outline)
    for span in box.spans:
        for a, b in pieces(sheet, span):
            if span.state is not State.NIL:
                _strip(sheet, box, a, b, span.state)
            color = palette.on_news if span.state is State.NEWS else palette.text
            if span.state is State.NIL:
                color = palette.second
            if span.state is not State.ANNOUNCED:
                sheet.label(
                    a,
                    b,
                    box,
                    span.words,
                    color,
                    size=STRIP_SIZE,
                    bold=span.state is State.NEWS,
                )


def _strip(sheet: Sheet, box: Box, a: float, b: float, state: State) -> None:
    palette = sheet.palette
    fill = palette.news if state is State.NEWS else palette.waiting
    announced = state is State.ANNOUNCED
    sheet.canvas.add(
        Rect(
            x=a,
            y=box.y,
            w=b - a,
            h=box.h,
            fill=palette.background if announced else fill,
            edge=None if state is State.NEWS else palette.outline,
            hatch="...." if announced else None,
            hatch_color=palette.second if announced else None,
        )
    )


def draw_band(sheet: Sheet, box: Box) -> None:
    """Many goroutines of one batch as areas: how many wait, are runnable and run, over time."""
    changes: dict[int, Counter[State]] = {}
    for span in box.spans:
        changes.setdefault(span.start, Counter())[span.state] += 1
        changes.setdefault(span.end, Counter())[span.state] -= 1
    counts: Counter[State] = Counter()
    for a, b in pairwise(sorted(changes)):
        for state, change in changes[a].items():
            counts[state] += change
        for x0, x1 in sheet.axis.pieces(a, b):
            _stack(sheet, box, x0, x1, counts)


def _stack(sheet: Sheet, box: Box, x0: float, x1: float, counts: Mapping[State, int]) -> None:
    unit = box.h / max(len(box.members), 1)
    y = box.bottom
    for state in (State.RUNNING, State.RUNNABLE, State.WAITING):
        height = counts[state] * unit
        if state is State.RUNNING and counts[state]:
            height = max(height, 3.0)
        if height:
            y -= height
            look = _look(sheet.palette, state, plain=True)
            sheet.canvas.add(Rect(x=x0, y=y, w=x1 - x0, h=height, **look))  # type: ignore[arg-type]
