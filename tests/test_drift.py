"""``netpoll drift``: a change of Go under the model is found, named, and explained or not."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from by_hand import one_message
from conformance import drift, fingerprints
from conformance.drift import changes, nearest, steps, units_of
from conformance.fingerprints import Record, load, names, renewed
from conformance.mirror import GoName
from conformance.reviewed import REVIEWED
from model.releases import NEWEST, RELEASES
from netpoll_lab.__main__ import main
from netpoll_lab.commands import drift as command
from realgo.toolchain import PINS, Toolchain
from scenario import Unavailable

BLOCK = GoName("runtime/netpoll.go", "netpollblock")


# ---- the record and the review


def test_the_record_has_every_pinned_release_and_every_name() -> None:
    record = load()

    assert dict(record.versions) == PINS
    assert list(record.prints) == list(PINS)
    assert all(list(column) == list(names()) for column in record.prints.values())


def test_the_record_is_written_as_it_was_read() -> None:
    assert load().text() == fingerprints.RECORD.read_text(encoding="utf-8")


def test_the_record_has_no_text_of_go() -> None:
    record = load()
    prints = {one for column in record.prints.values() for one in column.values()}

    assert all(one is None or re.fullmatch(r"[0-9a-f]{16}", one) for one in prints)


def test_every_change_from_1_21_to_1_27_is_overridden_or_reviewed() -> None:
    between = steps(load(), "1.21", "1.27")

    assert [(step.before, step.after) for step in between] == [
        ("1.21", "1.22"),
        ("1.22", "1.23"),
        ("1.23", "1.24"),
        ("1.24", "1.25"),
        ("1.25", "1.26"),
        ("1.26", "1.27"),
    ]
    unread = {
        step.after: [one.change.name.name for one in step.explained if one.open] for step in between
    }
    assert unread == {step.after: [] for step in between}
    assert {step.after: step.unasked for step in between} == {step.after: () for step in between}


@pytest.mark.parametrize("release", REVIEWED)
def test_the_review_speaks_of_changes_only_and_of_each_once(release: str) -> None:
    before = list(RELEASES)[list(RELEASES).index(release) + 1]
    prints = load().prints
    changed = {one.name.name for one in changes(prints[before], prints[release])}
    said = [name for reviewed in REVIEWED[release].values() for name in reviewed]

    assert set(said) <= changed
    assert len(said) == len(set(said))


def test_a_change_that_nobody_has_read_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "REVIEWED", {})

    (step,) = steps(load(), "1.26", "1.27")

    assert not step.is_clean
    assert [one.change.name.name for one in step.explained if one.open][:2] == [
        "netpollinit",
        "netpollopen",
    ]


def test_an_override_without_a_change_of_go_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    record = load()
    same = Record(versions=record.versions, prints={**record.prints, "1.21": record.prints["1.22"]})

    (step,) = steps(same, "1.21", "1.22")

    assert not step.is_clean
    assert {"netpollunblock", "goschedImpl"} <= {one.name for one in step.unasked}


def test_changes_are_new_gone_or_changed() -> None:
    a, b, c, d = (GoName("x.go", name) for name in "abcd")

    found = changes({a: "1", b: None, c: "3", d: "4"}, {a: "2", b: "2", c: None, d: "4"})

    assert [(one.name, one.how) for one in found] == [(a, "changed"), (b, "new"), (c, "gone")]


def test_a_former_name_leads_to_what_mirrors_it_now() -> None:
    assert [unit.main.name for unit in units_of(GoName("runtime/time.go", "modtimer"))] == [
        "modify"
    ]


@pytest.mark.parametrize(
    ("release", "like"), [("1.28", "1.27"), ("1.20", "1.21"), ("1.24", "1.24")]
)
def test_an_unknown_release_is_held_against_the_nearest(release: str, like: str) -> None:
    assert nearest(release, list(PINS)) == like


def test_a_record_is_renewed_by_the_toolchains_that_are_there() -> None:
    record = load()
    column = {**record.prints["1.27"], BLOCK: "0" * 16}

    new = renewed(record, {"1.28": ("1.28.0", column), "1.27": ("1.27.4", column)})

    assert list(new.versions.items())[-2:] == [("1.27", "1.27.4"), ("1.28", "1.28.0")]
    assert new.prints["1.28"][BLOCK] == new.prints["1.27"][BLOCK] == "0" * 16
    assert new.prints["1.21"] == record.prints["1.21"]


def test_a_record_is_not_renewed_by_halves() -> None:
    record = load()
    short = {name: one for name, one in record.prints["1.22"].items() if name != BLOCK}

    with pytest.raises(Unavailable, match=r"Go 1\.22 lacks runtime/netpoll\.go:netpollblock"):
        renewed(Record(versions=record.versions, prints={**record.prints, "1.22": short}), {})


def test_a_release_that_the_model_does_not_know_yet_has_the_newest_texts() -> None:
    record = load()
    column = {**record.prints["1.27"], BLOCK: "0" * 16}

    (step,) = steps(renewed(record, {"1.28": ("1.28.0", column)}), "1.27", "1.28")

    assert [(one.change.name, one.open) for one in step.explained] == [(BLOCK, True)]
    assert step.unasked == ()


def test_the_files_and_words_on_the_page_are_there() -> None:
    root = Path(__file__).parents[1]
    page = (root / "docs" / "how-to" / "port-or-follow-go.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:model|conformance|realgo|docs)/[\w/.]+)`", page))
    to_be_written = {"model/older/go127.py"}

    assert {path for path in named - to_be_written if not (root / path).exists()} == set()
    assert len(named) > 5
    assert set(re.findall(r"`netpoll drift[^`]* (--\w+)", page)) == {
        *("--go", "--goroot", "--diff", "--record"),
    }


# ---- the command, with a library of Go by hand

BY_HAND = """package runtime

