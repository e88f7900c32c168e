"""``netpoll run``: what one witness sees of one scenario."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from conformance.lines import wake_events
from conformance.wording import why_woken
from netpoll_lab.channels_text import channel_lines
from netpoll_lab.inputs import scenario_of
from netpoll_lab.output import check_writable, write_whole
from netpoll_lab.status import Status
from netpoll_lab.terminal import Progress
from netpoll_lab.witnesses import observe, witness
from scenario import Trace, trace_lines, write_trace
from timeline.units import duration

STDOUT = "-"


def perform(args: argparse.Namespace) -> int:
    """Print the five channels, then when each goroutine woke and why; keep the trace if asked."""
    scenario = scenario_of(args.scenario)
    path = None if args.output in (None, STDOUT) else Path(args.output)
    if path is not None:
        check_writable(path)
    backend = witness(args.backend, release=args.go, seed=args.seed, look_ahead=args.look_ahead)
    progress = Progress()
    progress.say(f"{backend.title} runs {scenario.name}")
    try:
        trace = observe(backend, scenario)
    finally:
        progress.clear()
    if path is not None:
        write_whole(path, lambda part: write_trace(trace, part))
    print(*_told(trace, backend.title, args), sep="\n")
    return Status.INCONCLUSIVE if trace.inconclusive else Status.AGREES


def _told(trace: Trace, title: str, args: argparse.Namespace) -> Iterator[str]:
    """What stands on standard output: the trace itself, or what it comes to."""
    if args.output == STDOUT:
        return trace_lines(trace)
    return channel_lines(trace) if args.channels else _whole(trace, title)


def _whole(trace: Trace, title: str) -> Iterator[str]:
    yield f"{trace.scenario}: {title}, {trace.release}, GOMAXPROCS={trace.procs}"
    yield trace.question
    yield from (f"inconclusive: {reason}" for reason in trace.inconclusive)
    yield ""
    yield from channel_lines(trace)
    yield f"when ({trace.clock} time, from the start of the script; not compared)"
    yield from _times(trace)


def _times(trace: Trace) -> Iterator[str]:
    wakes = wake_events(trace)
    for number, event in enumerate(wakes, 1):
        when = "no time" if event.t is None else duration(event.t)
        yield f"  {number:>3}  {when:>12}  {why_woken(trace, event)}"
    if not wakes:
        yield "    -"
