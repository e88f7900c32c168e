"""What the tests of real epoll share: runs that may be late, and counts of what is left behind."""

import os
import socket
import threading

import pytest

from realpoll import Connection, Loop, RealEpoll
from scenario import Channels, Scenario, Trace, channels, parse


def scenario(body: str, *, script: str = "", procs: int = 1) -> Scenario:
    """A scenario from its tables, with a question that does not matter."""
    head = f'question = "What happens?"\nfinding = "This"\nprocs = {procs}\nscript = [{script}]\n'
    return parse(head + body, name="here", origin="here")


def real(asked: Scenario, *, pipe: bool = False) -> Trace:
    """A run that counts. One that was measured to be late says nothing: the test is skipped."""
    trace = RealEpoll(pipe=pipe).run(asked)
    if trace.inconclusive:
        assert all("ms late (limit" in reason for reason in trace.inconclusive), trace.inconclusive
        pytest.skip(f"the machine was late: {trace.inconclusive[0]}")
    return trace


def seen(asked: Scenario, *, pipe: bool = False) -> Channels:
    """The channels of a run that counts."""
    return channels(real(asked, pipe=pipe))


def wakes(told: Channels) -> list[str]:
    return [str(wake) for wake in told.wake]


def batches(told: Channels) -> list[list[str]]:
    return [[str(ready) for ready in batch] for batch in told.batch]


def breaks(told: Channels) -> list[str]:
    return [str(each) for each in told.brk]


def steps(told: Channels) -> dict[str, list[str]]:
    return {g: [str(result) for result in results] for g, results in told.step.items()}


def descriptors() -> int:
    """How many descriptors this process has open (one more is the count's own)."""
    return len(os.listdir("/proc/self/fd"))


def threads() -> set[str]:
    """The names of all threads of this process."""
    return {thread.name for thread in threading.enumerate()}


def pair(loop: Loop) -> tuple[Connection, Connection]:
    """Both ends of a socket pair."""
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    first, second = (loop.connection(end.detach()) for end in ends)
    return first, second


async def waiting(loop: Loop, count: int) -> None:
    """Return when so many goroutines wait for descriptors."""
    while loop.waiting < count:
        await loop.step_aside()


async def idle(loop: Loop) -> None:
    """Return when everybody else has run until it had to wait. For a loop with one token."""
    while loop.everywhere or any(token.local or token.soon for token in loop.tokens):
        await loop.step_aside()
