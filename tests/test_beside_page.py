"""Go's text and the model's as lines: which belong together, and how they fill a page."""

from pathlib import Path

import pytest

from conformance.mirror import Value, text_of, units
from go_by_hand import BY_HAND
from model.netpoll import Netpoll
from model.proc import Proc
from model.releases import RELEASES, runtime
from netpoll_lab.columns import aligned
from netpoll_lab.layout import LEAST, Column, side_by_side, wrapped
from netpoll_lab.passage import Kind, Line, of_go, of_model, place, with_parts
from realgo.gosource import declarations


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


@pytest.mark.parametrize("width", [-3, 0, 1, 5, 11])
def test_a_width_of_no_use_is_that_of_the_least(width: int) -> None:
    line = Line(number=1, depth=3, text="a := netpollblock(pd, mode, false)", kind=Kind.CODE)

    assert wrapped(line, width, 4) == wrapped(line, LEAST, 4)


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
