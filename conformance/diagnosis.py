"""What kind of difference it is: the rules that govern it, the Go function, the likely cause."""

from collections import Counter
from collections.abc import Callable

from conformance.diagnosis_step import step_diagnosis
from conformance.diagnosis_wake import wake_diagnosis
from conformance.found import Diagnosis, Found
from conformance.verdict import Batch, Together
from scenario import Break, Ready, StepResult, Trace, What

MAX_EVENTS = 128
"""runtime/netpoll_epoll.go:netpoll, ``var events [128]``."""


def diagnose(found: Found, trace: Trace) -> Diagnosis:
    """The diagnosis of a first difference; ``trace`` is the expected one."""
    judges: dict[str, Callable[[Found, Trace], Diagnosis]] = {
        "batch": _batch,
        "wake": wake_diagnosis,
        "run": _run,
        "break": _break,
        "step": step_diagnosis,
        "throw": _throw,
        "script": _script,
    }
    return judges[found.channel](found, trace)


# --- batch -------------------------------------------------------------------------------------


def _batch(found: Found, trace: Trace) -> Diagnosis:
    if not isinstance(found.expected, Batch):
        return Diagnosis(
            "a poll returned an event that should have stayed in the kernel or never come",
            _joined(("R10", "R08"), _rules_of_others(found, trace)),
            "runtime/netpoll_epoll.go:netpollopen; runtime/proc.go:findRunnable",
            "polled with nobody waiting, or registered level-triggered",
        )
    if not isinstance(found.actual, Batch):
        return Diagnosis(
            "an event was never fetched",
            _joined(_why_lost(found, found.expected, trace), _rules_of_others(found, trace)),
            "runtime/netpoll_epoll.go:netpoll; runtime/proc.go:findRunnable, sysmon",
            "an edge was missed, or nobody polled",
        )
    return _two_batches(found.expected.events, found.actual.events)


def _why_lost(found: Found, lost: Batch, trace: Trace) -> tuple[str, ...]:
    """What came after a full poll is its rest; a number that was given back may be another's."""
    before = found.before[-1] if found.before else None
    full = isinstance(before, Batch) and len(before.events) == MAX_EVENTS
    steps = {step for steps in trace.goroutines.values() for step in steps}
    reused = any(f"reopen {event.fd}" in steps for event in lost.events)
    return (
        *(("R06",) if full else ()),
        *(("R26",) if reused else ()),
        *("R08", "R34", "R35"),
    )


def _rules_of_others(found: Found, trace: Trace) -> tuple[str, ...]:
    """A poll too many or too few is often what came of a wakeup or of a step."""
    others = (one for one in found.others if one.channel == "wake" or _both_ended(one))
    return tuple(rule for one in others for rule in diagnose(one, trace).rules)


def _both_ended(found: Found) -> bool:
    """A step that stays parked for want of a poll is a result, never the reason."""
    one, other = found.expected, found.actual
    return (
        isinstance(one, StepResult) and isinstance(other, StepResult) and one.ended and other.ended
    )


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _two_batches(expected: tuple[Ready, ...], actual: tuple[Ready, ...]) -> Diagnosis:
    if len(actual) > MAX_EVENTS:
        return Diagnosis(
            f"a poll returned {len(actual)} events",
            ("R05",),
            "runtime/netpoll_epoll.go:netpoll",
            "the array of events is too long",
        )
    if Counter(expected) == Counter(actual):
        return Diagnosis(
            "a poll returned the same events in another order",
            ("R02",),
            "runtime/netpoll_epoll.go:netpoll",
            "the kernel's ready list was reordered, or filled in another order",
        )
    if [one.fd for one in expected] == [one.fd for one in actual]:
        return _other_masks(expected, actual)
    return Diagnosis(
        "a poll returned other descriptors",
        ("R02", "R06", "R08", "R10"),
        "runtime/netpoll_epoll.go:netpoll",
        "a batch was split or merged, or an edge came too often or not at all",
    )


