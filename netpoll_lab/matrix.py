"""Scenario by release by witness: what ``netpoll matrix`` asks, and what each cell comes to.

Each release of real Go stands beside the model with its profile. Each release also stands beside
the newest one that was asked for: where Go changed, the profiles must have changed in the same
way. Real epoll runs once; it follows the newest release.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from conformance.report import Result, merely_late, run_pairs
from conformance.verdict import Agrees, Differs, Inconclusive, Racy, Verdict
from netpoll_lab.guarded import Guarded
from netpoll_lab.interrupt import CTRL_C
from netpoll_lab.panel import EPOLL, GO, Panel, Seat, by_release
from netpoll_lab.verdict_text import difference
from netpoll_lab.witnesses import check_observable, prepare, witness
from scenario import Scenario

MODEL = "model"
TRIES = 4
"""How often a scenario is run at most while a run is measured to be late, and none differs."""


class Word(StrEnum):
    """What a cell of the table says."""

    SAME = "same"
    OTHER = "other"
    DIFFERS = "DIFF"
    RACY = "racy"
    SILENT = "unsure"
    NOT_RUN = "none"
    NOT_FOR_IT = "-"


MEANING: Mapping[Word, str] = {
    Word.SAME: "the model with that release's profile did what real Go of that release did",
    Word.OTHER: "the two did the same, and something else than the newest release: see below",
    Word.DIFFERS: "the two did not do the same: see below",
    Word.RACY: "real Go did not do the same in each of its runs, so nothing is claimed: see below",
    Word.SILENT: f"too late to say anything in {TRIES} tries, or broken off: see below",
    Word.NOT_RUN: "not run: see below",
    Word.NOT_FOR_IT: "the scenario is not for this witness",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One word, and the sentences behind it where it is not ``same``."""

    word: Word
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One scenario: a cell by release, oldest first, and real epoll's."""

    scenario: Scenario
    cells: Mapping[str, Cell]
    epoll: Cell
    verdicts: Mapping[tuple[str, str], Verdict]

    @property
    def compared(self) -> tuple[Verdict, ...]:
        """Without those of releases with one another, which may differ."""
        return tuple(
            verdict
            for (one, other), verdict in self.verdicts.items()
            if one.partition(" ")[0] != other.partition(" ")[0]
        )

    @property
    def all_cells(self) -> tuple[Cell, ...]:
        """Those of the releases, then real epoll's."""
        return (*self.cells.values(), self.epoll)


def of(name: str, release: str) -> str:
    """The label of a witness of a release."""
    return Seat(name=name, release=release).label


class Matrix:
    """The witnesses of several releases, and the rows so far."""

    def __init__(self, releases: Sequence[str], newest: str) -> None:
        """``releases`` oldest first; ``newest`` is the one that real epoll follows.

        Raises Unavailable where a witness is not there.
        """
        self.releases = tuple(releases)
        self.rows: list[Row] = []
        self._panel = by_release((MODEL, EPOLL, GO), releases, newest)
        self._backends = [_guarded(seat) for seat in self._panel.seats]

    def add(self, scenario: Scenario) -> Row:
        """Run one scenario on everybody. Raises KeyboardInterrupt after Ctrl-C, keeping nothing.

        A run that was late says nothing, so it is run again; one that differs never is.
        """
        row = self._tried(scenario)
        for _ in range(TRIES - 1):
            if not merely_late(row.compared):
                break
            row = self._tried(scenario)
        self.rows.append(row)
        return row

    def _tried(self, scenario: Scenario) -> Row:
        with CTRL_C.held():
            (result,) = run_pairs([scenario], self._backends, pairs=self._pairs())
            for trace in result.traces.values():
                check_observable(trace)
            return self._row(scenario, result)

    def _pairs(self) -> tuple[tuple[str, str], ...]:
        *older, newest = self.releases
        across = ((of(name, r), of(name, newest)) for name in (MODEL, GO) for r in older)
        return (*self._panel.pairs, *across)

    def _row(self, scenario: Scenario, result: Result) -> Row:
        return Row(
            scenario=scenario,
            cells={release: self._cell(release, result) for release in self.releases},
            epoll=_epoll(self._panel, result),
            verdicts=result.verdicts,
        )

    def _cell(self, release: str, result: Result) -> Cell:
        model, go = of(MODEL, release), of(GO, release)
        verdict = result.verdicts.get((model, go))
        if verdict is None:
            return _without(result, (model, go))
        newest = self.releases[-1]
        changed = result.verdicts.get((model, of(MODEL, newest)))
        if isinstance(verdict, Agrees) and isinstance(changed, Differs):
            real = result.verdicts[go, of(GO, newest)]
            return Cell(word=Word.OTHER, told=tuple(_change(changed, real)))
        return Cell(word=_WORDS[type(verdict)], told=tuple(_told(verdict)))


def _guarded(seat: Seat) -> Guarded:
    backend = witness(seat.name, release=seat.release)
    prepare(backend)
    return Guarded(backend, seat.label)


def _epoll(panel: Panel, result: Result) -> Cell:
    """Real epoll's cell: the worst that it came to beside the newest model and the newest Go."""
    pairs = [pair for pair in panel.pairs if EPOLL in pair]
    found = [result.verdicts[pair] for pair in pairs if pair in result.verdicts]
    if not found:
        return _without(result, (EPOLL,))
    worst = min(found, key=lambda verdict: _RANK.index(type(verdict)))
    return Cell(word=_WORDS[type(worst)], told=tuple(_told(worst)))


def _without(result: Result, names: Sequence[str]) -> Cell:
    for name in names:
        if name in result.unavailable:
            return Cell(word=Word.NOT_RUN, told=(f"{name}: {result.unavailable[name]}",))
    reasons = [result.left_out[name] for name in names if name in result.left_out]
    return Cell(word=Word.NOT_FOR_IT, told=tuple(reasons[:1]))


_WORDS: Mapping[type, Word] = {
    Agrees: Word.SAME,
    Differs: Word.DIFFERS,
    Racy: Word.RACY,
    Inconclusive: Word.SILENT,
}
_RANK = (Differs, Inconclusive, Racy, Agrees)


def _told(verdict: Verdict) -> Iterator[str]:
    match verdict:
        case Differs():
            yield difference(verdict)
        case Inconclusive(reasons=reasons):
            yield from reasons


def _change(profiles: Differs, real: Verdict) -> Iterator[str]:
    """How a release differs from the newest: in real Go, and in the model's profiles."""
    if isinstance(real, Differs):
        yield difference(real)
        if _first(real) == _first(profiles):
            yield "the profiles of the model differ there in the same way"
            return
    else:  # one of the two was too late to be held beside the other
        yield from _told(real)
    yield difference(profiles)


def _first(verdict: Differs) -> tuple[object, ...]:
    return (
        verdict.channel,
        verdict.g,
        verdict.position,
        verdict.expected,
        verdict.actual,
    )
