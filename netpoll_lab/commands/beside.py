"""``netpoll beside``: a function of Go next to the one of the model that mirrors it."""

import argparse
from collections.abc import Iterator
from difflib import get_close_matches

from conformance.fingerprints import load
from conformance.mirror import GoName, Source, Unit, former, mirrors, text_of, units, units_named
from model.releases import runtime
from netpoll_lab.layout import Column, side_by_side
from netpoll_lab.passage import Line, blank, heading, of_go, of_model, place, with_parts
from netpoll_lab.status import CommandError, Status
from netpoll_lab.terminal import table, width
from realgo.gosource import Declaration, GoSource
from realgo.toolchain import Toolchain, find
from scenario import Unavailable

NEAREST = 5
"""How many names are proposed for an unknown one."""
NEAR = 0.5
"""How alike a proposed name is at least, from 0 to 1."""


def perform(args: argparse.Namespace) -> int:
    """Print both texts; without a name, all that is mirrored."""
    if args.name is None:
        _list(args.go)
        return Status.AGREES
    unit = _unit(args.name)
    toolchain = find(args.go)
    print(*_page(unit, args.name, toolchain, args.width or width()), sep="\n")
    return Status.AGREES


def _unit(word: str) -> Unit:
    found = units_named(word)
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(str(name) for unit in found for name in unit.go[:1])
        raise CommandError(f"{word!r} is the name of several; type {names}")
    ours = next((one for one in mirrors() if one.name == word), None)
    if ours is not None and ours.reason:
        raise CommandError(f"{word} has no counterpart in Go: {ours.reason}")
    known = {spelling for unit in units() for spelling in _spellings(unit)}
    near = get_close_matches(word, sorted(known), NEAREST, NEAR)
    proposed = f"; did you mean {', '.join(near)}?" if near else ";"
    raise CommandError(
        f"the model mirrors nothing that is called {word!r}{proposed}"
        " `netpoll beside` lists what there is"
    )


def _spellings(unit: Unit) -> Iterator[str]:
    yield from (one.name for one in unit.members)
    yield from (name.name for name in unit.go)


def _page(unit: Unit, word: str, toolchain: Toolchain, columns: int) -> Iterator[str]:
    source = GoSource(toolchain.goroot)
    declared = list(_declared(unit, source))
    texts = {one.name: text_of(one, runtime(toolchain.release)) for one in unit.members}
    there = {name: text for name, text in texts.items() if text is not None}
    if not declared or unit.main.name not in there:
        raise Unavailable(_absent(unit, toolchain))
    main = there[unit.main.name]
    only = there[word] if word in there and word != unit.main.name else None
    yield from side_by_side(
        Column(
            title=(f"Go {toolchain.version}", f"{declared[0].file}:{declared[0].line}"),
            lines=list(_go_lines(declared)),
        ),
        Column(
            title=(f"the model of Go {toolchain.release}", place(main if only is None else only)),
            lines=list(_model_lines(unit.main.name, there)),
        ),
        columns,
        only=None if only is None else {line.key for line in of_model(only)},
    )


def _absent(unit: Unit, toolchain: Toolchain) -> str:
    """That a release has none of it, and which have; or that this toolchain is not as it was."""
    prints = load().prints
    having = [one for one in prints if any(prints[one].get(name) for name in unit.go)]
    if toolchain.release in having:
        return (
            f"{toolchain.goroot} has no {unit.go[0].name}, and Go {toolchain.release} has:"
            f" remove that toolchain, and type `netpoll go install {toolchain.release}`"
        )
    return (
        f"Go {toolchain.release} has no {unit.go[0].name};"
        f" add --go {having[-1]} (it is in {', '.join(having)})"
    )


def _declared(unit: Unit, source: GoSource) -> Iterator[Declaration]:
    """Go's declarations, in this release's names; each once."""
    seen: set[GoName] = set()
    for name in unit.go:
        for each in (name, *former(name)):
            found = source.find(each.name, each.file)
            if found is not None and each not in seen:
                seen.add(each)
                yield found


def _go_lines(declared: list[Declaration]) -> Iterator[Line]:
    """One declaration after the other, each further one under its place."""
    yield from of_go(declared[0])
    for one in declared[1:]:
        yield blank()
        yield heading(f"{one.file}:{one.line}")
        yield from of_go(one)


def _model_lines(main: str, texts: dict[str, Source]) -> list[Line]:
    """The function with its parts where they are called; one of another file has its place."""
    home = place(texts[main]).partition(":")[0]
    parts = []
    for name, text in texts.items():
        if name != main:
            away = [heading(place(text))] if place(text).partition(":")[0] != home else []
            parts.append((name, [*away, *of_model(text)]))
    return with_parts(of_model(texts[main]), parts)


def _list(release: str | None) -> None:
    toolchain = find(release)
    source, texts = GoSource(toolchain.goroot), runtime(toolchain.release)
    table(_row(unit, source, texts) for unit in units())


def _row(unit: Unit, source: GoSource, texts: type) -> tuple[str, str, str, str]:
    """Go's name and place, ours and its place; a dash where this release has none."""
    found = next(iter(_declared(unit, source)), None)
    text = text_of(unit.main, texts)
    return (
        unit.go[0].name,
        "-" if found is None else f"{found.file}:{found.line}",
        unit.main.name,
        "-" if text is None else place(text),
    )
