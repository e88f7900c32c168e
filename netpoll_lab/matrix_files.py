"""The matrix as JSON, and as a page of the documentation."""

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from netpoll_lab.matrix import MEANING, Row, Word
from netpoll_lab.matrix_text import EPOLL_MEANING, asked, notes, totals
from netpoll_lab.verdict_text import verdict_json

VERSION = 1
RENEW = "netpoll matrix --go {releases} -o docs/reference/matrix.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """When and on what the matrix was made. ``versions`` lie parallel to ``releases``."""

    when: datetime
    releases: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def date(self) -> str:
        """Such as 2026-11-23."""
        return self.when.date().isoformat()

    @property
    def machine(self) -> str:
        """The system, its kernel and its processors."""
        kernel = ".".join(platform.release().split(".")[:2])
        system = f"{platform.system()} {kernel} {platform.machine()}"
        return f"{system}, {os.cpu_count()} processors, Python {platform.python_version()}"


def as_json(rows: Sequence[Row], made: Circumstances, *, finished: bool) -> dict[str, Any]:
    """Everything that was found, as what ``json.dump`` takes."""
    return {
        "version": VERSION,
        "finished": finished,
        "date": made.when.isoformat(timespec="seconds"),
        "kernel": platform.release(),
        "machine": made.machine,
        "go": dict(zip(made.releases, made.versions, strict=True)),
        "totals": list(totals(rows, made.releases)),
        "scenarios": [_row(row) for row in rows],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.scenario.name,
        "question": row.scenario.question,
        "releases": {release: cell.word for release, cell in row.cells.items()},
        "epoll": row.epoll.word,
        "verdicts": [
            {"witnesses": list(pair), **verdict_json(verdict)}
            for pair, verdict in row.verdicts.items()
        ],
    }


def page(rows: Sequence[Row], made: Circumstances) -> str:
    """The page: what was asked, the table, what stands behind its words, how to make it anew."""
    return "\n".join(_page(rows, made)) + "\n"


def _page(rows: Sequence[Row], made: Circumstances) -> Iterator[str]:
    yield "# Every scenario on every Go release"
    yield ""
    yield f"Made on {made.date} by `{RENEW.format(releases=','.join(made.releases))}`"
    yield f"on {made.machine}, with Go {', '.join(made.versions)}."
    yield "The same command makes it anew; `netpoll go install all` brings the releases. No cell is"
    yield "written by hand: each is three runs of real Go, in a process each, beside the model."
    yield ""
    for word in (word for word in Word if _occurs(word, rows)):
        yield f"- `{word}`: {MEANING[word]}"
    yield f"- `epoll`: {EPOLL_MEANING}"
    yield ""
    yield from totals(rows, made.releases)
    yield ""
    yield "| scenario | " + " | ".join([*made.releases, "epoll"]) + " |"
    yield "| --- " * (len(made.releases) + 2) + "|"
    for row in rows:
        cells = " | ".join(cell.word for cell in row.all_cells)
        yield f"| `{row.scenario.name}` | {cells} |"
    yield from _behind(rows)


def _occurs(word: Word, rows: Sequence[Row]) -> bool:
    return any(cell.word is word for row in rows for cell in row.all_cells)


def _behind(rows: Sequence[Row]) -> Iterator[str]:
    telling = [(row, list(notes(row))) for row in rows]
    if not any(told for _, told in telling):
        return
    yield ""
    yield "## Behind the words"
    for row, told in telling:
        if told:
            yield ""
            yield f"`{row.scenario.name}`: {asked(row)}"
            yield from (f"- {heading}: {'; '.join(said)}" for heading, said in told)
