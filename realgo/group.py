"""Run a command in a process group of its own, so that whatever it started ends with it."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | str,
    environment: Mapping[str, str],
    limit_s: float,
    inherit: Sequence[int] = (),
) -> "subprocess.CompletedProcess[str]":
    """What it came to, and what it wrote. Raises OSError, TimeoutExpired.

    A Ctrl-C in a terminal does not reach it: who waits for it is interrupted, and ends all of it.
    Otherwise it would be told as a failure of the command that nobody understands.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd=cwd,
        env=environment,
        pass_fds=inherit,
        process_group=0,
    ) as process:
        try:
            told, errors = process.communicate(timeout=limit_s)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()  # Popen's own exit does not wait after a Ctrl-C
            raise
    return subprocess.CompletedProcess(command, process.returncode, told, errors)
