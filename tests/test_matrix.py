"""``netpoll matrix``: scenario by release by witness, with witnesses made by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from by_hand import ByHand, one_message
from netpoll_lab.__main__ import main
from netpoll_lab.matrix import TRIES
from netpoll_lab.matrix_text import WIDEST, head, legend
from realgo.toolchain import RELEASES
from scenario import catalogue
from toolchains_by_hand import only

TURNED = "r0 r1"
THREE = ("1.21", "1.25", "1.27")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the toolchains of three releases were there."""
    only(monkeypatch, *THREE)


def table(out: str) -> list[str]:
    """What stands under the table's head."""
    lines = out.splitlines()
    return lines[next(n for n, line in enumerate(lines) if line.startswith("scenario ")) + 1 :]


def words(out: str) -> list[str]:
    """The words of the first scenario's line."""
    return table(out)[0].split()[1:]


pytestmark = pytest.mark.usefixtures("three")


def test_a_cell_for_each_release_and_one_for_real_epoll(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"), ByHand("go"))

    assert main(["matrix", two]) == 0

    assert table(capsys.readouterr().out) == [
        "two       same    same    same    same",
        "",
        "1 scenario on 3 releases of Go: 3 same, 0 DIFF",
        "1 scenario on real epoll: 1 same, 0 DIFF",
    ]


def test_where_releases_differ_the_profiles_differ_likewise_and_it_says_how(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    old = [ByHand(name, of=r, runs=TURNED) for name in ("model", "go") for r in ("1.21", "1.25")]
    ask(*old, ByHand("model"), ByHand("epoll"), ByHand("go"))

    assert main(["matrix", two]) == 0

    assert table(capsys.readouterr().out) == [
        "two       other   other   same    same",
        "",
        "two: Which of two readers runs first? The one of the last event.",
        "  other in 1.21, 1.25: at run 1 go 1.25 has r0, go 1.27 has r1 (R07, R29, R31,",
        "    R32, R33)",
        "    the profiles of the model differ there in the same way",
        "",
        "1 scenario on 3 releases of Go: 1 same, 2 other, 0 DIFF",
        "1 scenario on real epoll: 1 same, 0 DIFF",
    ]


def test_a_go_that_changed_without_its_profile_is_a_difference(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"), ByHand("go", of="1.21", runs=TURNED), ByHand("go"))

    assert main(["matrix", two]) == 1

    told = capsys.readouterr().out
    assert words(told) == ["DIFF", "same", "same", "same"]
    assert "  DIFF in 1.21: at run 1 model 1.21 has r1, go 1.21 has r0 (R07, " in told


def test_a_profile_that_changed_without_its_go_is_a_difference(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model", of="1.21", runs=TURNED), ByHand("model"), ByHand("epoll"), ByHand("go"))

    assert main(["matrix", two]) == 1

    assert words(capsys.readouterr().out) == ["DIFF", "same", "same", "same"]


def test_real_epoll_is_held_against_the_newest_release(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll", runs=TURNED), ByHand("go"))

    assert main(["matrix", two]) == 1

    told = capsys.readouterr().out
    assert words(told) == ["same", "same", "same", "DIFF"]
    assert "  DIFF for epoll: at run 1 model 1.27 has r1, epoll has r0 (R07, " in told


@pytest.mark.parametrize(
    ("reason", "word"),
    [("racy: its three runs were not alike", "racy"), ("an entry was 7 ms late", "unsure")],
)
def test_what_proves_nothing_is_no_agreement(
    reason: str, word: str, two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    silent = ByHand("go", of="1.25", inconclusive=(reason,))
    ask(ByHand("model"), ByHand("epoll"), silent, ByHand("go"))

    assert main(["matrix", two]) == 3

    told = capsys.readouterr().out
    assert words(told) == ["same", word, "same", "same"]
    assert f"  {word} in 1.25: go 1.25: {reason}" in told


class Hurried(ByHand):
    """A witness that is late in the first ``late`` of its runs."""

    def __init__(self, name: str, *, late: int, runs: str = "r1 r0") -> None:
        super().__init__(name, runs=runs, before=self._hurry)
        self._late = late

    def _hurry(self, number: int) -> None:
        self._inconclusive = ("an entry was 7 ms late",) if number <= self._late else ()


@pytest.mark.parametrize(
    ("late", "word", "asked"), [(0, "same", 1), (3, "same", 4), (9, "unsure", TRIES)]
)
def test_a_run_that_was_late_says_nothing_and_is_run_again(
    late: int,
    word: str,
    asked: int,
    two: str,
    ask: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    epoll = Hurried("epoll", late=late)
    ask(ByHand("model"), epoll, ByHand("go"))

    main(["matrix", two])

    assert words(capsys.readouterr().out) == ["same", "same", "same", word]
    assert epoll.asked == asked


@pytest.mark.parametrize("differs", ["go", "epoll"])
def test_a_run_that_differs_is_never_run_again(
    differs: str, two: str, ask: Callable[..., None]
) -> None:
    hurried = Hurried("epoll" if differs == "go" else "go", late=9)
    ask(ByHand("model"), hurried, ByHand(differs, runs=TURNED))

    assert main(["matrix", two, "--go", "1.27"]) == 1

    assert hurried.asked == 1


def test_a_scenario_that_is_not_for_go_has_no_word(
    two: str, tmp_path: Path, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"), ByHand("go"))
    path = tmp_path / "one.toml"
    text = 'witnesses = ["model", "epoll"]\nreason = "no Go does it"\n' + Path(two).read_text()
    path.write_text(text)

    assert main(["matrix", str(path)]) == 0

    assert words(capsys.readouterr().out) == ["-", "-", "-", "same"]


def test_the_json_says_when_on_what_and_what_was_found(
    two: str, tmp_path: Path, ask: Callable[..., None]
) -> None:
    ask(ByHand("model"), ByHand("epoll"), ByHand("go", of="1.21", runs=TURNED), ByHand("go"))
    path = tmp_path / "matrix.json"

    assert main(["matrix", two, "--go", "1.27,1.21", "--json", str(path)]) == 1

    found = json.loads(path.read_text())
    assert found["finished"] is True
    assert found["go"] == {"1.21": "1.21.1", "1.27": "1.27.1"}
    assert {"date", "kernel", "machine"} < set(found)
    (row,) = found["scenarios"]
    assert (row["releases"], row["epoll"]) == ({"1.21": "DIFF", "1.27": "same"}, "same")
    assert [each["witnesses"] for each in row["verdicts"] if each["verdict"] == "differs"] == [
        ["model 1.21", "go 1.21"],
        ["go 1.21", "go 1.27"],
    ]


def test_the_page_has_the_same_words_and_says_how_to_renew_it(
    two: str, tmp_path: Path, ask: Callable[..., None]
) -> None:
    old = [ByHand(name, of="1.21", runs=TURNED) for name in ("model", "go")]
    ask(*old, ByHand("model"), ByHand("epoll"), ByHand("go"))
    path = tmp_path / "matrix.md"

    assert main(["matrix", two, "-o", str(path)]) == 0

    lines = path.read_text().splitlines()
    assert "| scenario | 1.21 | 1.25 | 1.27 | epoll |" in lines
    assert "| `two` | other | same | same | same |" in lines
    assert (
        "- other in 1.21: at run 1 go 1.21 has r0, go 1.27 has r1 (R07, R29, R31, R32, R33);"
        " the profiles of the model differ there in the same way"
    ) in lines
    assert any(
        "`netpoll matrix --go 1.21,1.25,1.27 -o docs/reference/matrix.md`" in x for x in lines
    )


def test_ctrl_c_keeps_what_is_known_and_leaves_the_page_as_it_was(
    two: str, tmp_path: Path, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    ask(ByHand("model"), ByHand("epoll", before=interrupt), ByHand("go"))
    kept, page = tmp_path / "matrix.json", tmp_path / "matrix.md"
    page.write_text("as it was")

    assert main(["matrix", two, two, two, "--json", str(kept), "-o", str(page)]) == 130

    told = capsys.readouterr()
    assert told.err == "netpoll: interrupted after 1 of 3 scenarios\n"
    assert table(told.out)[-2:] == [
        "1 scenario on 3 releases of Go: 3 same, 0 DIFF",
        "1 scenario on real epoll: 1 same, 0 DIFF",
    ]
    found = json.loads(kept.read_text())
    assert (found["finished"], len(found["scenarios"])) == (False, 1)
    assert page.read_text() == "as it was"


def test_a_release_that_is_not_there_is_one_message_before_anything_runs(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    model = ByHand("model")
    ask(model, ByHand("epoll"), ByHand("go"))

    assert main(["matrix", two, "--go", "all"]) == 2

    assert one_message(capsys) == (
        "netpoll: there is no Go 1.22 here; type `netpoll go install 1.22`"
    )
    assert model.asked == 0


def test_every_name_of_the_catalogue_fits_beside_all_releases() -> None:
    longest = max(map(len, catalogue()))

    assert len(head(RELEASES, longest)) < WIDEST


def test_the_legend_takes_no_more_columns_than_a_narrow_terminal_has() -> None:
    assert max(map(len, legend(RELEASES))) <= 80
