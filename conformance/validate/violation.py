"""What a record did that the model would not have done."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from realgo.records import Record


class Rule(Enum):
    """Which promise of the model is broken."""

    ACCESS = "the model's function never does that to this word"
    SEQUENCE = "the model's text does not do these two things in this order"
    CHAIN = "no order of the accesses leaves the word with what this one found there"
    AMOUNT = "netpollWaiters moves by what this call parked and freed"
    OWED = "netpollWaiters is adjusted before the thread goes on"
    STRANDED = "a goroutine that is freed is made runnable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A broken rule, the record that broke it, and the numbers that tell how.

    ``facts``: ``at`` and ``code`` of the calls' machine, or the ``amount`` that was due.
    """

    rule: Rule
    record: Record
    facts: Mapping[str, int]


class Found(Exception):
    """The first violation: nothing after it can be judged."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.rule.value)
        self.violation = violation
