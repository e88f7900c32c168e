"""What kind of difference two wakeups make: who frees whom, and in which order."""

from conformance.found import Diagnosis, Found
from conformance.verdict import Item
from scenario import Trace, Wake, What

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
    "ready": (("R11", "R12", "R08"), "a read did not try first, or asked for too much"),
    "deadline": (("R22", "R17", "R18"), "a deadline that was moved or removed still fired"),
    "close": (("R25", "R26"), "a close freed somebody who did not wait"),
    "timer": (("R30",), "a sleep ended twice"),
}


def wake_diagnosis(found: Found, trace: Trace) -> Diagnosis:
    one, other = found.expected, found.actual
    if not isinstance(one, Wake):
        assert isinstance(other, Wake)
        return _extra_wake(other, trace)
    rules, go = _freed_by(one)
    if not isinstance(other, Wake):
        return Diagnosis(
            f"{one.g} was never freed",
            rules,
            go,
            "a lost wakeup: the event, the timer or the closer did not reach the waiter",
        )
    if (one.fd, one.mode, one.why) == (other.fd, other.mode, other.why) and one.fd:
        return Diagnosis(
            f"{other.g} was freed in the place of {one.g}",
            ("R15",),
            "internal/poll/fd_mutex.go:rwlock",
            "two goroutines use one direction of a descriptor at the same time",
        )
    if other not in found.expected_rest:
        if (one.g, one.fd, one.mode) == (other.g, other.fd, other.mode):
            return _other_cause(one, other)
        return _extra_wake(other, trace)
    if one in found.actual_rest:
        return _wake_order(one, other, found.before)
    return Diagnosis(
        f"{one.g} was not freed at its turn", rules, go, "a lost wakeup, or one that came late"
    )


def _freed_by(wake: Wake) -> tuple[tuple[str, ...], str]:
    """The rules and the function that free somebody so; those of the direction come first."""
    rules, go = _FREED_BY.get(wake.why, _UNKNOWN_CAUSE)
    own = _OF_DIRECTION.get((wake.why, wake.mode or ""))
    return ((own, *(one for one in rules if one != own)) if own else rules), go


def _extra_wake(other: Wake, trace: Trace) -> Diagnosis:
    rules, likely = _TOO_MANY.get(other.why, (("R01",), "somebody was freed for no reason"))
    if other.why == "ready" and other.fd in _stale(trace):
        rules, likely = ("R28", *rules), "a stale event was not dropped"
    _, go = _FREED_BY.get(other.why, _UNKNOWN_CAUSE)
    return Diagnosis(f"{other.g} was freed when nothing should free it", rules, go, likely)


def _stale(trace: Trace) -> set[str]:
    """The descriptors of events that came too late."""
    polls = (event for event in trace.events if event.what is What.POLL)
    return {item["fd"] for poll in polls for item in poll.args["events"] if item["stale"]}


def _other_cause(one: Wake, other: Wake) -> Diagnosis:
    if one.why == "deadline":
        rules: tuple[str, ...] = ("R20", "R21", "R23")
    else:
        rules = ("R22", "R21", "R23") if other.why == "deadline" else ("R25", "R34")
    return Diagnosis(
        f"{one.g} was freed by {other.why} and not by {one.why}",
        rules,
        _FREED_BY.get(one.why, _UNKNOWN_CAUSE)[1],
        "two causes raced and the other one came first",
    )


def _wake_order(one: Wake, other: Wake, before: tuple[Item, ...]) -> Diagnosis:
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
    if one.why in _BY_GOROUTINES and other.why in _BY_GOROUTINES:
        closed = (
            ("R26",)
            if any(isinstance(item, Wake) and item.why == "close" for item in before)
            else ()
        )
        return Diagnosis(
            f"{other.g} ({other.why}) was freed before {one.g} ({one.why})",
            (*closed, "R29", "R31", "R32", "R44", "R45", "R21"),
            "runtime/proc.go:findRunnable, ready, runqput, goschedImpl",
            "those who freed them ran in another order, or a deadline counts at another time",
        )
    return Diagnosis(
        f"{other.g} ({other.why}) was freed before {one.g} ({one.why})",
        ("R21", "R34", "R36"),
        "runtime/proc.go:findRunnable",
        "a deadline that counts at another time, or a poll that comes late",
    )


_BY_GOROUTINES = frozenset({"deadline", "close"})
"""Goroutines free others by closing, and by a deadline in the past."""
