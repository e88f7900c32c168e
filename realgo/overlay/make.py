"""Write the overlay of one toolchain: edited copies of three of its files, and files of our own."""

import json
from collections.abc import Iterable
from enum import IntEnum, IntFlag
from importlib import resources
from pathlib import Path

from realgo.kinds import Flag, Kind, Place
from realgo.overlay.anchors import ANCHORS, EPOLL, NETPOLL
from realgo.overlay.source import Anchor, Source, edited
from realgo.records import MAGIC, SLOT, VERSION, HeaderFlag
from realgo.toolchain import Toolchain

PREFIX = "zz_netpoll_lab_"
"""How our files are called in the runtime package; nothing of Go's begins so."""

ATOMIC, SYSCALL = "internal/runtime/atomic", "internal/runtime/syscall/linux"
"""The packages as our files import them: their names in the newest release."""


def make(toolchain: Toolchain, into: Path, *, first: Iterable[Anchor] = ()) -> Path:
    """Write the overlay into a folder and give its overlay.json, for ``go build -overlay``.

    ``first``: edits of Go's own text that are made before ours, such as a seeded fault.
    Raises AnchorError when this Go has not the expected text.
    """
    return write(contents(toolchain, first=first), into)


def write(texts: dict[Path, str], into: Path) -> Path:
    """Write what ``contents`` gave. The paths in overlay.json are absolute: go build takes others
    from its own working directory."""
    into = into.absolute()
    into.mkdir(parents=True, exist_ok=True)
    replaced: dict[str, str] = {}
    for target, text in texts.items():
        copy = into / target.name
        copy.write_text(text, encoding="utf-8")
        replaced[str(target)] = str(copy)
    listing = into / "overlay.json"
    listing.write_text(json.dumps({"Replace": replaced}, indent=1), encoding="utf-8")
    return listing


def contents(toolchain: Toolchain, *, first: Iterable[Anchor] = ()) -> dict[Path, str]:
    """The overlay as texts, by the path in GOROOT that each takes the place of.

    The go command silently passes over a path that it spells otherwise, so links are resolved, as
    it does itself.
    """
    sources = edited(toolchain, (*first, *ANCHORS))
    texts = {source.path.resolve(): source.text for source in sources.values()}
    runtime = toolchain.goroot.resolve() / "src" / "runtime"
    for name, text in _ours(toolchain, sources):
        texts[runtime / f"{PREFIX}{name}"] = text
    return texts


def _ours(toolchain: Toolchain, sources: dict[str, Source]) -> Iterable[tuple[str, str]]:
    """Our own files, with this release's names for what they import."""
    atomic = sources[NETPOLL].imported(r"(?:runtime/internal|internal/runtime)/atomic")
    syscall = sources[EPOLL].imported(r"(?:runtime/internal|internal/runtime)/syscall(?:/linux)?")
    pipe = "netpollEventFd" not in sources[EPOLL].text
    heap = "type timers struct" in Source(toolchain, "runtime/time.go").text
    left_out = "timers_before_1_23.go" if heap else "timers.go"
    for file in sorted(resources.files("realgo.overlay").joinpath("runtime").iterdir(), key=str):
        if not file.name.endswith(".go") or file.name == left_out:
            continue
        text = file.read_text(encoding="utf-8")
        text = text.replace(f'"{ATOMIC}"', f'"{atomic}"').replace(f'"{SYSCALL}"', f'"{syscall}"')
        yield file.name, text.replace("netpollEventFd", "netpollBreakRd") if pipe else text
    yield "kinds.go", constants()


def constants() -> str:
    """The Go constants that mirror the tables of realgo.records and realgo.kinds."""
    lines = [f"npMagic, npVersion = {MAGIC:#x}, {VERSION}", f"npSlotSize = {SLOT.size}"]
    lines += _constants("npk", Kind) + _constants("npAt", Place)
    lines += _constants("npFlag", Flag) + _constants("npFlag", HeaderFlag)
    body = "".join(f"\t{line}\n" for line in lines)
    return f"// Made from realgo/kinds.py. Not part of Go.\n\npackage runtime\n\nconst (\n{body})\n"


def _constants(prefix: str, table: type[IntEnum] | type[IntFlag]) -> list[str]:
    return [f"{prefix}{_camel(entry.name or '')} = {entry.value}" for entry in table]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
