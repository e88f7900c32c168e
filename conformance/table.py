"""A table of two columns in plain text, thinned out where it is long, the difference boxed."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH = 80
FEW = 12
"""More rows than these are thinned out; what was left out is said with its count."""
ENDS, NEAR = 3, 4
"""Rows kept at each end, and on each side of a difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One item of both witnesses. ``more`` is said below it; ``note`` only where they part."""

    label: str
    left: str
    right: str
    equal: bool
    more: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Widths in characters: the label's and each witness's."""

    label: int
    side: int

    def line(self, label: str, left: str, sign: str, right: str) -> str:
        """One line of the table; what is too long is cut, never wrapped."""
        return (
            f"  {cut(label, self.label):<{self.label}}  {cut(left, self.side):<{self.side}} "
            f"{sign} {cut(right, self.side)}"
        )


SHORT_LABELS = Columns(label=12, side=29)
LONG_LABELS = Columns(label=34, side=18)


def table(rows: Sequence[Row], difference: int | None, columns: Columns) -> Iterator[str]:
    """The rows; of a long table the ends, or what lies around the difference."""
    shown = _shown(len(rows), difference)
    left_out = 0
    for place, row in enumerate(rows):
        if place not in shown:
            left_out += 1
            continue
        yield from _left_out(left_out)
        left_out = 0
        yield from _lines(row, place, difference, columns)
    yield from _left_out(left_out)
    if difference is not None and difference + 1 < len(rows):
        yield "      · after the first difference nothing is judged"


def _shown(size: int, difference: int | None) -> set[int]:
    if size <= FEW:
        return set(range(size))
    if difference is None:
        return set(range(ENDS)) | set(range(size - ENDS, size))
    return set(range(max(0, difference - NEAR), min(size, difference + NEAR + 1)))


def _left_out(count: int) -> Iterator[str]:
    if count:
        yield f"      … {count} more"


def _lines(row: Row, place: int, difference: int | None, columns: Columns) -> Iterator[str]:
    if place == difference:
        yield from _box(row, columns)
    else:
        judged = difference is None or place < difference
        sign = "=" if row.equal and judged else "·"
        yield columns.line(row.label, row.left, sign, row.right)
        if sign != "=":
            return
    for sentence in row.more:
        yield from wrap(sentence, " " * 6)


def _box(row: Row, columns: Columns) -> Iterator[str]:
    inside = [columns.line(row.label, row.left, "≠", row.right)[1:]]
    inside += textwrap.wrap(row.note, WIDTH - 8, initial_indent="   ", subsequent_indent="   ")
    yield "╔" + "═" * (WIDTH - 2) + "╗"
    yield from (f"║{line:<{WIDTH - 2}}║" for line in inside)
    yield "╚" + "═" * (WIDTH - 2) + "╝"


def cut(text: str, width: int) -> str:
    """The text, or its beginning with an ellipsis."""
    return text if len(text) <= width else text[: width - 1] + "…"


def wrap(text: str, indent: str, further: str | None = None) -> list[str]:
    """Lines of at most 80 columns; ``further`` indents all but the first."""
    after = indent if further is None else further
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=after) or [""]


def field(name: str, text: str) -> list[str]:
    """A name in its column and the text beside it."""
    return wrap(text, f"  {name:<14}", " " * 16)
