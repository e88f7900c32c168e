"""The five channels that are compared, read out of a trace."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scenario.trace import Event, Trace, What

PARKED = "parked"
NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """A goroutine is freed. ``fd`` and ``mode`` are None for a sleep; ``seq`` is not compared."""

    g: str
    fd: str | None
    mode: str | None
    why: str

    def __str__(self) -> str:
        where = f"{self.fd}, {self.mode}, " if self.fd else ""
        return f"({self.g}, {where}{self.why})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One event of a poll: its directions (``r``, ``w``, ``rw``); ``err``: exactly EPOLLERR."""

    fd: str
    modes: str
    err: bool = False

    def __str__(self) -> str:
        return f"{self.fd} {self.modes}" + (" ERR" if self.err else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Whether a break was written between entry ``entry`` (from 0) and the next one."""

    entry: int
    written: bool

    def __str__(self) -> str:
        return f"entry {self.entry}: {'yes' if self.written else 'no'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How a step ended. ``count`` is bytes, ``some`` (a partial write), yes or no, or None.

    The ``error`` of a step that never ended is ``parked``, or ``not started`` where its goroutine
    was never started.
    """

    text: str
    count: int | str | None
    error: str

    @property
    def ended(self) -> bool:
        """Whether the step came to an end at all."""
        return self.error not in (PARKED, NOT_STARTED)

    def __str__(self) -> str:
        middle = "" if self.count is None else f"{self.count}, "
        return f"({self.text}: {middle}{self.error})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """What two witnesses must agree on, event for event."""

    wake: tuple[Wake, ...]
    run: tuple[str, ...]
    batch: tuple[tuple[Ready, ...], ...]
    brk: tuple[Break, ...]
    step: Mapping[str, tuple[StepResult, ...]]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to compare (such a scenario is invalid)."""
        steps = any(result.ended for results in self.step.values() for result in results)
        return not (self.wake or self.run or self.batch or self.brk or steps)


def channels(trace: Trace) -> Channels:
    """The five channels of a trace; all but ``step`` begin after the set-up."""
    after = tuple(_after_setup(trace.events))
    return Channels(
        wake=tuple(
            Wake(g=e.g or "", fd=e.fd, mode=e.mode, why=e.why or "")
            for e in after
            if e.what is What.WAKE
        ),
        run=tuple(e.g or "" for e in first_runs(after)),
        batch=tuple(batch for batch in map(_batch, after) if batch),
        brk=tuple(_breaks(after)),
        step=_steps(trace),
    )


def _after_setup(events: Iterable[Event]) -> Iterator[Event]:
    started = False
    for event in events:
        started = started or event.what is What.SCRIPT
        if started:
            yield event


def first_runs(events: Iterable[Event]) -> Iterator[Event]:
    """The first run of each woken goroutine after its wake."""
    woken: set[str] = set()
    for event in events:
        if event.what is What.WAKE and event.g is not None:
            woken.add(event.g)
        elif event.what is What.RUN and event.g in woken:
            woken.remove(event.g)
            yield event


def _batch(event: Event) -> tuple[Ready, ...]:
    if event.what is not What.POLL:
        return ()
    return tuple(
        Ready(fd=item["fd"], modes=item["modes"], err=item["err"])
        for item in event.args["events"]
        if item["fd"] != "break"
    )


def _breaks(events: Iterable[Event]) -> Iterator[Break]:
    """One answer for each plain ``go`` entry that began while a poller was blocked."""
    asked: int | None = None
    written = False
    for event in events:
        if event.what is What.BREAK and event.why == "written":
            written = True
        elif event.what is What.ENTRY:
            if asked is not None:
                yield Break(entry=asked, written=written)
            compared = event.args["blocked"] and event.args["plain_go"]
            asked = event.args["index"] if compared else None
            written = False
    if asked is not None:
        yield Break(entry=asked, written=written)


def _steps(trace: Trace) -> dict[str, tuple[StepResult, ...]]:
    done: dict[str, list[StepResult]] = {g: [] for g in trace.goroutines}
    for event in trace.events:
        if event.what is What.STEP and event.g in done:
            done[event.g].append(_result(event))
    started = _started(trace)
    for g, results in done.items():
        error = PARKED if results or g in started else NOT_STARTED
        for text in trace.goroutines[g][len(results) : len(results) + 1]:
            results.append(StepResult(text=text, count=None, error=error))
    return {g: tuple(results) for g, results in done.items()}


def _started(trace: Trace) -> set[str]:
    """Who did anything; a witness that writes down no start at all cannot tell: everybody."""
    begun = {e.g for e in trace.events if e.what in (What.START, What.BEGIN)}
    if not begun:
        return set(trace.goroutines)
    begun |= {e.g for e in trace.events if e.what in (What.RUN, What.WAKE)}
    return {g for g in begun if g is not None}


def _result(event: Event) -> StepResult:
    text, count = event.args["text"], event.args["count"]
    words = text.split()
    if words[0] == "fill":
        count = None
    if words[0] == "write" and isinstance(count, int) and 0 < count < int(words[2]):
        count = "some"
    return StepResult(text=text, count=count, error=event.args["error"])
