"""Any Go program, built with the overlay, run, and its records followed while it runs."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from realgo.records import VARIABLE, Record, Ring
from scenario import Unavailable

SLOTS = 1 << 18
"""Records that the program may be ahead of its reader: 25 MB, about half a second of a busy one."""
PATIENCE_NS = 30_000_000_000
"""How long the program waits for a reader that is behind. Then the record ends, and is no proof."""
PAUSE_S = 0.001
SILENCE_S = 0.25
"""After so long without a record an empty batch is given, so that the reader can look around."""
GRACE_S = 2.0
"""Between asking the program to end and killing it."""
SET_DEATH_SIGNAL = 1
"""linux/prctl.h: PR_SET_PDEATHSIG"""


class Program:
    """A running program. ``with Program(...) as program: for batch in program.batches(...)``.

    Its standard streams are ours. At the end of the block it does not run any more.
    """

    def __init__(
        self, executable: Path, arguments: Sequence[str], *, procs: int | None, slots: int = SLOTS
    ) -> None:
        self._executable = executable
        self._arguments = arguments
        self._procs = procs
        self._slots = slots
        self.stopped = False
        """Whether it was we who ended it."""

    def __enter__(self) -> Self:
        """Raises Unavailable where there is no room for the record, or it cannot be started."""
        try:
            self._ring, self._record = Ring.in_memory(slots=self._slots, patience_ns=PATIENCE_NS)
        except OSError as error:
            raise Unavailable(f"there is no room for a record: {error.strerror}") from None
        try:
            self._process = self._started()
        except OSError as error:
            self._close()
            raise Unavailable(f"{self._executable} cannot be run: {error.strerror}") from None
        return self

    def _started(self) -> "subprocess.Popen[bytes]":
        # By our number: a descriptor of its own would be one that the program does not expect.
        record = f"/proc/{os.getpid()}/fd/{self._record}"
        environment = {**os.environ, VARIABLE: record}
        if self._procs is not None:
            environment["GOMAXPROCS"] = str(self._procs)
        return subprocess.Popen(
            [self._executable, *self._arguments],
            env=environment,
            preexec_fn=_ends_with(os.getpid()),
        )

    def batches(self, stop: Callable[[], float | None]) -> Iterator[list[Record]]:
        """The records as they come, and now and then an empty batch while none come.

        Ends with the program. Where ``stop`` gives seconds, the program has those to end by itself
        before it is asked to, and what it still writes is not waited for; it is left alone as long
        as ``stop`` gives None.
        """
        at = 0
        heard = time.monotonic()
        ask_at: float | None = None
        while True:
            alive = self._process.poll() is None  # before: what it wrote until then is seen below
            batch = self._ring.published(at)
            now = time.monotonic()
            if batch or now - heard > SILENCE_S:
                at += len(batch)
                yield batch
                self._ring.consumed = at
                heard = now
            elif not alive or self._ring.ended:
                return
            else:
                time.sleep(PAUSE_S)
            if ask_at is None and (grace := stop()) is not None:
                ask_at = now + grace
            if ask_at is not None and self._ask(now - ask_at):
                return

    def _ask(self, since_s: float) -> bool:
        """Ask it to end once its time is over; whether to give up waiting for that."""
        if since_s >= 0 and not self.stopped:
            self.stopped = True
            self._process.terminate()
        return self._process.poll() is not None or since_s > GRACE_S

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._process.poll() is None:
                self._end()
        finally:
            self.lost, self.pid = self._ring.lost, self._ring.pid
            self.replaced = self._ring.replaced
            self._close()

    def _close(self) -> None:
        self._ring.close()
        os.close(self._record)

    def _end(self) -> None:
        self.stopped = True
        self._process.terminate()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait(self, limit_s: float) -> int:
        """Its status, once it has ended. Raises TimeoutExpired of subprocess."""
        return self._process.wait(limit_s)

    @property
    def status(self) -> int:
        """As in ``Popen.returncode``. Preconditions: the block is over."""
        status: int = self._process.returncode
        return status

    def ending(self) -> str:
        """How it ended, in words. Preconditions: the block is over."""
        by = " when it was asked to" if self.stopped else ""
        if self.status >= 0:
            return f"the program exited with status {self.status}{by}"
        return f"the program was ended by {signal.Signals(-self.status).name}{by}"


def _ends_with(parent: int) -> Callable[[], None]:
    """What a child does before it becomes the program: ask for SIGTERM when its parent is gone, by
    kill -9 or however. prctl(2)."""
    prctl = ctypes.CDLL(None).prctl  # found here: after the fork nothing should be looked for

    def ask() -> None:
        prctl(SET_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != parent:  # it went before we had asked
            os._exit(1)

    return ask
