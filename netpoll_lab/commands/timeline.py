"""``netpoll timeline``: a picture of a scenario or of a trace."""

import argparse
from pathlib import Path

from netpoll_lab.inputs import trace_or_scenario
from netpoll_lab.output import check_writable
from netpoll_lab.status import Status
from netpoll_lab.witnesses import observe, witness
from scenario import Trace


def perform(args: argparse.Namespace) -> int:
    """Write the picture; the file's ending says of which kind."""
    from timeline import draw

    path = Path(args.output)
    check_writable(path)
    source = trace_or_scenario(args.source)
    if not isinstance(source, Trace):
        source = observe(witness(args.backend, release=args.go, seed=args.seed), source)
    draw(source, path, dark=args.dark)
    return Status.INCONCLUSIVE if source.inconclusive else Status.AGREES
