"""``netpoll beside``: Go's text and the model's of one release, on a page of any width."""

import re
from collections.abc import Callable
from functools import cache as cached
from pathlib import Path

import pytest

from by_hand import one_message
from conformance.mirror import units
from go_by_hand import BY_HAND
from model.netpoll import Netpoll
from model.releases import runtime
from netpoll_lab.__main__ import main
from netpoll_lab.commands import beside
from netpoll_lab.passage import Kind, of_go, place
from realgo.gosource import GoSource
from realgo.toolchain import Toolchain


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with toolchains 1.27.3 and 1.21.13 by hand; there is no other Go."""
    for version in ("1.27.3", "1.21.13"):
        package = tmp_path / "go" / version / "src" / "runtime"
        package.mkdir(parents=True)
        (package / "netpoll.go").write_text(BY_HAND)
    monkeypatch.setenv("NETPOLL_LAB_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


# ---- the command


def test_both_places_and_the_release_stand_above(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["beside", "netpollready", "--width", "120"]) == 0

    first, second, *_ = capsys.readouterr().out.splitlines()
    assert [word.strip() for word in first.split("│")] == ["Go 1.27.3", "the model of Go 1.27"]
    where, ours = (word.strip() for word in second.split("│"))
    assert where == "runtime/netpoll.go:5"
    assert ours == place(Netpoll.netpollready)


def test_an_older_release_shows_what_the_model_overrides(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (cache / "go").glob("*/src/runtime/netpoll.go"):
        path.write_text("package runtime\n\nfunc netpollunblock(pd *pollDesc) *g { return nil }\n")
    places = {}
    for release in ("1.27", "1.21"):
        assert main(["beside", "netpollunblock", "--go", release, "--width", "120"]) == 0
        places[release] = (
            capsys.readouterr().out.splitlines()[1].split("│")[1].split(":")[0].strip()
        )

    assert places == {"1.27": "model/netpoll.py", "1.21": "model/older/go121.py"}


def test_without_a_name_all_that_is_mirrored_is_listed(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["beside"]) == 0

    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert rows["netpollready"] == [
        "runtime/netpoll.go:5",
        "netpollready",
        place(Netpoll.netpollready),
    ]
    assert rows["pollCache.free"][:2] == ["runtime/netpoll.go:16", "pollCacheFree"]
    assert rows["netpoll"][:2] == ["-", "netpoll"]
    assert len(rows) == len({unit.go[0].name for unit in units()})


def test_a_part_that_was_asked_for_is_shown_with_its_piece_of_go_s_alone(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cache / "go" / "1.21.13" / "src" / "runtime" / "proc.go").write_text(
        "package runtime\n\nfunc findRunnable() {\n\tmp := getg().m\n"
        "\tallpSnapshot := mp.p\n\tcheckRunqsNoP()\n\tstopm()\n}\n"
    )

    assert main(["beside", "findRunnableRecheckRunqs", "--go", "1.21", "--width", "150"]) == 0

    told = capsys.readouterr().out.splitlines()[3:-1]
    left, right = ([line[i : i + 70] for line in told] for i in (0, 76))
    assert "async def findRunnableRecheckRunqs(self" in right[0]
    assert [text.split()[1] for text in left if text.strip()] == ["checkRunqsNoP()"]


def test_a_part_of_an_older_release_says_where_it_stands(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cache / "go" / "1.21.13" / "src" / "runtime" / "proc.go").write_text(
        "package runtime\n\nfunc findRunnable() {}\n"
    )

    assert main(["beside", "findRunnable", "--go", "1.21", "--width", "150"]) == 0

    told = capsys.readouterr().out
    assert place(runtime("1.21").findRunnableRecheck) in told
    assert place(runtime("1.21").findRunnablePoll) in told
    assert place(runtime("1.21").findRunnablePoll).startswith("model/older/")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["netpolblock"], "nothing that is called 'netpolblock'; did you mean netpollblock"),
        (["xyzzy"], "nothing that is called 'xyzzy'; `netpoll beside` lists what there is"),
        (["unlock"], "type runtime/time.go:timers.unlock or runtime/time.go:timer.unlock"),
        (["busy"], "busy has no counterpart in Go: what a scenario's `busy` does"),
        (["exitsyscall0"], "Go 1.27 has no exitsyscall0; add --go 1.25 (it is in 1.21, 1.22"),
        (["netpollready", "--go", "1.24"], "`netpoll go install 1.24`"),
        (["netpollready", "--go", "2"], "'2' is no release of Go"),
    ],
)
def test_what_cannot_be_shown_is_one_message(
    words: list[str], message: str, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["beside", *words]) == 2

    assert message in one_message(capsys)


def test_a_toolchain_that_lacks_what_its_release_has_is_named(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["beside", "netpollblock"]) == 2

    told = one_message(capsys)
    assert f"{cache}/go/1.27.3 has no netpollblock, and Go 1.27 has" in told
    assert "`netpoll go install 1.27`" in told


@pytest.mark.parametrize("words", [["beside"], ["beside", "netpoll"]])
def test_without_a_toolchain_it_says_what_to_type(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NETPOLL_LAB_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main(words) == 2

    assert "`netpoll go install 1.27`" in one_message(capsys)


# ---- with Go


def numbers(told: list[str], width: int) -> set[str]:
    """The numbers of the left column."""
    each = (width - 3) // 2
    rows = (line for line in told if line[each : each + 2] in (" │", " ═"))
    return {found[1] for line in rows if (found := re.match(r" *(\d+) ", line[:each]))}


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize("width", [90, 100, 200])
def test_every_page_keeps_its_width_and_every_line_of_code(
    width: int,
    toolchain: Toolchain,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader = cached(GoSource)  # each file is read once
    monkeypatch.setattr(beside, "GoSource", reader)
    source = reader(toolchain.goroot)
    newest = [unit for unit in units() if source.find(unit.go[0].name, unit.go[0].file)]

    assert len(newest) > 100
    for unit in newest:
        assert main(["beside", str(unit.go[0]), "--width", str(width)]) == 0
        told = capsys.readouterr().out.splitlines()
        assert all(len(line) <= width and "\t" not in line for line in told), unit.go[0]
        found = source.find(unit.go[0].name, unit.go[0].file)
        assert found is not None
        code = [str(line.number) for line in of_go(found) if line.kind is Kind.CODE]
        assert set(code) <= numbers(told, width), unit.go[0]


@pytest.mark.go
@pytest.mark.slow
def test_findrunnable_s_parts_stand_beside_the_pieces_of_go_s(
    toolchain_of: Callable[[str], Toolchain], capsys: pytest.CaptureFixture[str]
) -> None:
    toolchain_of("1.27")

    assert main(["beside", "findRunnable", "--width", "200", "--go", "1.27"]) == 0

    same = [line for line in capsys.readouterr().out.splitlines() if " ═ " in line]
    left, right = zip(*(line.split(" ═ ") for line in same), strict=True)
    for word in (
        "sched.pollingNet.Swap(1)",
        "checkTimersNoP(",
        "netpoll: ",
        "netpoll with spinning",
    ):
        row = next((i for i, text in enumerate(left) if word in text), None)
        if row is not None:
            told = re.findall(r"\w+", word.lower())[-1]
            assert told in right[row].lower(), (left[row], right[row])
    assert (
        sum("injectglist(" in a and "injectglist(" in b for a, b in zip(left, right, strict=True))
        == 3
    )
