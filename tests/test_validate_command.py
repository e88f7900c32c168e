"""`netpoll go validate` on real programs, as its users see it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.validate.checker import Checker
from conformance.validate.transitions import table
from netpoll_lab.__main__ import main
from netpoll_lab.commands.validate import Watch, verdict
from netpoll_lab.status import Status
from realgo import program as programs
from realgo.build import build
from realgo.program import Program
from realgo.toolchain import Toolchain

PROGRAMS = Path(__file__).parent / "go_programs"
TALK = str(PROGRAMS / "talk")
CLEAN = "no violation: "
STARTED_S = 90
"""With a build, if no other test has made it."""

pytestmark = [pytest.mark.linux]


def validate(*words: str) -> int:
    return main(["go", "validate", *words])


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> "Lines":
    return Lines(capfd)


class Lines:
    """What was printed, once it is asked for."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd

    def take(self) -> tuple[list[str], str]:
        out, err = self._capfd.readouterr()
        return out.splitlines(), err


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize("procs", ["1", "4"])
def test_a_real_program_does_what_the_model_permits(
    procs: str, toolchain: Toolchain, lines: Lines, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    assert validate(TALK, "--procs", procs, "--json", str(report), "--", "talk") == 0
    out, _ = lines.take()
    assert out[0] == "talked"
    assert out[1] == f"talk: Go {toolchain.version}, GOMAXPROCS={procs}"
    assert out[-2] == "the program exited with status 0"
    assert out[-1].startswith(CLEAN)
    found = json.loads(report.read_text())
    assert found["events"] > 50_000
    assert found["lost"] == 0
    assert found["violation"] is None
    assert found["freed"] > 3_000


@pytest.mark.go
@pytest.mark.slow
def test_the_oldest_release_does_what_its_profile_permits(
    toolchain_of: "object", lines: Lines
) -> None:
    assert callable(toolchain_of)
    toolchain_of("1.21")
    assert validate(TALK, "--go", "1.21", "--procs", "4", "--", "talk") == 0
    assert lines.take()[0][-1].startswith(CLEAN)


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "ending", "status", "said"),
    [
        ("exit", "the program exited with status 7", 0, "on the standard error\n"),
        ("panic", "the program exited with status 2", 0, "panic: as the test wants\n"),
        ("kill", "the program was ended by SIGKILL", 0, ""),
        ("child", "the program exited with status 0", 0, ""),
        ("quiet", "the program exited with status 0", 3, ""),
    ],
)
def test_a_program_ends_as_it_likes_and_that_is_said(
    mode: str, ending: str, status: int, said: str, toolchain: Toolchain, lines: Lines
) -> None:
    assert validate(TALK, "--", mode) == status
    out, err = lines.take()
    assert out[-2] == ending
    assert said in err
    if mode == "quiet":
        assert out[-1].startswith("inconclusive: the program never used its network poller")
    else:
        assert out[-1].startswith(CLEAN)


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "headline", "line"),
    [
        (
            "lost-wake",
            "a goroutine that is freed is made runnable",
            "in the model whoever frees a goroutine hands it to ready, injectglist or execute",
        ),
        (
            "clear-before-drain",
            "the model's text does not do these two things in this order",
            "the model's netpoll (model/netpoll_epoll.py) does that only after:",
        ),
        (
            "uncounted",
            "netpollWaiters is adjusted before the thread goes on",
            "the model's netpollAdjustWaiters (model/netpoll.py) adds 1 for each goroutine that",
        ),
        (
            "lastpoll-stays-0",
            "the model's text does not do these two things in this order",
            "after it the model's findRunnableBlock (model/proc.py) goes on with:",
        ),
    ],
)
def test_a_fault_that_is_built_in_is_found_and_told(
    fault: str, headline: str, line: str, toolchain: Toolchain, lines: Lines
) -> None:
    assert validate(TALK, "--procs", "4", "--fault", fault, "--limit", "30s", "--", "for-ever") == 1
    out, _ = lines.take()
    start = next(k for k, each in enumerate(out) if each.startswith("VIOLATION at record "))
    assert out[start].endswith(": " + headline)
    assert any(line in each for each in out[start:])
    assert sum(each.startswith(">") for each in out[start:]) == 1


@pytest.mark.go
@pytest.mark.slow
def test_a_program_without_an_end_is_stopped_at_the_limit(
    toolchain: Toolchain, lines: Lines
) -> None:
    assert validate(TALK, "--limit", "20000", "--", "for-ever") == 0
    out, _ = lines.take()
    events = int(out[1].split()[0].replace(",", ""))
    assert 20_000 <= events < 300_000
    assert out[-2] == "the program was ended by SIGTERM when it was asked to after the limit"


