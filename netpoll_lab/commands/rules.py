"""``netpoll rules``: the contract, and whether each wrong implementation is found out."""

import argparse
import textwrap
from collections.abc import Iterator, Sequence

from conformance.contract import RULES, UNTESTABLE
from conformance.rule import Rule, Untestable
from netpoll_lab.status import CommandError, Interrupted, Status
from netpoll_lab.terminal import Progress, coloured, width

INDENT = " " * 5


def perform(args: argparse.Namespace) -> int:
    """Print the rules asked for; with ``--check``, run the wrong implementation of each."""
    chosen = _chosen(args.rules)
    if args.check:
        return _check(chosen)
    for one in chosen:
        print(*_rule(one), sep="\n")
    if args.rules:
        return Status.AGREES
    print("\nRules that hold and that no scenario can show")
    for other in UNTESTABLE:
        print(*_untestable(other), sep="\n")
    return Status.AGREES


def _chosen(words: Sequence[str]) -> Sequence[Rule]:
    """The rules of these numbers (R07, r7, 7), each once, in order; of none, all."""
    known = {_number(one.id): one for one in RULES}
    unknown = [word for word in words if _number(word) not in known]
    if unknown:
        raise CommandError(
            f"there is no rule {unknown[0]!r}; there are {RULES[0].id} to {RULES[-1].id}"
        )
    wanted = {_number(word) for word in words} or known.keys()
    return [one for number, one in known.items() if number in wanted]


def _number(word: str) -> str:
    return word.upper().removeprefix("R").lstrip("0")


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


def _check(chosen: Sequence[Rule]) -> int:
    # Late: it needs the model, and who only wants to read the rules does not.
    from conformance.check import check

    progress, caught, done = Progress(), 0, 0
    try:
        for one in chosen:
            progress.say(f"{done + 1} of {len(chosen)}  {one.id}  {one.wrong}")
            found = check(one)
            progress.clear()
            print(coloured(str(found), "good" if found.caught else "bad"), flush=True)
            done += 1
            caught += found.caught
    except KeyboardInterrupt:
        progress.clear()
        raise Interrupted(f"interrupted after {done} of {len(chosen)} rules") from None
    print(f"{caught} of {len(chosen)} wrong implementations are found out")
    return Status.AGREES if caught == len(chosen) else Status.DIFFERS
