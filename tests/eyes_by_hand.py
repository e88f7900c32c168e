"""What the tests of the eyes share: performances, records of strace and of a tracer, by hand."""

from collections.abc import Sequence
from pathlib import Path

from realgo.eyes.notes import Kind, Note
from realgo.eyes.outside import Begun, Performance
from realgo.toolchain import Toolchain
from scenario import Scenario

FIRST = 512
SET_UP = "77 epoll_create1(0x80000) = 4\n"
BREAK = "77 epoll_ctl(4, 0x1, 5, {events=0x1, data={u32=9, u64=9}}) = 0\n"
INTEREST = "0x80002005"
IN_OUT = 0x5


def toolchain(release: str = "1.27") -> Toolchain:
    """One that is nowhere: enough for what does not run it."""
    version = f"{release}.0"
    return Toolchain(release=release, version=version, goroot=Path("/nowhere"), origin="cache")


def added(fd: int, data: int) -> str:
    """strace's line of a registration."""
    event = f"{{events={INTEREST}, data={{u32={data}, u64={data}}}}}"
    return f"77 epoll_ctl(4, 0x1, {fd}, {event}) = 0\n"


def removed(fd: int) -> str:
    """strace's line of the end of a registration."""
    return f"77 epoll_ctl(4, 0x2, {fd}, 0xc000012345) = 0\n"


def polled(*events: tuple[int, int], timeout: int = -1) -> str:
    """strace's line of a poll that returned these (data, mask)."""
    told = ", ".join(
        f"{{events={mask:#x}, data={{u32={data}, u64={data}}}}}" for data, mask in events
    )
    return f"78 epoll_pwait(4, [{told}], 128, {timeout}, NULL, 0) = {len(events)}\n"


def watched(scenario: Scenario) -> str:
    """All descriptors registered; the data of each is its number times 1000."""
    numbers = range(FIRST, FIRST + len(scenario.fds))
    return SET_UP + BREAK + "".join(added(fd, 1000 * fd) for fd in numbers)


def performance(
    scenario: Scenario, before: str = "", during: str = "", blocked: Sequence[bool] = ()
) -> Performance:
    """A performance in which every step that a scenario has ended well, with strace's record."""
    flags = blocked or [True] * len(scenario.script)
    return Performance(
        script_ns=1_000,
        script_place=len(before),
        begun=[
            Begun(entry=entry, ns=2_000 + entry, place=len(before), blocked=flag)
            for entry, flag in enumerate(flags)
        ],
        notes=list(_notes(scenario)),
        end_place=len(before + during),
        record=before + during,
        numbers={name: FIRST + place for place, name in enumerate(scenario.fds)},
    )


def _notes(scenario: Scenario) -> list[Note]:
    notes = [Note(Kind.SCRIPT, 0, 0, 0, "ok", 900)]
    for g, steps in enumerate(scenario.goroutines.values()):
        notes.append(Note(Kind.START, g, 0, 0, "ok", 100 + g))
        for place in range(len(steps)):
            notes.append(Note(Kind.BEGIN, g, place, 0, "ok", 200 + g))
            notes.append(Note(Kind.END, g, place, 8, "ok", 900_000))
    return notes


def mark(ns: int, g: int, message: str) -> str:
    """A tracer's line of a mark, as Go 1.22 and later print it."""
    return f'M=1 P=0 G={g} Log Time={ns} Task=0 Category="eyes" Message="{message}"\n'


def state(
    ns: int, g: int, change: str, *, by: int = -1, p: int = 0, m: int = 3, why: str = ""
) -> str:
    """A tracer's line of a change, such as ``Waiting->Runnable``."""
    return f'M={m} P={p} G={by} StateTransition Time={ns} GoID={g} {change} Reason="{why}"\n'


def parked(count: int, why: str = "network") -> str:
    """The goroutines 10, 11, ... say who they are and wait; then the script begins, at 900."""
    lines = ""
    for place in range(count):
        lines += mark(100 + place, 10 + place, f"goroutine {place}")
        lines += state(200 + place, 10 + place, "Running->Waiting", by=10 + place, why=why)
    return lines + mark(900, 1, "script")


def freed(order: Sequence[int], *, p: int = 0, by: int = -1) -> str:
    """The goroutines are made runnable in this order, as traced."""
    return "".join(
        state(3_000 + at, 10 + place, "Waiting->Runnable", p=p, by=by)
        for at, place in enumerate(order)
    )


def ran(order: Sequence[int]) -> str:
    """They run in this order."""
    return "".join(
        state(4_000 + at, 10 + place, "Runnable->Running") for at, place in enumerate(order)
    )
