"""What a rule of the contract is made of."""

from dataclasses import dataclass

EVER = "1.21-1.27"
"""Holds in every release that was looked at; the code of the rule is the same in all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One numbered rule: something that a porter of the poller must do.

    ``source`` is where Go does it (file:function, under src/), ``releases`` for which Go releases
    it holds, ``scenarios`` the names of catalogue scenarios that show it, and ``wrong`` the
    name of the class in ``conformance.wrong`` that breaks this rule and nothing else.
    """

    id: str
    text: str
    source: str
    releases: str
    scenarios: tuple[str, ...]
    wrong: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Untestable:
    """A rule that no scenario can show through the five channels, and why."""

    text: str
    source: str
    reason: str
