"""The command as a shell starts it: for the tests that need a process of its own."""

import os
import subprocess
import sys

NETPOLL = f"{sys.executable} -m netpoll_lab"


def shell(command: str, **environment: str) -> tuple[int, str, str]:
    """A shell command's status, output and errors."""
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr
