"""What tests share: a scenario's file, witnesses made by hand, and Go toolchains."""

import os
import re
import signal
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest

from by_hand import GOOD, ByHand
from conformance.report import LATE
from go_wheels import GATE
from netpoll_lab.witnesses import MAKERS
from realgo.toolchain import RELEASES, Toolchain, find
from scenario import Unavailable

REQUIRED = "NETPOLL_REQUIRE_GO"
"""Names the releases ("1.21,1.27"; "1" is the newest) whose absence is a failure, as in CI."""


def pytest_configure() -> None:
    """A shell ignores Ctrl-C for what it runs in the background, and that is handed on to every
    process that a test starts; the tests of Ctrl-C are about one that is not ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def two(tmp_path: Path) -> str:
    """A scenario's file."""
    path = tmp_path / "two.toml"
    path.write_text(GOOD)
    return str(path)


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts witnesses made by hand in the place of the real ones; of one name, one per release."""

    def replace(*witnesses: ByHand) -> None:
        for name in {each.name for each in witnesses}:
            monkeypatch.setitem(MAKERS, name, maker([w for w in witnesses if w.name == name]))

    return replace


def maker(witnesses: Sequence[ByHand]) -> Callable[[str | None, int, bool], ByHand]:
    def make(release: str | None, seed: int, look_ahead: bool) -> ByHand:
        return next(each for each in witnesses if each.of in (None, release))

    return make


@pytest.fixture
def toolchain(request: pytest.FixtureRequest) -> Toolchain:
    """The newest Go that there is. Tests that use it carry the marker ``go``."""
    newest = RELEASES[-1]
    return needed(request, newest if newest in required() else None)


@pytest.fixture
def toolchain_of(request: pytest.FixtureRequest) -> Callable[[str], Toolchain]:
    """The Go of a release. Tests that use it carry the marker ``go``."""
    return lambda release: needed(request, release)


def needed(request: pytest.FixtureRequest, release: str | None) -> Toolchain:
    """A toolchain; without it the test is skipped, or fails if the environment requires it."""
    if request.node.get_closest_marker("go") is None:
        pytest.fail("a test that needs a Go toolchain carries @pytest.mark.go", pytrace=False)
    try:
        return find(release)
    except Unavailable as missing:
        if release in required():
            pytest.fail(f"{missing} ({REQUIRED} is set)", pytrace=False)
        pytest.skip(str(missing))


def required() -> set[str]:
    words = os.environ.get(REQUIRED, "").replace(",", " ").split()
    releases = {RELEASES[-1] if word == "1" else word for word in words}
    if unknown := releases.difference(RELEASES):
        raise ValueError(f"{REQUIRED} names {sorted(unknown)}; there are {RELEASES}")
    return releases


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a Go is required, a test of it that is skipped fails: nothing is left out silently."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and item.get_closest_marker("go"):
        reason = report.longrepr[2]
        if required() and not may_skip(reason, required()):
            report.outcome = "failed"
            report.longrepr = f"{reason} ({REQUIRED} is set, so this may not be skipped)"
    return report


def may_skip(reason: str, needed: set[str]) -> bool:
    """Whether it is about a release that is not required, or a machine that was only late."""
    about = re.search(r"there is no Go (1\.\d+)", reason)
    if about is not None:
        return about[1] not in needed
    return LATE.search(reason) is not None


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip finds what lies in ``wheels`` and asks nobody else; the cache and the PATH are empty."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("NETPOLL_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr("realgo.toolchain.shutil.which", lambda name: None)
    monkeypatch.delenv(GATE, raising=False)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return tmp_path / "wheels"
