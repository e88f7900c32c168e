"""The words of a trace: what one witness saw of one scenario, event by event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from scenario.words import Scenario

TRACE_VERSION = 1
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class What(StrEnum):
    """The kinds of events; the names in brackets are the ``args`` that a kind carries.

    The first group makes the five channels; the second is for pictures, and a witness leaves out
    what it cannot see.
    """

    SCRIPT = "script"  # set-up is over; the channels begin
    ENTRY = "entry"  # a script entry begins [index, text, plain_go, blocked: is a poller so now]
    POLL = "poll"  # a poll returned [events: list of {fd, modes, err, stale}, timeout_ns]
    WAKE = "wake"  # rg/wg or a sleep's timer frees g; why: ready, deadline, close, timer
    RUN = "run"  # g begins to run on m and p
    BREAK = "break"  # netpollBreak; why: written, coalesced
    STEP = "step"  # a step of g ended [index, text, count, error]

    BEGIN = "begin"  # a step of g begins [index, text]
    ACTION = "action"  # an outside action on fd [text]
    START = "start"  # g is made by `go` (or by the set-up)
    PARK = "park"  # g stops running until woken; fd and mode, or why: sleep, semaphore
    LEAVE = "leave"  # g stops running; why: yield, preempted, syscall, done
    WAIT = "wait"  # m blocks in a poll [timeout_ns: None is for ever]
    SLOT = "slot"  # a pollDesc's word changes; fd, mode [value: nil, wait, ready, or a goroutine]
    READY = "ready"  # the kernel's ready list changed [fds]
    TIMER = "timer"  # why: set, stop, fire [when_ns, of: sleep, deadline]
    HOLD = "hold"  # pollers may not fetch from here; why: fetch, event
    RELEASE = "release"  # they may again
    WAKESIG = "wakesig"  # netpollWakeSig changes [value]
    ACQUIRE = "acquire"  # m takes p
    GIVE = "give"  # m gives p back
    SYSMON = "sysmon"  # why: looks, sleeps
    THROW = "throw"  # the runtime threw, and the run ends here [text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. ``t`` is in ns from the start of the script (negative during set-up).

    ``g``, ``m``, ``p`` say who; ``fd`` is a scenario's name (or ``break``), ``mode`` is r or w.
    ``cause`` and ``via`` are the ``seq`` of parents: what made it happen (for a ready wakeup the
    last outside action on its own descriptor that fits the direction, for a deadline or sleep
    the timer's ``fire``, for a close the closer's ``begin``), and the poll that carried it.
    ``tag`` is a ``DOC:`` tag of the model's text, such as ``netpollblock:park``.
    """

    seq: int
    what: What
    t: int | None = None
    g: str | None = None
    m: str | None = None
    p: str | None = None
    fd: str | None = None
    mode: str | None = None
    why: str | None = None
    cause: int | None = None
    via: int | None = None
    tag: str | None = None
    args: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Trace:
    """What a witness saw of a scenario.

    ``witness`` is the backend's name (model, epoll, go), ``release`` what it is a witness of
    (``Go 1.27``, ``Linux 6.18``), ``clock`` says virtual or wall. ``inconclusive`` holds the
    reasons, measured before any comparison, why this run says nothing (empty: it counts).
    """

    witness: str
    release: str
    clock: str
    scenario: str
    question: str
    finding: str
    procs: int
    fds: Mapping[str, str]
    goroutines: Mapping[str, tuple[str, ...]]
    events: tuple[Event, ...]
    inconclusive: tuple[str, ...] = ()
    seed: int | None = None

    def __repr__(self) -> str:
        """One line, since hundreds of events tell nobody anything in a failure or a notebook."""
        return f"<Trace of {self.scenario} by {self.witness}: {len(self.events)} events>"

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        events: tuple[Event, ...],
        *,
        witness: str,
        release: str,
        clock: str,
        inconclusive: tuple[str, ...] = (),
        seed: int | None = None,
    ) -> "Trace":
        """The trace of a scenario, with the scenario's own words copied into its head."""
        return cls(
            witness=witness,
            release=release,
            clock=clock,
            scenario=scenario.name,
            question=scenario.question,
            finding=scenario.finding,
            procs=scenario.procs,
            fds={name: kind.value for name, kind in scenario.fds.items()},
            goroutines={
                g: tuple(step.text for step in steps) for g, steps in scenario.goroutines.items()
            },
            events=events,
            inconclusive=inconclusive,
            seed=seed,
        )
