"""What the command does when the system gives it little: descriptors, threads, an output, time."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from by_hand import GOOD, ByHand, one_message
from netpoll_lab.__main__ import main
from scenario import Unavailable
from shell import NETPOLL, shell

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
    status, out, err = shell(f"ulimit -n 64; {NETPOLL} compare {names}")

    assert (status, err) == (3, "")
    lines = out.splitlines()
    assert [line.split()[1] for line in lines[:3]] == ["agrees", "not", "agrees"]
    assert lines[3:] == ["2 agree, 0 differ, 0 inconclusive, 1 not run", *ADVICE]


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A netpoll that Ctrl-C reaches, even where it does not reach the tests, as in the background.

    It is gone afterwards.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        netpoll = subprocess.Popen(
            [sys.executable, "-m", "netpoll_lab", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with netpoll:
        try:
            yield netpoll
        finally:
            netpoll.kill()


def lines_of(netpoll: subprocess.Popen[str], number: int) -> list[str]:
    assert netpoll.stdout is not None
    return [netpoll.stdout.readline() for _ in range(number)]


@pytest.mark.slow
@pytest.mark.linux
@pytest.mark.parametrize("number", range(1, 31))
def test_ctrl_c_ends_a_comparison_in_good_order(number: int, tmp_path: Path) -> None:
    path = tmp_path / "verdicts.json"
    with started("compare", "--json", str(path)) as netpoll:
        lines = lines_of(netpoll, number)
        netpoll.send_signal(signal.SIGINT)
        assert netpoll.stdout is not None
        assert netpoll.stderr is not None
        # Not communicate(), which forgets the lines that readline() has fetched beyond its own.
        out, err = netpoll.stdout.read(), netpoll.stderr.read()
        netpoll.wait(timeout=20)

    lines += out.splitlines()
    assert netpoll.returncode == 130
    assert re.fullmatch(rf"netpoll: interrupted after {len(lines)} of \d+ scenarios: .*\n", err)
    found = json.loads(path.read_text())
    compared = [line for line in lines if "  left out  " not in line]
    assert (found["finished"], len(found["scenarios"])) == (False, len(compared))


LONG = """\
question = "Does it end?"
finding = "Not today"
script = [{do = "write f0.peer 8", at = "10ms"}, {do = "write f0.peer 8", at = "60s"}]
[fds]
f0 = "socketpair"
[goroutines]
r0 = ["read f0 64"]
"""


@pytest.mark.slow
@pytest.mark.linux
def test_ctrl_c_ends_a_run_that_only_waits(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(GOOD)
    (tmp_path / "long.toml").write_text(LONG)
    names = [str(tmp_path / name) for name in ("one.toml", "long.toml", "one.toml")]
    with started("compare", *names) as netpoll:
        lines = lines_of(netpoll, 1)
        netpoll.send_signal(signal.SIGINT)
        out, err = netpoll.communicate(timeout=20)

    assert (netpoll.returncode, out) == (130, "")
    assert lines == ["one   agrees        Which of two readers runs first?\n"]
    assert err == "netpoll: interrupted after 1 of 3 scenarios: 1 agree, 0 differ, 0 inconclusive\n"


def test_ctrl_c_while_a_witness_runs_waits_for_the_end_of_the_run(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(number: int) -> None:
        if number == 2:
            signal.raise_signal(signal.SIGINT)

    model, epoll = ByHand("model"), ByHand("epoll", before=interrupt)
    ask(model, epoll)

    assert main(["compare", two, two, two]) == 130

    line = "two  agrees        Which of two readers runs first?\n"
    told = capsys.readouterr()
    assert (told.out, model.asked, epoll.asked) == (line * 2, 2, 2)
    assert told.err == (
        "netpoll: interrupted after 2 of 3 scenarios: 2 agree, 0 differ, 0 inconclusive\n"
    )


def test_after_ctrl_c_the_second_witness_is_not_asked(two: str, ask: Callable[..., None]) -> None:
    def interrupt(number: int) -> None:
        signal.raise_signal(signal.SIGINT)

    epoll = ByHand("epoll")
    ask(ByHand("model", before=interrupt), epoll)

    assert main(["compare", two, two]) == 130

    assert epoll.asked == 0


def test_ctrl_c_during_a_single_run_ends_it(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("epoll", before=lambda number: signal.raise_signal(signal.SIGINT)))

    assert main(["run", two, "--backend", "epoll"]) == 130

    assert one_message(capsys) == "netpoll: interrupted; nothing was written"


TWICE = """
import signal
from netpoll_lab.interrupt import CTRL_C
with CTRL_C.listening(last=True), CTRL_C.held():
    signal.raise_signal(signal.SIGINT)
    print("still here", flush=True)
    signal.raise_signal(signal.SIGINT)
    print("never reached", flush=True)
