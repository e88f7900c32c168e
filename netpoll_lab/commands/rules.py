"""``netpoll rules``: the contract, and whether each wrong implementation is found out."""

import argparse
import textwrap
from collections.abc import Iterator

from conformance.contract import RULES, UNTESTABLE
from conformance.rule import Rule, Untestable
from netpoll_lab.status import Interrupted, Status
from netpoll_lab.terminal import Progress, coloured, width

INDENT = " " * 5


def perform(args: argparse.Namespace) -> int:
    """Print the rules; with ``--check``, run the wrong implementation of each."""
    if args.check:
        return _check()
    for one in RULES:
        print(*_rule(one), sep="\n")
    print("\nRules that hold and that no scenario can show")
    for other in UNTESTABLE:
        print(*_untestable(other), sep="\n")
    return Status.AGREES


def _rule(one: Rule) -> Iterator[str]:
    yield from _wrapped(one.text, f"{one.id:<5}")
    yield from _wrapped(f"Go {one.releases}: {one.source}", INDENT)
    yield from _wrapped(f"shown by {', '.join(one.scenarios)}", INDENT)
    yield from _wrapped(f"broken by {one.wrong}", INDENT)


def _untestable(one: Untestable) -> Iterator[str]:
    yield from _wrapped(one.text, f"{'-':<5}")
    yield from _wrapped(f"Go: {one.source}", INDENT)
    yield from _wrapped(one.reason, INDENT)


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(text, width(), initial_indent=first, subsequent_indent=INDENT)


def _check() -> int:
    # Late: it needs the model, and who only wants to read the rules does not.
    from conformance.check import check

    progress, caught, done = Progress(), 0, 0
    try:
        for one in RULES:
            progress.say(f"{done + 1} of {len(RULES)}  {one.id}  {one.wrong}")
            found = check(one)
            progress.clear()
            print(coloured(str(found), "good" if found.caught else "bad"), flush=True)
            done += 1
            caught += found.caught
    except KeyboardInterrupt:
        progress.clear()
        raise Interrupted(f"interrupted after {done} of {len(RULES)} rules") from None
    print(f"{caught} of {len(RULES)} wrong implementations are found out")
    return Status.AGREES if caught == len(RULES) else Status.DIFFERS
