"""A scenario performed from outside: the host of the script is another process.

The parent opens the descriptors and keeps the peers. It tells the program through a pipe when to
start a goroutine, performs the outside actions itself, and looks when all is quiet. The program's
main goroutine waits for commands in a read(2) that the poller knows nothing of: a system call, in
which sysmon takes its P away, as from the host of a script.

Several actions at once, or one that is several system calls, become one batch by stopping the
whole process: SIGSTOP, the actions, SIGCONT. A blocked epoll_wait then ends with EINTR before it
can fetch anything (signal(7)), and the runtime asks again.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from realgo.eyes import ends, quiet
from realgo.eyes.arrival import arrived
from realgo.eyes.ends import Link
from realgo.eyes.notes import Kind, Note, Notes
from realgo.process import environment, shortened
from realgo.wire import longest_ns, wire
from scenario import Action, Entry, Op, Outside, Scenario

OPEN, START, SCRIPT, END = b"o", b"g", b"s", b"e"
"""The commands, as program/main.go has them; the place of a goroutine follows, in three bytes."""
TIMED = frozenset({Op.SLEEP, Op.BUSY, Op.SET_DEADLINE, Op.SET_READ_DEADLINE, Op.SET_WRITE_DEADLINE})
TIMER_MARGIN_NS = 15_000_000
"""After its due time a timer has fired, or is too late for the run to say anything."""
END_LIMIT_S = 10.0
"""How long the program may take to end when it is told to."""
PLAIN = frozenset({Outside.WRITE, Outside.READ})
"""The actions that are one system call, which makes one event. A shutdown over TCP wakes twice:
Linux net/ipv4/tcp_input.c:tcp_fin, and tcp_data_queue behind it."""
ENDS_IT = frozenset({Outside.CLOSE, Outside.RESET, Outside.SHUTDOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An entry begins: at ``ns`` (CLOCK_MONOTONIC), at ``place`` of the watcher's record."""

    entry: int
    ns: int
    place: int
    blocked: bool


@dataclass(slots=True, kw_only=True)
class Performance:
    """What the outside knows of a run. ``trouble`` says why it says nothing (empty: it counts)."""

    script_ns: int = 0
    script_place: int = 0
    begun: list[Begun] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    end_place: int = 0
    record: str = ""
    traced: bytes = b""
    numbers: dict[str, int] = field(default_factory=dict)


class Watcher(Protocol):
    """Somebody who watches the process and keeps a record; ``place`` is its length by now."""

    def attach(self, pid: int, stack: ExitStack) -> None: ...

    def place(self) -> int: ...

    def text(self) -> str: ...


class Nobody:
    """Watches nothing."""

    def attach(self, pid: int, stack: ExitStack) -> None:
        """Nothing to do."""

    def place(self) -> int:
        """Its record is empty."""
        return 0

    def text(self) -> str:
        """The same."""
        return ""


def perform(
    scenario: Scenario,
    program: Path,
    watcher: Watcher,
    *,
    traced: bool = False,
    limit_s: float | None = None,
) -> Performance:
    """Run a scenario once. Raises Unavailable where there are too few descriptors.

    ``limit_s``: how long each entry may take to become quiet (None: long enough for what it is).
    """
    if limit_s is None:
        limit_s = quiet.QUIET_LIMIT_S + longest_ns(scenario) / 1e9
    with ExitStack() as stack:
        run = _Run(scenario, program, watcher, stack, traced=traced, limit_s=limit_s)
        try:
            run.perform()
        except quiet.NotQuiet as trouble:
            run.kill()
            run.done.trouble.append(f"{trouble}{run.said()}")
        run.done.notes = run.notes.read()
        return run.done


