"""The notes of the performing program: a shared page in which its own code says what steps came to.

Layout (little endian, as program/notes.go has it): a header of 64 bytes, of which the first four
words are the slots asked for, the slots there are, the poller's epoll and break descriptors; then
slots of six words: kind (stored last), goroutine, step, count, how it ended, CLOCK_MONOTONIC in ns.
"""

import mmap
import os
import struct
from enum import IntEnum
from typing import NamedTuple

from realgo.outcomes import error_of
from scenario import Scenario

HEADER = struct.Struct("<QQqq")
HEADER_BYTES = 64
SLOT = struct.Struct("<QQQqQq")


class Kind(IntEnum):
    """What a note says."""

    START = 1
    BEGIN = 2
    END = 3
    DONE = 4
    SCRIPT = 5


class Note(NamedTuple):
    """``g`` and ``step`` are places in the scenario; ``error`` is a word of the step channel."""

    kind: Kind
    g: int
    step: int
    number: int
    error: str
    ns: int


class Notes:
    """The shared page. ``fd`` is to be inherited."""

    def __init__(self, scenario: Scenario) -> None:
        steps = sum(map(len, scenario.goroutines.values()))
        self._slots = 2 * steps + 2 * len(scenario.goroutines) + 8
        size = HEADER_BYTES + self._slots * SLOT.size
        self.fd = os.memfd_create("notes")
        os.ftruncate(self.fd, size)
        self._page = mmap.mmap(self.fd, size)
        HEADER.pack_into(self._page, 0, 0, self._slots, -1, -1)

    def close(self) -> None:
        """Give the page up."""
        self._page.close()
        os.close(self.fd)

    def tell_own_descriptors(self, epoll: int, breaks: int) -> None:
        """Write down the poller's own descriptors, for `is_poll_descriptor`."""
        HEADER.pack_into(self._page, 0, self._written(), self._slots, epoll, breaks)

    def read(self) -> list[Note]:
        """What stands there now, in the order in which the slots were taken."""
        words = self._page[HEADER_BYTES : HEADER_BYTES + self._written() * SLOT.size]
        return [_note(*slot) for slot in SLOT.iter_unpack(words) if slot[0]]

    def _written(self) -> int:
        written: int = HEADER.unpack_from(self._page, 0)[0]
        if written > self._slots:
            raise RuntimeError(f"{written} notes were written; there is room for {self._slots}")
        return written


def _note(kind: int, g: int, step: int, count: int, ended: int, ns: int) -> Note:
    return Note(Kind(kind), g, step, count, error_of(ended), ns)
