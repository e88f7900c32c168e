"""Wakes that belong together: with several Ps only within such a group is the run order open."""

from scenario.channels import first_runs
from scenario.trace import Event, Trace, What


def after_setup(trace: Trace) -> tuple[Event, ...]:
    """The events from ``script`` on; none if the set-up never ended."""
    for place, event in enumerate(trace.events):
        if event.what is What.SCRIPT:
            return trace.events[place:]
    return ()


def run_events(trace: Trace) -> tuple[tuple[Event, Event], ...]:
    """Each first run with the wake that it follows, in the order of the runs."""
    after = after_setup(trace)
    last_wake: dict[str | None, Event] = {}
    runs = {event.seq for event in first_runs(after)}
    pairs = []
    for event in after:
        if event.what is What.WAKE:
            last_wake[event.g] = event
        elif event.seq in runs:
            pairs.append((event, last_wake[event.g]))
    return tuple(pairs)


def wake_groups(trace: Trace) -> dict[int, int]:
    """The group of each wake (by ``seq``), numbered from 0 in the order of the wakes.

    A group is what one poll carried (``via``; a ready wake of unknown poll counts for the latest
    one). Of the others, wakes that stand beside each other with the same cause on the same
    descriptor are one group: a deadline or a close of both directions.
    """
    groups: dict[int, int] = {}
    polls: dict[int | None, int] = {}
    poll: int | None = None
    before: Event | None = None
    count = 0
    for event in after_setup(trace):
        if event.what is What.POLL:
            poll = event.seq
        if event.what is not What.WAKE:
            continue
        if event.why == "ready":
            group = polls.setdefault(poll if event.via is None else event.via, count)
        else:
            group = groups[before.seq] if before and _together(before, event) else count
        groups[event.seq] = group
        count = max(count, group + 1)
        before = event
    return groups


def _together(one: Event, other: Event) -> bool:
    return one.fd is not None and (one.why, one.fd) == (other.why, other.fd)


def run_groups(trace: Trace) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """For each group of wakes, in order: its first wake's ``seq``, and who of it ran, sorted."""
    groups = wake_groups(trace)
    members: dict[int, list[str]] = {group: [] for group in groups.values()}
    for run, wake in run_events(trace):
        members[groups[wake.seq]].append(run.g or "")
    first = {group: seq for seq, group in reversed(groups.items())}
    return tuple((first[group], tuple(sorted(names))) for group, names in members.items())