// Ours: only its place is tested.
func netpollblock() bool { return true }
"""


@pytest.fixture
def goroot(tmp_path: Path) -> Path:
    """A GOROOT with one function, which is not Go's."""
    (tmp_path / "src" / "runtime").mkdir(parents=True)
    (tmp_path / "src" / "runtime" / "netpoll.go").write_text(BY_HAND)
    (tmp_path / "VERSION").write_text("go1.27.9\n")
    return tmp_path


def test_what_differs_is_named_with_both_places(
    goroot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drift", "--goroot", str(goroot)]) == 1

    first, *lines = capsys.readouterr().out.splitlines()
    told = {line.split()[0]: line.split()[1:] for line in lines}
    assert re.fullmatch(r"Go 1\.27\.9: (\d+) of \d+ differ from Go 1\.27\.3; read again:", first)
    assert told["netpollblock"][:2] == ["changed", "runtime/netpoll.go:4"]
    assert re.fullmatch(r"model/netpoll\.py:\d+", told["netpollblock"][2])
    assert told["netpoll"][:2] == ["gone", "runtime/netpoll_epoll.go"]


def test_an_unknown_release_is_said_to_be_unknown(
    goroot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (goroot / "VERSION").write_text("go1.31.0\n")

    assert main(["drift", "--goroot", str(goroot)]) == 1

    assert "Go 1.31.0: Go 1.31 is not in the record, " in capsys.readouterr().out


def test_without_a_toolchain_it_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NETPOLL_LAB_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main(["drift"]) == 2

    assert "`netpoll go install 1.27`" in one_message(capsys)


def test_two_releases_need_no_toolchain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NETPOLL_LAB_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main(["drift", "1.27", "1.21"]) == 0

    told = capsys.readouterr().out
    assert told.startswith("From Go 1.21.13 to Go 1.27.3 ")
    assert "    netpollunblock: netpollunblock (model/older/go121.py:" in told
    assert "netpollAnyWaiters (new)" in told
    assert "doaddtimer (gone)" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["1.27"], "two releases are compared"),
        (["1.21", "1.22", "1.23"], "two releases are compared"),
        (["1.21", "1.99"], "'1.99' is no release of Go that is known here"),
        (["--diff"], "--diff is for two releases"),
        (["1.21", "1.27", "--go", "1.27"], "exclude one another"),
        (["--record", "--goroot", "."], "exclude one another"),
        (["--goroot", "/nowhere"], "/nowhere: no Go toolchain"),
    ],
)
def test_what_cannot_be_compared_is_one_message(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drift", *words]) == 2

    assert message in one_message(capsys)


def test_an_unread_change_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drift, "REVIEWED", {})

    assert main(["drift", "1.26", "1.27"]) == 1

    assert "nobody has read yet what it means for the model:" in capsys.readouterr().out


