"""A process for each run: limits on its time, its output kept, nothing left of it."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DUMP_LIMIT_S = 5.0
"""How long a process that is asked for its goroutines may take to write them."""
LONGEST_OUTPUT = 2_000
"""Characters of a process's output that are shown: the first and the last half of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended: ``status`` as in ``Popen.returncode``, and what it wrote."""

    status: int
    overdue: bool
    told: str
    errors: str

    @property
    def trouble(self) -> str | None:
        """In what way it did not end as it should, or None."""
        if self.overdue:
            return "it had not ended in time and was killed"
        if self.status < 0:
            return f"it was killed by {_name(-self.status)}"
        return f"it ended with status {self.status}" if self.status else None


def run(
    program: Path,
    *,
    text: bytes,
    environment: Mapping[str, str],
    inherit: Sequence[int] = (),
    limit_s: float,
) -> Ended:
    """Run a program with ``text`` on its standard input and nothing in its environment but this.

    ``inherit`` are descriptors that it keeps. After ``limit_s`` it is asked (SIGQUIT) where its
    goroutines stand, then killed. An exception on the way, Ctrl-C above all, kills it too.
    """
    # Between the start and the `with` a Ctrl-C would leave a process behind. The program inherits
    # that it is kept back: who presses Ctrl-C in a terminal ends us, and we end the program.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with subprocess.Popen(
            [program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            pass_fds=inherit,
            cwd="/",
        ) as process:
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                return _wait(process, text, limit_s)
            except BaseException:
                process.kill()
                process.wait()  # Popen's own exit does not wait after a Ctrl-C
                raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _wait(process: "subprocess.Popen[bytes]", text: bytes, limit_s: float) -> Ended:
    overdue = False
    try:
        told, errors = process.communicate(text, limit_s)
    except subprocess.TimeoutExpired:
        overdue = True
        told, errors = _dumped(process)
    return Ended(
        status=process.returncode,
        overdue=overdue,
        told=told.decode(errors="replace"),
        errors=errors.decode(errors="replace"),
    )


def _dumped(process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
    process.send_signal(signal.SIGQUIT)  # Go writes where all goroutines stand, and ends
    try:
        return process.communicate(timeout=DUMP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()


def shortened(text: str, longest: int = LONGEST_OUTPUT) -> str:
    """A text, or its beginning and its end with the number of characters left out between.

    What a terminal would take for a command is shown as a question mark.
    """
    text = "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text.strip())
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}\n... {len(text) - 2 * half:,} characters left out ...\n{text[-half:]}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def environment(procs: int, **more: str) -> dict[str, str]:
    """All that a run is told by its environment: nothing of the user's disturbs it."""
    return {
        "GOMAXPROCS": str(procs),
        "GOGC": "off",
        # Go 1.25 and later may follow the machine's number of processors; older ones ignore it.
        "GODEBUG": "updatemaxprocs=0",
        "GOTRACEBACK": "all",
        **more,
    }
