"""``netpoll eyes``: do strace and Go's own tracer, on a plain Go, agree with the witnesses?"""

import argparse
from collections.abc import Iterator

from netpoll_lab import go_releases
from netpoll_lab.inputs import scenario_of
from netpoll_lab.other_eyes import REFERENCES, OtherEyes, Row, Word
from netpoll_lab.status import Interrupted, Status
from netpoll_lab.terminal import Progress, coloured
from realgo.eyes import EYES
from scenario import Scenario, catalogue

COLOUR = {
    Word.AGREES: "good",
    Word.STEPS_AGREE: "good",
    Word.DIFFERS: "bad",
    Word.INCONCLUSIVE: "unsure",
    Word.NOT_APPLICABLE: "quiet",
}
WIDTH = max(map(len, Word))
HEAD = "scenario"


def perform(args: argparse.Namespace) -> int:
    """Print a line for each scenario as it is seen, then the totals; release by release."""
    scenarios = [scenario_of(word) for word in args.scenarios] or list(catalogue().values())
    releases = (
        (go_releases.newest_there(),) if args.go is None else go_releases.releases_of(args.go)
    )
    versions = go_releases.versions(releases)
    names = tuple(EYES) if args.eye is None else (args.eye,)
    found = []
    for release, version in zip(releases, versions, strict=True):
        eyes = OtherEyes(release, names, required=args.eye is not None)
        print(f"Go {version} without the overlay, beside {' and '.join(REFERENCES)}")
        _run(eyes, scenarios)
        print(*eyes.totals(), sep="\n")
        found.append(eyes.status)
    return _worst(found)


def _run(eyes: OtherEyes, scenarios: list[Scenario]) -> None:
    for name, reason in eyes.left_out.items():
        print(f"{name} is left out: {reason}")
    if not eyes.eyes:
        return
    width = max((len(HEAD), *(len(scenario.name) for scenario in scenarios)))
    heads = (f"{HEAD:<{width}}", *(f"{eye.name:<{WIDTH}}" for eye in eyes.eyes))
    print("  ".join(heads).rstrip(), flush=True)
    progress = Progress()
    try:
        for number, scenario in enumerate(scenarios, 1):
            progress.say(f"{number} of {len(scenarios)}  {scenario.name}")
            row = eyes.add(scenario)
            progress.clear()
            print(*_lines(row, width), sep="\n", flush=True)
    except KeyboardInterrupt:
        progress.clear()
        raise Interrupted(
            f"interrupted after {len(eyes.rows)} of {len(scenarios)} scenarios:"
            f" {'; '.join(eyes.totals())}"
        ) from None
    finally:
        progress.clear()


def _lines(row: Row, width: int) -> Iterator[str]:
    """The words side by side, then what there is to say of them, each thing once."""
    cells = (coloured(f"{look.word:<{WIDTH}}", COLOUR[look.word]) for look in row.looks)
    yield "  ".join((f"{row.scenario:<{width}}", *cells)).rstrip()
    remarks: dict[str, list[str]] = {}
    for look in row.looks:
        if look.remark:
            remarks.setdefault(look.remark, []).append(look.eye)
    yield from (f"    {', '.join(eyes)}: {remark}" for remark, eyes in remarks.items())


def _worst(found: list[Status]) -> Status:
    """A difference outweighs what says nothing, and that outweighs agreement."""
    order = (Status.DIFFERS, Status.INCONCLUSIVE)
    return next((status for status in order if status in found), Status.AGREES)
