"""The words below the lanes: a row for each wakeup and break, and the two orders beside them."""

from dataclasses import dataclass

from timeline.canvas import Layer, Line, Rect, shortened, wrapped
from timeline.captions import Caption, captions, thinned
from timeline.sheet import LEFT, RIGHT, Sheet
from timeline.signs import circle, mark_break, mark_stale
from timeline.story import Wakeup

_SIZE = 13.0
_LINE = 18.0
_WHO_X = 58.0
_SLOPE_WIDTH = 300.0
_LEAST_SLOPE = 88.0
_MOST_SLOPE = 146.0
_MOST_NAMES = 8
_WIDEST_STEP = 64.0
_WIDEST_WHO = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where the columns begin, in pixels; ``right`` is where the last one ends."""

    because: float
    how: float
    runs: float
    right: float


def draw_table(sheet: Sheet, y: float) -> float:
    """The captions and the two orders; returns the pixel below them."""
    rows = thinned(captions(sheet.tale))
    canvas, palette = sheet.canvas, sheet.palette
    canvas.add(Line(points=((LEFT, y), (RIGHT, y)), color=palette.grid, lw=1.2))
    if not rows:
        canvas.text(LEFT, y + 22, "No wakeup.", _SIZE, palette.text, lane="table")
        return y + 34
    columns = _columns(sheet, rows)
    steps = rows[0].mark == "step"
    heads = ("did", "", "result") if steps else ("because", "how", "then runs")
    y += 16
    top = y
    for x, words in zip((_WHO_X, *_starts(columns)), ("who", *heads), strict=True):
        canvas.text(x, y, words, 12, palette.second, lane="table head")
    y += 23
    for row in rows:
        y = _row(sheet, row, columns, y)
    return max(y, _orders(sheet, top, y - 24))


def _starts(columns: Columns) -> tuple[float, float, float]:
    return columns.because, columns.how, columns.runs


def _columns(sheet: Sheet, rows: list[Caption]) -> Columns:
    """Each column as wide as its longest cell, shrunk in proportion where all do not fit."""
    measure = sheet.canvas.measure
    right = RIGHT - (_SLOPE_WIDTH if _has_slope(sheet) else 0)
    who = max(measure(_who(sheet, row), _SIZE, bold=True) for row in rows)
    because = _WHO_X + max(who, 30) + 16
    wants = [
        max(measure(row.because, _SIZE) for row in rows if row.mark != "more"),
        max(measure(row.how[0], _SIZE) for row in rows),
        max(measure(row.runs[0], _SIZE, bold=row.bold) for row in rows),
    ]
    gaps = 2 * 28.0
    have = right - because - gaps
    spare = have - sum(wants)
    if spare < 0:
        wants = _shrunk(wants, have)
        spare = 0
    extra = min(spare / 3, 60.0)
    how = because + wants[0] + 28 + extra
    return Columns(because=because, how=how, runs=how + wants[1] + 28 + extra, right=right)


def _who(sheet: Sheet, row: Caption) -> str:
    return shortened(row.who, _WIDEST_WHO, _SIZE, sheet.canvas.measure, bold=True)


def _shrunk(wants: list[float], have: float) -> list[float]:
    """The widths, the widest ones reduced until they fit."""
    cap = max(wants)
    while sum(min(want, cap) for want in wants) > have and cap > 40:
        cap -= 4
    return [min(want, cap) for want in wants]


def _row(sheet: Sheet, row: Caption, columns: Columns, y: float) -> float:
    canvas, palette = sheet.canvas, sheet.palette
    if row.mark == "more":
        canvas.text(columns.because, y, row.because, _SIZE, palette.second, lane="table")
        return y + 23
    _mark(sheet, row, y)
    canvas.text(_WHO_X, y, _who(sheet, row), _SIZE, palette.text, bold=True, lane="table who")
    cells = (
        (columns.because, columns.how - 12, row.because, palette.text, False),
        (columns.how, columns.runs - 12, row.how[0], palette.second, False),
        (columns.runs, columns.right, row.runs[0], palette.text, row.bold),
    )
    most = 1
    for x, end, words, color, bold in cells:
        lines = wrapped(words, end - x, _SIZE, canvas.measure, bold=bold)
        for i, line in enumerate(lines):
            canvas.text(x, y + i * _LINE, line, _SIZE, color, bold=bold, lane=f"table {y:.0f} {i}")
        most = max(most, len(lines))
    return y + 23 + (most - 1) * _LINE


def _mark(sheet: Sheet, row: Caption, y: float) -> None:
    x = LEFT + 10
    if row.mark == "wake":
        circle(sheet, x, y, row.number, gid=f"row-{row.number}")
    elif row.mark in ("written", "coalesced"):
        mark_break(sheet, x, y, row.mark == "written", gid=f"row-break-{row.at}")
    elif row.mark == "stale":
        mark_stale(sheet, x, y)
    else:
        points = ((x - 4, y), (x + 4, y))
        sheet.canvas.add(Line(points=points, color=sheet.palette.outline, lw=2))


def _has_slope(sheet: Sheet) -> bool:
    return sheet.tale.reordered and sheet.tale.has_orders


def _orders(sheet: Sheet, y: float, bottom: float) -> float:
    """Woken above, run below (``bottom`` is the last row); words alone if they are the same."""
    if not sheet.tale.has_orders:
        return y
    if not _has_slope(sheet):
        words = "run order = wake order"
        sheet.canvas.text(
            RIGHT, y, words, 12, sheet.palette.second, anchor="right", lane="table head"
        )
        return y
    return _slope(sheet, y, bottom)


def _slope(sheet: Sheet, y: float, bottom: float) -> float:
    palette = sheet.palette
    ran = sheet.tale.run_order
    woken = sorted(ran, key=lambda w: w.number)
    left, right = RIGHT - _SLOPE_WIDTH + 80, RIGHT - 22
    step = min((right - left) / max(len(ran) - 1, 1), _WIDEST_STEP)
    left = right - step * (len(ran) - 1)
    upper, lower = y + 24, min(max(bottom, y + _LEAST_SLOPE), y + _MOST_SLOPE)
    for words, height in (("woken", upper), ("run", lower)):
        sheet.canvas.text(left - 26, height, words, 12, palette.second, anchor="right")
    for i, wakeup in enumerate(woken):
        first = wakeup.rank == 1
        points = (
            (left + i * step, upper + 12),
            (left + ((wakeup.rank or 1) - 1) * step, lower - 12),
        )
        color = palette.text if first else palette.outline
        thin = 1.4 if len(ran) <= _MOST_NAMES * 2 else 0.5
        sheet.canvas.add(
            Line(points=points, color=color, lw=3.0 if first else thin, layer=Layer.ARROW)
        )
    _slope_names(sheet, woken, left, step, upper)
    _slope_runs(sheet, ran, left, step, lower)
    return lower + 22


def _named(count: int) -> list[int]:
    if count <= _MOST_NAMES:
        return list(range(count))
    return [round(i * (count - 1) / 4) for i in range(5)]


def _slope_names(sheet: Sheet, woken: list[Wakeup], left: float, step: float, y: float) -> None:
    for i in _named(len(woken)):
        x = left + i * step
        circle(sheet, x, y, woken[i].number, gid=f"slope-{woken[i].number}")
        words = _fitting(sheet, woken[i].g, step, len(woken))
        sheet.canvas.text(x, y - 20, words, 11, sheet.palette.text, anchor="center")


def _fitting(sheet: Sheet, name: str, step: float, count: int) -> str:
    """A goroutine's name as long as its place between two others."""
    apart = step if count <= _MOST_NAMES else step * (count - 1) / 4
    room = min(apart, _WIDEST_STEP) - 10
    return shortened(name, room, 11, sheet.canvas.measure, bold=True)


def _slope_runs(sheet: Sheet, ran: tuple[Wakeup, ...], left: float, step: float, y: float) -> None:
    palette = sheet.palette
    for i in _named(len(ran)):
        x, words = left + i * step, _fitting(sheet, ran[i].g, step, len(ran))
        width = max(sheet.canvas.measure(words, 11, bold=True) + 6, 24)
        sheet.canvas.add(
            Rect(x=x - width / 2, y=y - 10, w=width, h=20, fill=palette.running, layer=Layer.MARK)
        )
        sheet.canvas.text(
            x,
            y,
            words,
            11,
            palette.on_running,
            bold=True,
            anchor="center",
            layer=Layer.MARK_WORD,
        )
