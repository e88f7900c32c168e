"""What kind of difference it is: the rules that govern it, the Go function, the likely cause."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from conformance.verdict import Batch, Item, Together
from scenario import Break, Ready, StepResult, Trace, Wake
from scenario.channels import NOT_STARTED

MAX_EVENTS = 128
"""runtime/netpoll_epoll.go:netpoll, ``var events [128]``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A first difference: the two items, what follows on each side, what both had before."""

    channel: str
    g: str | None
    expected: Item | None
    actual: Item | None
    expected_rest: tuple[Item, ...]
    actual_rest: tuple[Item, ...]
    before: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """``kind`` is half a sentence; ``rules`` are numbers, the likeliest first."""

    kind: str
    rules: tuple[str, ...]
    go: str
    likely: str


def diagnose(found: Found, trace: Trace) -> Diagnosis:
    """The diagnosis of a first difference; ``trace`` is the expected one."""
    judges: dict[str, Callable[[Found, Trace], Diagnosis]] = {
        "batch": _batch,
        "wake": _wake,
        "run": _run,
        "break": _break,
        "step": _step,
        "throw": _throw,
        "script": _script,
    }
    return judges[found.channel](found, trace)


# --- batch -------------------------------------------------------------------------------------


def _batch(found: Found, trace: Trace) -> Diagnosis:
    if not isinstance(found.expected, Batch):
        return Diagnosis(
            "a poll returned an event that should have stayed in the kernel or never come",
            ("R08", "R10"),
            "runtime/netpoll_epoll.go:netpollopen; runtime/proc.go:findRunnable",
            "polled with nobody waiting, or registered level-triggered",
        )
    if not isinstance(found.actual, Batch):
        return Diagnosis(
            "an event was never fetched",
            ("R08", "R34", "R35"),
            "runtime/netpoll_epoll.go:netpoll; runtime/proc.go:findRunnable, sysmon",
            "an edge was missed, or nobody polled",
        )
    return _two_batches(found.expected.events, found.actual.events)


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
    return Diagnosis(
        f"{one.fd}: the event means {one.modes} to one and {other.modes} to the other",
        ("R03", "R04"),
        "runtime/netpoll_epoll.go:netpoll",
        "HUP, RDHUP or ERR is not counted for a direction, or an edge is missing",
    )


# --- wake --------------------------------------------------------------------------------------


_FREED_BY = {
    "ready": (
        ("R01", "R03", "R04", "R06", "R08"),
        "runtime/netpoll.go:netpollready, netpollunblock",
    ),
    "deadline": (
        ("R19", "R17", "R18", "R20", "R21"),
        "runtime/netpoll.go:netpolldeadlineimpl, poll_runtime_pollSetDeadline",
    ),
    "close": (("R25",), "runtime/netpoll.go:poll_runtime_pollUnblock"),
    "timer": (("R30",), "runtime/time.go:goroutineReady"),
}
_OF_DIRECTION = {
    ("ready", "r"): "R03",
    ("ready", "w"): "R04",
    ("deadline", "r"): "R17",
    ("deadline", "w"): "R18",
}
_UNKNOWN_CAUSE = (("R01",), "runtime/netpoll.go:netpollunblock")

_TOO_MANY = {
    "ready": (("R28", "R11", "R12", "R08"), "a stale event was not dropped, or no read was tried"),
    "deadline": (("R22", "R17", "R18"), "a deadline that was moved or removed still fired"),
    "close": (("R25", "R26"), "a close freed somebody who did not wait"),
    "timer": (("R30",), "a sleep ended twice"),
}


def _wake(found: Found, trace: Trace) -> Diagnosis:
    one, other = found.expected, found.actual
    if not isinstance(one, Wake):
        assert isinstance(other, Wake)
        return _extra_wake(other)
    rules, go = _freed_by(one)
    if not isinstance(other, Wake):
        return Diagnosis(
            f"{one.g} was never freed",
            rules,
            go,
            "a lost wakeup: the event, the timer or the closer did not reach the waiter",
        )
    if other not in found.expected_rest:
        if (one.g, one.fd, one.mode) == (other.g, other.fd, other.mode):
            return _other_cause(one, other)
        return _extra_wake(other)
    if one in found.actual_rest:
        return _wake_order(one, other)
    if (one.fd, one.mode, one.why) == (other.fd, other.mode, other.why):
        return Diagnosis(
            f"{other.g} was freed in the place of {one.g}",
            ("R15",),
            "internal/poll/fd_mutex.go:rwlock",
            "two goroutines use one direction of a descriptor at the same time",
        )
    return Diagnosis(
        f"{one.g} was not freed at its turn", rules, go, "a lost wakeup, or one that came late"
    )


def _freed_by(wake: Wake) -> tuple[tuple[str, ...], str]:
    """The rules and the function that free somebody so; those of the direction come first."""
    rules, go = _FREED_BY.get(wake.why, _UNKNOWN_CAUSE)
    own = _OF_DIRECTION.get((wake.why, wake.mode or ""))
    return ((own, *(one for one in rules if one != own)) if own else rules), go


def _extra_wake(other: Wake) -> Diagnosis:
    rules, likely = _TOO_MANY.get(other.why, (("R01",), "somebody was freed for no reason"))
    _, go = _FREED_BY.get(other.why, _UNKNOWN_CAUSE)
    return Diagnosis(f"{other.g} was freed when nothing should free it", rules, go, likely)


def _other_cause(one: Wake, other: Wake) -> Diagnosis:
    rules = ("R22", "R21", "R23") if "deadline" in (one.why, other.why) else ("R25", "R34")
    return Diagnosis(
        f"{one.g} was freed by {other.why} and not by {one.why}",
        rules,
        _FREED_BY.get(one.why, _UNKNOWN_CAUSE)[1],
        "two causes raced and the other one came first",
    )


def _wake_order(one: Wake, other: Wake) -> Diagnosis:
    if one.fd is not None and one.fd == other.fd and one.why == other.why:
        rule = {"ready": "R01", "deadline": "R19", "close": "R25"}.get(one.why, "R01")
        return Diagnosis(
            f"of {one.fd}, {other.mode} was freed before {one.mode}",
            (rule,),
            _FREED_BY.get(one.why, _UNKNOWN_CAUSE)[1],
            "the two directions are looked at in the other order",
        )
    if one.why == other.why == "ready":
        return Diagnosis(
            "the same goroutines were freed in another order",
            ("R02", "R06"),
            "runtime/netpoll_epoll.go:netpoll",
            "the events of a batch are not handled in the kernel's order",
        )
    return Diagnosis(
        f"{other.g} ({other.why}) was freed before {one.g} ({one.why})",
        ("R21", "R34", "R36"),
        "runtime/proc.go:findRunnable",
        "a deadline that counts at another time, or a poll that comes late",
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
            ("R36", "R38"),
            go,
            "nobody compares the new timer with the poller's wait, or the signal was left set",
        )
    return Diagnosis(
        "the blocked poller was woken without need",
        ("R37",),
        go,
        "a break is written for every timer",
    )


# --- step --------------------------------------------------------------------------------------


_BY_OUTCOME = {
    "parked": (("R11", "R12", "R13", "R26"), "internal/poll/fd_unix.go:FD.Read, FD.Write"),
    "timeout": (("R23", "R24", "R17", "R18"), "runtime/netpoll.go:netpollcheckerr"),
    "closed": (("R27", "R25"), "internal/poll/fd_mutex.go:rwlock; runtime/netpoll.go"),
    "eof": (("R14",), "internal/poll/fd_unix.go:FD.eofError"),
    "not pollable": (("R09",), "runtime/netpoll.go:netpollcheckerr"),
}


def _step(found: Found, trace: Trace) -> Diagnosis:
    one, other = found.expected, found.actual
    if not isinstance(one, StepResult) or not isinstance(other, StepResult):
        return Diagnosis(
            "one goroutine came further than the other",
            ("R11", "R13"),
            "internal/poll/fd_unix.go:FD.Read, FD.Write",
            "a goroutine stays parked",
        )
    if one.error == other.error:
        return _other_count(one, other)
    if NOT_STARTED in (one.error, other.error):
        return _never_started(found.g)
    rules, go = _first_known(one, other)
    return Diagnosis(
        f"`{one.text}` came to '{other.error}' and not to '{one.error}'",
        rules,
        go,
        "it waited when it should not" if other.error == "parked" else "the check came too late",
    )


def _never_started(g: str | None) -> Diagnosis:
    return Diagnosis(
        f"in one witness nobody started {g}",
        (),
        "runtime/proc.go:newproc",
        "the `go` that names it was not performed, or its caller never came so far",
    )


def _first_known(one: StepResult, other: StepResult) -> tuple[tuple[str, ...], str]:
    for error in (other.error, one.error):
        if error in _BY_OUTCOME:
            return _BY_OUTCOME[error]
    return ("R09", "R14"), "internal/poll/fd_unix.go:FD.Read, FD.Write"


def _other_count(one: StepResult, other: StepResult) -> Diagnosis:
    if one.text.startswith("is_poll_descriptor"):
        return Diagnosis(
            f"`{one.text}` was answered {other.count}",
            ("R39",),
            "runtime/netpoll_epoll.go:netpollIsPollDescriptor",
            "one of the poller's descriptors is forgotten",
        )
    return Diagnosis(
        f"`{one.text}` moved {other.count} bytes and not {one.count}",
        ("R13",) if one.text.startswith("write") else ("R12", "R14"),
        "internal/poll/fd_unix.go:FD.Write" if one.text.startswith("write") else "FD.Read",
        "a loop goes on too long or stops too early",
    )


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
