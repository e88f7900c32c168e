"""The same ping-pong on real Go, where there is a Go: ``go`` on PATH, or the one that $GO names."""

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

MESSAGES = 200_000
SOURCE = Path(__file__).with_name("pingpong.go")


@cache
def program() -> Path | None:
    """The compiled program, or None where there is no Go."""
    go = os.environ.get("GO") or shutil.which("go")
    if go is None:
        return None
    folder = tempfile.mkdtemp(prefix="pingpong-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # Only the toolchain at hand, and nothing from outside.
    environment = os.environ | {"GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "-mod=mod"}
    binary = Path(folder, "pingpong")
    subprocess.run([go, "build", "-o", binary, SOURCE], check=True, env=environment, cwd=folder)
    return binary


def go_messages(pairs: int, procs: int) -> float | None:
    """Messages a second of real Go with GOMAXPROCS ``procs``; None where there is no Go."""
    binary = program()
    if binary is None:
        return None
    told = subprocess.run(
        [binary, str(pairs), str(MESSAGES)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"GOMAXPROCS": str(procs)},
    )
    return float(told.stdout)