def _other_masks(expected: tuple[Ready, ...], actual: tuple[Ready, ...]) -> Diagnosis:
    one, other = next((a, b) for a, b in zip(expected, actual, strict=True) if a != b)
    if one.modes == other.modes:
        return Diagnosis(
            f"{one.fd}: the witnesses disagree whether the event was exactly EPOLLERR",
            ("R09",),
            "runtime/netpoll_epoll.go:netpoll (setEventErr)",
            "any error bit is taken for a lone one",
        )
    if set(one.modes) < set(other.modes):
        return Diagnosis(
            f"{one.fd}: the event means {one.modes} to one and {other.modes} to the other",
            ("R10", "R11", "R03", "R04"),
            "internal/poll/fd_unix.go:FD.Read; runtime/netpoll_epoll.go:netpoll",
            "it lay there when it should have been read, or a bit counts for both directions",
        )
    return Diagnosis(
        f"{one.fd}: the event means {one.modes} to one and {other.modes} to the other",
        ("R03", "R04", "R08"),
        "runtime/netpoll_epoll.go:netpoll",
        "HUP, RDHUP or ERR is not counted for a direction, or an edge is missing",
    )


# --- run ---------------------------------------------------------------------------------------


def _run(found: Found, trace: Trace) -> Diagnosis:
    if isinstance(found.expected, Together) or isinstance(found.actual, Together):
        return Diagnosis(
            "of one batch, other goroutines ran",
            ("R33",),
            "runtime/proc.go:injectglist",
            "somebody who was freed never ran, or ran twice",
        )
    if found.actual is None:
        return Diagnosis(
            f"{found.expected} was freed and never ran",
            ("R33",),
            "runtime/proc.go:injectglist",
            "what a poll freed was not put on any queue",
        )
    if found.expected is None:
        return Diagnosis(
            f"{found.actual} ran when nothing had freed it again",
            ("R28",),
            "runtime/proc.go:execute",
            "a goroutine was freed twice",
        )
    return _run_order(found)


def _run_order(found: Found) -> Diagnosis:
    turned = (
        found.expected_rest.index(found.actual) + 1 if found.actual in found.expected_rest else 0
    )
    if turned and found.actual_rest[:turned] == found.expected_rest[:turned][::-1]:
        likely = "the ready list is handed over as a queue, not as a stack"
    else:
        likely = "a queue is used where Go uses its next slot, or the other way round"
    return Diagnosis(
        f"{found.actual} ran before {found.expected}",
        ("R07", "R29", "R31", "R32", "R33"),
        "runtime/proc.go:findRunnable (list.pop, then injectglist), ready, runqput",
        likely,
    )


# --- break -------------------------------------------------------------------------------------


def _break(found: Found, trace: Trace) -> Diagnosis:
    go = "runtime/proc.go:wakeNetPoller; runtime/netpoll_epoll.go:netpollBreak"
    one, other = found.expected, found.actual
    if not isinstance(one, Break) or not isinstance(other, Break) or one.entry != other.entry:
        return Diagnosis(
            "a poller was blocked in one witness and not in the other",
            ("R10", "R36"),
            "runtime/proc.go:findRunnable",
            "one of them polls when the other does not",
        )
    if one.written:
        return Diagnosis(
            "the blocked poller was not woken for an earlier timer",
            ("R36", "R38", *(("R21",) if _sets_deadline(one.entry, trace) else ())),
            go,
            "nobody compares the new timer with the poller's wait, or the signal was left set",
        )
    return Diagnosis(
        "the blocked poller was woken without need",
        ("R37", "R35"),
        go,
        "a break is written for every timer, or when the last waiter has gone",
    )


def _sets_deadline(entry: int, trace: Trace) -> bool:
    """Whether a deadline was set or moved because of an entry; then it may not have been."""
    within = False
    for event in trace.events:
        if event.what is What.ENTRY:
            within = event.args["index"] == entry
        elif within and event.what is What.STEP and "_deadline" in event.args["text"]:
            return True
    return False


# --- throw -------------------------------------------------------------------------------------


def _throw(found: Found, trace: Trace) -> Diagnosis:
    return Diagnosis(
        f"the runtime threw: {found.actual or found.expected}",
        ("R15", "R26"),
        "runtime/panic.go:throw",
        "two users in one place where there may be one, or a word that nobody put back",
    )


# --- script ------------------------------------------------------------------------------------


def _script(found: Found, trace: Trace) -> Diagnosis:
    if found.expected is None or found.actual is None:
        return Diagnosis(
            "one witness performed more of the script than the other",
            (),
            "",
            "a witness stopped early, skipped an entry or did not write it down",
        )
    return Diagnosis(
        "the two performed different scripts",
        (),
        "",
        "a witness left out an entry, changed the order, or ran another scenario",
    )
