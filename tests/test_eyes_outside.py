"""A scenario performed from outside: which may be, when all is quiet, what has arrived."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from realgo.eyes import quiet, why_not
from realgo.eyes.arrival import arrived
from realgo.eyes.ends import open_links, perform
from realgo.eyes.notes import HEADER, HEADER_BYTES, SLOT, Kind, Note, Notes
from realgo.eyes.quiet import NotQuiet, Threads
from scenario import Action, Entry, Outside, Scenario, catalogue, find
from scenario import Kind as Descriptor

LOOK_S = 0.05
READS = "import os, sys; os.read(int(sys.argv[1]), 1)"
SPINS = "while True: pass"


def of_kind(kind: Descriptor, op: Outside = Outside.CLOSE) -> Scenario:
    action = Action(op=op, text=f"{op} f0.peer", fd="f0")
    script = (Entry(held=(action,)),)
    return replace(find("a_read_that_waits"), fds={"f0": kind}, script=script)


@contextmanager
def process(text: str) -> Iterator[tuple["subprocess.Popen[bytes]", int, int]]:
    """A Python process with a pipe: the process, the pipe's reading end there, its writing end."""
    reader, writer = os.pipe()
    command = [sys.executable, "-S", "-c", text, str(reader)]
    with subprocess.Popen(command, pass_fds=(reader,)) as running:
        os.close(reader)
        try:
            yield running, reader, writer
        finally:
            os.close(writer)
            running.kill()


def test_what_only_an_instrumented_poller_can_do_is_not_applicable() -> None:
    assert why_not(find("stale_event_after_reuse")) == (
        "`write f0.peer 8; fetched: go c`: only an instrumented poller stops between its fetch and"
        " the first event"
    )


def test_a_goroutine_that_runs_while_pollers_are_held_is_not_applicable() -> None:
    assert why_not(find("close_before_the_fetch")) == (
        "`write f0.peer 8, go c`: while pollers are held a goroutine runs, and from outside only"
        " the whole process can be held"
    )


def test_what_is_not_for_real_go_is_not_applicable() -> None:
    assert (why_not(find("every_61st_turn")) or "").startswith("it is not for real Go: ")


def test_a_fill_that_needs_a_look_at_both_ends_is_not_applicable() -> None:
    assert (
        why_not(of_kind(Descriptor.TCP, Outside.FILL))
        == "`fill f0.peer`: to fill a tcp takes a look at both of its ends"
    )


def test_all_other_scenarios_of_the_catalogue_are_applicable() -> None:
    left_out = {name for name, each in catalogue().items() if why_not(each) is not None}

    assert left_out == {
        name
        for name, each in catalogue().items()
        if (each.witnesses is not None and "go" not in each.witnesses)
        or any(
            entry.fetched or any(action.op is Outside.GO for action in entry.held)
            for entry in each.script
        )
    }


@pytest.mark.linux
def test_a_process_that_only_waits_for_its_command_is_quiet() -> None:
    with process(READS) as (running, pipe, _):
        threads = Threads(running.pid, pipe).wait_until_quiet()

    assert [(seen.state, seen.call, seen.argument) for seen in threads.values()] == [
        ("S", quiet.READ, pipe)
    ]
    assert not quiet.polled(threads)


@pytest.mark.linux
def test_a_process_that_waits_for_something_else_is_not_quiet() -> None:
    with process(READS) as (running, pipe, _):
        Threads(running.pid, pipe).wait_until_quiet()
        other = Threads(running.pid, pipe + 1)

        with pytest.raises(NotQuiet, match=r"not quiet after 0.05 s: \d+ S in system call 0"):
            other.wait_until_quiet(LOOK_S)


@pytest.mark.linux
def test_a_process_that_computes_is_not_quiet() -> None:
    with process(SPINS) as (running, pipe, _):
        threads = Threads(running.pid, pipe)

        with pytest.raises(NotQuiet, match="was not quiet after"):
            threads.wait_until_quiet(LOOK_S)


