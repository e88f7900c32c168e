"""Who polled (a thread blocked in epoll_wait, one that only looked, the monitor), and how long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scenario.trace import Event, Trace, What


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """Of one poll: its thread, where it is known, and how it came to poll."""

    m: str | None
    how: Literal["blocked", "looked", "monitor"]


def pollers(trace: Trace) -> dict[int, Poller]:
    """For each POLL (by seq) who did it; a witness may leave the thread out."""
    monitors = {e.m for e in trace.events if e.what is What.SYSMON and e.m is not None}
    monitors.add("sysmon")
    blocked: list[str | None] = []
    found: dict[int, Poller] = {}
    for i, event in enumerate(trace.events):
        if event.what is What.WAIT:
            blocked = [m for m in blocked if m != event.m] + [event.m]
        elif event.what is What.POLL:
            found[event.seq] = _poller(trace.events, i, blocked, monitors)
            if found[event.seq].how == "blocked":
                blocked.remove(found[event.seq].m)
    return found


def _poller(
    events: Sequence[Event], i: int, blocked: Sequence[str | None], monitors: set[str]
) -> Poller:
    event = events[i]
    if event.m in monitors or _follows_a_look(events, i):
        return Poller(m=event.m, how="monitor")
    if event.m is not None:
        return Poller(m=event.m, how="blocked" if event.m in blocked else "looked")
    if blocked and event.args.get("timeout_ns", None) != 0:
        return Poller(m=blocked[-1], how="blocked")
    return Poller(m=None, how="looked")


def _follows_a_look(events: Sequence[Event], i: int) -> bool:
    """A poll without a thread right after the monitor looked is the monitor's."""
    before = events[i - 1] if i else None
    anonymous = events[i].m is None and events[i].args.get("timeout_ns") == 0
    return anonymous and before is not None and before.what is What.SYSMON


_PART_OF_NETPOLL = frozenset(
    {What.WAKE, What.SLOT, What.WAKESIG, What.READY, What.POLL, What.HOLD, What.RELEASE}
)
_WORK_AT_LEAST = 1
_WORK_GAP_NS = 200_000


def work_ends(
    events: Sequence[Event], times: Sequence[int], who: Mapping[int, Poller]
) -> dict[int, int]:
    """For each poll (by seq): until when its thread was still handing out what it had fetched."""
    ends: dict[int, int] = {}
    current: dict[str | None, int] = {}
    for event, t in zip(events, times, strict=True):
        if event.what is What.POLL:
            current[who[event.seq].m] = event.seq
            ends[event.seq] = t + _WORK_AT_LEAST
        elif event.via in ends and event.what is What.WAKE:
            ends[event.via] = t + _WORK_AT_LEAST
        elif event.m in current and event.what not in _PART_OF_NETPOLL:
            seq = current.pop(event.m)
            # A thread that parks says nothing; what it does much later is another matter.
            if t - ends[seq] <= _WORK_GAP_NS:
                ends[seq] = max(t, ends[seq])
    return ends
