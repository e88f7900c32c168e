"""``netpoll beside``: Go's text and the model's, line by line, on a page of any width."""

import re
from collections.abc import Callable
from functools import cache as cached
from pathlib import Path

import pytest

from by_hand import one_message
from conformance.mirror import Value, text_of, units
from model.netpoll import Netpoll
from model.proc import Proc
from model.releases import RELEASES, runtime
from netpoll_lab.__main__ import main
from netpoll_lab.columns import aligned
from netpoll_lab.commands import beside
from netpoll_lab.layout import Column, side_by_side, wrapped
from netpoll_lab.passage import Kind, Line, of_go, of_model, place, with_parts
from realgo.gosource import GoSource, declarations
from realgo.toolchain import Toolchain

BY_HAND = """\
package runtime

// netpollready of ours, with a comment whose first line is as long as usual,
// so that both are joined on a page that is not wide enough for them.
func netpollready(toRun *gList, pd *pollDesc, mode int32) int32 {
	delta := int32(0) // how many

	// inside
	if mode == 'r' {
		rg = netpollunblock(pd, 'r', true, &delta)
	}
	text := "a { in // a string"
	return delta
}

func (c *pollCache) free(pd *pollDesc) {}
"""


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


def lines_of(text: str) -> list[Line]:
    return [
        Line(number=i, depth=len(line) - len(line.lstrip()), text=line.strip(), kind=Kind.CODE)
        for i, line in enumerate(text.splitlines(), 1)
    ]


def pairs(left: str, right: str) -> list[tuple[int, int]]:
    rows = aligned(lines_of(left), lines_of(right))
    return [
        (row.left.number, row.right.number) for row in rows if row.same and row.left and row.right
    ]


# ---- lines


def test_a_go_function_is_cut_into_code_comments_and_remarks() -> None:
    found = of_go(next(declarations(BY_HAND, "netpoll.go")))

    assert [(line.number, line.depth, line.kind.value, line.remark) for line in found[:7]] == [
        (3, 0, "comment", ""),
        (4, 0, "comment", ""),
        (5, 0, "code", ""),
        (6, 1, "code", "// how many"),
        (7, 0, "blank", ""),
        (8, 1, "comment", ""),
        (9, 1, "code", ""),
    ]
    assert found[9].text == 'text := "a { in // a string"'
    assert (found[9].depth, found[9].remark) == (1, "")


def test_a_function_of_the_model_is_cut_alike() -> None:
    found = of_model(Proc.sysmonDeepSleep)
    sleep = next(line for line in found if line.text.startswith("sleep = "))
    told = next(line for line in found if line.text.startswith("world.seen."))

    assert found[0].text == "async def sysmonDeepSleep(self, now: int) -> bool:"
    assert (found[0].depth, found[1].kind, found[1].depth) == (0, Kind.COMMENT, 1)
    assert "// 2" in sleep.text  # divides; it is no comment of Go's
    assert sleep.remark == ""
    assert told.kind is Kind.ASIDE


def test_a_constant_is_shown_with_its_block() -> None:
    found = of_model(Value("model.netpoll", "pollEventErr"))

    assert [line.text.split()[0] for line in found] == [
        *("pollClosing", "pollEventErr", "pollExpiredReadDeadline", "pollExpiredWriteDeadline"),
        *("pollFDSeq", "pollFDSeqMask"),
    ]
    assert found[0].number == int(place(Value("model.netpoll", "pollClosing")).split(":")[1])


def test_a_part_stands_where_it_is_called() -> None:
    part = of_model(Proc.findRunnablePoll)

    found = with_parts(of_model(Proc.findRunnable), [("findRunnablePoll", part)])

    at = next(i for i, line in enumerate(found) if "self.findRunnablePoll(" in line.text)
    assert [line.number for line in found[at + 1 : at + 1 + len(part)]] == [p.number for p in part]
    assert found[at + 1].depth == found[at].depth


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_every_text_of_a_release_can_be_cut_and_none_of_it_is_lost(release: str) -> None:
    texts = {one.name: text_of(one, runtime(release)) for unit in units() for one in unit.members}

    for name, text in texts.items():
        if text is not None:
            path, _, first = place(text).partition(":")
            source = (Path(__file__).parents[1] / path).read_text().splitlines()
            for i, line in enumerate(of_model(text)):
                again = f"{line.text} {line.remark}".split()
                assert again == source[int(first) - 1 + i].split(), name


