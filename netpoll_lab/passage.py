"""A function of Go or of the model as lines that can be laid side by side."""

import importlib
import inspect
import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from conformance.mirror import Source, Value
from realgo.gosource import Declaration, tokens

PYTHON_INDENT = 4
"""Columns of one step inwards in the model; in Go a step is a tab."""
TAB = 4
"""Columns from one tab stop to the next, for tabs inside a line."""

ASIDES = ("world.seen.",)
"""How a line of the model begins that only tells what was seen, and has no counterpart."""


class Kind(Enum):
    """What a line is to a reader who compares."""

    CODE = "code"
    COMMENT = "comment"
    ASIDE = "aside"
    BLANK = "blank"
    HEADING = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; ``depth`` is how many steps it stands inwards, ``text`` what comes after that.

    ``remark`` is the comment behind a line of code, which ``text`` then lacks.
    """

    number: int
    depth: int
    text: str
    kind: Kind
    remark: str = ""

    @property
    def key(self) -> tuple[int, str]:
        """What tells it from a line of another file with the same number."""
        return self.number, self.text


def of_go(declaration: Declaration) -> list[Line]:
    """The comment above a declaration of Go, and its lines."""
    above = declaration.comment.splitlines()
    first = declaration.line - len(above)
    lines = [_go_line(first + i, text, False, len(text)) for i, text in enumerate(above)]
    code, remarks = _go_code(declaration)
    for i, text in enumerate(declaration.text.splitlines()):
        at = remarks.get(i + 1, len(text))
        lines.append(_go_line(declaration.line + i, text, i + 1 in code, at))
    return lines


def _go_code(declaration: Declaration) -> tuple[set[int], dict[int, int]]:
    """(The lines that have code, where on a line a last ``//`` comment begins)."""
    code: set[int] = set()
    remarks: dict[int, int] = {}
    for token in tokens(declaration.text, declaration.file):
        if token.kind == "comment":
            if token.text.startswith("//"):
                line_start = declaration.text.rfind("\n", 0, token.start) + 1
                remarks[token.line] = token.start - line_start
        elif token.kind != "end":
            code.update(range(token.line, token.line + token.text.count("\n") + 1))
    return code, remarks


def _go_line(number: int, text: str, code: bool, at: int) -> Line:
    depth = len(text) - len(text.lstrip("\t"))
    # A tab in the middle has no width of its own in a column.
    told, remark = (part.rstrip().expandtabs(TAB) for part in (text[depth:at], text[at:]))
    if code:
        return Line(number=number, depth=depth, text=told, kind=Kind.CODE, remark=remark)
    kind = Kind.COMMENT if told or remark else Kind.BLANK
    return Line(number=number, depth=depth, text=f"{told}{remark}", kind=kind)


def of_model(text: Source) -> list[Line]:
    """The lines of a function or class of the model, from its own margin on."""
    lines, first = _source(text)
    margin = len(lines[0]) - len(lines[0].lstrip())
    source = [line[margin:].rstrip() if line.strip() else "" for line in lines]
    code, remarks = _python_code(source)
    return [
        _python_line(first + i, line, i + 1 in code, remarks.get(i + 1, len(line)))
        for i, line in enumerate(source)
    ]


def place(text: Source) -> str:
    """``model/netpoll.py:354``."""
    first = _source(text)[1]
    module = text.module if isinstance(text, Value) else text.__module__
    return f"{module.replace('.', '/')}.py:{first}"


def _source(text: Source) -> tuple[list[str], int]:
    """The lines of a text and the number of its first; of a constant those around it, too."""
    if not isinstance(text, Value):
        return inspect.getsourcelines(text)
    lines = inspect.getsource(importlib.import_module(text.module)).splitlines()
    block = text.block
    return lines[block[0] - 1 : block[-1]], block[0]


def _python_line(number: int, line: str, code: bool, at: int) -> Line:
    inner = line.lstrip()
    margin = len(line) - len(inner)
    depth = margin // PYTHON_INDENT
    if code:
        told, remark = line[margin:at].rstrip(), line[at:]
        kind = Kind.ASIDE if inner.startswith(ASIDES) else Kind.CODE
        return Line(number=number, depth=depth, text=told, kind=kind, remark=remark)
    kind = Kind.COMMENT if inner else Kind.BLANK
    return Line(number=number, depth=depth, text=inner, kind=kind)


_LAYOUT = frozenset(
    {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


def _python_code(source: Sequence[str]) -> tuple[set[int], dict[int, int]]:
    """(The lines that have code and not only docstrings, where on a line a comment begins)."""
    code: set[int] = set()
    remarks: dict[int, int] = {}
    starts = True
    for token in tokenize.generate_tokens(io.StringIO("\n".join(source) + "\n").readline):
        if token.type == tokenize.COMMENT:
            remarks[token.start[0]] = token.start[1]
        elif token.type in _LAYOUT:
            starts = starts or token.type == tokenize.NEWLINE
        else:
            if not (starts and token.type == tokenize.STRING):
                code.update(range(token.start[0], token.end[0] + 1))
            starts = False
    return code, remarks


def with_parts(main: list[Line], parts: Sequence[tuple[str, list[Line]]]) -> list[Line]:
    """The lines of a function with those of its parts, each behind the line that first calls it."""
    lines = list(main)
    for name, part in parts:
        calls = (i for i, line in enumerate(lines) if _calls(line, name))
        at = next(calls, len(lines) - 1)
        depth = lines[at].depth if at < len(lines) - 1 else 0
        moved = [replace(line, depth=line.depth + depth) for line in part]
        # A statement of several lines is not torn apart.
        end = at + 1
        while end < len(lines) and lines[end].depth > depth and lines[at].text.endswith("("):
            end += 1
        lines[end:end] = moved
    return lines


def _calls(line: Line, name: str) -> bool:
    return line.kind is Kind.CODE and f"self.{name}(" in line.text


def heading(text: str) -> Line:
    """A line of its own between two declarations."""
    return Line(number=0, depth=0, text=text, kind=Kind.HEADING)


def blank() -> Line:
    """An empty line of nobody's."""
    return Line(number=0, depth=0, text="", kind=Kind.BLANK)
