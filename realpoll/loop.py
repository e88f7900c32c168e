"""The loop: what a program calls to start goroutines, connect descriptors, and wait."""

import threading
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from realpoll.connection import Connection
from realpoll.goroutine import Goroutine, Steps
from realpoll.interrupts import Interrupts
from realpoll.kernel import Kernel
from realpoll.listener import Listener
from realpoll.scheduler import Scheduler
from realpoll.traps import Semaphore, Sleep, StepAside

if TYPE_CHECKING:
    from realpoll.recorder import Recorder

STOP_TIMEOUT_S = 2.0
"""How long ``stop`` waits for a goroutine that does not let go of its thread."""
INTERRUPTED_AFTER_S = 0.1
"""How long Ctrl-C may take to end ``run``."""


class ThreadsLeft(RuntimeError):
    """A goroutine did not let go of its thread, so not everything could be ended."""


class Loop(Scheduler):
    """Goroutines over one epoll instance, with ``procs`` tokens and as many threads as it takes.

    Without a ``tap`` nothing is recorded, and recording costs nothing. ``monitored`` loops have a
    thread that polls, and asks goroutines to step aside, when one runs for over 10 ms.
    """

    def __init__(
        self,
        procs: int = 1,
        *,
        kernel: Kernel | None = None,
        tap: "Recorder | None" = None,
        monitored: bool = True,
    ) -> None:
        super().__init__(procs, kernel or Kernel(), tap, monitored=monitored)
        self.semaphores: WeakSet[Semaphore] = WeakSet()

    def run(self, main: Steps) -> Any:
        """Run ``main`` and whatever it starts, until it ends; its value. Others are dropped then.

        Raises what any goroutine raises, and RuntimeError when all are asleep for good.
        """
        result: list[Any] = []
        self.must_finish = True
        with Interrupts() as interrupts:
            try:
                self.start(self._until_done(main, result), "main")
                self._wait_until_finished(interrupts)
            except BaseException as error:
                self.stop_after(error)
                raise
            self.stop()
        if self.failure is not None:
            raise self.failure
        return result[0]

    async def _until_done(self, main: Steps, result: list[Any]) -> None:
        result.append(await main)
        self.finished.set()

    def _wait_until_finished(self, interrupts: Interrupts) -> None:
        # In slices: an exception out of the middle of Event.wait finds its lock released.
        while not self.finished.wait(INTERRUPTED_AFTER_S):
            interrupts.let_in()

    def connection(self, fd: int) -> Connection:
        """A connection over a non-blocking descriptor, which now belongs to it."""
        made = Connection(self, fd)
        if made.polled:
            self.connections[fd] = made
        return made

    def listen(self, address: tuple[str, int]) -> Listener:
        """A listener at an address (host, port); port 0 takes a free one."""
        return Listener(self, address)

    def go(self, steps: Steps, name: str = "goroutine") -> Goroutine:
        """Start a goroutine from inside another; it runs next."""
        with self.lock:
            goroutine = self._born(steps, name)
            self.make_ready(goroutine)
        return goroutine

    def start(self, steps: Steps, name: str) -> Goroutine:
        """Start a goroutine from a thread outside, which takes a token for this and leaves again.

        When no token is idle, the goroutine goes to the global tail.
        """
        with self.lock:
            goroutine = self._born(steps, name)
            if self.idle_tokens:
                token = self.idle_tokens.pop()
                token.make_ready(goroutine)
                self.dispatch(token)
            else:
                self.everywhere.append(goroutine)
        return goroutine

    def _born(self, steps: Steps, name: str) -> Goroutine:
        goroutine = Goroutine(steps, name)
        if self.tap is not None:
            self.tap.start(goroutine)
        return goroutine

    def sleep(self, ns: int) -> Sleep:
        """Await this to sleep for some ns."""
        return Sleep(self, ns)

    def semaphore(self, count: int = 0) -> Semaphore:
        """A semaphore of so many, for goroutines of this loop."""
        made = Semaphore(self, count)
        self.semaphores.add(made)
        return made

    def step_aside(self) -> StepAside:
        """Await this to let everybody else run first."""
        return StepAside(self, "yield")

    def asked_to_step_aside(self) -> bool:
        """Whether the monitor finds that the calling goroutine has been running for long."""
        token = self._here.worker.token
        return token is not None and token.step_aside

    def reserve(self, threads: int) -> None:
        """Have so many threads rest in reserve, so that none must be made in a hurry."""
        with self.lock:
            self.resting.extend(self.hire() for _ in range(threads))

    def stop_after(self, error: BaseException) -> None:
        """Stop because of an error; what ``stop`` would raise becomes a note of it."""
        try:
            self.stop()
        except ThreadsLeft as left:
            error.add_note(str(left))

    def stop(self) -> None:
        """End all threads, close all goroutines and descriptors.

        Raises RuntimeError when a goroutine does not let go of its thread.
        """
        with self.lock:
            self.stopping = True
            for worker in self.resting:
                worker.bell.release()
            self.resting.clear()
        self.kernel.ring()
        if self.monitor is not None:
            self.monitor.stop()
        self._join()
        for goroutine in self._left():
            goroutine.steps.close()
        for connection in list(self.connections.values()):
            if not connection.closed:
                connection.closing = True
                connection.finish()
        self.kernel.close()

    def _left(self) -> list[Goroutine]:
        """All goroutines that have not ended: each is where it waits."""
        left = [*self.everywhere, *self.timers.sleepers()]
        for token in self.tokens:
            left += token.local if token.soon is None else [token.soon, *token.local]
        for connection in self.connections.values():
            left += connection.waiters()
        for semaphore in self.semaphores:
            left += semaphore.waiters()
        return left

    def _join(self) -> None:
        deadline = time.monotonic() + STOP_TIMEOUT_S
        threads: list[threading.Thread] = [w.thread for w in self.workers if w.thread is not None]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        stuck = [thread.name for thread in threads if thread.is_alive()]
        if stuck:
            raise ThreadsLeft(f"threads that did not stop: {', '.join(stuck)}")
