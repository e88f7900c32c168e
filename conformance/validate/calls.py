"""Which access may come next in the same call, as a machine of small numbers.

The table of the model has accesses and their neighbours. Records come by the hundred thousand a
second, so each is looked up by a number that its few telling fields make.
"""

from conformance.validate.spelling import spelled
from conformance.validate.stepping import Access
from conformance.validate.transitions import Table
from realgo.records import Record

UNKNOWN = -1
"""The model has no such function: nothing is said of the access but what its word's chain says."""
FORBIDDEN = -2
"""The model's function never does that."""
SHIFT = 10
"""Bits of an access's number."""


class Calls:
    """The accesses of a table, numbered from 1, and the calls that they make up.

    ``step[open << SHIFT | code]`` is what is open after access ``code`` where the call stood at
    ``open`` (0: no call is open); no entry: the model's text has no such sequence.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.accesses: tuple[Access, ...] = tuple(sorted(table.accesses))
        self._number = {access: k for k, access in enumerate(self.accesses, 1)}
        self._codes: dict[int, int] = {}
        self.step: dict[int, int] = {}
        for access, code in self._number.items():
            earlier = table.before.get(access, {None})
            opens = 0 if None in table.after.get(access, {None}) else code
            for before in earlier:
                # A call that may be over is taken to be over: a goroutine is not kept for it.
                if before is None or None in table.after.get(before, ()):
                    self.step[code] = opens
                else:
                    self.step[self._number[before] << SHIFT | code] = opens

    def code(self, key: int, record: Record, word: str) -> int:
        """The number of the access that a record is, by the ``key`` of its telling fields."""
        found = self._codes.get(key)
        if found is None:
            access = spelled(record, word)
            found = UNKNOWN if access is None else self._number.get(access, FORBIDDEN)
            self._codes[key] = found
        return found

    def access(self, code: int) -> Access:
        """The access of a number from 1 on."""
        return self.accesses[code - 1]

    def next(self, open: int) -> tuple[Access, ...]:
        """What may come where a call stands at ``open``."""
        after = self.table.after[self.access(open)]
        return tuple(sorted(a for a in after if a is not None))

    def earlier(self, code: int) -> tuple[Access, ...]:
        """What comes before an access in the same call."""
        before = self.table.before.get(self.access(code), frozenset())
        return tuple(sorted(a for a in before if a is not None))
