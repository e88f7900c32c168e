"""The letters that the text form draws with, and their colours on a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from timeline.spans import State

Cell = tuple[str, str]
"""One letter and its style: a key of ``_ANSI``, or empty."""

_ANSI = {
    "running": "34",
    "runnable": "33",
    "wakeup": "1;31",
    "break": "1;35",
    "waiting": "2",
    "second": "2",
    "strong": "1",
    "badge": "7",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """One letter for each thing; the two sets are equally wide."""

    waiting: str
    runnable: str
    running: str
    syscall: str
    blocked: str
    work: str
    held: str
    stopped: str
    written: str
    coalesced: str
    ellipsis: str
    micro: str

    def of(self, state: State) -> Cell:
        """The letter of a span, with its style."""
        return {
            State.WAITING: (self.waiting, "waiting"),
            State.RUNNABLE: (self.runnable, "runnable"),
            State.RUNNING: (self.running, "running"),
            State.SYSCALL: (self.syscall, "running"),
            State.BLOCKED: (self.blocked, ""),
            State.AT_WORK: (self.work, ""),
            State.HELD: (self.held, ""),
            State.STOPPED: (self.stopped, ""),
        }[state]


UNICODE = Glyphs(
    waiting="·",
    runnable="░",
    running="█",
    syscall="▒",
    blocked="─",
    work="▓",
    held="╌",
    stopped="▚",
    written="▼",
    coalesced="▽",
    ellipsis="…",
    micro="µ",
)
ASCII = Glyphs(
    waiting=".",
    runnable="-",
    running="#",
    syscall="s",
    blocked="_",
    work="=",
    held="/",
    stopped="%",
    written="v",
    coalesced="x",
    ellipsis="~",
    micro="u",
)


def styled(words: str, style: str, color: bool) -> str:
    """The words, in their colour if there is to be any."""
    return f"\x1b[{_ANSI[style]}m{words}\x1b[0m" if color and style and words else words


def joined(cells: Sequence[Cell], color: bool) -> str:
    """A row of cells as text, no trailing blanks; neighbours of one style share escape codes."""
    kept = list(cells)
    while kept and kept[-1][0] == " ":
        kept.pop()
    out, i = "", 0
    while i < len(kept):
        j = i
        while j < len(kept) and kept[j][1] == kept[i][1]:
            j += 1
        out += styled("".join(letter for letter, _ in kept[i:j]), kept[i][1], color)
        i = j
    return out


def cut(words: str, width: int, glyphs: Glyphs) -> str:
    """The words, or as many letters as fit and an ellipsis; never wrapped."""
    if len(words) <= width:
        return words
    return words[: max(width - 1, 0)].rstrip() + glyphs.ellipsis
