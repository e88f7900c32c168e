"""The record of a Go program: whole records only, and what is wrong with a file that is none."""

import os
import struct
from itertools import islice
from pathlib import Path

import pytest

from realgo.kinds import ACCESSES, Kind
from realgo.records import MAGIC, PAGE, SLOT, VERSION, Record, Ring, follow, read
from scenario import TraceError

SLOTS = 8


def record(seq: int, *, kind: Kind = Kind.USER, a: int = 0) -> Record:
    return Record(seq, seq - 1, 10 * seq, kind, -1, 3, 7, 2, 0, 1, a, -1, 3, 4, 5, 6)


def header(slots: int = SLOTS, version: int = VERSION, size: int = SLOT.size) -> bytearray:
    made = bytearray(PAGE + slots * SLOT.size)
    struct.pack_into("<4Q", made, 0, MAGIC, version, slots, size)
    return made


def program_writes(ring: Ring, buffer: bytearray, *records: Record) -> None:
    """What the recorder does: take an index, fill the slot."""
    for each in records:
        struct.pack_into("<Q", buffer, 64, max(ring.written, each.seq))
        SLOT.pack_into(buffer, PAGE + (each.seq - 1) % ring.slots * SLOT.size, *each)


def test_what_was_written_is_read_in_order_with_signs() -> None:
    buffer = header()
    wrote = [record(1, kind=Kind.ENTER, a=-1), record(2), record(3)]
    program_writes(Ring(buffer), buffer, *wrote)

    assert list(read(buffer)) == wrote


def test_a_slot_that_was_begun_and_never_published_ends_the_reading_and_is_counted() -> None:
    buffer = header()
    program_writes(Ring(buffer), buffer, record(1), record(2), record(4), record(5))

    reading = read(buffer)

    assert [each.seq for each in reading] == [1, 2]
    assert reading.unpublished == 3
    assert reading.lost == 0


def test_a_slot_of_the_lap_before_is_not_taken_for_one_of_this_lap() -> None:
    buffer = header()
    ring = Ring(buffer)
    program_writes(ring, buffer, *(record(seq) for seq in range(1, 9)))
    ring.consumed = 8
    program_writes(ring, buffer, record(9))
    struct.pack_into("<Q", buffer, 64, 11)

    reading = read(buffer)

    assert [each.seq for each in reading] == [9]
    assert reading.unpublished == 2


def test_records_that_found_no_room_are_counted_as_lost() -> None:
    buffer = header()
    program_writes(Ring(buffer), buffer, *(record(seq) for seq in range(1, 9)))
    struct.pack_into("<Q", buffer, 64, 11)
    struct.pack_into("<2Q", buffer, 192, 3, 1)

    reading = read(buffer)

    assert len(list(reading)) == SLOTS
    assert (reading.lost, reading.unpublished) == (3, 0)


def test_a_follower_sees_every_record_of_a_ring_much_smaller_than_the_run() -> None:
    buffer = header()
    ring = Ring(buffer)
    left = iter(range(1, 101))

    def running() -> bool:
        batch = [record(seq) for seq in islice(left, 5)]
        program_writes(ring, buffer, *batch)
        assert ring.written - ring.consumed <= SLOTS
        return bool(batch)

    seen = [each.seq for batch in follow(ring, running, pause_s=0) for each in batch]

    assert seen == list(range(1, 101))
    assert ring.consumed == 100


def test_a_slot_is_free_only_after_the_follower_asked_for_more() -> None:
    buffer = header()
    ring = Ring(buffer)
    program_writes(ring, buffer, record(1), record(2))
    batches = follow(ring, lambda: False, pause_s=0)

    assert len(next(batches)) == 2
    assert ring.consumed == 0
    assert list(batches) == []
    assert ring.consumed == 2


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (b"", "only 0 bytes"),
        (b"hello" * PAGE, "not a record of a Go program: it begins with"),
        (header(version=99), "version 99"),
        (header(size=64), "slots of 64 bytes"),
        (header(slots=16)[:-1], "too few for its 16 slots"),
        (header(slots=3), "its 3 slots"),
    ],
)
def test_what_is_no_record_is_refused_with_the_reason(made: bytes, problem: str) -> None:
    with pytest.raises(TraceError, match=problem):
        read(made)


def test_an_empty_and_a_missing_file_are_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()

    with pytest.raises(TraceError, match=r"empty: .* it is empty"):
        read(empty)
    with pytest.raises(TraceError, match="nowhere: No such file or directory"):
        read(tmp_path / "nowhere")


def test_a_new_record_has_its_size_and_belongs_to_nobody(tmp_path: Path) -> None:
    path = tmp_path / "record"
    with Ring.create(path, slots=SLOTS) as ring:
        assert (ring.slots, ring.pid, ring.written, ring.lost) == (SLOTS, 0, 0, 0)
    assert path.stat().st_size == PAGE + SLOTS * SLOT.size
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(read(path)) == []


def test_a_record_is_never_made_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_text("mine")

    with pytest.raises(FileExistsError):
        Ring.create(path)

    assert path.read_text() == "mine"


@pytest.mark.linux
def test_no_program_can_shorten_a_record_under_its_reader() -> None:
    ring, descriptor = Ring.in_memory(slots=4)
    try:
        with ring, Path(f"/proc/self/fd/{descriptor}").open("r+b") as file:
            with pytest.raises(PermissionError):
                file.truncate(0)
            assert ring.published(0) == []
    finally:
        os.close(descriptor)


def test_slots_that_are_no_power_of_two_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a power of two, not 100"):
        Ring.create(tmp_path / "record", slots=100)
    assert os.listdir(tmp_path) == []


def test_every_kind_has_a_row_in_the_reference_with_its_number() -> None:
    page = Path(__file__).parent.parent / "docs" / "reference" / "record-format.md"
    text = page.read_text(encoding="utf-8")

    assert [kind for kind in Kind if f"| {kind.value} | `{kind.name}` | " not in text] == []
    assert f"a slot has {SLOT.size} bytes" in text


def test_an_access_is_told_from_what_is_none() -> None:
    assert {Kind.BLOCK_CONSUME, Kind.CLOSE_CHECK, Kind.BREAK_CAS, Kind.WAITERS_ADD} <= ACCESSES
    assert not {Kind.START, Kind.ENTER, Kind.READY, Kind.USER} & ACCESSES