@pytest.mark.linux
def test_a_process_that_ended_is_told_from_one_that_computes() -> None:
    with process("") as (running, pipe, _):
        os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(NotQuiet, match="the process ended before the script did"):
            Threads(running.pid, pipe).wait_until_quiet()


@pytest.mark.linux
def test_a_stopped_process_is_stopped_with_every_thread() -> None:
    with process(SPINS) as (running, pipe, _):
        running.send_signal(signal.SIGSTOP)
        threads = Threads(running.pid, pipe)
        threads.wait_until_stopped()

        assert {seen.state for seen in threads.round().values()} == {"T"}


ROW = "   0: 0100007F:{here:04X} 0100007F:{there:04X} {state} {queue:08X}:00000000 00:0 0 0 0 0 1\n"


def table(tmp_path: Path, state: str = "01", queue: int = 0) -> Path:
    path = tmp_path / "tcp"
    rows = (
        ROW.format(here=5, there=6, state=state, queue=0),
        ROW.format(here=6, there=5, state="01", queue=queue),
    )
    path.write_text("  sl  local_address rem_address   st tx_queue rx_queue ...\n" + "".join(rows))
    return path


def test_what_the_peer_sent_has_arrived_when_it_is_acknowledged(tmp_path: Path) -> None:
    assert arrived([(5, 6)], [], table(tmp_path))
    assert not arrived([(5, 6)], [], table(tmp_path, queue=8))


def test_the_end_of_a_stream_has_arrived_when_go_is_told(tmp_path: Path) -> None:
    assert not arrived([(5, 6)], [(5, 6)], table(tmp_path))
    assert arrived([(5, 6)], [(5, 6)], table(tmp_path, state="08"))


def test_notes_are_read_as_the_program_writes_them() -> None:
    notes = Notes(find("a_read_that_waits"))
    try:
        header = HEADER.unpack(os.pread(notes.fd, HEADER.size, 0))
        slot = SLOT.pack(Kind.END, 0, 0, 8, 1000 + 32, 77)
        os.pwrite(notes.fd, slot, HEADER_BYTES)
        os.pwrite(notes.fd, HEADER.pack(2, *header[1:]), 0)

        assert notes.read() == [Note(Kind.END, 0, 0, 8, "EPIPE", 77)]
    finally:
        notes.close()


def test_more_notes_than_there_is_room_for_are_an_error() -> None:
    notes = Notes(find("a_read_that_waits"))
    try:
        os.pwrite(notes.fd, HEADER.pack(1_000, 12, -1, -1), 0)

        with pytest.raises(RuntimeError, match="1000 notes were written; there is room for 12"):
            notes.read()
    finally:
        notes.close()


@pytest.mark.linux
def test_the_outside_turns_to_the_new_peer_when_go_has_reopened() -> None:
    with ExitStack() as stack:
        links = open_links(find("nobody_waits_nobody_polls"), stack)
        link = links["f0"]
        write = Action(op=Outside.WRITE, text="write f0.peer 3", fd="f0", nbytes=3)

        perform(write, link)
        link.reopened(1)
        perform(write, link)

        assert [os.read(ours, 9) for ours in link.ours] == [bytes(3), bytes(3)]
        assert os.read(link.ours[0], 9) == b""  # the old peer is closed


@pytest.mark.linux
def test_an_action_at_a_peer_that_is_gone_has_no_effect() -> None:
    with ExitStack() as stack:
        link = open_links(find("a_read_that_waits"), stack)["f0"]
        link.close_peer()

        perform(Action(op=Outside.WRITE, text="write f0.peer 8", fd="f0", nbytes=8), link)

        assert os.read(link.ours[0], 9) == b""


@pytest.mark.linux
@pytest.mark.parametrize("kind", [kind for kind in Descriptor if kind is not Descriptor.FILE])
def test_every_kind_has_an_end_for_go_and_a_peer(kind: Descriptor) -> None:
    with ExitStack() as stack:
        link = open_links(of_kind(kind), stack)["f0"]

        assert len(link.ours) == 1
        assert not os.get_blocking(link.ours[0])
        assert link.peer is not None
