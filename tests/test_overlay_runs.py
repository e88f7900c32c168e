"""Programs with the overlay in them: ordinary ones run as always, and the record is whole."""

import os
import struct
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from realgo.build import build, environment
from realgo.kinds import ACCESSES, SLOT_WORDS, Flag, Kind
from realgo.records import VARIABLE, Record, Ring, follow, read
from realgo.toolchain import LOCAL, RELEASES, Toolchain

pytestmark = [pytest.mark.go, pytest.mark.slow, pytest.mark.linux, pytest.mark.timeout(600)]

PROGRAMS = Path(__file__).parent / "go_programs"
ANSWERED = "answered 200\n"
LIMIT_S = 60
LONGEST_OVERLAP = 1000
PATIENCE_NS = 20_000_000_000

Run = subprocess.CompletedProcess[str]


def run(program: Path, *arguments: str, record: Path | None = None, procs: int = 4) -> Run:
    own = {"GOMAXPROCS": str(procs)} | ({VARIABLE: str(record)} if record else {})
    return subprocess.run(
        [program, *arguments],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def recorded(program: Path, record: Path, *arguments: str, procs: int = 4) -> Run:
    with Ring.create(record, slots=1 << 17):
        return run(program, *arguments, record=record, procs=procs)


@pytest.fixture
def served(toolchain: Toolchain) -> Path:
    return build(toolchain, PROGRAMS / "served")


@pytest.mark.parametrize("release", RELEASES)
def test_a_server_runs_as_always_without_a_record(
    release: str, toolchain_of: Callable[[str], Toolchain]
) -> None:
    done = run(build(toolchain_of(release), PROGRAMS / "served"))

    assert (done.returncode, done.stdout, done.stderr) == (0, ANSWERED, "")


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("procs", [1, 4])
def test_every_word_of_a_server_goes_on_from_where_it_was_left(
    release: str, procs: int, toolchain_of: Callable[[str], Toolchain], tmp_path: Path
) -> None:
    program = build(toolchain_of(release), PROGRAMS / "served")
    done = recorded(program, tmp_path / "record", procs=procs)
    reading = read(tmp_path / "record")
    records = list(reading)

    assert (done.returncode, done.stdout, done.stderr) == (0, ANSWERED, "")
    assert reading.lost == 0
    assert records[0].kind == Kind.START
    assert records[0].c == procs
    assert all(each.before < each.seq for each in records)
    words = changes(records)
    assert {each.kind for each in records} >= {Kind.COMMIT, Kind.WAITERS_ADD}
    assert [broken for word in words.values() if (broken := unchained(word))] == []


LOADS = {
    Kind.BLOCK_CHECK,
    Kind.UNBLOCK_LOAD,
    Kind.OPEN_CHECK,
    Kind.CLOSE_CHECK,
    Kind.LASTPOLL_LOAD,
    Kind.WAITERS_LOAD,
}


def changes(records: Iterable[Record]) -> dict[int, list[Record]]:
    """What was stored in each word, as recorded."""
    words = defaultdict(list)
    for each in records:
        if each.kind in ACCESSES and each.kind not in LOADS and not each.flags & Flag.FAILED:
            words[each.a].append(each)
    return words


State = tuple[int, frozenset[int], int]
"""The first change not yet taken, those taken beyond it, and the word's value."""


def unchained(word: list[Record]) -> list[Record]:
    """Where the changes of a word follow on one another in no order of their intervals; or none."""
    states: set[State] = {(0, frozenset(), each.b) for each in word if each.before < word[0].seq}
    for _ in word:
        reached = {after for state in states for after in successors(word, state)}
        if not reached:
            at = max(first for first, _, _ in states)
            return word[at : at + 8]
        states = reached
    return []


def successors(word: list[Record], state: State) -> Iterator[State]:
    """The states after any change that may come next: it begins before the first one ends."""
    first, beyond, value = state
    for i in range(first, len(word)):
        # No change so long delayed was seen as this; the nearer ones are all looked at.
        if i > first + LONGEST_OVERLAP:
            return
        if i not in beyond and word[i].before < word[first].seq and word[i].b == value:
            taken = beyond | {i}
            start = first
            while start in taken:
                start += 1
            yield start, frozenset(j for j in taken if j > start), word[i].c


def test_a_crash_leaves_whole_records(served: Path, tmp_path: Path) -> None:
    done = recorded(served, tmp_path / "record", "crash")
    reading = read(tmp_path / "record")
    records = list(reading)

    assert done.returncode == 2
    assert "panic: as asked" in done.stderr
    assert [each.seq for each in records] == list(range(1, len(records) + 1))
    assert len(records) > 1000
    assert reading.unpublished < 10  # one for each thread at most


def test_a_child_does_not_write_in_its_parents_record(served: Path, tmp_path: Path) -> None:
    record = tmp_path / "record"
    with Ring.create(record, slots=1 << 17) as ring:
        done = run(served, "child", record=record)
        writer = ring.pid
    records = list(read(record))

    assert (done.returncode, done.stdout, done.stderr) == (0, ANSWERED * 2, "")
    assert writer != 0
    assert [each.seq for each in records if each.kind == Kind.START] == [1]


def test_without_a_reader_a_full_ring_ends_the_record_and_not_the_program(
    served: Path, tmp_path: Path
) -> None:
    with Ring.create(tmp_path / "record", slots=64) as ring:
        done = run(served, record=tmp_path / "record")
        assert ring.ended
    reading = read(tmp_path / "record")

    assert (done.returncode, done.stdout, done.stderr) == (0, ANSWERED, "")
    assert [each.seq for each in reading] == list(range(1, 65))
    assert reading.lost >= 1
    assert reading.unpublished == 0


def test_a_follower_of_a_small_ring_misses_nothing(served: Path, tmp_path: Path) -> None:
    with Ring.create(tmp_path / "record", slots=256, patience_ns=PATIENCE_NS) as ring:
        environment = {**os.environ, VARIABLE: str(tmp_path / "record")}
        with subprocess.Popen([served], env=environment, stdout=subprocess.DEVNULL) as program:
            running = lambda: program.poll() is None  # noqa: E731
            seen = [each.seq for batch in follow(ring, running) for each in batch]
        assert program.returncode == 0
        assert ring.lost == 0

    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) > 1000