"""
BROKEN_OFF = """
import signal
from netpoll_lab import interrupt
interrupt.PATIENCE_S = 0.01
with interrupt.CTRL_C.listening(last=True), interrupt.CTRL_C.held():
    try:
        signal.raise_signal(signal.SIGINT)
        signal.pause()
    finally:
        raise RuntimeError("threads that did not stop")
"""
IGNORED = """
import signal
from netpoll_lab.interrupt import CTRL_C
signal.signal(signal.SIGINT, signal.SIG_IGN)
with CTRL_C.listening(last=True):
    signal.raise_signal(signal.SIGINT)
"""
HANDED_ON = """
import signal
from netpoll_lab import interrupt
interrupt.PATIENCE_S = 3600
with interrupt.CTRL_C.listening(last=True):
    before = signal.getsignal(signal.SIGINT)
    with interrupt.CTRL_C.held():
        signal.signal(signal.SIGINT, lambda number, frame: before(number, frame))
        signal.raise_signal(signal.SIGINT)
        print("never reached", flush=True)
"""
IN_A_DESTRUCTOR = """
import signal, sys
from netpoll_lab.interrupt import CTRL_C
class Dying:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
with CTRL_C.listening(last=True):
    Dying()
    sys.exit(7 if CTRL_C.asked else 0)
"""


def python(code: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=20
    )
    return done.returncode, done.stdout, done.stderr


def test_ctrl_c_twice_ends_at_once() -> None:
    said = "\nnetpoll: interrupted twice; the run was not cleaned up\n"
    assert python(TWICE) == (130, "still here\n", said)


def test_what_a_run_says_of_being_broken_off_is_no_error() -> None:
    status, _, err = python(BROKEN_OFF)

    assert (status, err.splitlines()[-1]) == (-signal.SIGINT, "KeyboardInterrupt")


def test_a_ctrl_c_that_the_witness_hands_on_ends_its_run() -> None:
    status, out, err = python(HANDED_ON)

    assert (status, out, err.splitlines()[-1]) == (-signal.SIGINT, "", "KeyboardInterrupt")


def test_a_ctrl_c_that_somebody_ignores_for_netpoll_stays_ignored() -> None:
    assert python(IGNORED) == (0, "", "")


def test_a_ctrl_c_in_a_destructor_is_not_lost_and_says_nothing() -> None:
    assert python(IN_A_DESTRUCTOR) == (7, "", "")


def broken(number: int) -> None:
    raise ValueError("f0 has no peer,\nor had one")


BUG = (
    "netpoll: a bug in netpoll: ValueError: f0 has no peer, or had one;"
    " please report it with what the same command says under NETPOLL_TRACEBACK=1"
)


def test_what_nobody_foresaw_is_one_message_and_no_difference(
    two: str,
    ask: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NETPOLL_TRACEBACK", raising=False)
    ask(ByHand("model"), ByHand("epoll", before=broken))

    assert main(["compare", two, two]) == 70

    assert one_message(capsys) == BUG


def test_the_traceback_of_what_nobody_foresaw_can_be_had(
    two: str,
    ask: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NETPOLL_TRACEBACK", "1")
    ask(ByHand("model"), ByHand("epoll", before=broken))

    assert main(["compare", two, two]) == 70

    lines = capsys.readouterr().err.splitlines()
    assert (lines[0], lines[-1]) == ("Traceback (most recent call last):", BUG)
