"""The two eyes as witnesses: what an un-instrumented Go did, by strace's and by the tracer's word.

Both perform the scenario from outside (outside.py) and take the results of the steps from the
notes that the program's own code makes. ``StraceEye`` adds the batches, ``TraceEye`` the order of
the wakeups and of the runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from realgo import toolchain
from realgo.build import Say, build
from realgo.eyes import gotrace, strace, tracetool
from realgo.eyes.applicable import why_no_batches, why_not
from realgo.eyes.lateness import lateness
from realgo.eyes.notes import Kind, Note
from realgo.eyes.outside import Nobody, Performance, perform
from realgo.judged import Attempt, judged
from realgo.outcomes import break_item, count_of, ready_item
from scenario import Event, Scenario, Trace, Unavailable, What

PROGRAM = Path(__file__).parent / "program"
"""The folder of the Go program."""


UNKNOWN: Mapping[str, Any] = {"fd": "", "mode": None, "why": "woken"}
"""What a tracer says of a wakeup's descriptor, direction and cause."""


def order_only(trace: Trace) -> Trace:
    """Another witness's trace as a tracer would have it: of a wakeup only who and in which order.

    With several Ps all first runs then count as one multiset, since no group of wakes is known.
    """
    return replace(
        trace,
        events=tuple(
            replace(event, via=None, **UNKNOWN) if event.what is What.WAKE else event
            for event in trace.events
        ),
    )


class Part(NamedTuple):
    """An event that has no number yet; ``at`` orders it among the others."""

    at: tuple[int, ...]
    what: What
    ns: int | None
    fields: dict[str, Any]


class Eye:
    """What both eyes share: the toolchain, the plain build, the trace's frame."""

    name: str
    title: str
    channels: frozenset[str]

    def __init__(
        self, release: str | None = None, runs: int = 3, *, say: Say | None = None
    ) -> None:
        if runs < 1:
            raise ValueError(f"runs must be at least 1, not {runs!r}")
        self._release = release
        self._runs = runs
        self._say = say

    def unseen(self, trace: Trace, scenario: Scenario) -> Mapping[str, str]:
        """Of the channels of this eye those that this run cannot show, with the reasons."""
        return {}

    @cached_property
    def toolchain(self) -> toolchain.Toolchain:
        """Raises Unavailable where there is none."""
        return toolchain.find(self._release)

    @cached_property
    def program(self) -> Path:
        """The program, built without any overlay, once. Raises Unavailable."""
        return build(self.toolchain, PROGRAM, overlay=False, say=self._say)

    def check(self) -> None:
        """Raise Unavailable where this eye cannot see anything: now, and not after an hour."""
        _ = self.program

    def why_not(self, scenario: Scenario) -> str | None:
        """The reason why this eye cannot see a scenario, or None."""
        return why_not(scenario)

    def run(self, scenario: Scenario) -> Trace:
        """The first of several equal runs; inconclusive if they are not equal.

        Runs that were late are made up for, by as many again at most; one that differs never is.
        Raises Unavailable: no toolchain, nobody to watch, or not for this scenario.
        """
        reason = self.why_not(scenario)
        if reason is not None:
            raise Unavailable(f"{scenario.name} is not for this eye: {reason}")
        attempts: list[Attempt] = []
        for _ in range(2 * self._runs):
            attempts.append(self._attempt(scenario))
            if sum(attempt.counts for attempt in attempts) == self._runs or attempts[-1].troubled:
                break
        return judged(attempts, self._runs)

    def _attempt(self, scenario: Scenario) -> Attempt:
        raise NotImplementedError

    def _judge(
        self,
        scenario: Scenario,
        parts: list[Part],
        done: Performance,
        trouble: list[str],
        disturbed: Sequence[str] = (),
    ) -> Attempt:
        """Numbers the parts in their order. Times count from the start of the script.

        What was ``disturbed`` does not count, as if it were late: known before any comparison.
        """
        events = tuple(
            Event(
                seq=seq,
                what=part.what,
                t=None if part.ns is None else part.ns - done.script_ns,
                **part.fields,
            )
            for seq, part in enumerate(sorted(parts, key=lambda part: part.at), 1)
        )
        trouble = [*done.trouble, *trouble]
        trace = Trace.of(
            scenario,
            events,
            witness=self.name,
            release=f"Go {self.toolchain.version}",
            clock="wall",
            inconclusive=(*trouble, *disturbed, *lateness(scenario, done)),
        )
        return Attempt(trace=trace, troubled=bool(trouble))


