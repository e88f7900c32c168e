"""The matrix for a terminal: a legend, a line for each scenario, and the words behind the words."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from netpoll_lab.matrix import MEANING, Cell, Row, Word
from netpoll_lab.terminal import coloured, width

WIDEST = 100
"""Columns that a sentence takes at most, on a wider terminal too."""
GAP = "  "
CELL = max(map(len, Word))
COLOUR: Mapping[Word, str] = {
    Word.SAME: "good",
    Word.OTHER: "good",
    Word.DIFFERS: "bad",
    Word.RACY: "unsure",
    Word.SILENT: "unsure",
    Word.NOT_RUN: "unsure",
    Word.NOT_FOR_IT: "quiet",
}
EPOLL_MEANING = (
    "real epoll, beside the model and, if it is among these, the Go of the newest release"
)


def legend(releases: Sequence[str]) -> Iterator[str]:
    """What the columns and the words mean."""
    asked = f"One line for each scenario, one column for each Go release ({', '.join(releases)})."
    yield from _wrapped(asked, "", "")
    for word, meaning in MEANING.items():
        yield from _wrapped(meaning, f"  {word:<{CELL}}{GAP}", " " * (2 + CELL + len(GAP)))
    yield from _wrapped(EPOLL_MEANING, f"  {'epoll':<{CELL}}{GAP}", " " * (2 + CELL + len(GAP)))


def _wrapped(text: str, first: str, further: str) -> list[str]:
    columns = min(width(), WIDEST)
    return textwrap.wrap(text, columns, initial_indent=first, subsequent_indent=further)


def head(releases: Sequence[str], name_width: int) -> str:
    """The line over the table."""
    return GAP.join([f"{'scenario':<{name_width}}", *(f"{r:<{CELL}}" for r in releases), "epoll"])


def line(row: Row, name_width: int) -> str:
    """One scenario."""
    cells = (coloured(f"{cell.word:<{CELL}}", COLOUR[cell.word]) for cell in row.all_cells)
    return GAP.join([f"{row.scenario.name:<{name_width}}", *cells]).rstrip()


def reasons(rows: Sequence[Row]) -> Iterator[str]:
    """Scenario by scenario, what stands behind each word that is not ``same``."""
    for row in rows:
        told = list(notes(row))
        if not told:
            continue
        yield ""
        yield from _wrapped(f"{row.scenario.name}: {asked(row)}", "", "  ")
        for heading, sentences in told:
            for place, sentence in enumerate(sentences):
                first = f"  {heading}: " if place == 0 else "    "
                yield from _wrapped(sentence, first, "    ")


def asked(row: Row) -> str:
    """The question and the finding."""
    return f"{row.scenario.question} {row.scenario.finding.rstrip('.')}."


def notes(row: Row) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where a row's cells say something: a heading (``other in 1.21, 1.22``) and sentences.

    Releases that differ from the newest in the same way stand together.
    """
    by_change: dict[tuple[Word, tuple[str, ...]], list[str]] = {}
    for release, cell in row.cells.items():
        if _speaks(cell):
            change = tuple(_unnamed(sentence, release) for sentence in cell.told)
            by_change.setdefault((cell.word, change), []).append(release)
    for (word, _), alike in by_change.items():
        yield f"{word} in {', '.join(alike)}", row.cells[alike[-1]].told
    if _speaks(row.epoll):
        yield f"{row.epoll.word} for epoll", row.epoll.told


def _speaks(cell: Cell) -> bool:
    return bool(cell.told) and cell.word is not Word.NOT_FOR_IT


def _unnamed(sentence: str, release: str) -> str:
    return sentence.replace(release, "R")


def totals(rows: Sequence[Row], releases: Sequence[str]) -> Iterator[str]:
    """How many cells say what: a line for the releases and one for real epoll."""
    asked = _count(len(rows), "scenario")
    cells = [cell for row in rows for cell in row.cells.values()]
    yield f"{asked} on {_count(len(releases), 'release')} of Go: {counted(cells)}"
    yield f"{asked} on real epoll: {counted([row.epoll for row in rows])}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def counted(cells: Sequence[Cell]) -> str:
    """``280 same, 8 other, 0 DIFF``, and what else there is."""
    found = Counter(cell.word for cell in cells)
    always = (Word.SAME, Word.DIFFERS)
    return ", ".join(
        f"{found[word]} {'not for it' if word is Word.NOT_FOR_IT else word}"
        for word in Word
        if found[word] or word in always
    )
