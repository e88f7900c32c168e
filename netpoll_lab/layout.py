"""Lines of code laid into a column: indented, wrapped at words, numbered."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from netpoll_lab.columns import BETWEEN, NARROW, SAME, WIDE, Row, aligned
from netpoll_lab.passage import Kind, Line, heading
from netpoll_lab.terminal import coloured

STEP_WIDE, STEP = 4, 2
"""Columns of one step inwards, on a wide page and on others."""
_MARK = re.compile(r"(//|#) ?")
FURTHER = 4
"""Columns by which the rest of a broken line stands further in."""
LEAST = 12
"""Columns of a text at least: the rest of a broken line stands in further, and must have room."""
GAP = 1
"""Columns between a line's number and its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A text to be shown: what stands above it, and its lines."""

    title: Sequence[str]
    lines: Sequence[Line]


def side_by_side(
    left: Column, right: Column, width: int, *, only: Collection[tuple[int, str]] | None = None
) -> Iterator[str]:
    """Both texts on a page of ``width`` columns; one after the other where that is narrow.

    ``only``: of the right text only from the first to the last line with one of these keys, of
    the left what belongs to it.
    """
    beside = width >= NARROW
    each = (width - len(BETWEEN)) // 2 if beside else width
    step = STEP_WIDE if width >= WIDE or not beside else STEP
    lines = [list(reflowed(c.lines, each - _margin(c.lines), step)) for c in (left, right)]
    rows = _only(list(aligned(*lines)), only)
    if not beside:
        yield from _single(left.title, [row.left for row in rows if row.left], width)
        yield ""
        yield from _single(right.title, [row.right for row in rows if row.right], width)
        return
    for titles in zip_longest(left.title, right.title, fillvalue=""):
        yield from _row(Row(heading(titles[0]), heading(titles[1]), False), each, step, (0, 0))
    yield coloured("─" * (each + 1) + "┼" + "─" * (each + 1), "quiet")
    margins = _margin(left.lines), _margin(right.lines)
    for row in rows:
        yield from _row(row, each, step, margins)
    yield coloured(f"{SAME.strip()} is where two lines speak of the same", "quiet")


def _single(title: Sequence[str], lines: Sequence[Line], width: int) -> Iterator[str]:
    """One text on the whole page."""
    for above in title:
        yield coloured(above, "unsure")
    yield coloured("─" * width, "quiet")
    for line in lines:
        for cell in _cell(line, width, STEP_WIDE, _margin(lines)):
            yield _padded(cell, 0).rstrip()


def _only(rows: list[Row], keys: Collection[tuple[int, str]] | None) -> list[Row]:
    """The rows from the first to the last that has such a line right; all if none has a pair."""
    if keys is None:
        return rows
    at = [i for i, row in enumerate(rows) if row.right and row.right.key in keys]
    piece = rows[at[0] : at[-1] + 1]
    return piece if any(row.same for row in piece) else rows


def _row(row: Row, width: int, step: int, margins: tuple[int, int]) -> Iterator[str]:
    """A row of the page, as many lines as its longer cell needs."""
    cells = zip_longest(
        _cell(row.left, width, step, margins[0]), _cell(row.right, width, step, margins[1])
    )
    for i, (a, b) in enumerate(cells):
        between = SAME if row.same and i == 0 else BETWEEN
        mark = coloured(between, "good" if between == SAME else "quiet")
        yield f"{_padded(a, width)}{mark}{_padded(b, 0)}".rstrip()


def _margin(lines: Sequence[Line]) -> int:
    """Columns for the numbers and the gap behind them."""
    return max((len(str(line.number)) for line in lines), default=1) + GAP


Cell = tuple[str, str, Kind]
"""A number, a text, and what kind of line it is of."""