class StraceEye(Eye):
    """What strace saw epoll return to a plain Go. Raises Unavailable where strace is not there."""

    name = "strace"
    title = "PLAIN GO, BY STRACE"
    channels = frozenset({"batch", "step"})

    def unseen(self, trace: Trace, scenario: Scenario) -> Mapping[str, str]:
        """The batches, where sysmon may or may not fetch what lies in the kernel."""
        blocked = [event.args["blocked"] for event in trace.events if event.what is What.ENTRY]
        reason = why_no_batches(scenario, blocked)
        return {} if reason is None else {"batch": reason}

    def check(self) -> None:
        """Raise Unavailable: no strace, or it may watch nobody."""
        super().check()
        strace.check()

    def _attempt(self, scenario: Scenario) -> Attempt:
        return self.judge(scenario, perform(scenario, self.program, strace.Strace()))

    def judge(self, scenario: Scenario, done: Performance) -> Attempt:
        """What a performance comes to, by strace's record."""
        trouble: list[str] = []
        parts = [*frame(scenario, done, by_place=True), *steps(scenario, done, (done.end_place,))]
        if why_no_batches(scenario, [begun.blocked for begun in done.begun]) is None:
            try:
                parts += _polls(scenario, done)
            except strace.NotUnderstood as error:
                trouble.append(str(error))
        return self._judge(scenario, parts, done, trouble)


class TraceEye(Eye):
    """What runtime/trace of a plain Go says of the order of wakeups and runs."""

    name = "trace"
    title = "PLAIN GO, BY ITS TRACER"
    channels = frozenset({"wake", "run", "step"})

    def check(self) -> None:
        """Raise Unavailable: no reader of traces."""
        super().check()
        _ = self.tool

    @cached_property
    def tool(self) -> Path:
        """The release's own reader of traces. Raises Unavailable."""
        return tracetool.tool(self.toolchain, say=self._say)

    def _attempt(self, scenario: Scenario) -> Attempt:
        done = perform(scenario, self.program, Nobody(), traced=True)
        text = ""
        if not done.trouble:
            text = tracetool.as_text(self.tool, self.toolchain.release, done.traced)
        return self.judge(scenario, done, text)

    def judge(self, scenario: Scenario, done: Performance, text: str) -> Attempt:
        """What a performance comes to, by the text of the tracer's record."""
        trouble: list[str] = []
        disturbed: list[str] = []
        parts = [*frame(scenario, done, by_place=False), *steps(scenario, done, None)]
        if not done.trouble:
            try:
                parts += _wakes(scenario, done, text, self.toolchain.release)
            except gotrace.Disturbed as error:
                disturbed.append(str(error))
            except gotrace.Unclear as error:
                trouble.append(str(error))
        return self._judge(scenario, parts, done, trouble, disturbed)


EYES: Mapping[str, type[Eye]] = {eye.name: eye for eye in (StraceEye, TraceEye)}


def frame(scenario: Scenario, done: Performance, *, by_place: bool) -> Iterator[Part]:
    """The start of the script and of its entries, ordered by the record's length or by time."""
    if not done.script_ns:
        return
    yield Part(
        (done.script_place if by_place else done.script_ns, 0), What.SCRIPT, done.script_ns, {}
    )
    for begun in done.begun:
        entry = scenario.script[begun.entry]
        args = {
            "index": begun.entry,
            "text": entry.text,
            "plain_go": entry.plain is not None,
            "blocked": begun.blocked,
        }
        at = (begun.place if by_place else begun.ns, 1 + begun.entry)
        yield Part(at, What.ENTRY, begun.ns, {"args": args})


