"""Build a Go program with a toolchain, with or without the overlay, once for the same content."""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from realgo import group
from realgo import overlay as overlays
from realgo.overlay import Anchor
from realgo.records import VARIABLE
from realgo.toolchain import NO_TELEMETRY, Toolchain, builds_home, cache_home
from scenario import Unavailable

KEPT = 4
"""How many builds of one package by one release stay: with the overlay, without, and two faults."""
LIST_LIMIT_S = 60
BUILD_LIMIT_S = 600
"""A build takes 20 s on two cores; the limits are there so that a stuck one ends."""
EXECUTABLE = "program"
UNFINISHED = "unfinished-"

SOURCES = ("GoFiles", "SFiles", "HFiles", "SysoFiles", "EmbedFiles")
"""What of a package goes into a build without cgo, as ``go list`` calls it."""
KEPT_VARIABLES = ("GOPATH", "GOMODCACHE")
"""Of the user's Go variables only where modules already lie; nothing is fetched."""
OURS = {
    "GOENV": "off",
    "XDG_CONFIG_HOME": NO_TELEMETRY,
    "GOTOOLCHAIN": "local",
    "GOPROXY": "off",
    "GOFLAGS": "",
    "GOWORK": "off",
    "CGO_ENABLED": "0",
    "GOOS": "linux",
    "GOARCH": "amd64",
}

Say = Callable[[str], None]


def quiet(line: str) -> None:
    """Says nothing."""


def build(
    toolchain: Toolchain,
    package: Path,
    *,
    overlay: bool = True,
    first: Iterable[Anchor] = (),
    say: Say | None = None,
) -> Path:
    """The executable of the main package in a folder; from the cache if nothing has changed.

    ``first``: edits of Go's runtime that come before the overlay's, such as a seeded fault.
    ``say`` is given a line when something has to be built. Raises Unavailable: not Linux on
    amd64, an anchor that does not fit, or a build error with the compiler's own text.
    """
    _check_machine()
    package, faults = package.absolute(), tuple(first)
    texts = overlays.contents(toolchain, first=faults) if overlay else {}
    shelf = builds_home() / toolchain.version / _shelf(package)
    tell = say or quiet
    with _told(shelf), _locked(shelf, tell) as lock:
        _check_may_run(shelf)
        _gocache().mkdir(exist_ok=True)  # here, where a refusal says what to do
        made = shelf / _key(toolchain, package, texts)
        if not _is_whole(made / EXECUTABLE):
            tell(f"building {package.name} for Go {toolchain.version} (about 20 s, once)")
            _make(toolchain, package, texts, made, lock)
        os.utime(made)
        _forget(shelf)
    return made / EXECUTABLE


def _check_machine() -> None:
    machine = platform.machine()
    if sys.platform != "linux" or machine not in ("x86_64", "amd64"):
        raise Unavailable(
            f"the overlay of the Go runtime is for Linux on amd64; this is {sys.platform} on "
            f"{machine}. The model runs everywhere: netpoll run --backend model"
        )


def _shelf(package: Path) -> str:
    """A folder name for a package: its own name, and something of its path."""
    return f"{package.name}-{hashlib.sha256(os.fsencode(package)).hexdigest()[:8]}"


def _key(toolchain: Toolchain, package: Path, texts: dict[Path, str]) -> str:
    """A digest of everything that goes into a build."""
    digest = hashlib.sha256(f"{toolchain.version} {toolchain.goroot}".encode())
    for target, text in sorted(texts.items()):
        digest.update(f"\0{target}\0{text}".encode())
    for path in sorted(_sources(toolchain, package)):
        digest.update(b"\0" + os.fsencode(path) + b"\0")
        digest.update(_bytes(path))
    return digest.hexdigest()[:32]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}; nothing was built") from error


def _sources(toolchain: Toolchain, package: Path) -> set[Path]:
    """The files of a program that are not Go's own library, as ``go list`` finds them."""
    fields = ",".join(("Dir", "Standard", "Name", "DepOnly", "Module", *SOURCES))
    listing = _go(toolchain, package, LIST_LIMIT_S, "list", "-deps", f"-json={fields}", ".")
    found: set[Path] = set()
    for each in _json_values(listing):
        if each.get("Standard"):
            continue
        if not each.get("DepOnly") and each.get("Name") != "main":
            raise Unavailable(f"{package}: package {each.get('Name')} is no program: name a main")
        folder = Path(each["Dir"])
        found.update(folder / name for kind in SOURCES for name in each.get(kind) or ())
        settings = (each.get("Module") or {}).get("GoMod")
        if settings:  # go.mod says which language version, which decides what the text means
            found.add(Path(settings))
    return found


def _json_values(text: str) -> Iterator[dict[str, Any]]:
    """The objects that ``go list -json`` prints one after another."""
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text.rstrip()):
        value, at = decoder.raw_decode(text, at)
        yield value
        at += len(text[at:]) - len(text[at:].lstrip())


def _is_whole(program: Path) -> bool:
    """Whether it can be run, as far as can be seen. After a power failure a file may be empty."""
    if not program.is_file():
        return False
    seen = program.stat()
    return seen.st_size > 0 and seen.st_mode & 0o111 != 0


