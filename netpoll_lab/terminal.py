"""What differs between a terminal and a pipe: colours, widths and progress."""

import codecs
import io
import os
import shutil
import sys
from collections.abc import Iterable
from typing import TextIO

PLAIN = str.maketrans("µ·…≠═║╔╗╚╝─╌█░▒▓▚▼▽│┼", "u.~!=|++++_/#-s=%vx|+")
"""What stands for a character in an encoding that lacks it: as the pictures have it in ASCII."""


def degrade(stream: TextIO) -> None:
    """Let a stream print something simpler where its encoding lacks a character."""
    if isinstance(stream, io.TextIOWrapper):
        codecs.register_error("netpoll", _simpler)
        stream.reconfigure(errors="netpoll")


def _simpler(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(PLAIN)
    return lacking.encode("ascii", "backslashreplace").decode(), error.end


def table(rows: Iterable[tuple[str, ...]]) -> None:
    """Print columns: wrapped to a terminal's width by rich, one plain line per row into a pipe."""
    rows = list(rows)
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2))
        for _ in rows[:1] and rows[0]:
            grid.add_column(overflow="fold")  # the end of a path is what says which
        for row in rows:
            grid.add_row(*map(Text, row))  # as Text, since a cell may look like rich's markup
        Console(highlight=False).print(grid)
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip())


class Progress:
    """One line on stderr that says what is being done; nothing where stderr is no terminal.

    It is rewritten only between runs: a thread that redraws would disturb what is measured.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._shows = self._stream.isatty() and os.environ.get("TERM") != "dumb"

    def say(self, text: str) -> None:
        """Replace the line."""
        if self._shows:
            self._stream.write(f"\r\x1b[2K{text}")
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away, before anything else is printed."""
        self.say("")


class Stages:
    """What is being prepared: a line that changes on a terminal, a line for each stage in a log."""

    def __init__(self) -> None:
        self._progress = Progress()

    def say(self, stage: str) -> None:
        """Tell of a new stage."""
        if sys.stderr.isatty():
            self._progress.say(stage)
        else:
            print(stage, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """All is prepared."""
        self._progress.clear()


def coloured(text: str, colour: str) -> str:
    """The text in a colour of ``COLOURS`` on a terminal, plain in a pipe or with NO_COLOR."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty():
        return text
    return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m"


COLOURS = {"good": "32", "bad": "1;31", "unsure": "33", "quiet": "2"}


def width() -> int:
    """Columns to write into: the terminal's, 80 in a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 80
