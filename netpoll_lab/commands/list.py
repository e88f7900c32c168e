"""``netpoll list``: the questions that the catalogue asks."""

import argparse
from collections.abc import Sequence

from netpoll_lab.status import CommandError, Status
from netpoll_lab.terminal import table
from scenario import Scenario, catalogue


def perform(args: argparse.Namespace) -> int:
    """Print one line for each scenario, in the catalogue's order."""
    scenarios = _with(args.words)
    if args.names:
        print(*scenarios, sep="\n")
    else:
        table((name, scenario.question) for name, scenario in scenarios.items())
    return Status.AGREES


def _with(words: Sequence[str]) -> dict[str, Scenario]:
    """The scenarios that hold all the words, in either case. Raises CommandError for none."""
    found = {
        name: scenario
        for name, scenario in catalogue().items()
        if all(word.lower() in _text(scenario) for word in words)
    }
    if not found:
        raise CommandError(
            f"no scenario holds {' and '.join(map(repr, words))}; `netpoll list` names them all"
        )
    return found


def _text(scenario: Scenario) -> str:
    return f"{scenario.name} {scenario.question} {scenario.finding}".lower()