class _Run:
    """One process and what the outside has of it."""

    def __init__(
        self,
        scenario: Scenario,
        program: Path,
        watcher: Watcher,
        stack: ExitStack,
        *,
        traced: bool,
        limit_s: float,
    ) -> None:
        self.done = Performance()
        self.notes = Notes(scenario)
        stack.callback(self.notes.close)
        self._scenario = scenario
        self._places = {g: place for place, g in enumerate(scenario.goroutines)}
        self._watcher = watcher
        self._stack = stack
        self._links = ends.open_links(scenario, stack)
        self._ended: list[tuple[int, int]] = []
        self.done.numbers = {name: link.ours[0] for name, link in self._links.items()}
        self._trace = stack.enter_context(_memory("trace")) if traced else None
        self._process, self._commands, number = self._launch(program)
        self._threads = quiet.Threads(self._process.pid, number)
        self._limit_s = limit_s

    def perform(self) -> None:
        """The set-up, the script, the end. Raises NotQuiet."""
        self._threads.wait_until_quiet()
        self._watcher.attach(self._process.pid, self._stack)
        self._tell(OPEN)
        self._threads.wait_until_quiet()
        self._tell_own_descriptors()
        for g in self._scenario.goroutines:
            if g not in self._scenario.started_by_go:
                self._tell(START, g)
                self._wait()
        self._tell(SCRIPT)
        threads: dict[int, quiet.Seen] | None = self._wait()
        self.done.script_ns = time.monotonic_ns()
        self.done.script_place = self._watcher.place()
        for number, entry in enumerate(self._scenario.script):
            threads = self._entry(number, entry, threads)
        self._wait_for_timers()
        self._end()

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()
        self._process.wait()

    def said(self) -> str:
        """What it wrote on its standard error, for a message."""
        self._errors.seek(0)
        text = shortened(self._errors.read().decode(errors="replace"))
        return f"; it said: {text}" if text else ""

    def _launch(self, program: Path) -> tuple["subprocess.Popen[bytes]", IO[bytes], int]:
        text = self._stack.enter_context(_memory("scenario"))
        text.write(self._told())
        text.seek(0)
        self._errors = self._stack.enter_context(_memory("errors"))
        reader, writer = os.pipe()
        commands = self._stack.enter_context(os.fdopen(writer, "wb", buffering=0))
        inherited = [text.fileno(), reader, self.notes.fd]
        if self._trace is not None:
            inherited.append(self._trace.fileno())
        try:
            process = subprocess.Popen(
                [program, *map(str, inherited)],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                env=environment(self._scenario.procs),
                pass_fds=(*inherited, *(fd for link in self._links.values() for fd in link.ours)),
                cwd="/",
            )
        finally:
            os.close(reader)
            for link in self._links.values():
                link.close_ours()
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process, commands, reader

    def _told(self) -> bytes:
        told = json.loads(wire(self._scenario))
        for each, link in zip(told["Descriptors"], self._links.values(), strict=True):
            each["Number"], *each["Spares"] = link.ours
        return json.dumps(told).encode()

    def _tell(self, command: bytes, g: str | None = None) -> None:
        place = 0 if g is None else self._places[g]
        try:
            self._commands.write(command + place.to_bytes(3, "little"))
        except BrokenPipeError:
            raise quiet.NotQuiet(quiet.ENDED) from None

    def _tell_own_descriptors(self) -> None:
        folder = Path(f"/proc/{self._process.pid}")
        for fd in (folder / "fd").iterdir():
            if os.readlink(fd) == "anon_inode:[eventpoll]":
                self.notes.tell_own_descriptors(int(fd.name), self._break_fd(folder, fd.name))

    def _break_fd(self, folder: Path, epoll: str) -> int:
        """proc_pid_fdinfo(5): what an instance watches, a line each; the lowest is the poller's."""
        lines = (folder / "fdinfo" / epoll).read_text().splitlines()
        watched = [int(line.split()[1]) for line in lines if line.startswith("tfd:")]
        return min(watched)

    def _entry(
        self, number: int, entry: Entry, threads: dict[int, quiet.Seen] | None
    ) -> dict[int, quiet.Seen] | None:
        """Perform an entry; the threads at rest after it, or None after a `nowait`."""
        if entry.at_ns is not None:
            _sleep_until(self.done.script_ns + entry.at_ns)
        blocked = quiet.polled(self._threads.round() if threads is None else threads)
        self.done.begun.append(
            Begun(
                entry=number,
                ns=time.monotonic_ns(),
                place=self._watcher.place(),
                blocked=blocked,
            )
        )
        if entry.plain is not None:
            self._tell(START, entry.plain.g)
        elif threads is None or (len(entry.held) == 1 and entry.held[0].op in PLAIN):
            self._act(entry.held)
        else:
            with self._stopped():
                self._act(entry.held)
                self._wait_for_arrival()
        return None if entry.nowait else self._wait()

    @contextmanager
    def _stopped(self) -> Iterator[None]:
        self._process.send_signal(signal.SIGSTOP)
        try:
            self._threads.wait_until_stopped()
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _act(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            link = self._links[action.fd or ""]
            link.reopened(self._reopenings(link))
            ends.perform(action, link)
            if link.ports and action.op in ENDS_IT:
                self._ended.append(link.ports[link.generation])

    def _reopenings(self, link: Link) -> int:
        goroutines = tuple(self._scenario.goroutines.values())
        done = (
            goroutines[note.g][note.step] for note in self.notes.read() if note.kind is Kind.END
        )
        return sum(step.op is Op.REOPEN and step.fd == link.name for step in done)

    def _wait(self) -> dict[int, quiet.Seen]:
        """Until all is quiet and nothing is under way over TCP."""
        self._wait_for_arrival()
        return self._threads.wait_until_quiet(self._limit_s)

    def _wait_for_arrival(self) -> None:
        ports = [pair for link in self._links.values() for pair in link.ports]
        _wait_until(
            lambda: not ports or arrived(ports, self._ended), "what was sent over TCP to arrive"
        )

    def _wait_for_timers(self) -> None:
        """Until all is quiet and no timer of the scenario is pending."""
        while True:
            threads = self._wait()
            last = max(self._due(), default=0)
            if last <= time.monotonic_ns() and threads == self._threads.round():
                return
            _sleep_until(last)

    def _due(self) -> Iterator[int]:
        """When each timer that was set is over, in ns."""
        goroutines = tuple(self._scenario.goroutines.values())
        for note in self.notes.read():
            if note.kind is Kind.BEGIN:
                step = goroutines[note.g][note.step]
                if step.op in TIMED and (step.ns or 0) > 0:
                    yield note.ns + (step.ns or 0) + TIMER_MARGIN_NS

    def _end(self) -> None:
        self.done.end_place = self._watcher.place()
        self.done.record = self._watcher.text()
        self._tell(END)
        try:
            status = self._process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            raise quiet.NotQuiet(f"it had not ended {END_LIMIT_S:g} s after the script") from None
        if status:
            raise quiet.NotQuiet(f"it ended with status {status}")
        if self._trace is not None:
            self._trace.seek(0)
            self.done.traced = self._trace.read()


def _memory(name: str) -> IO[bytes]:
    return os.fdopen(os.memfd_create(name), "r+b", buffering=0)


def _sleep_until(ns: int) -> None:
    while (left := ns - time.monotonic_ns()) > 0:
        time.sleep(left / 1e9)


def _wait_until(reached: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + quiet.QUIET_LIMIT_S
    while not reached():
        if time.monotonic() > limit:
            raise quiet.NotQuiet(f"it waited {quiet.QUIET_LIMIT_S:g} s for {what}")
        time.sleep(quiet.PAUSE_S)
