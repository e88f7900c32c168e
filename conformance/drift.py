"""What has changed in Go under the model: which functions are to be read again, and why not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from conformance.fingerprints import Prints, Record
from conformance.mirror import GoName, Mirror, Unit, former, text_of, units
from conformance.reviewed import REVIEWED
from model.releases import NEWEST, RELEASES, runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A declaration of Go that is not the same in two places; a print of None: it is not there."""

    name: GoName
    before: str | None
    after: str | None

    @property
    def how(self) -> str:
        """``changed``, ``new`` or ``gone``."""
        return "new" if self.before is None else "gone" if self.after is None else "changed"


def changes(before: Prints, after: Prints) -> list[Change]:
    """All declarations that differ, in the order of the model."""
    return [
        Change(name=name, before=before.get(name), after=after[name])
        for name in after
        if before.get(name) != after[name]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A change that came with a release, and what the model makes of it.

    ``overridden``: the functions of the model whose text differs between the two releases.
    ``reason``: why the model need not differ. With neither, nobody has looked at it yet.
    """

    change: Change
    overridden: tuple[Mirror, ...]
    reason: str

    @property
    def open(self) -> bool:
        """Whether the change is still to be read."""
        return not (self.overridden or self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From one release to the next: what changed in Go, and what in the model without that."""

    before: str
    after: str
    explained: tuple[Explained, ...]
    unasked: tuple[Mirror, ...]

    @property
    def is_clean(self) -> bool:
        """Whether the model differs where Go does, or need not, and nowhere else."""
        return not self.unasked and not any(one.open for one in self.explained)


def steps(record: Record, first: str, last: str) -> list[Step]:
    """Every step between two recorded releases, in the order of time."""
    known = list(record.versions)
    span = known[known.index(first) : known.index(last) + 1]
    return [_step(record, *pair) for pair in pairwise(span)]


def _step(record: Record, before: str, after: str) -> Step:
    reasons = {name: why for why, names in REVIEWED.get(after, {}).items() for name in names}
    changed = changes(record.prints[before], record.prints[after])
    explained = tuple(
        Explained(
            change=one,
            overridden=tuple(_overridden(one.name, before, after)),
            reason=reasons.get(one.name.name, ""),
        )
        for one in changed
    )
    asked = {mirror.name for one in explained for mirror in one.overridden}
    unasked = (one for unit in units() for one in _differing(unit, before, after))
    return Step(
        before=before,
        after=after,
        explained=explained,
        unasked=tuple(one for one in unasked if one.name not in asked),
    )


def _overridden(name: GoName, before: str, after: str) -> Iterator[Mirror]:
    for unit in units_of(name):
        yield from _differing(unit, before, after)


def _differing(unit: Unit, before: str, after: str) -> list[Mirror]:
    """The functions of the model that are not the same text in both releases."""
    older, newer = texts_of(before), texts_of(after)
    return [one for one in unit.members if text_of(one, older) != text_of(one, newer)]


def units_of(name: GoName) -> list[Unit]:
    """Where the model has it, also under the name that it got later."""
    return [unit for unit in units() if any(name == go or name in former(go) for go in unit.go)]


def texts_of(release: str) -> type:
    """The model's texts of a release; of one that it does not know yet, those of the newest."""
    return runtime(release if release in RELEASES else NEWEST)


def nearest(release: str, known: Sequence[str]) -> str:
    """Of the known releases the one next to an unknown one."""
    return min(known, key=lambda one: abs(_minor(one) - _minor(release)))


def _minor(release: str) -> int:
    return int(release.split(".")[1])