def _cell(line: Line | None, width: int, step: int, margin: int) -> list[Cell]:
    """The rows that a line takes up in its column."""
    if line is None:
        return []
    if line.kind is Kind.HEADING:
        return [("", text, line.kind) for text in wrapped(line, width, step)]
    texts = wrapped(line, width - margin, step)
    first = f"{line.number or '':>{margin - GAP}}{'':{GAP}}"
    return [(" " * margin if i else first, text, line.kind) for i, text in enumerate(texts)]


def _padded(cell: Cell | None, width: int) -> str:
    """A cell in its colours, filled up to ``width`` columns."""
    if cell is None:
        return " " * width
    number, text, kind = cell
    fill = " " * (width - len(number) - len(text))
    colour = COLOURS.get(kind)
    shown = coloured(text, colour) if colour else text
    return f"{coloured(number, 'quiet') if number else ''}{shown}{fill}"


COLOURS = {Kind.COMMENT: "quiet", Kind.ASIDE: "quiet", Kind.HEADING: "unsure"}


def reflowed(lines: Sequence[Line], width: int, step: int) -> Iterator[Line]:
    """The lines, those of a comment joined if one of them must be broken: its first number stays.

    What is set further in, a list or a table, is left as it is.
    """
    for together in _paragraphs(lines):
        if len(together) > 1 and any(len(wrapped(each, width, step)) > 1 for each in together):
            first, mark = together[0], _MARK.match(together[0].text)
            rest = (each.text[mark.end() if mark else 0 :].strip() for each in together[1:])
            yield replace(first, text=" ".join([first.text, *rest]))
        else:
            yield from together


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    together: list[Line] = []
    for line in lines:
        if together and not _goes_on(together[-1], line):
            yield together
            together = []
        together.append(line)
    if together:
        yield together


def _goes_on(before: Line, line: Line) -> bool:
    """Whether two lines are of one paragraph of a comment.

    Whoever ends a line early means it: the next word would have fitted.
    """
    if not before.kind is line.kind is Kind.COMMENT or before.depth != line.depth:
        return False
    if not all(_PROSE.match(each.text) for each in (before, line)) or line.text == '"""':
        return False
    word = _MARK.sub("", line.text, count=1).split(" ")[0]
    return len(before.text) + PER_STEP * before.depth + len(word) > FULL_LINE


PER_STEP = 4
"""Columns that an author counts for a step inwards."""
FULL_LINE = 60
"""Columns of a comment's line to which another short word would not have been added."""
_PROSE = re.compile(r"((//|#) )?(?!\w+ - )[^\s/#-]")


def wrapped(line: Line, width: int, step: int) -> list[str]:
    """A line, broken so that no row is wider than ``width``; what goes on stands further in.

    Of fewer columns than ``LEAST`` there is no use: then the rows are that wide.
    """
    width = max(width, LEAST)
    indent = " " * min(line.depth * step, width // 3)
    if line.kind is Kind.COMMENT:
        mark = _MARK.match(line.text)
        return _folded(indent + line.text, indent + (mark.group() if mark else ""), width)
    further = indent + " " * FURTHER
    whole = f"{indent}{line.text}  {line.remark}".rstrip()
    if len(whole) <= width or not line.remark:
        return _folded(whole, further, width)
    mark = _MARK.match(line.remark)
    return [
        *_folded(indent + line.text, further, width),
        *_folded(further + line.remark, further + (mark.group() if mark else ""), width),
    ]


def _folded(text: str, further: str, width: int) -> list[str]:
    rows = []
    while len(text) > width:
        at = _break(text, width, len(further))
        rows.append(text[:at].rstrip())
        text = further + text[at:].lstrip()
    return [*rows, text]


def _break(text: str, width: int, least: int) -> int:
    """Where to break: at a space, else behind a bracket or comma, else behind a dot, else there."""
    space = text.rfind(" ", least + 1, width + 1)
    if space > least + (width - least) // 3:
        return space
    for marks in (r"[(,|&\[](?!\))", r"[./]"):
        ends = [found.end() for found in re.compile(marks).finditer(text, 0, width)]
        if ends and ends[-1] > least + 1:
            return max(ends[-1], space)
    return space if space > least + 1 else width
