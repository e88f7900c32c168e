"""What a picture consists of: shapes and words in CSS pixels, y downwards, not yet ink.

A picture is composed as a list of these, so that its layout can be tested without reading pixels.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, Protocol


class Layer(IntEnum):
    """What covers what."""

    GROUND = 0
    GRID = 1
    SPAN = 2
    WORD = 3
    CUT = 4
    CASING = 5
    ARROW = 6
    MARK = 7
    MARK_WORD = 8


class Measure(Protocol):
    """The width of words in pixels."""

    def __call__(self, words: str, size: float, *, bold: bool = False) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    x: float
    y: float
    w: float
    h: float
    fill: str | None = None
    edge: str | None = None
    lw: float = 1.0
    dash: tuple[float, ...] = ()
    hatch: str | None = None
    hatch_color: str | None = None
    round: float = 0.0
    layer: Layer = Layer.SPAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    points: tuple[tuple[float, float], ...]
    color: str
    lw: float = 1.0
    dash: tuple[float, ...] = ()
    layer: Layer = Layer.SPAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    points: tuple[tuple[float, float], ...]
    fill: str | None
    edge: str | None = None
    lw: float = 1.0
    layer: Layer = Layer.SPAN
    gid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    x: float
    y: float
    r: float
    fill: str
    edge: str | None = None
    lw: float = 1.0
    layer: Layer = Layer.MARK
    gid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """``lane`` says where it stands (labels of one lane must not overlap); y is its middle."""

    x: float
    y: float
    words: str
    size: float
    color: str
    bold: bool = False
    italic: bool = False
    anchor: Literal["left", "center", "right"] = "left"
    lane: str = ""
    layer: Layer = Layer.WORD
    width: float = 0.0

    @property
    def extent(self) -> tuple[float, float]:
        """The left and right pixel."""
        left = {"left": 0.0, "center": 0.5, "right": 1.0}[self.anchor]
        return self.x - left * self.width, self.x + (1 - left) * self.width


Item = Rect | Line | Polygon | Circle | Text


@dataclass(slots=True)
class Canvas:
    """A list of items on a sheet of ``width`` by ``height`` pixels."""

    width: float
    height: float
    background: str
    measure: Measure
    items: list[Item] = field(default_factory=list)

    def add(self, item: Item) -> None:
        self.items.append(item)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        color: str,
        *,
        bold: bool = False,
        italic: bool = False,
        anchor: Literal["left", "center", "right"] = "left",
        lane: str = "",
        layer: Layer = Layer.WORD,
    ) -> float:
        """Adds words, if there are any; returns their width."""
        if not words:
            return 0.0
        width = self.measure(words, size, bold=bold)
        self.items.append(
            Text(
                x=x,
                y=y,
                words=words,
                size=size,
                color=color,
                bold=bold,
                italic=italic,
                anchor=anchor,
                lane=lane,
                layer=layer,
                width=width,
            )
        )
        return width

    def texts(self) -> list[Text]:
        return [item for item in self.items if isinstance(item, Text)]


def wrapped(
    words: str, width: float, size: float, measure: Measure, *, bold: bool = False
) -> list[str]:
    """The words in lines of at most ``width`` pixels; a longer single word gets an ellipsis."""
    lines: list[str] = []
    line = ""
    for word in words.split():
        longer = f"{line} {word}".strip()
        if measure(longer, size, bold=bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = shortened(word, width, size, measure, bold=bold)
    return [*lines, line] if line or not lines else lines


def shortened(
    words: str, width: float, size: float, measure: Measure, *, bold: bool = False
) -> str:
    """The words, or as many letters of both ends as fit around an ellipsis (they differ there)."""
    if measure(words, size, bold=bold) <= width:
        return words
    for kept in range(len(words) - 1, 0, -1):
        tail = kept // 2
        short = f"{words[: kept - tail]}…{words[len(words) - tail :]}"
        if measure(short, size, bold=bold) <= width:
            return short
    return "…"
