"""A scenario in words, for somebody who does not know its notation yet."""

import textwrap
from collections.abc import Iterator, Sequence

from conformance.table import ENDS, FEW
from scenario import NO_DEADLINE_NS, PAST_NS, Action, Entry, Kind, Op, Outside, Scenario, Step
from timeline.units import duration

KINDS = {
    Kind.SOCKETPAIR: "one end of a pair of connected Unix sockets",
    Kind.TCP: "one end of a TCP connection",
    Kind.PIPE_READ: "the end of a pipe that is read from",
    Kind.PIPE_WRITE: "the end of a pipe that is written to",
    Kind.EVENTFD: "an eventfd, a counter in the kernel",
    Kind.FILE: "a regular file, which epoll does not take",
}


def scenario_lines(scenario: Scenario, *, width: int = 80) -> Iterator[str]:
    """What there is, what the goroutines do, and what the outside does to them.

    Long lists are thinned out; what was left out is said with its count.
    """
    yield f"There {'is' if scenario.procs == 1 else 'are'} {_ps(scenario.procs)} (GOMAXPROCS)."
    if scenario.fds:
        yield ""
        yield "Descriptors"
        yield from _table([(name, KINDS[kind]) for name, kind in scenario.fds.items()], width)
    yield ""
    yield "Goroutines"
    yield from _table(
        [(_who(scenario, g), _steps(g, scenario)) for g in scenario.goroutines], width
    )
    yield ""
    when = "at its time" if scenario.timed else "when everything is quiet again"
    yield f"What happens outside, each entry {when}"
    yield from _table([(str(n), entry_words(e)) for n, e in enumerate(scenario.script, 1)], width)
    if scenario.reason:
        yield ""
        yield f"Only for {' and '.join(scenario.witnesses or ())}: {scenario.reason}"


def step_words(step: Step) -> str:
    """One step of a goroutine."""
    match step.op:
        case Op.READ:
            return f"reads up to {step.nbytes} bytes from {step.fd}"
        case Op.WRITE:
            return f"writes {_bytes(step.nbytes)} to {step.fd}"
        case Op.FILL:
            return f"writes to {step.fd} until it takes no more"
        case Op.SLEEP:
            return f"sleeps {duration(step.ns or 0)}"
        case Op.BUSY:
            return f"computes for {duration(step.ns or 0)}"
        case Op.CLOSE:
            return f"closes {step.fd}"
        case Op.REOPEN:
            return f"opens a new {step.fd} with the same number"
        case Op.YIELD:
            return "lets others run"
        case Op.GO:
            return f"starts {step.g}"
        case Op.IS_POLL_DESCRIPTOR:
            return f"asks whether {_POLLER.get(step.fd or '', step.fd)} is the poller's own"
        case Op.SET_DEADLINE | Op.SET_READ_DEADLINE | Op.SET_WRITE_DEADLINE:
            return _deadline(step)


def entry_words(entry: Entry) -> str:
    """One entry of the script."""
    at = "" if entry.at_ns is None else f"at {duration(entry.at_ns)}: "
    after = "; without waiting for quiet, on to the next" if entry.nowait else ""
    if entry.plain is not None:
        return f"{at}{action_words(entry.plain)}{after}"
    together = _and(entry.held)
    if len(entry.held) > 1:
        together = f"held: {together}, so that they come in one poll of up to 128 events"
    if entry.fetched:
        between = _and(entry.fetched)
        together += f"; the poller fetches it, and before it handles it {between}"
    return f"{at}{together}{after}"


def _and(actions: Sequence[Action]) -> str:
    words = [action_words(action) for action in actions]
    if len(words) > FEW:
        words[2:-1] = [f"… {len(words) - 3} more …"]
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"


def action_words(action: Action) -> str:
    """One action of the script."""
    peer = f"the peer of {action.fd}"
    match action.op:
        case Outside.WRITE:
            return f"{peer} writes {_bytes(action.nbytes)}"
        case Outside.READ:
            return f"{peer} reads up to {_bytes(action.nbytes)}"
        case Outside.FILL:
            return f"{peer} writes until it can no more"
        case Outside.DRAIN:
            return f"{peer} reads all there is"
        case Outside.SHUTDOWN:
            return f"{peer} says that it will write no more"
        case Outside.CLOSE:
            return f"{peer} closes"
        case Outside.RESET:
            return f"{peer} resets the connection"
        case Outside.GO:
            return f"{action.g} starts"


_POLLER = {"epfd": "the epoll descriptor", "break": "the break descriptor"}
_DEADLINES = {
    Op.SET_DEADLINE: "the deadline",
    Op.SET_READ_DEADLINE: "the read deadline",
    Op.SET_WRITE_DEADLINE: "the write deadline",
}


def _deadline(step: Step) -> str:
    which = f"{_DEADLINES[step.op]} of {step.fd}"
    if step.ns == NO_DEADLINE_NS:
        return f"removes {which}"
    if step.ns == PAST_NS:
        return f"sets {which} to a moment that is over"
    return f"sets {which} to {duration(step.ns or 0)} from now"


def _who(scenario: Scenario, g: str) -> str:
    return f"{g} (later)" if g in scenario.started_by_go else g


def _steps(g: str, scenario: Scenario) -> str:
    return ", then ".join(step_words(step) for step in scenario.goroutines[g])


def _ps(procs: int) -> str:
    return "one P" if procs == 1 else f"{procs} Ps"


def _bytes(nbytes: int | None) -> str:
    return "1 byte" if nbytes == 1 else f"{nbytes} bytes"


def _table(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    names = max((len(name) for name, _ in rows), default=0)
    for place, (name, words) in enumerate(rows):
        if len(rows) <= FEW or place < ENDS or place >= len(rows) - ENDS:
            first, further = f"  {name:<{names}}  ", " " * (names + 4)
            yield from textwrap.wrap(words, width, initial_indent=first, subsequent_indent=further)
        elif place == ENDS:
            yield f"  … {len(rows) - 2 * ENDS} more"
