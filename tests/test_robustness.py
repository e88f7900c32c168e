"""What the command does when the system gives it little: descriptors, threads, an output, time."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from by_hand import ByHand
from netpoll_lab.__main__ import main
from scenario import Unavailable

NETPOLL = f"{sys.executable} -m netpoll_lab"
ADVICE = [
    "not run: for the reasons beside them; where the system had too little of",
    "something, allow more (descriptors: `ulimit -n 4096`) and run it again.",
]


def short_at(*runs: int) -> Callable[[int], None]:
    """Lets a witness find no free descriptor in these of its runs."""

    def before(number: int) -> None:
        if number in runs:
            try:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            except OSError as error:
                raise Unavailable("could not open f7: Too many open files") from error

    return before


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a shell command says, with nothing on its standard input."""
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def test_a_witness_short_of_descriptors_is_left_out_of_that_scenario_only(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll", before=short_at(1)))

    assert main(["compare", two, two, two]) == 3

    line = "two  agrees        Which of two readers runs first?"
    assert capsys.readouterr().out.splitlines() == [
        "two  not run       epoll: could not open f7: Too many open files",
        line,
        line,
        "2 agree, 0 differ, 0 inconclusive, 1 not run",
        *ADVICE,
    ]


def test_a_witness_asked_for_by_name_may_be_short_of_descriptors_too(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll", before=short_at(1)))

    assert main(["compare", two, "--backends", "model,epoll"]) == 3

    assert capsys.readouterr().out.splitlines() == [
        "two  not run       epoll: could not open f7: Too many open files",
        *ADVICE,
    ]


def test_what_was_not_run_does_not_hide_a_difference(two: str, ask: Callable[..., None]) -> None:
    ask(ByHand("model"), ByHand("epoll", runs="r0 r1", before=short_at(2)))

    assert main(["compare", two, two]) == 1


def test_the_runs_after_one_that_was_not_run_are_compared(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), ByHand("epoll", before=short_at(1, 3)))

    assert main(["compare", two, two, "--repeat", "3"]) == 3

    assert capsys.readouterr().out.splitlines() == [
        "two  not run       epoll: could not open f7: Too many open files",
        "two  not run       epoll: could not open f7: Too many open files",
        "two  agrees        Which of two readers runs first?",
        "two  agrees        3 of 3: Which of two readers runs first?",
        "4 agree, 0 differ, 0 inconclusive, 2 not run",
        *ADVICE,
    ]


def test_what_was_not_run_stands_in_the_json_with_its_reason(
    two: str, tmp_path: Path, ask: Callable[..., None]
) -> None:
    ask(ByHand("model"), ByHand("epoll", before=short_at(2)))
    path = tmp_path / "verdicts.json"

    assert main(["compare", two, two, "--json", str(path)]) == 3

    found = json.loads(path.read_text())
    assert (found["counts"]["agree"], found["left_out"]) == (1, {})
    assert found["not_run"] == [
        {"run": "two on epoll, run 1", "reason": "could not open f7: Too many open files"}
    ]


def no_thread(number: int) -> None:
    if number == 1:
        try:
            raise RuntimeError("can't start new thread")
        except RuntimeError:
            # As when the clean-up trips over what was left half made.
            raise RuntimeError("cannot join thread before it is started")  # noqa: B904


def no_memory(number: int) -> None:
    if number == 1:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")


@pytest.mark.parametrize(
    ("before", "what"),
    [(no_thread, "can't start new thread"), (no_memory, "Cannot allocate memory")],
)
def test_a_witness_that_finds_too_little_elsewhere_did_not_run_either(
    before: Callable[[int], None],
    what: str,
    two: str,
    ask: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask(ByHand("model"), ByHand("epoll", before=before))

    assert main(["compare", two, two]) == 3

    assert capsys.readouterr().out.splitlines()[0] == (
        f"two  not run       epoll: the system has too little for it: {what}"
    )


@pytest.mark.slow
@pytest.mark.linux
def test_with_64_descriptors_all_but_the_largest_are_compared() -> None:
    names = "half_close more_than_128_at_once a_read_that_waits"
    done = shell(f"ulimit -n 64; {NETPOLL} compare {names}")

    assert (done.returncode, done.stderr) == (3, "")
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines[:3]] == ["agrees", "not", "agrees"]
    assert lines[3:] == ["2 agree, 0 differ, 0 inconclusive, 1 not run", *ADVICE]