def _check_may_run(shelf: Path) -> None:
    if os.statvfs(shelf).f_flag & os.ST_NOEXEC:
        raise Unavailable(
            f"nothing can be run in {shelf}; set NETPOLL_LAB_CACHE to a folder of a file system"
            " that is not mounted noexec"
        )


def _make(
    toolchain: Toolchain, package: Path, texts: dict[Path, str], made: Path, lock: int
) -> None:
    """Build beside the place where it is to stand, then put it there in one step."""
    # A compiler that is being killed may still write there: then the next builder sweeps it.
    with tempfile.TemporaryDirectory(
        prefix=UNFINISHED, dir=made.parent, ignore_cleanup_errors=True
    ) as folder:
        program = Path(folder, "new", EXECUTABLE)
        # Asked about a checkout of another user's, git fails, and the build with it.
        options = ["-trimpath", "-buildvcs=false", "-o", str(program)]
        if texts:
            options += ["-overlay", str(overlays.write(texts, Path(folder, "overlay")))]
        _go(toolchain, package, BUILD_LIMIT_S, "build", *options, ".", beside=folder, lock=lock)
        if texts:
            _check_overlaid(toolchain, program)
        _take_away(made)
        os.replace(program.parent, made)


def _take_away(path: Path) -> None:
    """Remove whatever stands there, if anything does."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _check_overlaid(toolchain: Toolchain, program: Path) -> None:
    """The go command says nothing about an overlay whose paths are not those it reads."""
    if VARIABLE.encode() not in program.read_bytes():
        raise Unavailable(
            f"Go {toolchain.version} in {toolchain.goroot} passes over the overlay: it reads its "
            "own library from elsewhere. Use one that `netpoll go install` installs"
        )


def _go(
    toolchain: Toolchain,
    package: Path,
    limit_s: float,
    *arguments: str,
    beside: str | None = None,
    lock: int | None = None,
) -> str:
    """Run the go command in a package's folder and give what it prints. Raises Unavailable.

    ``beside``: where it puts what it leaves behind when it is killed. ``lock`` is a descriptor
    that it keeps open: who finds it released knows that no go that outlived us still writes.
    """
    temporary = {} if beside is None else {"GOTMPDIR": beside}
    try:
        done = group.run(
            [toolchain.go, *arguments],
            cwd=package,
            environment={**environment(), **temporary, "GOROOT": str(toolchain.goroot.resolve())},
            limit_s=limit_s,
            inherit=() if lock is None else (lock,),
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{package}: go {arguments[0]} was not done in {limit_s:.0f} s") from None
    except OSError as error:
        remedy = _remedy(toolchain) if error.filename == toolchain.go else ""
        raise Unavailable(f"{package}: {error.strerror}: {error.filename}{remedy}") from None
    _check_ended(done, toolchain, f"{package}: go {arguments[0]} with Go {toolchain.version}")
    return done.stdout


def _check_ended(done: "subprocess.CompletedProcess[str]", toolchain: Toolchain, who: str) -> None:
    """Raise Unavailable with what the go command said, or with its status if it said nothing."""
    said = (done.stderr or done.stdout).strip()
    if done.returncode < 0 or (done.returncode and not said):
        raise Unavailable(
            f"{who} ended with status {done.returncode} and said nothing{_remedy(toolchain)}"
        )
    if done.returncode:
        raise Unavailable(f"{who} says:\n{said}")


def _remedy(toolchain: Toolchain) -> str:
    """What to do about a go that does not work: one of the cache is then made anew."""
    return f"; `netpoll go install {toolchain.release}` brings one that works"


def environment() -> dict[str, str]:
    """What the go command sees: none of the user's settings, nothing fetched, our own cache."""
    kept = {
        name: value
        for name, value in os.environ.items()
        # The go command refuses a relative one.
        if not name.startswith("GO") or (name in KEPT_VARIABLES and os.path.isabs(value))
    }
    return {**kept, **OURS, "GOCACHE": str(_gocache())}


def _gocache() -> Path:
    return cache_home() / "gocache"


@contextmanager
def _told(shelf: Path) -> Iterator[None]:
    """Turn what the file system refuses meanwhile, a full disk above all, into one message."""
    try:
        yield
    except BrokenPipeError:  # nobody reads what ``say`` prints any more
        raise
    except OSError as error:
        raise Unavailable(
            f"{error.filename or shelf}: {error.strerror}; nothing was built. Free some room, or"
            " set NETPOLL_LAB_CACHE to a folder that can be written"
        ) from error


@contextmanager
def _locked(shelf: Path, say: Say) -> Iterator[int]:
    """One builder at a time: the others wait, and then find what it made."""
    shelf.mkdir(parents=True, exist_ok=True)
    with (shelf / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another netpoll is building this; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def _forget(shelf: Path) -> None:
    """Remove what a killed builder left, and all builds but the last used. The lock is held."""
    builds = []
    for each in shelf.iterdir():
        if each.name.startswith(UNFINISHED):
            _take_away(each)
        elif each.is_dir():
            builds.append(each)
    builds.sort(key=lambda each: each.stat().st_mtime_ns, reverse=True)
    for old in builds[KEPT:]:
        shutil.rmtree(old)
