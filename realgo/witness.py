"""RealGo: the witness that is Go's own runtime, each run in a process of its own."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from realgo import process, toolchain
from realgo.build import Say, build
from realgo.judged import Attempt, judged
from realgo.process import Ended
from realgo.records import VARIABLE, Kind, Reading, Record, Ring
from realgo.story import Story
from realgo.wire import longest_ns, wire
from scenario import CHANNELS, Scenario, Trace, Unavailable

INTERPRETER = Path(__file__).parent / "interpreter"
"""The folder of the Go program."""
LIMIT_S = 10.0
"""How long a run may take, beyond twice what the scenario's own durations take."""
END_BARRIER = 7
"""interpreter/runtime.go: opFinalQuiet."""
UNAVAILABLE = "unavailable "
INCONCLUSIVE = "inconclusive "
"""How the lines begin that the program tells (interpreter/report.go)."""


class RealGo:
    """Runs scenarios on the real Go runtime, with records at its linearisation points.

    ``release``: "1.27", or the newest toolchain there is. ``runs``: how often each scenario is run,
    since one run alone does not show that another would be the same.
    """

    name = "go"
    title = "REAL GO"
    channels = frozenset(CHANNELS)

    def __init__(self, release: str | None = None, runs: int = 3) -> None:
        if runs < 1:
            raise ValueError(f"runs must be at least 1, not {runs!r}")
        self._release = release
        self._runs = runs

    @cached_property
    def toolchain(self) -> toolchain.Toolchain:
        """Raises Unavailable where there is none."""
        return toolchain.find(self._release)

    @cached_property
    def program(self) -> Path:
        """The instrumented interpreter, built once. Raises Unavailable."""
        return build(self.toolchain, INTERPRETER)

    def prepare(self, say: Say) -> None:
        """Build the interpreter now, if that is still to be done: ``say`` is told. Raises
        Unavailable."""
        build(self.toolchain, INTERPRETER, say=say)

    def run(self, scenario: Scenario) -> Trace:
        """The first of several equal runs; inconclusive if they are not equal.

        Runs that were late are made up for, by as many again at most; one that differs never is.
        Raises Unavailable where there is no toolchain, the overlay does not fit, or the system has
        too little of something.
        """
        attempts: list[Attempt] = []
        for _ in range(2 * self._runs):
            attempts.append(self._attempt(scenario))
            if sum(attempt.counts for attempt in attempts) == self._runs:
                break
            if attempts[-1].troubled:
                break
        return judged(attempts, self._runs)

    def runs(self, scenario: Scenario, times: int) -> tuple[Trace, ...]:
        """What each of ``times`` runs gave. Raises as ``run`` does."""
        return tuple(self._attempt(scenario).trace for _ in range(times))

    def _attempt(self, scenario: Scenario) -> Attempt:
        ended, records, lost = self._performed(scenario)
        end = next((place for place, record in enumerate(records) if _is_end(record)), None)
        story = Story(scenario, records if end is None else records[: end + 1])
        events = story.events()
        trouble = tuple(_trouble(ended, lost, whole=end is not None))
        trace = Trace.of(
            scenario,
            events,
            witness=self.name,
            release=f"Go {self.toolchain.version}",
            clock="wall",
            inconclusive=(*trouble, *story.lateness.reasons),
        )
        return Attempt(trace=trace, troubled=bool(trouble))

    def _performed(self, scenario: Scenario) -> tuple[Ended, Sequence[Record], int]:
        """How the process ended, its records, and how many were lost."""
        program = self.program
        try:
            ring, descriptor = Ring.in_memory(gate=True)
            with ring, _closing(descriptor):
                record = {VARIABLE: f"/proc/self/fd/{descriptor}"}
                ended = process.run(
                    program,
                    text=wire(scenario),
                    environment=process.environment(scenario.procs, **record),
                    inherit=(descriptor,),
                    limit_s=LIMIT_S + 2 * longest_ns(scenario) / 1e9,
                )
                reading = Reading(ring)
                records = list(reading)
        except OSError as error:
            what = f": {error.filename}" if error.filename else ""
            raise Unavailable(f"Real Go could not be run: {error.strerror}{what}") from error
        return ended, records, reading.lost + reading.unpublished


@contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _is_end(record: Record) -> bool:
    """The run is over: quiet, and no timer pending. What comes after it is the process's end, in
    the middle of which a thread may leave a record half made."""
    return record.kind == Kind.QUIET and record.a == END_BARRIER and record.b == 0


def _trouble(ended: Ended, lost: int, *, whole: bool) -> list[str]:
    """Why a run says nothing, by how its process ended. Raises Unavailable where it said so."""
    told = ended.told.splitlines()
    for line in told:
        if line.startswith(UNAVAILABLE):
            raise Unavailable(f"Real Go {line.removeprefix(UNAVAILABLE)}")
    reasons = [line.removeprefix(INCONCLUSIVE) for line in told if line.startswith(INCONCLUSIVE)]
    if ended.trouble is not None and not reasons:
        reasons.append(f"the process of real Go did not come to its end: {ended.trouble}")
    if ended.trouble is not None and ended.errors.strip():
        reasons.append(f"it wrote: {process.shortened(ended.errors)}")
    if not whole and not reasons:
        reasons.append(f"the record of real Go stops before the run's end; {lost} were lost")
    return reasons
