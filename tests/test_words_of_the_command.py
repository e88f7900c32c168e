"""The words that stand behind a command: filters, the nearest name, where a trace goes."""

from importlib.metadata import version
from pathlib import Path

import pytest

from by_hand import one_message
from netpoll_lab.__main__ import main
from netpoll_lab.witnesses import witness
from scenario import catalogue, read_trace, trace_lines


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["list", "--names", *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_list_of_words_names_the_scenarios_that_hold_them_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert listed(capsys) == list(catalogue())
    assert listed(capsys, "Deadline", "PAST") == ["deadline_in_the_past", "deadline_past_then_none"]
    assert listed(capsys, "two hundred pipes") == ["more_than_128_at_once"]


def test_a_list_that_would_be_empty_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "deadline", "kqueue"]) == 2

    assert one_message(capsys) == (
        "netpoll: no scenario holds 'deadline' and 'kqueue'; `netpoll list` names them all"
    )


def test_a_name_in_another_spelling_gets_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "A-READ-THAT-WAITS"]) == 2

    assert one_message(capsys) == (
        "netpoll: unknown scenario 'A-READ-THAT-WAITS'; did you mean 'a_read_that_waits'?"
    )


def test_the_trace_of_a_name_points_to_what_writes_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "a_read_that_waits"]) == 2

    assert one_message(capsys) == (
        "netpoll: a_read_that_waits is a scenario, and a trace file may stand here; "
        "write one with `netpoll run a_read_that_waits -o a_read_that_waits.jsonl`"
    )


def test_the_trace_of_an_unknown_name_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "a_red_that_waits"]) == 2

    assert one_message(capsys).startswith("netpoll: unknown scenario 'a_red_that_waits'; ")


def test_a_dash_prints_the_trace_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["run", "a_read_that_waits", "-o", "-"]) == 0

    told = capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "kept").write_text(told)
    assert "\n".join(trace_lines(read_trace(tmp_path / "kept"))) + "\n" == told


def test_show_says_whose_sentence_the_finding_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "six_in_one_batch"]) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert f" The author's finding: {catalogue()['six_in_one_batch'].finding} MODEL " in told


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])

    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"netpoll {version('netpoll-lab')}\n"


def test_without_look_ahead_the_channels_are_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for words in ([], ["--no-look-ahead"]):
        assert main(["run", "six_in_one_batch", "--channels", *words]) == 0
        told.append(capsys.readouterr().out)

    assert told[0] == told[1]


def test_the_words_of_a_run_reach_the_model() -> None:
    made = vars(witness("model", release="1.21", seed=7, look_ahead=False))

    assert (made["release"], made["seed"], made["look_ahead"]) == ("1.21", 7, False)
