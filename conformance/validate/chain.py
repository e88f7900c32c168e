"""One word's accesses as a chain: each takes up the value that the one before it left.

A record's access lies between ``before`` and ``seq``: ``x.seq <= y.before`` says that x came before
y, and otherwise either order may be true. Records come by ``seq``. One that takes up the value at
the chain's end is put there at once. One that does not is late: it waits until an order of
it and of all that its interval overlaps is found, or until nothing that could still come would
help. So what is in order costs one comparison, and no more than a window is kept.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from realgo.kinds import GOROUTINE, SLOT_WORDS, Flag, Kind
from realgo.records import Record

FAILED = int(Flag.FAILED)
LOADS = frozenset(
    {Kind.BLOCK_CHECK, Kind.UNBLOCK_LOAD, Kind.OPEN_CHECK, Kind.CLOSE_CHECK}
    | {Kind.LASTPOLL_LOAD, Kind.WAITERS_LOAD}
)
MAX_NODES = 200_000
"""Orders that are begun for one word before the search is given up."""
MAX_LATE = 1 << 16
"""Accesses of one word that may come after one that does not fit, until that is a violation."""
MAX_AGE = 1 << 18
"""Records of the program that may, likewise."""
MIN_AGE = 1 << 12
MAX_WAIT_NS = 2_000_000_000
"""How long a thread may be kept from writing down what it did, while MIN_AGE others were."""


class Tangled(Exception):
    """Too many orders to try: nothing can be said."""


def left_by(record: Record, v: int) -> int | None:
    """What the access leaves in a word that holds ``v``; None if it cannot have met ``v``."""
    if record.flags & FAILED:
        return None if v == record.b else v
    if v == record.b:
        return record.c
    if record.kind in LOADS and record.kind in SLOT_WORDS and v >= GOROUTINE <= record.b:
        # The number of the goroutine is read after the word, when it may be another's already.
        return v
    return None


@dataclass(slots=True)
class Word:
    """The end of one word's chain, and what still has no place in it.

    ``done`` has the last accesses with the value that each met, in the chain's order.
    """

    address: int
    name: str
    value: int
    done: deque[tuple[int, Record]]
    late: list[Record]
    count: int = 0

    def late_since(self) -> int:
        """The number of the first record without a place. Preconditions: there is one."""
        return self.late[0].seq

    def add(self, record: Record) -> bool:
        """Put a record into the chain; False if it, or an earlier one, has no place yet."""
        if not self.late:
            after = left_by(record, self.value)
            if after is not None:
                self.done.append((self.value, record))
                self.value = after
                return True
        self.late.append(record)
        first = self.late[0]
        if record is first or record.before < first.seq:
            return self._settle()
        return False  # it comes after one that has no place: it cannot be what was missing

    def _settle(self) -> bool:
        """Look for an order of what is late and all that overlaps with it."""
        base, window = self._window()
        order = in_order(base, [*window, *self.late])
        if order is None:
            return False
        for _ in window:
            self.done.pop()
        v = base
        for record in order:
            self.done.append((v, record))
            after = left_by(record, v)
            assert after is not None
            v = after
        self.value = v
        self.late = []
        return True

    def _window(self) -> tuple[int, list[Record]]:
        """The end of the chain that may have to be undone, and the value before it."""
        earliest = min(record.before for record in self.late)
        chain = list(self.done)
        start = len(chain)
        for k, (_, record) in enumerate(chain):
            if record.seq > earliest:
                start = k
                break
        base = chain[start][0] if start < len(chain) else self.value
        return base, [record for _, record in chain[start:]]

    def forgotten(self) -> bool:
        """Whether what is late overlaps with more than is remembered."""
        earliest = min(record.before for record in self.late)
        return len(self.done) == self.done.maxlen and self.done[0][1].seq > earliest

    def overdue(self, last: Record) -> bool:
        """Whether what is late has waited so long that nothing will help any more.

        What is missing would be in the hands of a thread that made an access and was then kept
        from writing it down. ``last`` is the program's newest record.
        """
        first = self.late[0]
        many = last.seq - first.seq
        long = many > MIN_AGE and last.t - first.t > MAX_WAIT_NS
        return long or many > MAX_AGE or len(self.late) > MAX_LATE

    def around(self) -> Iterator[Record]:
        """The records around what has no place, in the order in which they came."""
        yield from sorted([*(record for _, record in self.done), *self.late[:8]])


def in_order(v: int, records: list[Record]) -> list[Record] | None:
    """An order of the records that is a chain from ``v`` and that their intervals allow, or None.

    Raises Tangled. The order by ``seq`` is tried first at each step, so what is nearly in order
    is found in a few more steps than there are records.
    """
    return _Search(v, sorted(records)).run()


class _Search:
    """A depth-first search that remembers from where there is no way to the end."""

    def __init__(self, v: int, records: list[Record]) -> None:
        self.records = records
        self.v = v
        self.used = bytearray(len(records))
        # before of the earliest-begun record from here on: where to stop looking for overlaps
        self.begun = [record.before for record in records]
        for k in range(len(records) - 2, -1, -1):
            self.begun[k] = min(self.begun[k], self.begun[k + 1])
        self.dead: set[tuple[int, int, tuple[int, ...]]] = set()
        self.nodes = 0

    def run(self) -> list[Record] | None:
        path: list[tuple[int, int, Iterator[tuple[int, int]]]] = []
        v, first, last = self.v, 0, len(self.records)
        ways = self._ways(v, first)
        while first < last:
            way = next(ways, None)
            if way is None:
                self.dead.add(self._state(v, first))
                if not path:
                    return None
                v, k, ways = path.pop()
                self.used[k] = 0
                first = self._first(0)
                continue
            k, after = way
            path.append((v, k, ways))
            self.used[k] = 1
            v, first = after, self._first(first)
            ways = self._ways(v, first)
        return [self.records[k] for _, k, _ in path]

    def _first(self, at: int) -> int:
        """The first record from ``at`` on that has no place yet."""
        found = self.used.find(0, at)
        return found if found >= 0 else len(self.records)

    def _state(self, v: int, first: int) -> tuple[int, int, tuple[int, ...]]:
        beyond = tuple(k for k in range(first, self.used.rfind(1) + 1) if self.used[k])
        return v, first, beyond

    def _ways(self, v: int, first: int) -> Iterator[tuple[int, int]]:
        """Which record may come next, and what it leaves."""
        if first >= len(self.records) or self._state(v, first) in self.dead:
            return
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Tangled
        end = self.records[first].seq
        for k in range(first, len(self.records)):
            if k > first and self.begun[k] >= end:
                return
            record = self.records[k]
            if self.used[k] or (k > first and record.before >= end):
                continue
            after = left_by(record, v)
            if after is not None:
                yield k, after


def chain(address: int, name: str, value: int, *, keep: int) -> Word:
    """The empty chain of a word that holds ``value``; ``keep``: how many accesses it remembers."""
    return Word(address, name, value, deque(maxlen=keep), [])
