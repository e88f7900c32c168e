"""``netpoll timeline``: a picture of a scenario or of a trace."""

import argparse
from pathlib import Path

from netpoll_lab.inputs import trace_or_scenario
from netpoll_lab.output import check_writable, write_whole
from netpoll_lab.status import CommandError, Status
from netpoll_lab.witnesses import witness
from scenario import Trace

DRAWN = (".svg", ".png", ".pdf")
WRITTEN = ".txt"


def perform(args: argparse.Namespace) -> int:
    """Write the picture; the file's ending says of which kind."""
    path = Path(args.output)
    if path.suffix not in (*DRAWN, WRITTEN):
        kinds = ", ".join((*DRAWN, WRITTEN))
        raise CommandError(f"{path}: no picture ends in {path.suffix!r}; {kinds} may stand there")
    check_writable(path)
    source = trace_or_scenario(args.source)
    if not isinstance(source, Trace):
        source = witness(args.backend, seed=args.seed).run(source)
    _write(source, path, dark=args.dark)
    return Status.AGREES


def _write(trace: Trace, path: Path, *, dark: bool) -> None:
    from timeline import draw, text

    if path.suffix == WRITTEN:
        write_whole(path, lambda part: _write_text(part, text(trace)))
    else:
        write_whole(path, lambda part: draw(trace, part, dark=dark))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
