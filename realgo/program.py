"""Any Go program, built with the overlay, run, and its records followed while it runs."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from realgo.records import PAGE, SLOT, VARIABLE, Record, Ring
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
MEMORY = Path("/dev/shm")


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
        self._folder = tempfile.mkdtemp(prefix="netpoll-lab-", dir=_roomy(self._slots))
        try:
            record = Path(self._folder, "record")
            self._ring = Ring.create(record, slots=self._slots, patience_ns=PATIENCE_NS)
            self._process = self._started(record)
        except OSError as error:
            shutil.rmtree(self._folder)
            raise Unavailable(f"{self._executable} cannot be run: {error.strerror}") from None
        return self

    def _started(self, record: Path) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, VARIABLE: str(record)}
        if self._procs is not None:
            environment["GOMAXPROCS"] = str(self._procs)
        return subprocess.Popen([self._executable, *self._arguments], env=environment)

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
            self._ring.close()
            shutil.rmtree(self._folder)

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


def _roomy(slots: int) -> Path | None:
    """A folder in memory with room for the record, else the usual one for temporary files."""
    try:
        room = os.statvfs(MEMORY)
    except OSError:
        return None
    # Beyond the room of a file system in memory a store to the mapping would kill the program.
    fits = room.f_bavail * room.f_frsize > 2 * (PAGE + slots * SLOT.size)
    return MEMORY if fits and os.access(MEMORY, os.W_OK) else None
