"""The Go toolchains that there are: in the cache of this project, and on the PATH."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from realgo import group
from scenario import Unavailable

PINS = {
    "1.21": "1.21.13",
    "1.22": "1.22.10",
    "1.23": "1.23.9",
    "1.24": "1.24.11",
    "1.25": "1.25.5",
    "1.26": "1.26.6",
    "1.27": "1.27.3",
}
"""The version that is installed for each release, oldest first: on these everything was run."""
RELEASES = tuple(PINS)

CACHE = "cache"
PATH = "PATH"

ASKED_FOR_S = 20
"""How long a ``go`` on the PATH may take to say who it is (it takes 10 ms)."""
NO_TELEMETRY = os.devnull
"""What XDG_CONFIG_HOME is then: no variable turns Go's counters off, which it keeps in the user's
configuration (and sends, if the user said so); where no folder can be made it does without."""
LOCAL = {
    "GOTOOLCHAIN": "local",
    "GOENV": "off",
    "GOFLAGS": "",
    "GOWORK": "off",
    "GOROOT": "",
    "XDG_CONFIG_HOME": NO_TELEMETRY,
}
"""So that a ``go`` speaks for itself: it fetches no other and obeys no file of the user's."""
WITNESS = Path("src", "runtime", "netpoll.go")
"""What a GOROOT without the sources lacks."""
NAMED = re.compile(r"(?:go)?(?P<release>1\.\d+)(?:\.(?P<patch>\d+))?")
"""A release, or a version of it; nothing that is devel, a release candidate or an experiment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """A Go that can be used: ``release`` "1.27", ``version`` "1.27.3", ``origin`` cache or PATH."""

    release: str
    version: str
    goroot: Path
    origin: str

    @property
    def go(self) -> Path:
        """The executable."""
        return self.goroot / "bin" / "go"

    def goes_by(self, word: str) -> bool:
        """Whether a release or a version names it. Raises Unavailable for an unknown release."""
        release, version = split(word)
        return self.release == release and version in (None, self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A ``go`` on the PATH that cannot be used, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} on the PATH is left out: {self.reason}"


def cache_home() -> Path:
    """Where this project keeps what can be made again; nothing is created. Raises Unavailable."""
    own = os.environ.get("NETPOLL_LAB_CACHE")
    if own:
        return Path(own).absolute()
    # XDG Base Directory Specification: a relative path is to be ignored.
    shared = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(shared):
        return Path(shared, "netpoll-lab")
    if os.path.isabs(os.environ.get("HOME", "/")):
        with suppress(RuntimeError):  # nobody knows a home
            return Path.home() / ".cache" / "netpoll-lab"
    raise Unavailable(
        "there is no home directory to keep a cache in; set NETPOLL_LAB_CACHE to a folder"
    )


def toolchains_home() -> Path:
    """The folder of the cached toolchains: a GOROOT each, named by its version."""
    return cache_home() / "go"


def builds_home() -> Path:
    """The folder of what was built with a toolchain: a folder for each version."""
    return cache_home() / "build"


def find(release: str | None = None) -> Toolchain:
    """The toolchain of a release ("1.27") or version ("1.27.3"), by default the newest there is.

    The cache's goes before the PATH's of the same release. Raises Unavailable, which says what
    to type.
    """
    if release is None:
        return _newest()
    for one in cached():
        if one.goes_by(release):
            return one
    other = on_path()
    if isinstance(other, Toolchain) and other.goes_by(release):
        return other
    raise missing(release, other)


def _newest() -> Toolchain:
    first = next(iter(cached()), None)
    if first is not None and first.release == RELEASES[-1]:
        return first  # nothing on the PATH could go before it: it need not be asked
    other = on_path()
    there = [one for one in (first, other) if isinstance(one, Toolchain)]
    if not there:
        raise missing(RELEASES[-1], other)
    return max(there, key=lambda one: RELEASES.index(one.release))  # of equals the first


def missing(word: str, other: Toolchain | LeftOut | None) -> Unavailable:
    """What to say where a toolchain is not there; ``other`` is what the PATH has instead."""
    release, version = split(word)
    instead = f" ({other})" if isinstance(other, LeftOut) else ""
    remedy = f"type `netpoll go install {release}`"
    if version not in (None, PINS[release]):
        remedy += f", which brings {PINS[release]}"
    return Unavailable(f"there is no Go {version or release} here{instead}; {remedy}")


def installed() -> tuple[Toolchain, ...]:
    """All that can be used, newest first, the cache's before the PATH's of the same release."""
    return usable(on_path())


def usable(other: Toolchain | LeftOut | None) -> tuple[Toolchain, ...]:
    """The same for who has asked the PATH already, which may take its time."""
    there = [*cached(), *([other] if isinstance(other, Toolchain) else [])]
    return tuple(sorted(there, key=lambda one: RELEASES.index(one.release), reverse=True))


def cached() -> tuple[Toolchain, ...]:
    """Those of the cache, newest first. Each was checked before it got its name there."""
    return tuple(sorted(_cached(), key=lambda one: numbers(one.version), reverse=True))


def _cached() -> Iterator[Toolchain]:
    home = toolchains_home()
    try:
        # A name with a dot in front is half made, or half removed.
        for name in os.listdir(home):
            named = NAMED.fullmatch(name)
            if named is not None and named["release"] in RELEASES and _has_sources(home / name):
                yield Toolchain(
                    release=named["release"], version=name, goroot=home / name, origin=CACHE
                )
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise Unavailable(
            f"the cache cannot be read: {error.filename}: {error.strerror};"
            " set NETPOLL_LAB_CACHE to a folder of yours"
        ) from error


def _has_sources(goroot: Path) -> bool:
    return (goroot / WITNESS).is_file()


def on_path() -> Toolchain | LeftOut | None:
    """The first ``go`` on the PATH, or why it cannot be used; None if there is none."""
    found = shutil.which("go")
    if found is None:
        return None
    go = Path(found).absolute()
    try:
        version, goroot = _told_by(go)
        complete = _has_sources(goroot)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return LeftOut(path=go, reason=f"it does not say who it is ({_short(error)})")
    named = NAMED.fullmatch(version)
    if named is None or named["release"] not in RELEASES:
        known = f"{RELEASES[0]} to {RELEASES[-1]}"
        return LeftOut(path=go, reason=f"it is {version!r}, and only releases {known} are known")
    if not complete:
        return LeftOut(path=go, reason=f"{goroot} has no {WITNESS}")
    return Toolchain(
        release=named["release"],
        version=version.removeprefix("go"),
        goroot=goroot,
        origin=PATH,
    )


def _told_by(go: Path) -> tuple[str, Path]:
    """A go's version ("go1.27.3") and GOROOT. Raises OSError, SubprocessError, ValueError."""
    done = group.run(
        [go, "env", "GOVERSION", "GOROOT"],
        cwd="/",  # a go.mod around us must not matter
        environment={**os.environ, **LOCAL},
        limit_s=ASKED_FOR_S,
    )
    done.check_returncode()
    version, goroot = done.stdout.splitlines()
    if not os.path.isabs(goroot):
        raise ValueError(goroot)
    return version, Path(goroot)


def _short(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        said = (error.stderr or error.stdout or "").strip().splitlines()
        return f"status {error.returncode}" + (f": {said[-1]}" if said else "")
    if isinstance(error, subprocess.TimeoutExpired):
        return f"nothing within {ASKED_FOR_S} s"
    return str(getattr(error, "strerror", None) or "its answer is not understood")


def split(word: str) -> tuple[str, str | None]:
    """The release and, if it was given, the version of "1.27", "go1.27" or "1.27.3".

    Raises Unavailable for a release that this project does not know.
    """
    named = NAMED.fullmatch(word)
    if named is None or named["release"] not in RELEASES:
        raise Unavailable(
            f"{word!r} is no release of Go that is known here; there are {', '.join(RELEASES)}"
        )
    release = named["release"]
    return release, None if named["patch"] is None else f"{release}.{named['patch']}"


def numbers(version: str) -> tuple[int, ...]:
    """A version as something that can be ordered: 1.22.10 comes after 1.22.9."""
    return tuple(map(int, version.split(".")))
