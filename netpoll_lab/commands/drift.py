"""``netpoll drift``: what has changed in Go under the model, and which functions to read again."""

import argparse
import difflib
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from conformance.drift import Change, Explained, Step, changes, nearest, steps, texts_of, units_of
from conformance.fingerprints import RECORD, Prints, Record, load, renewed, take
from conformance.mirror import text_of
from netpoll_lab.go_releases import releases_of
from netpoll_lab.output import write_whole
from netpoll_lab.passage import place
from netpoll_lab.status import CommandError, Status
from netpoll_lab.terminal import coloured, table, width
from realgo.gosource import GoSource, version_of
from realgo.toolchain import Toolchain, find, installed

INDENT = "  "


def perform(args: argparse.Namespace) -> int:
    """Compare toolchains with the record, or two releases with one another."""
    if sum(map(bool, (args.record, args.releases, args.go, args.goroot))) > 1:
        raise CommandError("two releases, --go, --goroot and --record exclude one another")
    if args.diff and not args.releases:
        raise CommandError("--diff is for two releases: `netpoll drift 1.26 1.27 --diff`")
    if args.record:
        return _renew()
    record = load()
    if args.releases:
        return _between(record, args.releases, args.diff)
    told = [_told(record, one) for one in _toolchains(args)]
    return Status.AGREES if all(told) else Status.DIFFERS


def _toolchains(args: argparse.Namespace) -> list[tuple[str, Path]]:
    """The versions and GOROOTs that were asked for; of none, all that are there."""
    if args.goroot is not None:
        goroot = Path(args.goroot)
        return [(version_of(goroot), goroot)]
    found: Iterable[Toolchain]
    if args.go is not None:
        found = [find(release) for release in releases_of(args.go)]
    else:
        find()  # none at all is an error that says what to type
        found = installed()
    return [(one.version, one.goroot) for one in found]


# ---- a toolchain and the record


def _told(record: Record, toolchain: tuple[str, Path]) -> bool:
    """Say how a toolchain differs from the record; whether it does not."""
    version, goroot = toolchain
    release = ".".join(version.split(".")[:2])
    like = release if release in record.versions else nearest(release, list(record.versions))
    recorded = record.versions[like]
    prints = take(goroot)
    found = changes(record.prints[like], prints)
    known = "" if like == release else f"Go {release} is not in the record, "
    if not found:
        as_what = "as recorded" if recorded == version else f"as recorded of Go {recorded}"
        print(f"Go {version}: {known}{coloured(as_what, 'good')}")
        return True
    print(
        f"Go {version}: {known}{coloured(f'{len(found)} of {len(prints)} differ', 'bad')}"
        f" from Go {recorded}; read again:"
    )
    source = GoSource(goroot)
    texts = texts_of(release)
    table(
        (INDENT + one.name.name, one.how, _go_place(source, one), *_ours(one, texts))
        for one in found
    )
    return False


def _go_place(source: GoSource, change: Change) -> str:
    found = source.find(change.name.name, change.name.file)
    return change.name.file if found is None else f"{found.file}:{found.line}"


def _ours(change: Change, texts: type) -> tuple[str, str]:
    """The functions of the model that mirror it, and where the first of them stands."""
    members = [one for unit in units_of(change.name) for one in unit.members]
    there = [(one, text) for one in members if (text := text_of(one, texts)) is not None]
    names = ", ".join(one.name for one, _ in there)
    return (place(there[0][1]) if there else "-"), names


# ---- two releases


def _between(record: Record, words: Sequence[str], diff: bool) -> int:
    """What changed from one recorded release to another, and what the model makes of it."""
    pair = releases_of(",".join(words))
    if len(pair) != 2:
        raise CommandError("two releases are compared: `netpoll drift 1.21 1.27`")
    if diff:
        print(*_diff(changes(*(record.prints[one] for one in pair)), pair), sep="\n")
        return Status.AGREES
    between = steps(record, *pair)
    total = len(changes(*(record.prints[one] for one in pair)))
    older, newer = (record.versions[one] for one in pair)
    print(
        *_wrapped(
            f"From Go {older} to Go {newer} {total} declarations changed of those that the model"
            f" mirrors; it mirrors {_count(record.prints[pair[1]])} of Go {pair[1]}.",
            0,
        ),
        sep="\n",
    )
    for step in between:
        print(*_step(step), sep="\n")
    return Status.AGREES if all(step.is_clean for step in between) else Status.DIFFERS


def _count(prints: Prints) -> int:
    return sum(one is not None for one in prints.values())


def _step(step: Step) -> Iterator[str]:
    """One step: what the model overrides, what it need not, what nobody has looked at."""
    yield ""
    yield f"With Go {step.after}, {len(step.explained)} changed"
    overridden = [one for one in step.explained if one.overridden]
    if overridden:
        yield f"{INDENT}the model differs as well:"
        for one in overridden:
            yield from _wrapped(f"{_said(one)}: {_places(one, step.before)}", 2)
    for reason in dict.fromkeys(one.reason for one in step.explained if one.reason):
        yield from _wrapped(f"{reason}:", 1)
        alike = [_said(one) for one in step.explained if one.reason == reason]
        yield from _wrapped(", ".join(alike), 2)
    unread = [_said(one) for one in step.explained if one.open]
    if unread:
        yield coloured(f"{INDENT}nobody has read yet what it means for the model:", "bad")
        yield from _wrapped(", ".join(unread), 2)
    if step.unasked:
        yield coloured(f"{INDENT}the model differs, though Go does not:", "bad")
        yield from _wrapped(", ".join(one.name for one in step.unasked), 2)


def _said(one: Explained) -> str:
    how = one.change.how
    return one.change.name.name + ("" if how == "changed" else f" ({how})")


def _places(one: Explained, release: str) -> str:
    """Where the text of the older release stands, or that it has none."""
    texts = [(each, text_of(each, texts_of(release))) for each in one.overridden]
    return ", ".join(
        f"{each.name} ({'new' if text is None else place(text)})" for each, text in texts
    )


def _wrapped(text: str, depth: int) -> list[str]:
    return textwrap.wrap(
        text,
        width(),
        initial_indent=INDENT * depth,
        subsequent_indent=INDENT * (depth + 1),
        break_on_hyphens=False,
    )


def _diff(found: Sequence[Change], pair: Sequence[str]) -> Iterator[str]:
    """What changed in Go's own text, from the two toolchains."""
    sources = [GoSource(find(release).goroot) for release in pair]
    for one in found:
        both = [source.find(one.name.name, one.name.file) for source in sources]
        texts = ["" if each is None else each.text for each in both]
        heads = [
            f"Go {release} {one.name if each is None else f'{each.file}:{each.line} {each.name}'}"
            for release, each in zip(pair, both, strict=True)
        ]
        before, after = (text.splitlines() for text in texts)
        yield from difflib.unified_diff(before, after, heads[0], heads[1], lineterm="")


# ---- the record


def _renew() -> int:
    """Take the fingerprints of all toolchains anew and write the record."""
    find()
    # Of a release that is there twice the cache's counts, which comes first.
    there = {one.release: one for one in reversed(installed())}
    taken = {one.release: (one.version, take(one.goroot)) for one in there.values()}
    record = renewed(load(), taken)

    def write(part: Path) -> None:
        part.write_text(record.text(), encoding="utf-8")

    write_whole(RECORD, write)
    print(f"{RECORD}: the fingerprints of Go {', '.join(record.versions.values())}")
    return Status.AGREES
