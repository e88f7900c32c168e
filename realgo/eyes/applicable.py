"""Which scenarios can be performed from outside a Go that nothing was added to, and seen whole."""

from collections.abc import Iterator, Mapping, Sequence

from scenario import Kind, Op, Outside, Scenario

WRITABLE_AT_ONCE = frozenset({Kind.SOCKETPAIR, Kind.TCP, Kind.EVENTFD, Kind.PIPE_WRITE})
"""Whoever registers one of these makes an event: it can be written."""
FILLED_BY_LOOKING: Mapping[Kind, str] = {Kind.TCP: "both of its ends", Kind.EVENTFD: "its counter"}


def why_not(scenario: Scenario) -> str | None:
    """The reason why nobody outside can perform this scenario's script, or None."""
    if scenario.witnesses is not None and "go" not in scenario.witnesses:
        return f"it is not for real Go: {scenario.reason}"
    return _why_not_script(scenario) or _why_not_fill(scenario)


def _why_not_script(scenario: Scenario) -> str | None:
    unsettled = False
    for entry in scenario.script:
        if entry.fetched:
            return (
                f"`{entry.text}`: only an instrumented poller stops between its fetch and"
                " the first event"
            )
        if any(action.op is Outside.GO for action in entry.held):
            return (
                f"`{entry.text}`: while pollers are held a goroutine runs, and from outside"
                " only the whole process can be held"
            )
        if unsettled and len(entry.held) > 1:
            return f"`{entry.text}`: a process that is not quiet cannot be stopped between polls"
        unsettled = entry.nowait
    return None


def _why_not_fill(scenario: Scenario) -> str | None:
    for text, fd in _fills(scenario):
        kind = scenario.fds[fd]
        if kind in FILLED_BY_LOOKING:
            return f"`{text}`: to fill a {kind} takes a look at {FILLED_BY_LOOKING[kind]}"
    return None


def _fills(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for steps in scenario.goroutines.values():
        yield from ((step.text, step.fd or "") for step in steps if step.op is Op.FILL)
    for entry in scenario.script:
        yield from ((each.text, each.fd or "") for each in entry.held if each.op is Outside.FILL)


def why_no_batches(scenario: Scenario, blocked: Sequence[bool]) -> str | None:
    """The reason why the batches of a run say nothing, or None.

    ``blocked`` says of each entry whether a poller was blocked as it began. Where none is, events
    lie in the kernel, and sysmon may fetch them as soon as nobody has polled for 10 ms, or not
    (runtime/proc.go:sysmon). The instrumented Go forbids it that; here it is a race.
    """
    writable = any(kind in WRITABLE_AT_ONCE for kind in scenario.fds.values())
    if not (writable or any(entry.held for entry in scenario.script)):
        return None
    settled = True
    for entry, polled in zip(scenario.script, blocked, strict=False):
        if settled and not polled:
            return (
                f"nobody is in the poller when `{entry.text}` begins, and what lies in the kernel"
                " then may be fetched by sysmon"
            )
        settled = not entry.nowait
    return None
