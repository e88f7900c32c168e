"""Whether a Go process is quiet, seen from outside: what each of its threads sleeps in.

Linux on amd64. A thread counts as asleep while /proc/PID/task/TID/syscall shows the system call
it waits in and its state is S. Two rounds that show the same for every thread, the number of its
voluntary switches included, prove that between them nobody ran: who runs and sleeps again has one
more switch. Then at one instant all slept.

Sleeping is quiet only in a futex (an idle thread), in a poll, or, for the one thread that takes
the commands, in the read of its pipe. sysmon sleeps in a futex only while every P is idle
(runtime/proc.go:sysmon); otherwise in a nanosleep, which is not quiet. So no P is left in a
system call, and no goroutine is runnable.
"""

import os
import time
from pathlib import Path
from typing import NamedTuple

READ, FUTEX, EPOLL_WAIT, EPOLL_PWAIT = 0, 202, 232, 281
"""Numbers of system calls (asm/unistd_64.h)."""
POLLS = frozenset({EPOLL_WAIT, EPOLL_PWAIT})
PAUSE_S = 100e-6
QUIET_LIMIT_S = 3.0
"""How long things may take to become quiet, beyond what the scenario's own durations take."""
STOPPED = frozenset("Tt")
ASLEEP = "S"
DEAD = "Z"
ENDED = "the process ended before the script did"


class NotQuiet(Exception):
    """The process did not come to rest in time, or is gone. The message says what it did."""


class Seen(NamedTuple):
    """A thread: its state's letter, its system call (None: it runs) and argument, its switches."""

    state: str
    call: int | None
    argument: int
    switches: int


class Threads:
    """The threads of a process whose command pipe has the number ``commands``."""

    def __init__(self, pid: int, commands: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._commands = commands

    def wait_until_quiet(self, limit_s: float = QUIET_LIMIT_S) -> dict[int, Seen]:
        """The threads as they sleep. Raises NotQuiet."""
        limit = time.monotonic() + limit_s
        before = self.round()
        while True:
            now = self.round()
            if now == before and self._quiet(now):
                return now
            if time.monotonic() > limit:
                raise NotQuiet(f"it was not quiet after {limit_s:g} s: {_told(now)}")
            before = now
            time.sleep(PAUSE_S)

    def wait_until_stopped(self) -> None:
        """Return when a stop signal has reached every thread. Raises NotQuiet."""
        limit = time.monotonic() + QUIET_LIMIT_S
        while any(seen.state not in STOPPED for seen in self.round().values()):
            if time.monotonic() > limit:
                raise NotQuiet(f"it did not stop within {QUIET_LIMIT_S:g} s")

    def round(self) -> dict[int, Seen]:
        """One look at every thread. Raises NotQuiet if the process is gone."""
        found = {}
        for task in self._names():
            try:
                found[int(task)] = self._look(self._tasks / task)
            except (FileNotFoundError, ProcessLookupError):
                continue  # a thread that ended; its absence makes the rounds unequal
        if any(seen.state == DEAD for seen in found.values()):
            raise NotQuiet(ENDED)
        return found

    def _names(self) -> list[str]:
        try:
            return os.listdir(self._tasks)
        except FileNotFoundError:
            raise NotQuiet(ENDED) from None

    def _look(self, task: Path) -> Seen:
        call, argument = _call((task / "syscall").read_text())
        fields = dict(
            line.split(":\t", 1)
            for line in (task / "status").read_text().splitlines()
            if ":\t" in line
        )
        return Seen(fields["State"][0], call, argument, int(fields["voluntary_ctxt_switches"]))

    def _quiet(self, threads: dict[int, Seen]) -> bool:
        reading = sum(self._takes_commands(seen) for seen in threads.values())
        return reading == 1 and all(map(self._rests, threads.values()))

    def _rests(self, seen: Seen) -> bool:
        if seen.state != ASLEEP:
            return False
        return seen.call == FUTEX or seen.call in POLLS or self._takes_commands(seen)

    def _takes_commands(self, seen: Seen) -> bool:
        return seen.call == READ and seen.argument == self._commands


def polled(threads: dict[int, Seen]) -> bool:
    """Whether one of the sleeping threads waits in a poll."""
    return any(seen.call in POLLS for seen in threads.values())


def _call(text: str) -> tuple[int | None, int]:
    """proc(5): ``running``, or the call's number and its arguments."""
    words = text.split()
    if words[0] == "running":
        return None, 0
    return int(words[0]), int(words[1], 16)


def _told(threads: dict[int, Seen]) -> str:
    return ", ".join(
        f"{task} {'runs' if seen.call is None else f'{seen.state} in system call {seen.call}'}"
        for task, seen in sorted(threads.items())
    )
