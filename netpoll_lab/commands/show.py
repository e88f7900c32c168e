"""``netpoll show``: one scenario in words, and its timeline from the model."""

import argparse
import textwrap

from netpoll_lab.inputs import scenario_of
from netpoll_lab.status import Status
from netpoll_lab.terminal import width
from netpoll_lab.witnesses import observe, witness
from netpoll_lab.wording import scenario_lines


def perform(args: argparse.Namespace) -> int:
    """Print the question, what there is, what happens, the finding and the picture."""
    from timeline import text

    scenario = scenario_of(args.scenario)
    trace = observe(witness("model"), scenario)
    print(scenario.name)
    print(scenario.question)
    print()
    print(*scenario_lines(scenario, width=width()), sep="\n")
    print()
    print(textwrap.fill(f"The author's finding: {scenario.finding}", width()))
    print()
    print(text(trace, width=width()))
    return Status.AGREES
