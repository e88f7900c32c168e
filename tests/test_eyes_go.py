"""A Go that nothing was added to, watched: strace and Go's own tracer agree with the model."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import Agrees, Differs
from conftest import REQUIRED
from model import Model
from netpoll_lab.other_eyes import judge
from realgo.eyes import EYES, Eye, StraceEye
from realgo.eyes.outside import Nobody, perform
from realgo.eyes.strace import Strace
from realgo.toolchain import Toolchain
from scenario import Op, Scenario, Step, Trace, Unavailable, find

pytestmark = [pytest.mark.go, pytest.mark.linux, pytest.mark.slow]

RELEASES = ("1.21", "1.27")
SCENARIOS = (
    "six_in_one_batch",
    "writer_before_reader",
    "close_wakes_reader_and_writer",
    "reopen_then_read",
    "combined_deadline",
    "tcp_reset",
    "more_than_128_at_once",
)
SPINS = Step(op=Op.BUSY, text="busy 1h", ns=3_600_000_000_000)


@pytest.fixture
def eye_of(toolchain_of: Callable[[str], Toolchain]) -> Callable[[str, str], Eye]:
    """An eye on a release; skipped, or failed where Go is required, if it cannot see."""

    def make(name: str, release: str) -> Eye:
        toolchain_of(release)
        eye = EYES[name](release)
        try:
            eye.check()
        except Unavailable as missing:
            if os.environ.get(REQUIRED):
                pytest.fail(f"{missing} ({REQUIRED} is set)", pytrace=False)
            pytest.skip(str(missing))
        return eye

    return make


KILLED = """\
import os, signal, sys
from pathlib import Path
from realgo.eyes import outside
from scenario import find

def killed(run, actions):
    print(run._process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

outside._Run._act = killed
outside.perform(find("more_than_128_at_once"), Path(sys.argv[1]), outside.Nobody())
"""


def test_a_kill_while_the_program_is_stopped_leaves_nobody(
    eye_of: Callable[[str, str], Eye],
) -> None:
    program = eye_of("trace", "1.27").program
    # Of the tests' own process group, which is no orphan: so the kernel wakes nobody that stands.
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, program], stdout=subprocess.PIPE, text=True
    ) as watcher:
        told, _ = watcher.communicate(timeout=30)
    assert watcher.returncode == -signal.SIGKILL

    end = time.monotonic() + LEAVES_S
    try:
        while (state := state_of(int(told))) not in (None, "Z"):
            assert time.monotonic() < end, f"it is still there, {state}"
    except AssertionError:
        os.kill(int(told), signal.SIGKILL)
        raise


LEAVES_S = 10.0


def state_of(pid: int) -> str | None:
    """proc_pid_stat(5): a process's state, None where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return None


TRIES = 3
"""A run that was late says nothing and may be run again; one that differs never."""


def in_time(eye: Eye, scenario: Scenario) -> Trace:
    trace = eye.run(scenario)
    for _ in range(TRIES - 1):
        if not (trace.inconclusive and all("ms late" in why for why in trace.inconclusive)):
            break
        trace = eye.run(scenario)
    return trace


def expected(release: str, scenario: Scenario) -> Trace:
    return Model(release=release).run(scenario)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", EYES)
@pytest.mark.parametrize("word", SCENARIOS)
def test_an_eye_on_a_plain_go_agrees_with_the_model(
    word: str, name: str, release: str, eye_of: Callable[[str, str], Eye]
) -> None:
    eye, scenario = eye_of(name, release), find(word)

    seen = in_time(eye, scenario)

    verdict = judge(expected(release, scenario), seen, eye.channels)
    assert isinstance(verdict, Agrees), str(verdict)


def test_a_batch_made_by_stopping_the_process_is_one_batch(
    eye_of: Callable[[str, str], Eye],
) -> None:
    eye = eye_of("strace", "1.27")

    done = perform(find("six_in_one_batch"), eye.program, Strace())

    during = done.record[done.script_place : done.end_place]
    assert "EINTR" in during  # the poller was stopped in its wait, and asked again
    assert during.count("u64=") == 6


def test_one_mask_changed_in_a_real_record_is_a_difference(
    eye_of: Callable[[str, str], Eye],
) -> None:
    eye, scenario = eye_of("strace", "1.27"), find("six_in_one_batch")
    assert isinstance(eye, StraceEye)
    done = perform(scenario, eye.program, Strace())
    before, during = done.record[: done.script_place], done.record[done.script_place :]
    assert during.count("{events=0x5,") == 6

    doctored = replace(done, record=before + during.replace("{events=0x5,", "{events=0x4,", 1))

    channels = frozenset({"batch"})
    model = expected("1.27", scenario)
    assert isinstance(judge(model, eye.judge(scenario, done).trace, channels), Agrees)
    assert isinstance(judge(model, eye.judge(scenario, doctored).trace, channels), Differs)


def test_a_process_that_is_not_quiet_in_time_is_inconclusive_and_gone(
    eye_of: Callable[[str, str], Eye],
) -> None:
    eye, scenario = eye_of("trace", "1.27"), find("a_read_that_waits")
    spins = replace(scenario, goroutines={"r0": (SPINS, *scenario.goroutines["r0"])})

    done = perform(spins, eye.program, Nobody(), limit_s=0.1)

    assert len(done.trouble) == 1
    assert done.trouble[0].startswith("it was not quiet after 0.1 s: ")
