"""The top of a picture: the finding, the witness, the question."""

from scenario.trace import Trace
from timeline.canvas import Canvas, Rect, wrapped
from timeline.palette import Palette
from timeline.sheet import LEFT, RIGHT
from timeline.words import badge

_TITLE = 20.0
_SECOND = 12.5


def draw_head(canvas: Canvas, palette: Palette, trace: Trace, title: str) -> float:
    """Title, badge and question; returns the pixel below them."""
    y = 28.0
    for line in wrapped(title, RIGHT - LEFT, _TITLE, canvas.measure, bold=True):
        canvas.text(LEFT, y, line, _TITLE, palette.text, bold=True, lane="head")
        y += 26
    y += 5
    x = _badge(canvas, palette, badge(trace), y)
    words = "   ·   ".join(
        part
        for part in (trace.release, f"scenario {trace.scenario}", f"GOMAXPROCS={trace.procs}")
        if part
    )
    for line in wrapped_parts(words, RIGHT - x, canvas):
        canvas.text(x, y, line, _SECOND, palette.second, lane="head")
        y += 20
    y += 6
    for line in wrapped(trace.question, RIGHT - LEFT, _SECOND, canvas.measure):
        canvas.text(LEFT, y, line, _SECOND, palette.second, italic=True, lane="head")
        y += 18
    return y


def wrapped_parts(words: str, width: float, canvas: Canvas) -> list[str]:
    """The line under the title keeps its wide gaps unless it is too long."""
    if canvas.measure(words, _SECOND) <= width:
        return [words]
    return wrapped(words, width, _SECOND, canvas.measure)


def _badge(canvas: Canvas, palette: Palette, words: str, y: float) -> float:
    width = canvas.measure(words, 12, bold=True) + 24
    canvas.add(Rect(x=LEFT, y=y - 11, w=width, h=22, fill=palette.text, round=4))
    canvas.text(
        LEFT + width / 2, y, words, 12, palette.background, bold=True, anchor="center", lane="badge"
    )
    return LEFT + width + 10
