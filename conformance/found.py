"""A first difference, and what is made of it."""

from dataclasses import dataclass
from typing import Self

from conformance.lines import Line
from conformance.verdict import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A first difference: the two items, what follows on each side, what both had before.

    ``others`` are the first differences of other channels in the same script entry: what came of
    this one, or another side of the same mistake.
    """

    channel: str
    g: str | None
    expected: Item | None
    actual: Item | None
    expected_rest: tuple[Item, ...]
    actual_rest: tuple[Item, ...]
    before: tuple[Item, ...]
    others: tuple[Self, ...] = ()

    @classmethod
    def at(cls, place: int, one: Line, other: Line, others: tuple[Self, ...] = ()) -> Self:
        """The difference of two lines at ``place``, counted from 0."""
        return cls(
            channel=one.channel,
            g=one.g,
            expected=_at(one.items, place),
            actual=_at(other.items, place),
            expected_rest=one.items[place:],
            actual_rest=other.items[place:],
            before=one.items[:place],
            others=others,
        )


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """``kind`` is half a sentence; ``rules`` are numbers, the likeliest first."""

    kind: str
    rules: tuple[str, ...]
    go: str
    likely: str


def _at(items: tuple[Item, ...], place: int) -> Item | None:
    return items[place] if place < len(items) else None
