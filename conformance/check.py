"""Does each rule say something? Its wrong implementation must be told from the right one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from conformance.compare import compare
from conformance.contract import RULES
from conformance.rule import Rule
from conformance.verdict import Differs
from conformance.wrong import wrong
from model import Runtime, simulate
from scenario import Trace, find


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCheck:
    """What became of one rule's wrong implementation.

    ``scenario`` is the first that catches it: there its trace differs, as ``verdict`` says; a
    runtime that throws is such a difference. ``tried`` are the scenarios that were run.
    """

    rule: Rule
    tried: tuple[str, ...]
    scenario: str | None = None
    verdict: Differs | None = None

    @property
    def caught(self) -> bool:
        """Whether some scenario tells the wrong implementation from the right one."""
        return self.scenario is not None

    def __str__(self) -> str:
        told = f"{self.rule.id}  {self.rule.wrong}"
        if self.verdict is not None:
            return f"{told}: {self.scenario} differs: {self.verdict.kind}"
        return f"{told}: not caught by {', '.join(self.tried)}"


def check_rules(
    progress: Callable[[str], None] | None = None, rules: Iterable[Rule] = RULES
) -> list[RuleCheck]:
    """Every rule's check, in order. ``progress`` is told, before each, what is run now."""
    checks = []
    for one in rules:
        if progress is not None:
            progress(f"{one.id}  {one.wrong}")
        checks.append(check(one))
    return checks


def check(one: Rule) -> RuleCheck:
    """Run a rule's scenarios on the right and the wrong model until one tells them apart."""
    tried: list[str] = []
    for name in one.scenarios:
        tried.append(name)
        verdict = compare(right(name), simulate(find(name), runtime=wrong(one.wrong)))
        if isinstance(verdict, Differs):
            return RuleCheck(rule=one, tried=tuple(tried), scenario=name, verdict=verdict)
    return RuleCheck(rule=one, tried=tuple(tried))


@cache
def right(name: str) -> Trace:
    """What the model says of a scenario."""
    return simulate(find(name), runtime=Runtime)
