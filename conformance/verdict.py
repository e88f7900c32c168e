"""What a comparison can come to: the two witnesses agree, they differ, or the runs say nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from scenario import Break, Ready, StepResult, Wake


@dataclass(frozen=True, slots=True)
class Together:
    """Goroutines whose order among themselves is not compared (more than one P): a multiset."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return "{" + " ".join(self.names) + "}"


@dataclass(frozen=True, slots=True)
class Batch:
    """What one poll returned, in its order."""

    events: tuple[Ready, ...]

    def __str__(self) -> str:
        return "[" + ", ".join(map(str, self.events)) + "]"


Item = Wake | Break | StepResult | Batch | Together | str
"""One item of a channel; a plain string is the name of a goroutine that runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agrees:
    """Every channel that both witnesses see holds the same. ``counts`` is items per channel."""

    scenario: str
    witnesses: tuple[str, str]
    counts: Mapping[str, int]
    unseen: tuple[str, ...] = ()

    def __str__(self) -> str:
        total = sum(self.counts.values())
        left = f" (not compared: {', '.join(self.unseen)})" if self.unseen else ""
        return f"{self.scenario}: {' and '.join(self.witnesses)} agree, {total} items{left}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differs:
    """The first difference, in the order of causation (see ``conformance.compare``).

    ``channel`` is one of the five; or ``throw``: the runtime of one witness gave up; or
    ``script``: the two did not perform the same script. ``position`` counts from 0 within the
    channel (for ``step``: within ``g``'s steps). ``expected`` or ``actual`` is None where that
    side holds nothing more. ``around`` has both sides near it, ``around_from`` is the position of
    their first item. ``rules`` are the numbers of the rules that govern this kind of difference,
    the likeliest first; ``go`` is the Go function; ``likely`` what usually causes it. No rule and
    no function govern a script: there ``rules`` and ``go`` are empty. ``counts`` is the number of
    items that agreed before the first difference of each channel.
    """

    scenario: str
    witnesses: tuple[str, str]
    channel: str
    position: int
    expected: Item | None
    actual: Item | None
    around: tuple[tuple[Item, ...], tuple[Item, ...]]
    around_from: int
    kind: str
    rules: tuple[str, ...]
    go: str
    likely: str
    g: str | None = None
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    unseen: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"{self.channel} {self.position + 1}" + (f" of {self.g}" if self.g else "")
        expected, actual = (_words(item) for item in (self.expected, self.actual))
        first, second = self.witnesses
        governing = "; ".join(part for part in (", ".join(self.rules), self.go) if part)
        return (
            f"{self.scenario}: {first} and {second} differ at {place}: "
            f"{first} has {expected}, {second} has {actual}"
            f"{f' ({governing})' if governing else ''}: {self.kind}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconclusive:
    """Nothing was compared; ``reasons`` say why, each with the witness it comes from.

    Never counted as agreement.
    """

    scenario: str
    witnesses: tuple[str, str]
    reasons: tuple[str, ...]
    unseen: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.scenario}: inconclusive: {'; '.join(self.reasons)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Racy(Inconclusive):
    """A witness's own runs were not all alike, so that one run of it proves nothing.

    ``outcomes``: how many each witness came to (1 if it is not racy itself, 0 if no run of it says
    anything); ``shared``: how many of them both have. Never counted as agreement.
    """

    outcomes: tuple[int, int]
    shared: int

    def __str__(self) -> str:
        return f"{self.scenario}: racy: {'; '.join(self.reasons)}"


Verdict = Agrees | Differs | Inconclusive


def _words(item: Item | None) -> str:
    if isinstance(item, Break):
        return f"entry {item.entry + 1}: {'a break' if item.written else 'no break'}"
    return "nothing" if item is None else str(item)
