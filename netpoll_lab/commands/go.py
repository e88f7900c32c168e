"""``netpoll go``: the Go toolchains that real Go is made from."""

import argparse
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from netpoll_lab.status import CommandError, Interrupted, Status
from netpoll_lab.terminal import Progress, table, width
from realgo.install import install, pinned, removable, remove, sound
from realgo.toolchain import CACHE, PINS, RELEASES, LeftOut, Toolchain, on_path, usable

ALL = "all"
MB = 1_000_000


def perform(args: argparse.Namespace) -> int:
    """Do what stands behind ``netpoll go``."""
    return ACTIONS[args.action](args)


def _validate(args: argparse.Namespace) -> int:
    """Late, since it needs the model and a table of what that permits."""
    from netpoll_lab.commands import validate

    return validate.perform(args)


def _install(args: argparse.Namespace) -> int:
    """Install one after the other; every word is understood before the first is begun."""
    done: list[str] = []
    for version in _versions(args.releases):
        try:
            print(_installed(version), flush=True)
        except KeyboardInterrupt:
            raise Interrupted(
                f"interrupted: nothing of Go {version} was kept;"
                f" installed before it: {', '.join(done) or 'none'}"
            ) from None
        done.append(version)
    return Status.AGREES


def _versions(words: Sequence[str]) -> list[str]:
    """The versions behind the words, each once, in their order; of none, the newest."""
    if ALL in words:
        words = RELEASES
    return list(dict.fromkeys(map(pinned, words or RELEASES[-1:])))


def _installed(version: str) -> str:
    """Install it; what came of it, in one line."""
    there = sound(version)
    if there is not None:
        return f"Go {version} is already there: {there.goroot}"
    begun, told = perf_counter(), Told()
    try:
        made = install(version, say=told.say, detail=told.detail)
    finally:
        told.clear()
    return (
        f"Go {version} is installed: {made.goroot}"
        f" ({_size(made.goroot) / MB:.0f} MB, {perf_counter() - begun:.0f} s)"
    )


class Told:
    """What is being done: one line that changes on a terminal, a line for each stage elsewhere."""

    def __init__(self) -> None:
        self._progress = Progress()
        self._shows = sys.stderr.isatty()

    def say(self, stage: str) -> None:
        """Tell of a new stage."""
        if self._shows:
            self._progress.say(stage)
        else:
            print(stage, file=sys.stderr, flush=True)

    def detail(self, text: str) -> None:
        """Tell how far it is; a log does not need that."""
        self._progress.say(text)

    def clear(self) -> None:
        """Take the line away."""
        self._progress.clear()


def _list(args: argparse.Namespace) -> int:
    """A line for each toolchain, then what the PATH has that is not used, then what may come."""
    other = on_path()
    there = usable(other)
    if there:
        table(_rows(there))
    else:
        print("no Go toolchain is there; `netpoll go install` brings the newest")
    if isinstance(other, LeftOut):
        print(other)
    cached = {one.version for one in there if one.origin == CACHE}
    lacking = [
        f"{release} ({version})" for release, version in PINS.items() if version not in cached
    ]
    if lacking:
        print(
            *textwrap.wrap(f"`netpoll go install` can bring {', '.join(lacking)}", width()),
            sep="\n",
        )
    return Status.AGREES


def _rows(there: Sequence[Toolchain]) -> Iterator[tuple[str, ...]]:
    yield "release", "version", "from", "size", "used", "path"
    seen: set[str] = set()
    for number, one in enumerate(there):
        used = "for its release"
        if one.release in seen:
            used = "no: the one above goes first"
        elif number == 0:
            used = "by default"
        seen.add(one.release)
        size = f"{_size(one.goroot) / MB:.0f} MB"
        yield one.release, one.version, one.origin, size, used, str(one.goroot)


def _size(folder: Path) -> int:
    """Bytes in all files under a folder."""
    return sum(
        os.lstat(os.path.join(where, name)).st_size
        for where, _, names in os.walk(folder)
        for name in names
    )


def _remove(args: argparse.Namespace) -> int:
    """Take them out of the cache, one after the other."""
    if ALL in args.releases:
        raise CommandError("name the releases to remove; `netpoll go list` shows what is there")
    try:
        # Every word is understood before the first is removed, and each is removed once.
        named = dict.fromkeys(one for word in args.releases for one in removable(word))
        for version in (one.version for one in named):
            for one in remove(version, say=Told().say):
                print(f"Go {one.version} is removed: {one.goroot}", flush=True)
    except KeyboardInterrupt:
        raise Interrupted("interrupted; `netpoll go list` shows what is still there") from None
    return Status.AGREES


ACTIONS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "install": _install,
    "list": _list,
    "remove": _remove,
    "validate": _validate,
}
