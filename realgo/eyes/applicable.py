"""Which scenarios can be performed from outside a Go that nothing was added to."""

from collections.abc import Iterator, Mapping

from scenario import Kind, Op, Outside, Scenario

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