# ---- which lines belong together


def test_lines_that_speak_of_the_same_stand_on_one_row_in_order() -> None:
    go = "func f() {\nif gpp.CompareAndSwap(pdReady, pdNil) {\nreturn true\n}\nlock(&pd.lock)\n}"
    ours = (
        "def f(self):\nif await gpp.cas(pdReady, pdNil):\nx = 1\nreturn True\nawait pd.lock.lock()"
    )

    assert pairs(go, ours) == [(1, 1), (2, 2), (3, 4), (5, 5)]


def test_the_first_lines_belong_together_whatever_they_say() -> None:
    assert pairs("func (fd *FD) Read(p []byte) (int, error) {", "async def other():") == [(1, 1)]


def test_numbers_are_the_same_in_both_spellings() -> None:
    go = "func f\nif delay < 1e6 {\nwaitms = 1\n} else if delay < 1e15 {"
    ours = "def f\nif delay < 1_000_000:\nwaitms = 1\nelif delay < 10**15:"

    assert pairs(go, ours) == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_lines_that_have_nothing_in_common_do_not_belong_together() -> None:
    assert pairs("func f\nosRelax(true)", "def f\nawait usleep(3)") == [(1, 1)]


def test_no_line_is_lost_or_moved() -> None:
    left, right = of_model(Netpoll.netpollblock), of_model(Proc.findRunnable)
    rows = list(aligned(left, right))

    assert [row.left for row in rows if row.left] == left
    assert [row.right for row in rows if row.right] == right


# ---- columns


@pytest.mark.parametrize("width", [12, 20, 40])
@pytest.mark.parametrize("name", ["findRunnable", "sysmon", "runqgrab"])
def test_a_broken_line_keeps_its_words_and_its_width(name: str, width: int) -> None:
    for line in of_model(getattr(Proc, name)):
        rows = wrapped(line, width, 2)
        mark = "#" if line.kind is Kind.COMMENT or line.remark else None
        again = [w for row in rows for w in row.split() if w != mark]

        assert all(len(row) <= width for row in rows)
        told = f"{line.text} {line.remark}".split()
        assert "".join(again) == "".join(w for w in told if w != mark)


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ("return a, b", 11, ["return a, b"]),
        ("return first, second", 16, ["return first,", "    second"]),
        ("await self.gopark(commit, gpp)", 24, ["await self.gopark(", "    commit, gpp)"]),
        ("sched.lastpoll.load()", 17, ["sched.lastpoll.", "    load()"]),
        ("abcdefghijklmnopqrstuvw", 17, ["abcdefghijklmnopq", "    rstuvw"]),
    ],
)
def test_a_line_is_broken_at_words_then_behind_brackets_then_behind_dots(
    text: str, width: int, rows: list[str]
) -> None:
    assert wrapped(Line(number=1, depth=0, text=text, kind=Kind.CODE), width, 2) == rows


def test_what_stands_behind_code_goes_under_it_when_it_does_not_fit() -> None:
    line = Line(number=1, depth=0, text="x = 1", kind=Kind.CODE, remark="# so that it is one")

    assert wrapped(line, 40, 2) == ["x = 1  # so that it is one"]
    assert wrapped(line, 16, 2) == ["x = 1", "    # so that it", "    # is one"]


def page(width: int) -> list[str]:
    go = of_go(next(declarations(BY_HAND, "netpoll.go")))
    left = Column(title=("Go", "netpoll.go:5"), lines=go)
    right = Column(title=("model", "netpoll.py:1"), lines=of_model(Netpoll.netpollready))
    return list(side_by_side(left, right, width))


def test_a_comment_is_joined_before_it_is_broken() -> None:
    left = [line.partition(" │")[0] for line in page(100)[3:]]
    comment = [line for line in left if "//" in line[:5]]

    assert [line.rstrip() for line in comment] == [
        " 3 // netpollready of ours, with a comment whose",
        "   // first line is as long as usual, so that",
        "   // both are joined on a page that is not wide",
        "   // enough for them.",
    ]


def test_a_narrow_page_has_one_after_the_other() -> None:
    assert not any("│" in line for line in page(89))
    assert sum("│" in line for line in page(90)) > 10
    assert [line for line in page(89) if line.startswith(("Go", "model"))] == ["Go", "model"]


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
    monkeypatch.setattr(beside, "GoSource", cached(GoSource))  # each file is read once
    source = beside.GoSource(toolchain.goroot)
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