# ---- the command, with Go


def copied(toolchain: Toolchain, into: Path) -> Path:
    """A GOROOT with the packages that the model mirrors, to be changed."""
    for package in ("runtime", "internal/poll", "syscall"):
        source = toolchain.goroot / "src" / package
        (into / "src" / package).mkdir(parents=True)
        for path in source.glob("*.go"):
            shutil.copy(path, into / "src" / package)
    shutil.copy(toolchain.goroot / "VERSION", into)
    return into


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize("release", PINS)
def test_a_pinned_toolchain_is_as_recorded(
    release: str,
    toolchain_of: Callable[[str], Toolchain],
    capsys: pytest.CaptureFixture[str],
) -> None:
    goroot = toolchain_of(PINS[release]).goroot

    assert main(["drift", "--goroot", str(goroot)]) == 0

    assert capsys.readouterr().out == f"Go {PINS[release]}: as recorded\n"


@pytest.mark.go
@pytest.mark.slow
def test_one_changed_function_is_the_only_one_named_and_a_comment_is_none(
    toolchain_of: Callable[[str], Toolchain],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    goroot = copied(toolchain_of(PINS[NEWEST]), tmp_path)
    path = goroot / "src" / "runtime" / "netpoll.go"
    text = path.read_text()
    path.write_text(text.replace("func netpollblock(", "// A remark.\nfunc  netpollblock(", 1))

    assert main(["drift", "--goroot", str(goroot)]) == 0
    capsys.readouterr()

    path.write_text(text.replace("old := gpp.Swap(pdNil)", "old := gpp.Load()", 1))

    assert main(["drift", "--goroot", str(goroot)]) == 1
    _, *named = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in named] == ["netpollblock"]


@pytest.mark.go
@pytest.mark.slow
def test_the_record_is_renewed_from_the_toolchains_here(
    toolchain_of: Callable[[str], Toolchain],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    toolchain = toolchain_of(PINS[NEWEST])
    path = tmp_path / "fingerprints.json"
    monkeypatch.setattr(command, "RECORD", path)
    monkeypatch.setattr(command, "installed", lambda: (toolchain,))

    assert main(["drift", "--record"]) == 0

    assert load(path).prints[toolchain.release] == load().prints[toolchain.release]
    assert str(path) in capsys.readouterr().out


@pytest.mark.go
@pytest.mark.slow
def test_go_s_own_text_is_compared_where_both_toolchains_are_there(
    toolchain_of: Callable[[str], Toolchain], capsys: pytest.CaptureFixture[str]
) -> None:
    toolchain_of("1.21")
    toolchain_of("1.27")

    assert main(["drift", "1.21", "1.27", "--diff"]) == 0

    told = capsys.readouterr().out.splitlines()
    heads = [line for line in told if line.startswith("--- Go 1.21 ")]
    assert "-\t\tnetpollWaiters.Add(1)" in told
    assert len(heads) == len(changes(load().prints["1.21"], load().prints["1.27"]))
