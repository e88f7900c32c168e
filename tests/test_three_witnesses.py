"""``netpoll compare`` with real Go and several releases of it, with witnesses made by hand."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from by_hand import ByHand, one_message
from netpoll_lab.__main__ import main
from netpoll_lab.panel import Seat, panel
from realgo.toolchain import RELEASES
from scenario import Unavailable
from toolchains_by_hand import only

QUESTION = "Which of two readers runs first?"
TURNED = "r0 r1"


def labels(*names: str, releases: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return list(panel(names, releases, "1.27").pairs)


def test_of_the_newest_release_alone_nobody_is_called_by_it() -> None:
    three = [("model", "epoll"), ("model", "go"), ("epoll", "go")]

    assert labels("model", "epoll") == [("model", "epoll")]
    assert labels("model", "epoll", "go", releases=("1.27",)) == three


def test_each_release_of_go_meets_its_model_and_real_epoll_the_newest() -> None:
    assert labels("model", "epoll", "go", releases=("1.21", "1.25", "1.27")) == [
        ("model 1.27", "epoll"),
        ("epoll", "go 1.27"),
        ("model 1.27", "go 1.27"),
        ("model 1.25", "go 1.25"),
        ("model 1.21", "go 1.21"),
    ]


def test_real_epoll_is_not_held_against_an_older_go_where_the_model_can_be() -> None:
    assert labels("model", "epoll", "go", releases=("1.21",)) == [
        ("model 1.27", "epoll"),
        ("model 1.21", "go 1.21"),
    ]
    assert labels("epoll", "go", releases=("1.21", "1.25")) == [("epoll", "go 1.25")]


def test_one_witness_alone_is_held_against_its_own_older_releases() -> None:
    assert labels("go", releases=("1.21", "1.25", "1.27")) == [
        ("go 1.21", "go 1.25"),
        ("go 1.25", "go 1.27"),
    ]


def test_nobody_sits_twice() -> None:
    seats = panel(("model", "epoll", "go"), ("1.21", "1.27"), "1.27").seats

    assert set(seats) == {
        Seat(name="epoll"),
        *(Seat(name=name, release=r) for name in ("model", "go") for r in ("1.21", "1.27")),
    }
    assert len(seats) == 5


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def every_go(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, *RELEASES)


@pytest.fixture
def no_go(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)


@pytest.fixture
def an_older_go(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "1.25")


@pytest.mark.usefixtures("every_go")
def test_three_witnesses_that_agree_have_one_line_and_a_total_for_each_pair(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"), ByHand("go"))

    assert main(["compare", two, two, "--backends", "model,epoll,go"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        f"two  agrees        {QUESTION}",
        f"two  agrees        {QUESTION}",
        "model and epoll  2 agree, 0 differ, 0 inconclusive",
        "model and go     2 agree, 0 differ, 0 inconclusive",
        "epoll and go     2 agree, 0 differ, 0 inconclusive",
    ]


@pytest.mark.usefixtures("every_go")
def test_who_is_late_is_named_once_however_many_pairs_it_is_of(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    late = [
        ByHand(name, inconclusive=(f"an entry was {ms} ms late",))
        for name, ms in (("epoll", 7), ("go", 8))
    ]
    ask(ByHand("model"), *late)

    assert main(["compare", two, two, "--backends", "model,epoll,go"]) == 3

    lines = capsys.readouterr().out.splitlines()
    told = "epoll: an entry was 7 ms late; go: an entry was 8 ms late"
    assert lines[:2] == [f"two  inconclusive  {told}"] * 2


@pytest.mark.usefixtures("every_go")
def test_a_scenario_that_is_not_for_go_is_counted_for_its_pairs(
    two: str, tmp_path: Path, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"), ByHand("go"))
    path = tmp_path / "one.toml"
    words = 'witnesses = ["model", "epoll"]\nreason = "no Go does it"\n'
    path.write_text(words + Path(two).read_text())

    assert main(["compare", two, str(path), "--backends", "model,epoll,go"]) == 0

    assert capsys.readouterr().out.splitlines()[2:] == [
        "model and epoll  2 agree, 0 differ, 0 inconclusive",
        "model and go     1 agree, 0 differ, 0 inconclusive, 1 not for both",
        "epoll and go     1 agree, 0 differ, 0 inconclusive, 1 not for both",
    ]


def test_a_scenario_for_the_model_and_go_alone_says_how_to_ask_them(
    tmp_path: Path, two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"))
    path = tmp_path / "one.toml"
    words = 'witnesses = ["model", "go"]\nreason = "no contract asks for it"\n'
    path.write_text(words + Path(two).read_text())

    assert main(["compare", str(path), two]) == 0

    assert capsys.readouterr().out.splitlines()[0] == (
        "one  left out      only for model and go (--backends model,go): no contract asks for it"
    )


@pytest.mark.usefixtures("every_go")
def test_whoever_differs_is_named_with_the_release(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    old_go = ByHand("go", of="1.21", runs=TURNED)
    ask(ByHand("model"), ByHand("epoll"), old_go, ByHand("go"))

    assert main(["compare", two, two, "--go", "1.27,1.21"]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "two  differs       at run 1 model 1.21 has r1, go 1.21 has r0 (R07, "
    )
    assert lines[2:] == [
        "model 1.27 and epoll    2 agree, 0 differ, 0 inconclusive",
        "epoll and go 1.27       2 agree, 0 differ, 0 inconclusive",
        "model 1.27 and go 1.27  2 agree, 0 differ, 0 inconclusive",
        "model 1.21 and go 1.21  0 agree, 2 differ, 0 inconclusive",
    ]


@pytest.mark.usefixtures("every_go")
def test_a_profile_that_changes_as_its_go_does_agrees(two: str, ask: Callable[..., None]) -> None:
    old = [ByHand(name, of="1.21", runs=TURNED) for name in ("model", "go")]
    ask(*old, ByHand("model"), ByHand("epoll"), ByHand("go"))

    assert main(["compare", two, two, "--go", "1.21,1.27"]) == 0


@pytest.mark.usefixtures("every_go")
def test_a_single_scenario_is_explained_once_where_all_agree(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"), ByHand("go"))

    assert main(["compare", two, "--backends", "model,epoll,go"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "AGREES  MODEL and REAL EPOLL woke the same goroutines in the same order"
    assert lines[-2:] == [
        "AGREES  MODEL and REAL GO woke the same goroutines in the same order",
        "AGREES  REAL EPOLL and REAL GO woke the same goroutines in the same order",
    ]
    assert lines.count(lines[0]) == 1


@pytest.mark.usefixtures("every_go")
def test_a_pair_that_differs_is_explained_too(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("go", of="1.21", runs=TURNED))

    assert main(["compare", two, "--backends", "model,go", "--go", "1.21"]) == 1

    told = capsys.readouterr().out
    assert told.startswith("DIFFERS at run 1: MODEL 1.21 has r1, REAL GO 1.21 has r0\n")


@pytest.mark.usefixtures("no_go")
@pytest.mark.parametrize(
    ("words", "release"),
    [(["--backends", "model,go"], "1.27"), (["--go", "1.21,1.27"], "1.21")],
    ids=["by name", "by release"],
)
def test_without_a_toolchain_one_message_says_what_to_type(
    words: list[str],
    release: str,
    two: str,
    ask: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask(ByHand("model"), ByHand("epoll"), ByHand("go"))

    assert main(["compare", two, *words]) == 2

    assert one_message(capsys) == (
        f"netpoll: there is no Go {release} here; type `netpoll go install {release}`"
    )


@pytest.mark.usefixtures("no_go")
def test_without_options_nobody_looks_for_a_toolchain(two: str, ask: Callable[..., None]) -> None:
    go = ByHand("go")
    ask(ByHand("model"), ByHand("epoll"), go)

    assert main(["compare", two, two]) == 0
    assert go.asked == 0


@pytest.mark.usefixtures("an_older_go")
def test_where_only_an_older_go_is_there_the_model_is_of_its_release(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    old = [ByHand(name, of="1.25", runs=TURNED) for name in ("model", "go")]
    ask(*old, ByHand("model"), ByHand("epoll"))

    assert main(["compare", two, two, "--backends", "model,epoll,go"]) == 0

    assert capsys.readouterr().out.splitlines()[2:] == [
        "model 1.27 and epoll    2 agree, 0 differ, 0 inconclusive",
        "model 1.25 and go 1.25  2 agree, 0 differ, 0 inconclusive",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--go", "1.20"],
            "netpoll: --go 1.20: '1.20' is no release of Go that is known here;"
            " write one or more of 1.21,1.22,1.23,1.24,1.25,1.26,1.27, or all",
        ),
        (
            ["--go", "1.21", "--backends", "model,epoll"],
            "netpoll: --go 1.21 is for real Go; write --backends model,epoll,go",
        ),
        (
            ["--backends", "go", "--go", "1.21"],
            "netpoll: --backends go: two or more different witnesses are compared;"
            " write --backends model,epoll,go",
        ),
    ],
    ids=["unknown release", "nobody of a release", "alone"],
)
def test_what_cannot_be_compared_is_one_message(
    words: list[str], message: str, two: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", two, *words]) == 2

    assert one_message(capsys) == message


def test_real_epoll_is_of_no_go_release(two: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", two, "--backend", "epoll", "--go", "1.21"]) == 2

    assert one_message(capsys).startswith("netpoll: real epoll is no Go release; ")


def test_run_asks_the_witness_of_that_release(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("go", of="1.21", runs=TURNED), ByHand("go"))

    assert main(["run", two, "--backend", "go", "--go", "1.21"]) == 0

    assert capsys.readouterr().out.startswith("two: GO, Go 1.21, GOMAXPROCS=1\n")


# --- what is made before the first run ---------------------------------------------------------


class Building(ByHand):
    """A witness that has to be built."""

    def prepare(self, say: Callable[[str], None]) -> None:
        say("building it (about 20 s, once)")


@pytest.mark.usefixtures("every_go")
@pytest.mark.parametrize(
    "words",
    [["compare", "--backends", "model,go"], ["run", "--backend", "go"], ["matrix", "--go", "1.27"]],
    ids=lambda words: words[0],
)
def test_what_is_built_is_told_before_anything_runs(
    words: list[str], two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"), Building("go"))

    assert main([*words, two]) == 0

    assert capsys.readouterr().err == "building it (about 20 s, once)\n"


class Interrupted(ByHand):
    """A witness whose compiler Ctrl-C ends, as it does everything in the terminal."""

    def prepare(self, say: Callable[[str], None]) -> None:
        signal.raise_signal(signal.SIGINT)
        raise Unavailable("go build ended with status -2 and said nothing")


@pytest.mark.usefixtures("every_go")
@pytest.mark.parametrize(
    "words",
    [["compare", "--backends", "model,go"], ["run", "--backend", "go"], ["matrix", "--go", "1.27"]],
    ids=lambda words: words[0],
)
def test_a_build_that_ctrl_c_ended_is_no_lack_of_a_toolchain(
    words: list[str], two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"), Interrupted("go"))

    assert main([*words, two]) == 130

    assert capsys.readouterr().err.startswith("netpoll: interrupted")


@pytest.mark.usefixtures("every_go")
def test_a_run_whose_process_ctrl_c_killed_is_no_finding(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    killed = ByHand("go")

    def interrupt(number: int) -> None:
        if number == 2:
            killed._inconclusive = ("the process of real Go was killed by SIGINT",)
            signal.raise_signal(signal.SIGINT)

    killed._before = interrupt
    ask(ByHand("model"), killed)

    assert main(["compare", two, two, two, "--backends", "model,go"]) == 130

    told = capsys.readouterr()
    assert told.out == f"two  agrees        {QUESTION}\n"
    assert told.err == (
        "netpoll: interrupted after 1 of 3 scenarios: 1 agree, 0 differ, 0 inconclusive\n"
    )
