"""What kind of difference the ends of two steps make."""

from conformance.found import Diagnosis, Found
from scenario import StepResult, Trace
from scenario.channels import NOT_STARTED, PARKED

_BY_OUTCOME = {
    PARKED: (("R11", "R12", "R13", "R26"), "internal/poll/fd_unix.go:FD.Read, FD.Write"),
    "timeout": (("R23", "R24", "R42", "R17", "R18"), "runtime/netpoll.go:netpollcheckerr"),
    "closed": (("R27", "R25", "R43"), "internal/poll/fd_mutex.go:rwlock; runtime/netpoll.go"),
    "eof": (("R14",), "internal/poll/fd_unix.go:FD.eofError"),
    "not pollable": (("R09",), "runtime/netpoll.go:netpollcheckerr"),
}


def step_diagnosis(found: Found, trace: Trace) -> Diagnosis:
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
    rules, go = _governing(found, one, other, trace)
    return Diagnosis(
        f"`{one.text}` came to '{other.error}' and not to '{one.error}'",
        rules,
        go,
        "it waited when it should not" if other.error == PARKED else "the check came too late",
    )


def _governing(
    found: Found, one: StepResult, other: StepResult, trace: Trace
) -> tuple[tuple[str, ...], str]:
    """The rules and the Go function of a step that came to another end."""
    op, *rest = one.text.split()
    if op == "close":
        return ("R41", "R26"), "internal/poll/fd_unix.go:FD.Close; fd_mutex.go:increfAndClose"
    if rest and trace.fds.get(rest[0]) == "file":
        return ("R16",), "internal/poll/fd_unix.go:FD.Init"
    if _swapped(found, one, other):
        return (
            ("R07", "R29", "R31", "R32", "R44", "R45"),
            "runtime/proc.go:findRunnable, runqput, goschedImpl",
        )
    rules, go = _of_outcomes(one, other)
    loop = {"read": "R12", "write": "R13"}.get(op)
    if loop and _looped_wrongly(op, other):
        return tuple(dict.fromkeys((loop, *rules))), f"internal/poll/fd_unix.go:FD.{op.title()}"
    return rules, go


def _looped_wrongly(op: str, other: StepResult) -> bool:
    """A read that took something and went on, or a write that ended before all was written."""
    if op == "read":
        return bool(other.count) and other.error != "ok"
    return other.error == "ok" and other.count in (0, "some")


def _swapped(found: Found, one: StepResult, other: StepResult) -> bool:
    """Whether another goroutine's same step ended so in this one's place: it ran before."""
    mine = (one.text, one.error, other.error)
    theirs = (
        (two.expected.text, two.actual.error, two.expected.error)
        for two in found.others
        if isinstance(two.expected, StepResult) and isinstance(two.actual, StepResult)
    )
    return mine in theirs


def _never_started(g: str | None) -> Diagnosis:
    return Diagnosis(
        f"in one witness nobody started {g}",
        (),
        "runtime/proc.go:newproc",
        "the `go` that names it was not performed, or its caller never came so far",
    )


def _of_outcomes(one: StepResult, other: StepResult) -> tuple[tuple[str, ...], str]:
    """What should have happened comes before what did, but for what has one reason only."""
    errors = sorted((one.error, other.error), key=lambda error: error != "not pollable")
    known = [_BY_OUTCOME[error] for error in errors if error in _BY_OUTCOME]
    if not known:
        return ("R09", "R14"), "internal/poll/fd_unix.go:FD.Read, FD.Write"
    rules = dict.fromkeys(rule for rules, _ in known for rule in rules)
    return tuple(rules), known[0][1]


def _other_count(one: StepResult, other: StepResult) -> Diagnosis:
    if one.text.startswith("is_poll_descriptor"):
        return Diagnosis(
            f"`{one.text}` was answered {other.count}",
            ("R39",),
            "runtime/netpoll_epoll.go:netpollIsPollDescriptor",
            "one of the poller's descriptors is forgotten",
        )
    writes = one.text.startswith("write")
    rules = ("R13",) if writes else ("R12", "R14")
    if writes and one.error != "ok":
        rules = ("R40", "R13")
    return Diagnosis(
        f"`{one.text}` moved {other.count} bytes and not {one.count}",
        rules,
        f"internal/poll/fd_unix.go:FD.{'Write' if writes else 'Read'}",
        "a loop goes on too long or stops too early",
    )
