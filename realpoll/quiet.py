"""Quiet, observed: nothing runs, nothing is under way, and who polls sleeps in the kernel."""

import platform
import time
from collections.abc import Callable
from functools import partial

from realpoll.available import WAITING_CALLS, system_call
from realpoll.gate import GatedKernel
from realpoll.goroutine import Worker
from realpoll.interrupts import Interrupts
from realpoll.loop import Loop
from realpoll.recorder import Recorder
from realpoll.tcp import settled

LIMIT_S = 2.0
"""How long to wait for quiet before the run is called inconclusive."""
FIRST_PAUSE_S = 20e-6
LONGEST_PAUSE_S = 640e-6


class NotQuiet(Exception):
    """Things did not become quiet in time. The message says who was doing what."""


class Observer:
    """Tells when a loop is quiet.

    Quiet: every token is idle and nothing is queued, every thread rests or polls, no timer is due,
    TCP has nothing in flight; poll(2) finds the epoll descriptor without news and *then* the poller
    is seen asleep in its system call; and nothing was recorded meanwhile. (The state letter of a
    thread would not do: one that waits for the interpreter's lock sleeps too.) Inside a hold the
    poller may stand at the gate instead, and events may lie.
    """

    def __init__(
        self,
        loop: Loop,
        kernel: GatedKernel,
        recorder: Recorder,
        tcp: Callable[[], list[int]],
        interrupts: Interrupts,
    ) -> None:
        self._loop = loop
        self._kernel = kernel
        self._recorder = recorder
        self._tcp = tcp
        self._interrupts = interrupts
        self._calls = WAITING_CALLS[platform.machine()]

    def wait(self) -> None:
        """Return when things are quiet. Raises NotQuiet in the end, or what a goroutine raised."""
        limit = time.monotonic() + LIMIT_S
        pause = FIRST_PAUSE_S
        while not self._look():
            if time.monotonic() > limit:
                raise NotQuiet(self._complaint())
            self._interrupts.wait(partial(time.sleep, pause))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _look(self) -> bool:
        if self._loop.failure is not None:
            raise self._loop.failure
        before = len(self._recorder.events)
        if not settled(self._tcp()):
            return False
        with self._loop.lock:
            books_quiet = self._settled()
            poller = self._loop.poller
        if not books_quiet:
            return False
        blocked = not isinstance(poller, Worker) or self._asleep(poller)
        return blocked and before == len(self._recorder.events)

    def _settled(self) -> bool:
        """Whether the loop's own books say quiet. Precondition: the loop's lock is held."""
        loop = self._loop
        due = loop.timers.next_due()
        if len(loop.idle_tokens) < loop.procs or loop.everywhere:
            return False
        if due is not None and due <= loop.now():
            return False
        if loop.poller is None:
            return loop.waiting == 0 and due is None and len(loop.resting) == len(loop.workers)
        return loop.blocked and len(loop.resting) + 1 == len(loop.workers)

    def _asleep(self, poller: Worker) -> bool:
        if self._kernel.holds_back():
            return True
        if self._kernel.anything_ready():
            return False
        return system_call(poller.tid) in self._calls

    def _complaint(self) -> str:
        loop = self._loop
        doing = ", ".join(f"{worker.name} {worker.doing}" for worker in loop.workers)
        return (
            f"things were not quiet after {LIMIT_S:g} s: threads: {doing or 'none'}; "
            f"{len(loop.idle_tokens)} of {loop.procs} tokens idle, {len(loop.everywhere)} "
            f"goroutines in the global queue, {loop.waiting} waiting for a descriptor, "
            f"gate {self._kernel.phase.name.lower()}"
        )
