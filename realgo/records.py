"""What an instrumented Go program writes down: a file mapping of one header page and fixed slots.

docs/reference/record-format.md has the layout. The parent makes the file and names it in the
environment variable NETPOLL_RECORD; the program maps it as its poller starts, and writes until it
ends, however it ends. The slots are a ring: a reader that follows says in the header how far it
has come, and a program that would overtake it waits for a while.
"""

import fcntl
import mmap
import os
import struct
import time
from collections.abc import Callable, Iterator
from enum import IntFlag
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from realgo.kinds import Flag, Kind, Place
from scenario import TraceError

__all__ = ["VARIABLE", "Flag", "Kind", "Place", "Reading", "Record", "Ring", "follow", "read"]

VARIABLE = "NETPOLL_RECORD"
MAGIC = int.from_bytes(b"netpoll\0", "little")
VERSION = 1
PAGE = 4096
"""Bytes of the header."""
SLOT = struct.Struct("<QQqHhiqIHH6q")
"""A slot: 96 bytes, little endian, in the order of Record's fields."""
BATCH = 8192
"""Slots decoded at once: three quarters of a megabyte."""
FIRST_SLOTS = 1 << 16

# Offsets in the header; each is a u64.
_MAGIC, _VERSION, _SLOTS, _SLOT_SIZE, _FLAGS, _PATIENCE, _PID = range(0, 56, 8)
_WRITTEN, _CONSUMED, _LOST, _ENDED, _REPLACED = 64, 128, 192, 200, 208
_U64 = struct.Struct("<Q")
_U64S_PER_SLOT = SLOT.size // _U64.size


class HeaderFlag(IntFlag):
    """What the parent asks of the program."""

    GATE = 1
    """Blocking polls go through the gate, so that ``hold`` is possible."""


class Record(NamedTuple):
    """One slot. Times are ns of the monotonic clock; what is not there is -1 (p) or 0 (g).

    The access or event happened after ``before`` records had been begun, and before this one, the
    ``seq``-th, was. So ``x.seq <= y.before`` says that x's access came before y's; otherwise the
    two intervals overlap and either order may be true.
    """

    seq: int
    before: int
    t: int
    kind: int
    p: int
    m: int
    g: int
    waiters: int
    flags: int
    idle: int
    a: int
    b: int
    c: int
    d: int
    e: int
    f: int


Buffer = bytes | bytearray | memoryview | mmap.mmap


