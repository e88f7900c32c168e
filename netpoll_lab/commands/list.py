"""``netpoll list``: the questions that the catalogue asks."""

import argparse

from netpoll_lab.status import Status
from netpoll_lab.terminal import table
from scenario import catalogue


def perform(args: argparse.Namespace) -> int:
    """Print one line for each scenario, in the catalogue's order."""
    scenarios = catalogue()
    if args.names:
        print(*scenarios, sep="\n")
    else:
        table((name, scenario.question) for name, scenario in scenarios.items())
    return Status.AGREES