def steps(scenario: Scenario, done: Performance, at: tuple[int, ...] | None) -> Iterator[Part]:
    """What the notes say of goroutines and steps: by time, or all of them at one place."""
    names = tuple(scenario.goroutines)
    kinds = {Kind.START: What.START, Kind.BEGIN: What.BEGIN, Kind.END: What.STEP}
    for order, note in enumerate(done.notes):
        if note.kind not in kinds:
            continue
        fields: dict[str, Any] = {"g": names[note.g]}
        if note.kind is not Kind.START:
            fields["args"] = _step_args(scenario, note)
        where = (note.ns, 0) if at is None else (*at, len(done.begun) + 2, order)
        yield Part(where, kinds[note.kind], note.ns, fields)


def _step_args(scenario: Scenario, note: Note) -> Mapping[str, Any]:
    step = tuple(scenario.goroutines.values())[note.g][note.step]
    args: dict[str, Any] = {"index": note.step, "text": step.text}
    if note.kind is Kind.END:
        args["count"] = count_of(step, note.number)
        args["error"] = note.error
    return args


def _polls(scenario: Scenario, done: Performance) -> Iterator[Part]:
    """The polls of the script, ordered by where strace wrote them."""
    numbers = {number: name for name, number in done.numbers.items()}
    for poll in strace.polls(done.record):
        if done.script_place < poll.place <= done.end_place:
            events = [_item(numbers, event) for event in poll.events]
            # A line that ends where an entry begins was written before it.
            yield Part(
                (poll.place, -1),
                What.POLL,
                None,
                {"m": f"M{poll.task}", "args": {"events": events, "timeout_ns": None}},
            )


def _item(numbers: Mapping[int, str], event: strace.Event) -> dict[str, Any]:
    if event.fd is None:
        return ready_item("fd ?", event.mask, stale=event.stale)
    name = numbers.get(event.fd)
    return break_item() if name is None else ready_item(name, event.mask, stale=event.stale)


def _wakes(scenario: Scenario, done: Performance, text: str, release: str) -> Iterator[Part]:
    """The wakeups and the runs of the script, ordered by time."""
    found = list(gotrace.lines(text, old=release in tracetool.OLD_FORMAT))
    names = gotrace.Names(found)
    begins = gotrace.script_begins(found)
    said = next((note.ns for note in done.notes if note.kind is Kind.SCRIPT), None)
    if begins is None or said is None:
        raise gotrace.Unclear("the trace does not say when the set-up was over")
    shift = said - begins  # between the trace's clock and CLOCK_MONOTONIC
    goroutines = tuple(scenario.goroutines)
    timers = _Timers(done.notes, shift)
    # What follows the mark belongs to the script, and the trace's order counts, not its clock.
    latest = done.script_ns
    for line in gotrace.wakes_and_runs(found, names, timers.woke):
        place = names.place(line.g)
        if line.ns <= begins or place is None:
            continue
        latest = max(latest, line.ns + shift)
        wakes = line.what is gotrace.What.UNBLOCK
        fields = {"g": goroutines[place], **(UNKNOWN if wakes else {})}
        yield Part((latest, 0), What.WAKE if wakes else What.RUN, line.ns + shift, fields)


class _Timers:
    """Whether a goroutine's wakeup was its deadline's: then the step it was in says timeout."""

    def __init__(self, notes: list[Note], shift: int) -> None:
        self._notes = notes
        self._shift = shift

    def woke(self, place: int, ns: int) -> bool:
        ends = (
            note.error
            for note in self._notes
            if note.kind is Kind.END and note.g == place and note.ns >= ns + self._shift
        )
        return next(ends, None) == "timeout"
