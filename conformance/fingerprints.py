"""What each mirrored declaration of Go was like in each release, as a fingerprint: no text of Go.

``fingerprints.json`` beside this file is the record; ``netpoll drift --record`` renews it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.mirror import GoName, Mirror, former, mirrors
from realgo.gosource import GoSource
from scenario import Unavailable

RECORD = Path(__file__).with_name("fingerprints.json")
ABOUT = (
    "A fingerprint of the tokens of each declaration of Go that the model mirrors, one for each"
    " release of `versions`, null where that release has none; made by `netpoll drift --record`"
)

Prints = Mapping[GoName, str | None]
"""The fingerprint of each mirrored declaration; None where there is no such declaration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The exact version that stands for each release, oldest first, and its fingerprints."""

    versions: Mapping[str, str]
    prints: Mapping[str, Prints]

    def text(self) -> str:
        """As it stands in the file: a line for each declaration."""
        columns = self.prints.values()
        rows = ",\n".join(
            f"    {json.dumps(str(name))}: {json.dumps([column.get(name) for column in columns])}"
            for name in names()
        )
        head = (
            f'  "about": {json.dumps(ABOUT)},\n  "versions": {json.dumps(dict(self.versions))},\n'
        )
        return f'{{\n{head}  "functions": {{\n{rows}\n  }}\n}}\n'


@cache
def names() -> tuple[GoName, ...]:
    """All of Go that the model mirrors, under the names of every release."""
    every = (name for one in mirrors() for go in one.go for name in (go, *former(go)))
    return tuple(dict.fromkeys(every))


def load(path: Path = RECORD) -> Record:
    """The record."""
    known = json.loads(path.read_text(encoding="utf-8"))
    rows = {GoName(*word.split(":")): prints for word, prints in known["functions"].items()}
    return Record(
        versions=known["versions"],
        prints={
            release: {name: row[i] for name, row in rows.items()}
            for i, release in enumerate(known["versions"])
        },
    )


def take(goroot: Path) -> Prints:
    """The fingerprints of a toolchain. Raises Unavailable if it cannot be read."""
    source = GoSource(goroot)
    found = ((name, source.find(name.name, name.file)) for name in names())
    return {name: None if one is None else one.fingerprint for name, one in found}


def renewed(record: Record, taken: Mapping[str, tuple[str, Prints]]) -> Record:
    """The record with these releases' versions and fingerprints in place of its own.

    Raises Unavailable if it lacks a name in a release that is not among them: the text of the
    model has begun to mirror something, and that release's toolchain must be looked at as well.
    """
    versions = {**record.versions, **{release: one[0] for release, one in taken.items()}}
    prints = {**record.prints, **{release: one[1] for release, one in taken.items()}}
    for release, column in prints.items():
        lacking = [name for name in names() if name not in column]
        if lacking:
            raise Unavailable(
                f"the record of Go {release} lacks {lacking[0]};"
                f" type `netpoll go install {release}` and then this again"
            )
    order = sorted(versions, key=lambda release: int(release.split(".")[1]))
    return Record(
        versions={release: versions[release] for release in order},
        prints={release: prints[release] for release in order},
    )


def unknown(record: Record, found: Iterable[Mirror]) -> list[Mirror]:
    """What is said to mirror something that no recorded release of Go has."""
    known = {name for column in record.prints.values() for name, one in column.items() if one}
    return [one for one in found if any(name not in known for name in one.go)]
