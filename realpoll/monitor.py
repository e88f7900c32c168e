"""The monitor: a thread without a token that looks after what the token holders neglect."""

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realpoll.scheduler import Scheduler

LOOK_EVERY_NS = 5_000_000
POLL_AFTER_NS = 10_000_000
"""After this long without a poll the monitor polls (Go's sysmon has the same figure)."""
TURN_NS = 10_000_000
"""A goroutine that runs for longer than this is asked to step aside (Go: forcePreemptNS)."""


class Monitor:
    """Looks every 5 ms while a token is in use; sleeps otherwise."""

    name = "monitor"

    def __init__(self, loop: "Scheduler") -> None:
        self.loop = loop
        self.asleep = False
        self._bell = threading.Event()
        self._stop = threading.Event()
        self._seen = dict.fromkeys(loop.tokens, (0, 0))
        self.thread: threading.Thread | None = None

    def rouse(self) -> None:
        """Somebody takes a token: there is something to look at. Precondition: the lock is held.

        While nothing ran, nobody neglected to poll.
        """
        loop = self.loop
        if loop.poller is None and len(loop.idle_tokens) == loop.procs - 1:
            loop.last_poll = loop.now()
        if self.thread is None:
            thread = threading.Thread(target=self._watch, name="realpoll-monitor", daemon=True)
            thread.start()
            self.thread = thread  # there is none to join before it has started
        elif self.asleep:
            self.asleep = False
            self._bell.set()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._bell.set()
        if self.thread is not None:
            self.thread.join()

    def _watch(self) -> None:
        if self.loop.tap is not None:
            self.loop.tap.enter(self.name)
        self._begin()
        while not self._stop.wait(LOOK_EVERY_NS / 1e9):
            if self._nothing_runs():
                self._bell.wait()
                self._bell.clear()
                self._begin()
            else:
                self._look()

    def _begin(self) -> None:
        now = self.loop.now()
        self._seen = {token: (token.turns, now) for token in self.loop.tokens}

    def _nothing_runs(self) -> bool:
        with self.loop.lock:
            self.asleep = len(self.loop.idle_tokens) == self.loop.procs
            if self.asleep and self.loop.tap is not None:
                self.loop.tap.monitor("sleeps")
            return self.asleep

    def _look(self) -> None:
        now = self.loop.now()
        for token, (turns, since) in self._seen.items():
            if token.turns != turns or token in self.loop.idle_tokens:
                self._seen[token] = (token.turns, now)
            elif now - since >= TURN_NS:
                token.step_aside = True
                self._seen[token] = (turns, now)
        if now - self.loop.last_poll >= POLL_AFTER_NS:
            self._poll(now)

    def _poll(self, now: int) -> None:
        loop = self.loop
        with loop.lock:
            if loop.poller is not None:
                return
            loop.poller = self
            loop.last_poll = now
            if loop.tap is not None:
                loop.tap.monitor("looks")
        events, mark = loop.kernel.wait(0)
        with loop.lock:
            loop.poller = None
            freed = loop.hand_out(events, mark, 0) if events else []
            loop.spread(freed, None)
            loop.have_polled()
