"""``netpoll compare``: do the witnesses agree? One scenario is explained, several are listed."""

import argparse
from pathlib import Path

from netpoll_lab.comparison import Comparison
from netpoll_lab.inputs import scenario_of
from netpoll_lab.output import check_writable
from netpoll_lab.status import CommandError, Interrupted
from netpoll_lab.verdict_text import totals
from netpoll_lab.witnesses import NAMES
from scenario import Scenario, catalogue


def perform(args: argparse.Namespace) -> int:
    """Compare and print; the verdicts so far are in the JSON file too, even after Ctrl-C."""
    json = None if args.json is None else Path(args.json)
    if json is not None:
        check_writable(json)
    comparison = Comparison(_scenarios(args.scenarios), repeat=args.repeat)
    comparison.ask(_names(args.backends), required=args.backends is not None)
    try:
        comparison.perform()
    except KeyboardInterrupt:
        comparison.finished = False
    if json is not None:
        comparison.write_json(json)
    if not comparison.finished:
        raise Interrupted(_so_far(comparison))
    return comparison.status


def _scenarios(words: list[str]) -> list[Scenario]:
    return [scenario_of(word) for word in words] or list(catalogue().values())


def _names(word: str | None) -> list[str]:
    names = list(NAMES) if word is None else [name.strip() for name in word.split(",")]
    if len(names) != 2:
        raise CommandError(
            f"--backends {word}: two witnesses are compared; write --backends {','.join(NAMES)}"
        )
    return names


def _so_far(comparison: Comparison) -> str:
    done, of = len(comparison.outcomes), len(comparison.scenarios)
    return f"interrupted after {done} of {of} scenarios: {totals(comparison.outcomes)}"
