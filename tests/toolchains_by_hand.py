"""Go toolchains that are only said to be there: for tests of what stands above real Go."""

from pathlib import Path

import pytest

from realgo import toolchain
from realgo.toolchain import RELEASES, Toolchain
from scenario import Unavailable


def go_of(release: str) -> Toolchain:
    """A toolchain that nobody starts."""
    return Toolchain(release=release, version=f"{release}.1", goroot=Path("/go"), origin="cache")


def only(monkeypatch: pytest.MonkeyPatch, *releases: str) -> None:
    """As if these toolchains, and no others, were there."""

    def find(release: str | None = None) -> Toolchain:
        there = [one for one in RELEASES if one in releases and release in (None, one)]
        if not there:
            word = release or RELEASES[-1]
            raise Unavailable(f"there is no Go {word} here; type `netpoll go install {word}`")
        return go_of(there[-1])

    monkeypatch.setattr(toolchain, "find", find)
    monkeypatch.setattr(toolchain, "installed", lambda: tuple(map(go_of, releases)))
