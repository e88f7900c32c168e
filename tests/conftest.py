"""What the tests of the command share: a scenario's file, and witnesses made by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from by_hand import GOOD, ByHand
from netpoll_lab.witnesses import MAKERS


@pytest.fixture
def two(tmp_path: Path) -> str:
    """A scenario's file."""
    path = tmp_path / "two.toml"
    path.write_text(GOOD)
    return str(path)


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts witnesses made by hand in the place of the real ones."""

    def replace(*witnesses: ByHand) -> None:
        for each in witnesses:
            monkeypatch.setitem(MAKERS, each.name, maker(each))

    return replace


def maker(witness: ByHand) -> Callable[[int, bool], ByHand]:
    return lambda seed, look_ahead: witness
