"""Sentences for events, for somebody who has never seen Go's runtime.

Each works with what the trace has: no time, no cause and no poll is said, never guessed.
"""

from collections.abc import Mapping

from conformance.deeds import causes, outside, size_words
from scenario import Event, StepResult, Trace, What

TITLES: Mapping[str, str] = {"model": "MODEL", "epoll": "REAL EPOLL", "go": "REAL GO"}
ABLE = {"r": "readable", "w": "writable"}
TO = {"r": "read", "w": "write"}
_ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def title(witness: str) -> str:
    """The badge of a witness."""
    return TITLES.get(witness, witness.upper())


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, ..., 11th, ..., 21st."""
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else _ORDINALS.get(number % 10, 'th')}"


def why_woken(trace: Trace, wake: Event) -> str:
    """One sentence: who wakes, because of what, and which poll brought it."""
    by_seq = {event.seq: event for event in trace.events}
    cause = by_seq.get(wake.cause) if wake.cause is not None else None
    reasons = {
        "ready": _ready,
        "deadline": _deadline,
        "close": _close,
        "timer": _timer,
    }
    reason = reasons.get(wake.why or "")
    because = reason(trace, wake, cause) if reason else f"of {wake.why or 'an unknown cause'}"
    return f"{wake.g} wakes because {because}{_carried(wake, by_seq)}."


def _ready(trace: Trace, wake: Event, cause: Event | None) -> str:
    # The cause is one action; what else was done before the poll made it ready as well.
    done = causes(trace, wake)
    told = outside(done, trace.fds) if done else _cause(trace, cause)
    told = told or "the trace does not say by what"
    return f"{wake.fd} became {ABLE.get(wake.mode or '', 'ready')}: {told}"


def _deadline(trace: Trace, wake: Event, cause: Event | None) -> str:
    what = f"the {TO.get(wake.mode or '', 'I/O')} deadline of {wake.fd}"
    if cause is None or cause.what is not What.TIMER:
        told = _cause(trace, cause)
        return f"{what} has passed" + (f": {told}" if told else "")
    return f"{what} passed{_due(cause)}"


def _close(trace: Trace, wake: Event, cause: Event | None) -> str:
    closer = f"{cause.g} closed" if cause is not None and cause.g else "somebody closed"
    return f"{closer} {wake.fd}, so nobody may wait on it any longer"


def _timer(trace: Trace, wake: Event, cause: Event | None) -> str:
    return "its sleep is over" + (_due(cause) if cause is not None else "")


def _due(timer: Event) -> str:
    when = timer.args.get("when_ns")
    return f" at {whole_ms(when)}" if isinstance(when, int) else ""


def _cause(trace: Trace, cause: Event | None) -> str:
    if cause is None:
        return ""
    text = str(cause.args.get("text", ""))
    if cause.what is What.ACTION:
        return outside([cause], trace.fds)
    if cause.what in (What.BEGIN, What.STEP) and cause.g:
        return f"{cause.g} did `{text}`"
    return f"{cause.what}{f' of {cause.g}' if cause.g else ''}{f' `{text}`' if text else ''}"


def _carried(wake: Event, by_seq: Mapping[int, Event]) -> str:
    """Which poll brought it, and at which place of its batch."""
    poll = by_seq.get(wake.via) if wake.via is not None else None
    if poll is None or poll.what is not What.POLL:
        return "" if wake.why != "ready" else " (by a poll that the trace does not name)"
    fds = [item["fd"] for item in poll.args["events"] if item["fd"] != "break"]
    if wake.fd not in fds:
        return "; a poll brought it"
    place = f"event {fds.index(wake.fd) + 1} of {len(fds)}"
    return f"; a poll brought it as {place}"


def why_dropped(poll: Event) -> str:
    """One sentence on the stale events of a poll, or nothing; they are brought and not handled."""
    stale = [str(item["fd"]) for item in poll.args["events"] if item.get("stale")]
    if not stale:
        return ""
    what = (
        "is stale: dropped, the descriptor was"
        if len(stale) == 1
        else ("are stale: dropped, the descriptors were")
    )
    return f"{', '.join(stale)} {what} closed after the fetch (R28)."


def why_break(trace: Trace, entry: int) -> str:
    """One sentence on a break: which timer appeared, and how long the poller would have slept."""
    timer, until = _new_timer(trace, entry)
    if timer is None:
        return ""
    whose = (
        f" of {timer.g}'s sleep" if timer.g else f" of {timer.fd}'s deadline" if timer.fd else ""
    )
    when = timer.args.get("when_ns")
    due = f" is due at {whole_ms(when)}" if isinstance(when, int) else " appears"
    return f"A new timer{whose}{due}; {until}."


def _new_timer(trace: Trace, entry: int) -> tuple[Event | None, str]:
    """The first timer that an entry sets, and until when the blocked poller waits by then."""
    until, within = "the trace does not say how long the poller would wait", False
    for event in trace.events:
        if event.what is What.ENTRY:
            within = event.args["index"] == entry
        elif event.what is What.WAIT and not within:
            until = _wait_end(event)
        elif within and event.what is What.TIMER and event.why == "set":
            return event, until
    return None, until


def _wait_end(wait: Event) -> str:
    timeout = wait.args.get("timeout_ns")
    if timeout is None:
        return "the poller would wait for ever"
    if wait.t is None:
        return f"the poller would wait for {whole_ms(timeout)}"
    return f"the poller would wait until {whole_ms(wait.t + timeout)}"


def whole_ms(ns: int) -> str:
    """A time from the script's start in ms; what is below varies from run to run."""
    return f"{round(ns / 1_000_000)} ms"


def timed(trace: Trace) -> bool:
    """Whether the scenario speaks of time, so that its entries have times of their own."""
    words = [step.split() for steps in trace.goroutines.values() for step in steps]
    return any(
        word[0] in ("sleep", "busy") or ("deadline" in word[0] and word[-1][:1].isdigit())
        for word in words
    )


def step_words(result: StepResult) -> str:
    """How a step ended: ``8 bytes, ok``, ``closed``, ``still waiting``."""
    if result.error == "parked":
        return "still waiting"
    if result.count is None or (result.error != "ok" and not result.count):
        return result.error
    if isinstance(result.count, int):
        return f"{size_words(str(result.count))}, {result.error}"
    shown = "some bytes" if result.count == "some" else result.count
    return f"{shown}, {result.error}" if result.error != "ok" else str(shown)
