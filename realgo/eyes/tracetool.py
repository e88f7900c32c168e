"""``go tool trace`` as text: the reader of a release's traces that comes with that release.

Up to Go 1.24 it stands ready in the toolchain; from 1.25 on it is built, once (20 s).
"""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from realgo.build import Say, build
from realgo.toolchain import NO_TELEMETRY, Toolchain
from scenario import Unavailable

READY = Path("pkg", "tool", "linux_amd64", "trace")
SOURCE = Path("src", "cmd", "trace")
READ_LIMIT_S = 30.0
OLD_FORMAT = frozenset({"1.21"})
"""Up to here a trace is of the format before that of go.dev/issue/60773."""
OPTIONS: Mapping[str, str] = {"1.21": "-d", "1.22": "-d=1", "1.23": "-d=1"}
"""How the tool is asked for text; later releases understand ``-d=parsed``."""


def tool(toolchain: Toolchain, *, say: Say | None = None) -> Path:
    """The executable. Raises Unavailable where it neither stands ready nor can be built."""
    ready = toolchain.goroot / READY
    return (
        ready
        if ready.exists()
        else build(toolchain, toolchain.goroot / SOURCE, overlay=False, say=say)
    )


def as_text(executable: Path, release: str, traced: bytes) -> str:
    """A trace as the tool prints it. Raises Unavailable with the tool's own words."""
    option = OPTIONS.get(release, "-d=parsed")
    with tempfile.NamedTemporaryFile() as file:
        file.write(traced)
        file.flush()
        done = subprocess.run(
            [executable, option, file.name],
            env={**os.environ, "XDG_CONFIG_HOME": NO_TELEMETRY},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=READ_LIMIT_S,
            check=False,
        )
    if done.returncode:
        raise Unavailable(f"go tool trace of Go {release} says: {done.stderr.strip()}")
    return done.stdout
