"""``netpoll compare``: do the witnesses agree? One scenario is explained, several are listed."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from netpoll_lab.comparison import FEWEST, Comparison
from netpoll_lab.inputs import scenario_of
from netpoll_lab.output import check_writable
from netpoll_lab.panel import GO, OF_A_RELEASE, Panel, panel
from netpoll_lab.status import CommandError, Interrupted
from netpoll_lab.verdict_text import totals
from netpoll_lab.witnesses import DEFAULT, NAMES, check_name
from scenario import Scenario, catalogue


def perform(args: argparse.Namespace) -> int:
    """Compare and print; the verdicts so far are in the JSON file too, even after Ctrl-C."""
    json = None if args.json is None else Path(args.json)
    if json is not None:
        check_writable(json)
    comparison = Comparison(_scenarios(args.scenarios), repeat=args.repeat, tries=args.tries)
    by_name = (args.backends, args.go) != (None, None)
    comparison.ask(_panel(args.backends, args.go), required=by_name)
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


def _panel(backends: str | None, go: str | None) -> Panel:
    """The witnesses that were named; ``--go`` alone means all three."""
    names = _names(backends, DEFAULT if go is None else NAMES)
    if GO not in names and go is None:
        _check_several(names, backends)
        return panel(names, (), "")
    # Late: without Go nobody need know which toolchains there are.
    from netpoll_lab.go_releases import NEWEST, newest_there, releases_of, versions

    releases = (newest_there(),) if go is None else releases_of(go)
    alone = len(names) == 1 and names[0] in OF_A_RELEASE and len(releases) >= FEWEST
    if not alone:
        _check_several(names, backends)
        if GO not in names:
            raise CommandError(f"--go {go} is for real Go; write --backends {backends},{GO}")
    if GO in names:
        versions(releases)  # before anything runs, since it says what to type
    return panel(names, releases, NEWEST)


def _names(word: str | None, default: Sequence[str]) -> list[str]:
    names = list(default) if word is None else [name.strip() for name in word.split(",")]
    for name in names:
        check_name(name)
    return names


def _check_several(names: Sequence[str], word: str | None) -> None:
    if len(names) < FEWEST or len(set(names)) < len(names):
        raise CommandError(
            f"--backends {word}: two or more different witnesses are compared;"
            f" write --backends {','.join(NAMES)}"
        )


def _so_far(comparison: Comparison) -> str:
    of = len(comparison.scenarios)
    return f"interrupted after {comparison.done} of {of} scenarios: {totals(comparison.outcomes)}"
