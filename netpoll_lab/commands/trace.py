"""``netpoll trace``: a trace file, event by event."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from netpoll_lab.channels_text import channel_lines
from netpoll_lab.inputs import is_path, scenario_of
from netpoll_lab.status import CommandError, Status
from scenario import Event, Trace, read_trace

NS_PER_MS = 1_000_000


def perform(args: argparse.Namespace) -> int:
    """Print the head, each event with its causes, and the five channels."""
    if not is_path(args.file):
        _is_no_file(args.file)
    trace = read_trace(Path(args.file))
    print(*_lines(trace), sep="\n")
    return Status.AGREES


def _is_no_file(word: str) -> NoReturn:
    name = scenario_of(word).name  # an unknown name gets the message that it gets elsewhere
    raise CommandError(
        f"{name} is a scenario, and a trace file may stand here; "
        f"write one with `netpoll run {name} -o {name}.jsonl`"
    )


def _lines(trace: Trace) -> Iterator[str]:
    yield f"{trace.scenario}: {trace.witness}, {trace.release}, GOMAXPROCS={trace.procs}"
    yield trace.question
    yield from (f"inconclusive: {reason}" for reason in trace.inconclusive)
    yield ""
    yield from map(_event, trace.events)
    yield ""
    yield from channel_lines(trace)


def _event(event: Event) -> str:
    when = "" if event.t is None else f"{event.t / NS_PER_MS:.6f} ms"
    who = " ".join(filter(None, (event.g, event.m, event.p)))
    where = " ".join(filter(None, (event.fd, event.mode, event.why)))
    args = " ".join(f"{name}={_value(value)}" for name, value in event.args.items())
    parents = " ".join(
        f"{name} #{seq}"
        for name, seq in (("because of", event.cause), ("via", event.via))
        if seq is not None
    )
    words = "  ".join(filter(None, (where, args, parents)))
    return f"#{event.seq:<5} {when:>12}  {who:<10} {event.what:<8} {words}".rstrip()


def _value(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, dict):
        marks = [mark for mark in ("err", "stale") if value.get(mark)]
        return " ".join([str(value.get("fd")), str(value.get("modes")), *marks])
    return str(value)
