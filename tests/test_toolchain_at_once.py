"""Several installs of Go at once, and what is left of those that were interrupted or killed."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from go_wheels import GATE, names, wheel
from realgo.install import install
from realgo.toolchain import PINS, RELEASES, installed

pytestmark = [pytest.mark.slow, pytest.mark.linux, pytest.mark.usefixtures("offline")]

NEWEST = RELEASES[-1]
VERSION = PINS[NEWEST]
NETPOLL = [sys.executable, "-m", "netpoll_lab"]


@pytest.fixture
def gate(tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fifo: an install stands before its rename until something was written there."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    wheel(wheels, VERSION)
    monkeypatch.setenv(GATE, str(path))
    return path


@pytest.fixture
def begin() -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts ``netpoll go install`` in a process group of its own."""
    begun: list[subprocess.Popen[str]] = []

    def one() -> "subprocess.Popen[str]":
        begun.append(
            subprocess.Popen(
                [*NETPOLL, "go", "install"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return begun[-1]

    yield one
    for process in begun:
        with suppress(ProcessLookupError):  # then nobody of its group is left either
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_ctrl_c_leaves_nothing(gate: Path, begin: Callable[[], "subprocess.Popen[str]"]) -> None:
    process = begin()
    with gate.open("w"):  # opens when the made go reads: everything is unpacked
        assert names()[0].startswith(f".{VERSION}-")
        os.killpg(process.pid, signal.SIGINT)
        told = process.communicate(timeout=60)[1]

    assert process.returncode == 130
    assert told.splitlines()[-1] == (
        f"netpoll: interrupted: nothing of Go {VERSION} was kept; installed before it: none"
    )
    assert names() == []


def test_what_a_killed_one_left_is_swept_by_the_next(
    gate: Path,
    begin: Callable[[], "subprocess.Popen[str]"],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = begin()
    with gate.open("w"):
        process.kill()
        process.communicate(timeout=60)
    (left,) = names()
    assert left.startswith(f".{VERSION}-")
    assert installed() == ()
    monkeypatch.delenv(GATE)

    install(NEWEST)

    assert names() == [VERSION]


def test_the_install_of_another_version_sweeps_too(
    gate: Path,
    wheels: Path,
    begin: Callable[[], "subprocess.Popen[str]"],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = begin()
    with gate.open("w"):
        monkeypatch.delenv(GATE)
        wheel(wheels, PINS["1.21"])
        install("1.21")
        assert len(names()) == 2  # who is still at it is left in peace
        process.kill()
        process.communicate(timeout=60)
    wheel(wheels, PINS["1.22"])

    install("1.22")

    assert names() == [PINS["1.21"], PINS["1.22"]]


def test_a_pip_that_outlives_a_killed_one_is_waited_for(
    begin: Callable[[], "subprocess.Popen[str]"],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        index = f"http://127.0.0.1:{mute.getsockname()[1]}/index"
        for name, value in {"NO_INDEX": "0", "INDEX_URL": index, "RETRIES": "0"}.items():
            monkeypatch.setenv(f"PIP_{name}", value)
        first = begin()
        connection, _ = mute.accept()  # pip has asked, and gets no answer
        first.kill()
        first.communicate(timeout=60)
        second = begin()
        assert second.stderr is not None
        assert "another netpoll is at it" in second.stderr.readline()
        assert len(names()) == 1
    connection.close()

    told = second.communicate(timeout=60)[1]

    assert second.returncode == 2
    assert "pip did not fetch" in told.splitlines()[-1]
    assert names() == []


def test_of_two_at_once_the_second_waits_and_finds_it_done(
    gate: Path, begin: Callable[[], "subprocess.Popen[str]"]
) -> None:
    first = begin()
    with gate.open("w"):
        second = begin()
        assert second.stderr is not None
        waits = f"Go {VERSION}: another netpoll is at it; waiting until it is done\n"
        assert second.stderr.readline() == waits
    told = [first.communicate(timeout=60)]
    with gate.open("w"):  # the second looks whether what it finds is sound
        pass
    told.append(second.communicate(timeout=60))

    assert [first.returncode, second.returncode] == [0, 0]
    assert told[1][1] == f"Go {VERSION}: the other netpoll has installed it\n"
    assert all(out.startswith(f"Go {VERSION} is installed: ") for out, _ in told)
    assert names() == [VERSION]
