"""The signs: the circle of a wakeup, the triangle of a break, arrowheads, crosses, torn edges."""

from collections.abc import Sequence

from timeline.canvas import Circle, Layer, Line, Polygon
from timeline.sheet import CIRCLE_R, Sheet


def arrow_down(sheet: Sheet, x: float, y0: float, y1: float, color: str) -> None:
    """A line with a head that points down."""
    sheet.canvas.add(Line(points=((x, y0), (x, y1 - 4)), color=color, lw=1.6, layer=Layer.ARROW))
    head(sheet, x, y1, 1, color)


def head(sheet: Sheet, x: float, tip: float, down: int, color: str) -> None:
    base = tip - 6.5 * down
    points = ((x - 3.6, base), (x + 3.6, base), (x, tip))
    sheet.canvas.add(Polygon(points=points, fill=color, layer=Layer.ARROW))


def circle(sheet: Sheet, x: float, y: float, number: int | str, *, gid: str | None = None) -> None:
    """The filled circle of a wakeup, as it stands everywhere."""
    palette = sheet.palette
    sheet.canvas.add(
        Circle(
            x=x,
            y=y,
            r=CIRCLE_R if len(str(number)) < 3 else CIRCLE_R + 2.5,
            fill=palette.wakeup,
            edge=palette.background,
            lw=1.8,
            layer=Layer.MARK,
            gid=gid,
        )
    )
    words = str(number)
    size = 11.5 if len(words) < 2 else 10.5 if len(words) < 3 else 9.5
    sheet.canvas.text(
        x,
        y,
        words,
        size,
        palette.on_wakeup,
        bold=True,
        italic=words == "n",
        anchor="center",
        layer=Layer.MARK_WORD,
    )


def triangle(
    x: float, tip: float, size: float, *, fill: str | None, edge: str, gid: str, layer: Layer
) -> Polygon:
    """A break's triangle, pointing down."""
    half = size * 0.56
    points: Sequence[tuple[float, float]] = (
        (x - half, tip - size),
        (x + half, tip - size),
        (x, tip),
    )
    return Polygon(points=tuple(points), fill=fill, edge=edge, lw=1.8, gid=gid, layer=layer)


def mark_break(sheet: Sheet, x: float, y: float, written: bool, *, gid: str) -> None:
    """A break's triangle around a point; a coalesced one is hollow and struck."""
    color = sheet.palette.brk
    fill = color if written else sheet.palette.background
    sheet.canvas.add(triangle(x, y + 7, 14, fill=fill, edge=color, gid=gid, layer=Layer.MARK))
    if not written:
        sheet.canvas.add(
            Line(points=((x - 8, y + 7), (x + 8, y - 7)), color=color, lw=1.8, layer=Layer.MARK)
        )


def look(sheet: Sheet, x: float, y: float) -> None:
    """A tick where sysmon looked."""
    sheet.canvas.add(
        Line(points=((x, y - 7), (x, y + 7)), color=sheet.palette.text, lw=2.4, layer=Layer.ARROW)
    )


def mark_stale(sheet: Sheet, x: float, y: float) -> None:
    """A cross: an event that leads nowhere."""
    for slope in (1, -1):
        points = ((x - 5, y - 5 * slope), (x + 5, y + 5 * slope))
        sheet.canvas.add(Line(points=points, color=sheet.palette.text, lw=2.2, layer=Layer.MARK))


def tear(sheet: Sheet, x: float, y0: float, y1: float, *, layer: Layer = Layer.CUT) -> None:
    """One torn edge from top to bottom."""
    points = []
    y, side = y0, 1
    while y < y1:
        points.append((x + 2.5 * side, y))
        y, side = y + 6, -side
    points.append((x + 2.5 * side, y1))
    sheet.canvas.add(Line(points=tuple(points), color=sheet.palette.outline, lw=1.2, layer=layer))