class Ring:
    """A record's mapping. Raises TraceError when it is none of this version."""

    def __init__(self, buffer: Buffer, name: str = "the record") -> None:
        self._view = memoryview(buffer)
        self._mapping = buffer if isinstance(buffer, mmap.mmap) else None
        try:
            self.slots = _checked(self._view, name)
        except TraceError:
            self.close()
            raise

    @classmethod
    def create(
        cls, path: Path, *, slots: int = FIRST_SLOTS, gate: bool = False, patience_ns: int = 0
    ) -> Self:
        """Make and map an empty record. ``slots`` is a power of two.

        A program that finds the ring full waits ``patience_ns`` for the reader; then recording
        ends. Raises FileExistsError rather than write over a file.
        """
        _check_slots(slots)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            return cls._over(descriptor, str(path), slots, gate, patience_ns)
        finally:
            os.close(descriptor)

    @classmethod
    def in_memory(
        cls, *, slots: int = FIRST_SLOTS, gate: bool = False, patience_ns: int = 0
    ) -> tuple[Self, int]:
        """As ``create``, without a file, so that nothing is left of it: the ring and a descriptor.

        A program that inherits that finds the record as ``/proc/self/fd/N``, any other of the same
        user as ``/proc/PID/fd/N``. The caller closes the descriptor.
        """
        _check_slots(slots)
        flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
        descriptor = os.memfd_create("netpoll-record", flags)
        try:
            ring = cls._over(descriptor, "the record", slots, gate, patience_ns)
            # Were a program to shorten it, SIGBUS would end whoever reads. memfd_create(2)
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        except BaseException:
            os.close(descriptor)
            raise
        return ring, descriptor

    @classmethod
    def _over(cls, descriptor: int, name: str, slots: int, gate: bool, patience_ns: int) -> Self:
        """Size and map an empty file, and write the header."""
        os.ftruncate(descriptor, PAGE + slots * SLOT.size)
        mapping = mmap.mmap(descriptor, 0)
        flags = HeaderFlag.GATE if gate else 0
        head = (MAGIC, VERSION, slots, SLOT.size, flags, patience_ns)
        struct.pack_into("<6Q", mapping, 0, *head)
        return cls(mapping, name)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map a record that another process may be writing. Raises TraceError."""
        try:
            with path.open("r+b") as file:
                return cls(mmap.mmap(file.fileno(), 0), str(path))
        except OSError as error:
            raise TraceError(f"{path}: {error.strerror}") from None
        except ValueError:  # mmap's word for a file without a byte
            raise TraceError(f"{path}: not a record of a Go program: it is empty") from None

    def _word(self, offset: int) -> int:
        return int(_U64.unpack_from(self._view, offset)[0])

    @property
    def pid(self) -> int:
        """The process that writes; 0 if none ever began, as when it never used its poller."""
        return self._word(_PID)

    @property
    def written(self) -> int:
        """How many records were begun."""
        return self._word(_WRITTEN)

    @property
    def consumed(self) -> int:
        """How many records the reader has done with; their slots are free."""
        return self._word(_CONSUMED)

    @consumed.setter
    def consumed(self, count: int) -> None:
        _U64.pack_into(self._view, _CONSUMED, count)

    @property
    def lost(self) -> int:
        """How many records found no room. Not 0: recording ended there, and all before is whole."""
        return self._word(_LOST)

    @property
    def ended(self) -> bool:
        """The program gave up recording, since the reader was too slow."""
        return self._word(_ENDED) != 0

    @property
    def replaced(self) -> bool:
        """The process went on as another program (exec), of which nothing is recorded."""
        return self._word(_REPLACED) != 0

    def published(self, start: int, most: int = BATCH) -> list[Record]:
        """The records from number ``start`` (from 0) on that are whole, without a gap."""
        first = start % self.slots
        count = min(most, self.written - start, self.slots - first)
        if count <= 0:
            return []
        offset = PAGE + first * SLOT.size
        with self._view[offset : offset + count * SLOT.size] as part:
            whole = _whole(part, start, count)
            with part[: whole * SLOT.size] as ready:
                return list(map(Record._make, SLOT.iter_unpack(ready)))

    def close(self) -> None:
        """Give the mapping back."""
        self._view.release()
        if self._mapping is not None:
            self._mapping.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _check_slots(slots: int) -> None:
    if slots < 1 or slots & (slots - 1):
        raise ValueError(f"slots must be a power of two, not {slots!r}")


def _whole(part: memoryview, start: int, count: int) -> int:
    """How many slots from ``start`` on are published: a slot's seq is stored last."""
    with part.cast("Q") as words:
        found = words[::_U64S_PER_SLOT].tolist()
    expected = list(range(start + 1, start + 1 + count))
    if found == expected:
        return count
    return next(i for i in range(count) if found[i] != expected[i])


def _checked(view: memoryview, name: str) -> int:
    """The number of slots of a header that can be read."""
    if len(view) < PAGE:
        raise TraceError(f"{name}: not a record of a Go program: only {len(view)} bytes")
    magic, version, slots, size = struct.unpack_from("<4Q", view, 0)
    if magic != MAGIC:
        raise TraceError(f"{name}: not a record of a Go program: it begins with {magic:#018x}")
    if (version, size) != (VERSION, SLOT.size):
        raise TraceError(
            f"{name}: a record of version {version} with slots of {size} bytes; "
            f"this netpoll-lab reads version {VERSION} with {SLOT.size}"
        )
    if slots < 1 or slots & (slots - 1) or len(view) < PAGE + slots * SLOT.size:
        raise TraceError(f"{name}: {len(view)} bytes are too few for its {slots} slots")
    return int(slots)


class Reading(Iterator[Record]):
    """The whole records of a program that is over, in order; then what was left is known."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._records = self._all()
        self.unpublished = 0
        """Once it is read: records that were begun, but stand behind one that never was whole."""
        self.lost = ring.lost

    def _all(self) -> Iterator[Record]:
        at = self._ring.consumed
        with self._ring:
            while batch := self._ring.published(at):
                at += len(batch)
                yield from batch
            self.unpublished = self._ring.written - at - self.lost

    def __next__(self) -> Record:
        return next(self._records)


def read(source: Path | str | Buffer) -> Reading:
    """The records of a program that is over, also after a crash. Raises TraceError."""
    ring = Ring.open(Path(source)) if isinstance(source, Path | str) else Ring(source)
    return Reading(ring)


def follow(
    ring: Ring, running: Callable[[], bool], *, pause_s: float = 0.001
) -> Iterator[list[Record]]:
    """The records of a running program in batches, each slot free again once the next is asked for.

    Ends when ``running`` says no and nothing whole is left. Looks again after ``pause_s``.
    """
    at = ring.consumed
    while True:
        alive = running()  # asked first: what it wrote before it ended is seen below
        while batch := ring.published(at):
            at += len(batch)
            yield batch
            ring.consumed = at
        if not alive or ring.ended:
            return
        time.sleep(pause_s)
