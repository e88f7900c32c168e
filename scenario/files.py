"""Scenarios that lie in files: one's own, and the catalogue."""

import os
from functools import cache
from pathlib import Path

from scenario.errors import ScenarioError
from scenario.parse import parse
from scenario.regular import open_regular
from scenario.source import MAX_BYTES, suggestion
from scenario.words import Scenario

CATALOGUE = Path(__file__).parent / "catalogue"


def load(path: str | os.PathLike[str]) -> Scenario:
    """The scenario in a TOML file; its name is the file's without the ending.

    Raises ScenarioError, in one message, for a file that cannot be read or run.
    """
    origin = os.fspath(path)
    data = _bytes(origin)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ScenarioError(
            f"{origin}:{line}:{column}: the byte 0x{data[error.start]:02x}, which is not UTF-8;"
            " it must be a TOML text; save the file as UTF-8, or name another file"
        ) from None
    return parse(text, name=Path(origin).stem, origin=origin)


def catalogue() -> dict[str, Scenario]:
    """The scenarios that come with the package, by name, in the order of their file names."""
    return dict(_catalogue())


def find(name: str) -> Scenario:
    """A scenario of the catalogue. Raises ScenarioError with the nearest name."""
    known = _catalogue()
    if name not in known:
        hint = suggestion(name, known, otherwise="choose one of the list")
        raise ScenarioError(f"unknown scenario {name!r}; {len(known)} are in the catalogue; {hint}")
    return known[name]


@cache
def _catalogue() -> dict[str, Scenario]:
    return {path.stem: load(path) for path in sorted(CATALOGUE.glob("*.toml"))}


def _bytes(origin: str) -> bytes:
    try:
        with open_regular(origin) as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ScenarioError(
            f"{origin}:1:1: cannot be read ({reason}); it must be a scenario's TOML file;"
            " check the name and the permissions"
        ) from None
    if len(data) > MAX_BYTES:
        raise ScenarioError(
            f"{origin}:1:1: more than {MAX_BYTES} bytes; a scenario must have at most so many;"
            " shorten the file"
        )
    return data
