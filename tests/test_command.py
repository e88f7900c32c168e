"""The command ``netpoll``: statuses, messages, files and pipes, with witnesses made by hand."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from by_hand import GOOD, ByHand, one_message
from netpoll_lab.__main__ import main
from scenario import Unavailable, read_trace, write_trace


def test_witnesses_that_agree_exit_0_and_the_last_line_counts(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"))

    assert main(["compare", two, two]) == 0

    line = "two  agrees        Which of two readers runs first?"
    assert capsys.readouterr().out.splitlines() == [
        line,
        line,
        "2 agree, 0 differ, 0 inconclusive",
    ]


def test_a_difference_exits_1_and_says_where_it_is_first(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll", runs="r0 r1"))

    assert main(["compare", two, two]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("two  differs       at run 1 model has r1, epoll has r0 (R")
    assert lines[-1] == "0 agree, 2 differ, 0 inconclusive"


def test_an_inconclusive_run_exits_3_and_says_why(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll", inconclusive=("an entry was 7 ms late",)))

    assert main(["compare", two, two]) == 3

    line = "two  inconclusive  epoll: an entry was 7 ms late"
    assert capsys.readouterr().out.splitlines() == [
        line,
        line,
        "0 agree, 0 differ, 2 inconclusive",
        "inconclusive: the machine was busy: a witness measured that it was late, and so",
        "judges nothing. This is harmless; run it again with nothing beside it.",
    ]


def test_a_run_that_is_inconclusive_for_another_reason_is_not_called_harmless(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll", inconclusive=("not quiet after 2 s",)))

    assert main(["compare", two, two]) == 3

    assert capsys.readouterr().out.splitlines()[-1] == (
        "inconclusive: nothing was compared in these runs, for the reasons beside them."
    )


def test_a_difference_outweighs_an_inconclusive_run(two: str, ask: Callable[..., None]) -> None:
    second = ByHand("epoll", runs="r0 r1")
    reasons = iter([("late",), ()])

    def alternate(number: int) -> None:
        second._inconclusive = next(reasons)

    second._before = alternate
    ask(ByHand("model"), second)

    assert main(["compare", two, two]) == 1


def test_repeat_runs_each_scenario_that_often(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    second = ByHand("epoll")
    ask(ByHand("model"), second)

    assert main(["compare", two, two, "--repeat", "20"]) == 0

    assert second.asked == 40
    line = "two  agrees        20 of 20: Which of two readers runs first?"
    assert capsys.readouterr().out.splitlines() == [
        line,
        line,
        "40 agree, 0 differ, 0 inconclusive",
    ]


def late_until(number_on: int) -> ByHand:
    """Real epoll, late in its runs before the one of that number."""
    witness = ByHand("epoll")

    def hurry(number: int) -> None:
        witness._inconclusive = ("an entry was 7 ms late",) if number < number_on else ()

    witness._before = hurry
    return witness


@pytest.mark.parametrize(("on_time", "status", "asked"), [(1, 0, 1), (3, 0, 3), (4, 3, 3)])
def test_a_late_run_is_tried_again_where_that_was_asked_for(
    on_time: int, status: int, asked: int, two: str, ask: Callable[..., None]
) -> None:
    second = late_until(on_time)
    ask(ByHand("model"), second)

    assert main(["compare", two, "--tries", "3"]) == status
    assert second.asked == asked


def test_a_run_that_differs_is_not_tried_again(two: str, ask: Callable[..., None]) -> None:
    second = ByHand("epoll", runs="r0 r1")
    ask(ByHand("model"), second)

    assert main(["compare", two, "--tries", "3"]) == 1
    assert second.asked == 1


def test_one_difference_in_twenty_runs_is_a_difference(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    second = ByHand("epoll")

    def differ_once(number: int) -> None:
        second._runs = ["r0", "r1"] if number == 13 else ["r1", "r0"]

    second._before = differ_once
    ask(ByHand("model"), second)

    assert main(["compare", two, "--repeat", "20"]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("DIFFERS at run 1")
    assert lines[-1] == "19 agree, 1 differ, 0 inconclusive"


def test_a_single_scenario_is_explained(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll", runs="r0 r1"))

    assert main(["compare", two]) == 1

    told = capsys.readouterr().out
    for part in ("Which of two readers runs first?", "DIFFERS at run 1", "WAKEUPS", "RUNS"):
        assert part in told


def test_the_verdicts_are_written_as_json(
    two: str, tmp_path: Path, ask: Callable[..., None]
) -> None:
    ask(ByHand("model"), ByHand("epoll", runs="r0 r1"))
    path = tmp_path / "verdicts.json"

    assert main(["compare", two, "--json", str(path)]) == 1

    found = json.loads(path.read_text())
    assert found["finished"] is True
    assert found["counts"] == {"agree": 0, "differ": 1, "inconclusive": 0, "racy": 0}
    (scenario,) = found["scenarios"]
    assert (scenario["name"], scenario["witnesses"]) == ("two", ["model", "epoll"])
    (run,) = scenario["runs"]
    assert {key: run[key] for key in ("verdict", "channel", "position", "expected", "actual")} == {
        "verdict": "differs",
        "channel": "run",
        "position": 0,
        "expected": "r1",
        "actual": "r0",
    }


def missing(number: int) -> None:
    raise Unavailable("there is no epoll on this system; use Linux")


def test_a_witness_asked_for_by_name_that_is_missing_is_an_error(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll", before=missing))

    assert main(["compare", two, "--backends", "model,epoll"]) == 2

    assert one_message(capsys) == "netpoll: epoll: there is no epoll on this system; use Linux"


def test_a_default_witness_that_is_missing_is_named_and_left_out(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll", before=missing))

    assert main(["compare", two, two]) == 3

    assert capsys.readouterr().out.splitlines() == [
        "epoll is left out: there is no epoll on this system; use Linux",
        "0 agree, 0 differ, 0 inconclusive",
    ]


def test_a_scenario_that_is_not_for_both_witnesses_is_left_out_with_its_reason(
    two: str, tmp_path: Path, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"))
    path = tmp_path / "one.toml"
    path.write_text('witnesses = ["model"]\nreason = "Python retries EINTR"\n' + GOOD)

    assert main(["compare", two, str(path)]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "two  agrees        Which of two readers runs first?",
        "one  left out      only for model: Python retries EINTR",
        "1 agree, 0 differ, 0 inconclusive",
    ]


def test_an_unknown_witness_names_the_known_ones(
    two: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", two, "--backends", "model,kqueue"]) == 2

    message = one_message(capsys)
    assert message == "netpoll: there is no witness 'kqueue'; there are: model, epoll, go"


def test_ctrl_c_keeps_what_was_done_so_far(
    two: str, tmp_path: Path, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    ask(ByHand("model"), ByHand("epoll", before=interrupt))
    path = tmp_path / "verdicts.json"

    assert main(["compare", two, two, two, "--json", str(path)]) == 130

    told = capsys.readouterr()
    assert told.out == "two  agrees        Which of two readers runs first?\n"
    assert told.err == (
        "netpoll: interrupted after 1 of 3 scenarios: 1 agree, 0 differ, 0 inconclusive\n"
    )
    found = json.loads(path.read_text())
    assert (found["finished"], found["counts"]["agree"]) == (False, 1)


def test_a_run_that_is_interrupted_writes_nothing(
    two: str, tmp_path: Path, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(number: int) -> None:
        raise KeyboardInterrupt

    ask(ByHand("model", before=interrupt))
    path = tmp_path / "two.jsonl"

    assert main(["run", two, "-o", str(path)]) == 130

    assert one_message(capsys) == "netpoll: interrupted; nothing was written"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["two.toml"]


def test_both_witnesses_print_the_same_channels(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll"))
    told = []
    for backend in ("model", "epoll"):
        assert main(["run", two, "--backend", backend, "--channels"]) == 0
        told.append(capsys.readouterr().out)

    assert told[0] == told[1]
    assert told[0].splitlines() == [
        "wake",
        "    1  r0  f0 r  ready",
        "    2  r1  f1 r  ready",
        "run",
        "    1  r1",
        "    2  r0",
        "batch",
        "    1  f0 rw, f1 rw",
        "break",
        "    -",
        "step",
        "    1  r0  read f0 64: parked",
        "    2  r1  read f1 64: parked",
    ]


def test_run_keeps_the_trace_that_it_printed(
    two: str, tmp_path: Path, ask: Callable[..., None]
) -> None:
    witness = ByHand("model")
    ask(witness)
    path = tmp_path / "two.jsonl"

    assert main(["run", two, "-o", str(path)]) == 0

    again = tmp_path / "again.jsonl"
    write_trace(read_trace(path), again)
    assert path.read_bytes() == again.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "again.jsonl",
        "two.jsonl",
        "two.toml",
    ]


@pytest.mark.parametrize("words", [[], ["nonsense"], ["compare", "--repeat", "0"], ["timeline"]])
def test_a_wrong_call_exits_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)

    assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from netpoll_lab.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'rich', 'simpy', 'matplotlib', 'numpy', 'model', 'realpoll', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m netpoll_lab list | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)

    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] in {"0", "141"}


def test_ctrl_c_within_repeated_runs_keeps_those_that_ended(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(number: int) -> None:
        if number == 8:
            raise KeyboardInterrupt

    ask(ByHand("model"), ByHand("epoll", before=interrupt))

    assert main(["compare", two, two, "--repeat", "20"]) == 130

    assert capsys.readouterr().err == (
        "netpoll: interrupted after 0 of 2 scenarios: 7 agree, 0 differ, 0 inconclusive\n"
    )


@pytest.mark.linux
def test_a_full_disk_is_one_message() -> None:
    command = f"{sys.executable} -m netpoll_lab list > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == "netpoll: the output cannot be written: the disk is full; free some\n"
