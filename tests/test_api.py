"""The public surface: what the reference page lists is what the packages offer."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

from tape import two_readers

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "api.md"
PACKAGES = ("scenario", "model", "realpoll", "realgo", "conformance", "timeline", "netpoll_lab")


def listed() -> dict[str, list[str]]:
    """The names of the page, by package."""
    parts = re.split(r"^## `(\w+)`$", PAGE.read_text(), flags=re.MULTILINE)[1:]
    return {
        package: re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
        for package, text in zip(parts[::2], parts[1::2], strict=True)
    }


def test_the_page_has_every_package() -> None:
    assert tuple(listed()) == PACKAGES


@pytest.mark.parametrize("package", PACKAGES)
def test_the_page_lists_what_a_package_offers(package: str) -> None:
    assert sorted(listed()[package]) == sorted(importlib.import_module(package).__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_that_a_package_offers_says_what_it_is(package: str) -> None:
    module = importlib.import_module(package)
    offered = {name: getattr(module, name) for name in module.__all__}
    silent = [
        name
        for name, value in offered.items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and not value.__doc__
    ]

    assert silent == []


def test_a_trace_shows_itself_in_one_line() -> None:
    assert repr(two_readers()) == "<Trace of by_hand by model: 9 events>"
