"""One run of a scenario on real descriptors and real threads. Needs Linux to be imported."""

import platform
import time

from realpoll.descriptors import Link, NumberTaken, perform
from realpoll.gate import GatedKernel, NothingFetched, Phase
from realpoll.interrupts import Interrupts
from realpoll.lateness import Lateness
from realpoll.loop import Loop
from realpoll.quiet import NotQuiet, Observer
from realpoll.recorder import Recorder
from realpoll.steps import Steps
from realpoll.tcp import StillInFlight
from scenario.errors import Unavailable
from scenario.trace import Trace, What
from scenario.words import Action, Entry, Kind, Outside, Scenario


class Run:
    """One run of one scenario. The calling thread is the host: it never has a token."""

    def __init__(self, scenario: Scenario, interrupts: Interrupts, *, pipe: bool) -> None:
        self.scenario = scenario
        self._interrupts = interrupts
        self.lateness = Lateness()
        self.recorder = Recorder(on_timer=self.lateness.timer)
        self.kernel = GatedKernel(pipe=pipe)
        # Without `at` nothing lasts, so no monitor: that the machine stalls is not in the question.
        self.loop = Loop(
            scenario.procs, kernel=self.kernel, tap=self.recorder, monitored=scenario.timed
        )
        self.links: dict[str, Link] = {}
        self.steps = Steps(self.loop, self.recorder, self.lateness, self.links, scenario.goroutines)
        self._observer = Observer(self.loop, self.kernel, self.recorder, self._tcp, interrupts)
        self._started = self.loop.now()
        self._settled = True

    def perform(self) -> None:
        """Set up, go through the script, and wait for the last timer.

        What keeps the run from saying anything ends it, and is a reason in the trace.
        """
        try:
            self._perform()
        except (NotQuiet, NumberTaken, NothingFetched, StillInFlight) as problem:
            self.lateness.reasons.append(str(problem))
        finally:
            self.recorder.finish()

    def _perform(self) -> None:
        self._set_up()
        self._started = self.loop.now()
        self.lateness.timed = self.scenario.timed
        self.recorder.note(What.SCRIPT)
        for index, entry in enumerate(self.scenario.script):
            self._entry(index, entry)
        self._finish()

    def _set_up(self) -> None:
        self.loop.reserve(self.scenario.procs + 1)
        for name, kind in self.scenario.fds.items():
            try:
                self.links[name] = Link(name, kind)
            except OSError as error:
                raise Unavailable(
                    f"Real epoll could not open {name}, a {kind.value}: {error.strerror}. "
                    f"The scenario has {len(self.scenario.fds)} descriptors; see `ulimit -n`."
                ) from error
            self.steps.open(name)
        for g in self.scenario.goroutines:
            if g not in self.scenario.started_by_go:
                self.loop.start(self.steps.program(g), g)
                self._observer.wait()

    def _entry(self, index: int, entry: Entry) -> None:
        if entry.at_ns is not None:
            at = self._started + entry.at_ns
            self._sleep_until(at)
            self.lateness.entry(entry.text, at, self.loop.now())
        plain = entry.plain is not None
        with self.loop.lock:
            args = {
                "index": index,
                "text": entry.text,
                "plain_go": plain,
                "blocked": self.loop.blocked,
            }
            self.recorder.entry(args)
        if entry.plain is not None:
            self._go(entry.plain)
        else:
            self._held(entry)
        self._settled = not entry.nowait
        if self._settled:
            self._observer.wait()

    def _go(self, action: Action) -> None:
        g = action.g or ""
        self.loop.start(self.steps.program(g), g)

    def _held(self, entry: Entry) -> None:
        """Do an entry's actions while no poller may fetch, so that they are one batch."""
        self.kernel.move(Phase.HELD)
        self.recorder.note(What.HOLD, why="fetch")
        try:
            self._actions(entry.held)
            if entry.fetched:
                self._let_fetch()
                self._actions(entry.fetched)
        finally:
            self.recorder.note(What.RELEASE)
            self.kernel.move(Phase.OPEN)

    def _actions(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            if action.op is Outside.GO:
                self._go(action)
            else:
                # Noted first: the poller may see the news before this thread runs again.
                self.recorder.action(action)
                perform(action, self.links[action.fd or ""])
            # After a `nowait` entry somebody is busy; only outside actions may come then, and for
            # those the hold alone makes the batch.
            if self._settled:
                self._observer.wait()

    def _let_fetch(self) -> None:
        self.recorder.note(What.HOLD, why="event")
        self.kernel.let_fetch()

    def _finish(self) -> None:
        """Wait until nothing runs and no timer is pending."""
        self._observer.wait()
        while True:
            with self.loop.lock:
                due = self.loop.timers.next_due()
            if due is None:
                return
            self._sleep_until(due)
            self._observer.wait()

    def _sleep_until(self, instant: int) -> None:
        self._interrupts.wait(lambda: time.sleep(max(0, instant - self.loop.now()) / 1e9))

    def _tcp(self) -> list[int]:
        """The open ends of all TCP links."""
        ends: list[int] = []
        for name, link in self.links.items():
            if link.kind is Kind.TCP:
                connection = self.steps.connections.get(name)
                if connection is not None and not connection.closing:
                    ends.append(link.fd)
                if link.peer is not None:
                    ends.append(link.peer)
        return ends

    def close(self, error: BaseException | None = None) -> None:
        """End all threads and close all descriptors, because of an error perhaps."""
        self.kernel.move(Phase.OPEN)
        try:
            if error is None:
                self.loop.stop()
            else:
                self.loop.stop_after(error)
        finally:
            self.steps.close_links()

    def trace(self) -> Trace:
        """What was recorded."""
        return Trace.of(
            self.scenario,
            self.recorder.trace_events(self._started),
            witness="epoll",
            release=f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
            clock="wall",
            inconclusive=tuple(self.lateness.reasons),
        )
