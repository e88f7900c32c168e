"""Whose a record's numbers are: goroutines, descriptors, and the words rg and wg by address."""

from collections.abc import Sequence

from realgo.records import Kind, Record
from scenario import HOST, Scenario

FIRST_NUMBER = 64
"""interpreter/descriptors.go: a scenario's descriptors have every second number from here on."""
HOST_ID = 1
"""The main goroutine's number."""

USER_STEP_ENDS, USER_DONE, USER_STEP_BEGINS, USER_ENTERS, USER_GO = 1, 2, 3, 4, 5
"""interpreter/runtime.go: what the first number of a record by npUser means."""


class Names:
    """What numbers and addresses stand for, read out of all records beforehand.

    Beforehand, since the poller may report a descriptor before its opener has recorded it, and a
    goroutine is run before it says who it is.
    """

    def __init__(self, scenario: Scenario, records: Sequence[Record]) -> None:
        self._fds = tuple(scenario.fds)
        self._goroutines = {HOST_ID: HOST}
        self._opened: dict[tuple[int, int], str] = {}
        self._words: dict[int, tuple[str, str]] = {}
        order = tuple(scenario.goroutines)
        for record in records:
            if record.kind == Kind.USER and record.a == USER_ENTERS:
                self._goroutines[record.g] = order[record.b]
            elif record.kind == Kind.OPEN:
                self._opened[record.b, record.c] = self.fd(record.a)

    def goroutine(self, number: int) -> str | None:
        """The scenario's name of a goroutine; the runtime's own have none."""
        return self._goroutines.get(number)

    def fd(self, number: int) -> str:
        """The scenario's name of a descriptor."""
        place, second = divmod(number - FIRST_NUMBER, 2)
        return self._fds[place] if not second and 0 <= place < len(self._fds) else f"fd {number}"

    def opened(self, pd: int, seq: int) -> str:
        """Whose pollDesc this was: it is used again for others, with another ``fdseq``."""
        return self._opened.get((pd, seq), "?")

    def word(self, record: Record) -> tuple[str, str]:
        """(descriptor, direction) of the word of an access; of the record's pollDesc from now on,
        where it names it."""
        if record.kind == Kind.OPEN_STORE:
            self._words[record.a] = self.fd(record.d), chr(record.e)
        return self._words.get(record.a, ("?", "?"))