def test_a_record_that_cannot_be_used_is_said_in_one_line(served: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with Ring.create(other, slots=64):
        pass
    with other.open("r+b") as file:
        file.seek(8)
        file.write(struct.pack("<Q", 99))
    for record, problem in ((tmp_path / "nowhere", "cannot open"), (other, "another format")):
        done = run(served, record=record)

        assert (done.returncode, done.stdout) == (0, ANSWERED)
        (line,) = done.stderr.splitlines()
        assert line.startswith("netpoll-lab: nothing is recorded")
        assert problem in line


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_made_ready_while_the_gate_is_shut_is_one_batch(
    release: str, toolchain_of: Callable[[str], Toolchain], tmp_path: Path
) -> None:
    program = build(toolchain_of(release), PROGRAMS / "held")
    with Ring.create(tmp_path / "record", gate=True):
        done = run(program, record=tmp_path / "record", procs=1)
    records = list(read(tmp_path / "record"))

    # Each wait for quiet gave 0, but for the one that a pending timer rightly keeps away (4).
    assert done.stdout == "1=0 6=0 1=0 6=0 8=0 6=0 1=0 7=0 1=0 7=4 7=0 7=0\n"
    assert done.stderr == ""
    assert batches(records) == [3, 1, 1]
    woken = [each for each in records if each.kind == Kind.USER]
    assert [each.a for each in woken] == [8, 8, 8, 8, 8, 99]


def batches(records: list[Record]) -> list[int]:
    """How many goroutines each poll freed, after the script's start."""
    (start,) = (each.seq for each in records if each.kind == Kind.SCRIPT)
    found: list[int] = []
    for each in records[start:]:
        if each.kind == Kind.EXIT:
            found.append(0)
        if each.kind == Kind.UNBLOCK_CAS and each.b >= 1000 and each.f:
            found[-1] += 1
    return [count for count in found if count]


def test_without_the_gate_flag_a_poll_is_a_plain_one(toolchain: Toolchain, tmp_path: Path) -> None:
    """A host that asks for the gate then waits in vain: the poller has fetched long before."""
    program = build(toolchain, PROGRAMS / "held")
    with Ring.create(tmp_path / "record"):
        done = run(program, "20ms", record=tmp_path / "record", procs=1)

    assert "1=3" in done.stdout.split()
    assert {each.kind for each in read(tmp_path / "record")} & SLOT_WORDS


def test_go_leaves_nothing_in_the_home_directory(
    toolchain: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)

    for kept in (environment(), {**os.environ, **LOCAL}):
        subprocess.run([toolchain.go, "version"], env=kept, check=True, capture_output=True)

    assert list(tmp_path.iterdir()) == []
