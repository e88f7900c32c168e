"""A process for each run: how it ended, what it wrote, and that nothing of it is left."""

import os
import signal
from pathlib import Path

import pytest

from realgo import process
from realgo.process import Ended, environment, run, shortened

pytestmark = pytest.mark.linux


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "program"


def told(program: Path, script: str, *, text: bytes = b"", limit_s: float = 30) -> Ended:
    """Run a shell script as if it were the interpreter."""
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return run(program, text=text, environment=environment(1), limit_s=limit_s)


def test_a_program_gets_its_text_and_what_it_writes_is_kept(program: Path) -> None:
    ended = told(program, "tr a-z A-Z; echo lost >&2", text=b"hello")

    assert (ended.told, ended.errors, ended.trouble) == ("HELLO", "lost\n", None)


def test_a_text_that_nobody_reads_does_not_matter(program: Path) -> None:
    assert told(program, "exec true", text=b"x" * 1_000_000).trouble is None


def test_another_status_than_0_is_told(program: Path) -> None:
    assert told(program, "exit 2").trouble == "it ended with status 2"


def test_a_signal_is_told_by_its_name(program: Path) -> None:
    assert told(program, "kill -SEGV $$").trouble == "it was killed by SIGSEGV"


def test_a_program_that_does_not_end_is_asked_where_it_stands_then_ended(program: Path) -> None:
    # The shell itself would wait for its child before it ran the trap.
    ended = told(program, 'trap "echo dumped >&2; exit 2" QUIT; while :; do :; done', limit_s=0.05)

    assert ended.overdue
    assert ended.errors == "dumped\n"
    assert ended.trouble == "it had not ended in time and was killed"


def test_a_program_that_is_deaf_is_killed(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "DUMP_LIMIT_S", 0.05)

    ended = told(program, 'trap "" QUIT; while :; do :; done', limit_s=0.05)

    assert (ended.overdue, ended.status) == (True, -signal.SIGKILL)


def test_ctrl_c_ends_the_program_and_leaves_neither_process_nor_descriptor(program: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))

    with pytest.raises(KeyboardInterrupt):  # the interrupt comes while this process waits
        told(program, f"echo $$ > {program.parent}/number; kill -INT $PPID; while :; do :; done")

    number = int((program.parent / "number").read_text())
    assert not Path(f"/proc/{number}").exists()
    assert set(os.listdir("/proc/self/fd")) == before


def test_nothing_of_the_users_environment_reaches_a_run(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GODEBUG", "GOTRACEBACK", "GOMAXPROCS", "HOME", "GOMEMLIMIT"):
        monkeypatch.setenv(name, "the user's")

    assert "the user's" not in told(program, "env").told


def test_a_long_output_keeps_its_beginning_and_its_end() -> None:
    text = "panic: " + "x" * 5_000 + " exit status 2"

    short = shortened(text, 100)

    assert short.startswith("panic: xxx")
    assert short.endswith("exit status 2")
    assert f"{len(text) - 100:,} characters left out" in short
    assert shortened("brief\n", 100) == "brief"


def test_what_a_terminal_would_obey_is_shown_as_question_marks() -> None:
    assert shortened("panic: \x1b[2J\x07\tat once\n\tthere") == "panic: ?[2J?\tat once\n\tthere"