@pytest.mark.go
@pytest.mark.slow
def test_ctrl_c_stops_the_program_and_tells_what_is_known(toolchain: Toolchain) -> None:
    command = [sys.executable, "-m", "netpoll_lab", "go", "validate", TALK, "--", "for-ever"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        group = process.pid
        _await_child(group)
        os.killpg(group, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "events in" in out
    assert "the program was ended by SIGINT" in out
    assert err.splitlines()[-1] == (
        "netpoll: interrupted: the program was stopped; the events above were checked"
    )


def _await_child(parent: int) -> None:
    """Until the program runs: its name is that of the executable in the cache."""
    end = time.monotonic() + STARTED_S
    while time.monotonic() < end:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for child in children:
            try:
                if Path(f"/proc/{child}/comm").read_text() == "program\n":
                    return
            except OSError:
                continue  # a child of the build, which is over
    pytest.fail(f"the program was not there after {STARTED_S} s")


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_netpoll_leaves_neither_the_program_nor_its_record(
    number: signal.Signals, toolchain: Toolchain
) -> None:
    command = [sys.executable, "-m", "netpoll_lab", "go", "validate", TALK, "--", "for-ever"]
    memory = Path("/dev/shm")
    before = set(memory.glob("netpoll-lab-*"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        _await_child(process.pid)
        process.send_signal(number)
        # The program has these pipes too: they are at their end when it has ended.
        process.communicate(timeout=20)
    assert process.returncode == -number
    assert set(memory.glob("netpoll-lab-*")) <= before


@pytest.mark.go
@pytest.mark.slow
def test_a_program_that_replaces_itself_is_checked_until_then(
    toolchain: Toolchain, lines: Lines
) -> None:
    assert validate(TALK, "--", "exec") == 0
    out, err = lines.take()
    assert "on the standard error" in err
    assert out[-3] == "the program exited with status 7"
    assert out[-2].startswith(CLEAN)
    assert out[-1].startswith("but only until the program replaced itself (exec)")


@pytest.mark.go
@pytest.mark.slow
def test_a_reader_that_is_too_slow_ends_the_record_and_not_the_program(
    toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    """The ring has few slots, no patience, and a reader that reads nothing until the end."""
    monkeypatch.setattr(programs, "PATIENCE_NS", 1_000_000)
    with Program(build(toolchain, Path(TALK)), ["exit"], procs=2, slots=64) as program:
        batches = program.batches(lambda: None)
        first = next(batch for batch in batches if batch)
        assert program.wait(60) == 7
        read = len(first) + sum(map(len, batches))
    assert 0 < read <= 64
    assert program.lost > 0
    assert program.ending() == "the program exited with status 7"
    watch = Watch(Checker(table()), None, None)
    status, said = verdict(watch, program)
    assert status == Status.INCONCLUSIVE
    assert said[0].startswith("inconclusive: the checker was so far behind")


@pytest.mark.go
def test_a_compile_error_shows_the_compilers_text(
    toolchain: Toolchain, tmp_path: Path, lines: Lines
) -> None:
    (tmp_path / "go.mod").write_text("module example/wrong\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc main() { undefinedName() }\n")
    assert validate(str(tmp_path)) == 2
    assert "main.go:3:15: undefined: undefinedName" in lines.take()[1]


@pytest.mark.go
def test_a_package_that_is_no_program_is_named(
    toolchain: Toolchain, tmp_path: Path, lines: Lines
) -> None:
    (tmp_path / "go.mod").write_text("module example/library\n\ngo 1.21\n")
    (tmp_path / "library.go").write_text("package library\n")
    assert validate(str(tmp_path)) == 2
    assert f"netpoll: {tmp_path}: package library is no program" in lines.take()[1]


@pytest.mark.go
@pytest.mark.parametrize(
    ("name", "why"),
    [("nowhere", "there is no such folder"), ("main.go", "it is a file; name its folder")],
)
def test_what_is_no_folder_is_named(
    name: str, why: str, toolchain: Toolchain, tmp_path: Path, lines: Lines
) -> None:
    (tmp_path / "main.go").write_text("package main\n")
    assert validate(str(tmp_path / name)) == 2
    expected = f"netpoll: {tmp_path / name}: {why}, which holds the main package to be built\n"
    assert lines.take()[1] == expected


@pytest.mark.go
def test_an_unknown_fault_lists_the_known(toolchain: Toolchain, lines: Lines) -> None:
    assert validate(TALK, "--fault", "no-such") == 2
    _, err = lines.take()
    assert err.startswith("netpoll: there is no fault 'no-such'; there are lost-wake: ")
    assert "clear-before-drain: " in err


@pytest.mark.parametrize("word", ["0", "-1", "s", "1.5s", "many"])
def test_a_limit_is_a_number_or_a_time(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        validate(TALK, f"--limit={word}")
    assert stopped.value.code == 2
    assert f"{word!r} is neither a number of events" in capsys.readouterr().err


def test_an_argument_of_the_program_needs_two_dashes_before_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        validate("examples/load", "-requests", "10")

    assert stopped.value.code == 2
    assert "-requests 10: the program's own arguments stand behind a --" in capsys.readouterr().err
