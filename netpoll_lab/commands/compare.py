"""``netpoll compare``: do the witnesses agree? One scenario is explained, several are listed."""

import argparse
from pathlib import Path

from netpoll_lab.comparison import FEWEST, Comparison
from netpoll_lab.inputs import scenario_of
from netpoll_lab.output import check_writable
from netpoll_lab.status import CommandError, Interrupted
from netpoll_lab.verdict_text import totals
from netpoll_lab.witnesses import NAMES, check_name
from scenario import Scenario, catalogue


def perform(args: argparse.Namespace) -> int:
    """Compare and print; the verdicts so far are in the JSON file too, even after Ctrl-C."""
    json = None if args.json is None else Path(args.json)
    if json is not None:
        check_writable(json)
    comparison = Comparison(_scenarios(args.scenarios), repeat=args.repeat)
    comparison.ask(_names(args.backends), required=args.backends is not None)
    interrupted = False
    try:
        comparison.perform()
    except KeyboardInterrupt:
        interrupted = True
    if json is not None:
        comparison.write_json(json)
    if interrupted:
        raise Interrupted(_so_far(comparison))
    return comparison.status


def _scenarios(words: list[str]) -> list[Scenario]:
    return [scenario_of(word) for word in words] or list(catalogue().values())


def _names(word: str | None) -> list[str]:
    names = list(NAMES) if word is None else [name.strip() for name in word.split(",")]
    if len(names) < FEWEST or len(set(names)) < len(names):
        raise CommandError(
            f"--backends {word}: two or more different witnesses are compared;"
            f" write --backends {','.join(NAMES)}"
        )
    for name in names:
        check_name(name)
    return names


def _so_far(comparison: Comparison) -> str:
    of = len(comparison.scenarios)
    return f"interrupted after {comparison.done} of {of} scenarios: {totals(comparison.outcomes)}"
