"""strace as an eye: what epoll_ctl was asked and what each epoll_wait returned.

It attaches to a program that waits for its first command, so that it sees the poller from its
beginning. Every line that it writes is in the file before the thread goes on: the length of the
file, taken while all is quiet, divides what came before from what comes after.
"""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from scenario import Unavailable

CALLS = "epoll_create,epoll_create1,epoll_ctl,epoll_wait,epoll_pwait,epoll_pwait2"
OPTIONS = ("-f", "-v", "-X", "raw", "-e", f"trace={CALLS}", "-e", "signal=none")
"""Every thread; structures in full; flags as numbers."""
ATTACH_LIMIT_S = 10.0
PAUSE_S = 1e-3
ATTACHED = re.compile(r"Process \d+ attached")

ADD, DEL = 1, 2
"""linux/eventpoll.h: EPOLL_CTL_ADD, EPOLL_CTL_DEL."""
_LINE = re.compile(r"(?P<task>\d+) +(?P<rest>.*)")
_RESUMED = re.compile(r"<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)")
_UNFINISHED = " <unfinished ...>"
_CONTROL = re.compile(
    r"epoll_ctl\((?P<epoll>\d+), (?P<op>\w+), (?P<fd>\d+), (?P<event>.*)\) += (?P<result>-?\d+)"
)
_REGISTERS = re.compile(r"epoll_ctl\(\d+, (?:0x)?1, ")
_WAITED = re.compile(r"epoll_p?wait2?\((?P<epoll>\d+), (?P<events>.*), \d+, .*\) += (?P<n>\d+)")
_NUMBER = r"0x[0-9a-f]+|\d+"
_EVENT = re.compile(
    rf"\{{events=(?P<mask>{_NUMBER}), data=(?:\{{u32=(?:{_NUMBER}), u64=)?(?P<data>{_NUMBER})\}}+"
)


class Event(NamedTuple):
    """One event of a poll: the registered number (None: its registration was not seen) and mask."""

    fd: int | None
    mask: int
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A poll that returned events. ``place`` is where its line ends in the record, in bytes."""

    task: int
    place: int
    events: tuple[Event, ...]


class NotUnderstood(Exception):
    """A line of strace's that this reader does not know."""


@dataclass(slots=True)
class Strace:
    """A running strace; ``path`` is where it writes. Raises Unavailable where there is none."""

    command: str = field(default_factory=lambda: _command())
    path: Path = Path()

    def attach(self, pid: int, stack: ExitStack) -> None:
        """Watch a process from now until it ends. Raises Unavailable if that is not allowed."""
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.path, said = folder / "strace", folder / "said"
        with said.open("wb") as errors:
            process = subprocess.Popen(
                [self.command, *OPTIONS, "-o", self.path, "-p", str(pid)],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
            )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        limit = time.monotonic() + ATTACH_LIMIT_S
        while not ATTACHED.search(said.read_text(errors="replace")):
            if process.poll() is not None or time.monotonic() > limit:
                raise forbidden(said.read_text(errors="replace"))
            time.sleep(PAUSE_S)

    def place(self) -> int:
        """The length of the record by now, in bytes."""
        return self.path.stat().st_size

    def text(self) -> str:
        """The record."""
        return self.path.read_text()


def _command() -> str:
    found = shutil.which("strace")
    if found is None:
        raise Unavailable(
            "strace is not there, so nobody but the runtime says what the kernel returned;"
            " on Debian and Ubuntu: apt-get install strace"
        )
    return found


def check() -> None:
    """Raise Unavailable where there is no strace, or where it may watch nobody."""
    strace = Strace()
    sleeper = subprocess.Popen(["sleep", str(ATTACH_LIMIT_S)], stdin=subprocess.DEVNULL)
    try:
        with ExitStack() as stack:
            strace.attach(sleeper.pid, stack)
    finally:
        sleeper.kill()
        sleeper.wait()


def forbidden(said: str) -> Unavailable:
    """What to raise when strace could not attach."""
    reason = " ".join(said.split()) or f"it had not attached after {ATTACH_LIMIT_S:g} s"
    return Unavailable(
        f"strace could not watch a process ({reason}); a container needs --cap-add=SYS_PTRACE,"
        " and kernel.yama.ptrace_scope must be below 3"
    )


def polls(text: str) -> Iterator[Poll]:
    """The polls of a record that returned events. Raises NotUnderstood."""
    watched: dict[int, int] = {}  # what the kernel gives back, and the number it stands for
    live: set[int] = set()
    # What a registration brings may be fetched, and written down, before the call has returned.
    for _, task, place, call in sorted(_calls(text), key=lambda each: each[0]):
        if control := _CONTROL.fullmatch(call):
            _register(control, watched, live)
        elif waited := _WAITED.fullmatch(call):
            events = tuple(_events(waited["events"], int(waited["n"]), watched, live))
            if events:
                yield Poll(task=task, place=place, events=events)
        elif not _without_effect(call):
            raise NotUnderstood(f"strace wrote `{call}`, which this reader does not know")


def _calls(text: str) -> Iterator[tuple[int, int, int, str]]:
    """Each call that ended, in one piece: where it counts, its thread, its end's place, itself.

    A registration counts from its beginning on, everything else from its end.
    """
    begun: dict[int, tuple[int, str]] = {}
    place = 0
    for line in text.splitlines(keepends=True):
        place += len(line.encode())
        parts = _LINE.fullmatch(line.rstrip("\n"))
        if parts is None:
            raise NotUnderstood(f"strace wrote `{line.rstrip()}`, which this reader does not know")
        task, rest = int(parts["task"]), parts["rest"]
        if rest.endswith(_UNFINISHED):
            begun[task] = place, rest.removesuffix(_UNFINISHED)
        elif not line.endswith("\n"):
            return  # a call that had not ended when the record was taken
        elif resumed := _RESUMED.fullmatch(rest):
            since, first = begun.pop(task, (place, resumed["call"] + "("))
            counts = since if _REGISTERS.match(first) else place
            yield counts, task, place, first + resumed["rest"]
        elif not rest.startswith(("+++", "---")):
            yield place, task, place, rest


def _register(control: "re.Match[str]", watched: dict[int, int], live: set[int]) -> None:
    if control["result"] != "0":
        return  # a regular file: EPERM
    fd, op = int(control["fd"]), int(control["op"], 0)
    if op == DEL:
        live.difference_update({data for data, number in watched.items() if number == fd})
    elif op == ADD:
        event = _EVENT.fullmatch(control["event"])
        if event is None:
            raise NotUnderstood(
                f"strace wrote `{control[0]}`, whose event this reader does not know"
            )
        data = int(event["data"], 0)
        watched[data] = fd
        live.add(data)


def _events(text: str, count: int, watched: Mapping[int, int], live: set[int]) -> Iterator[Event]:
    found = list(_EVENT.finditer(text))
    if len(found) != count:
        raise NotUnderstood(f"strace wrote {len(found)} events of a poll that returned {count}")
    for event in found:
        data = int(event["data"], 0)
        yield Event(
            fd=watched.get(data),
            mask=int(event["mask"], 0),
            stale=data not in live,
        )


def _without_effect(call: str) -> bool:
    """An instance was made; or a call failed: EINTR of a stopped process above all."""
    return call.startswith("epoll_create") or re.search(r"\) += (-1 |\?)", call) is not None
