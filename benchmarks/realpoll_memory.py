"""What a connection costs in memory while a goroutine waits to read from it.

Counted by tracemalloc: what Python allocated from before the connections were made until all
their readers waited, for one end of each pair. The kernel's share is the same for all.
"""

import asyncio
import gc
import os
import resource
import socket
import tracemalloc
from collections.abc import Callable

from realpoll import Connection, Loop

CONNECTIONS = 2_000
SPARE_DESCRIPTORS = 100


def _count() -> int:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return min(CONNECTIONS, (limit - SPARE_DESCRIPTORS) // 2)


def _ends(count: int) -> tuple[list[int], list[int]]:
    ours: list[int] = []
    theirs: list[int] = []
    for _ in range(count):
        for end, ends in zip(socket.socketpair(), (ours, theirs), strict=True):
            end.setblocking(False)
            ends.append(end.detach())
    return ours, theirs


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def realpoll(count: int) -> float:
    """Bytes a connection with realpoll."""
    ours, theirs = _ends(count)
    loop = Loop()

    async def wait(connection: Connection) -> None:
        while data := await connection.read(64):
            await connection.write(data)

    async def main() -> float:
        before = _traced()
        for fd in ours:
            loop.go(wait(loop.connection(fd)))
        while loop.waiting < count:
            await loop.step_aside()
        return (_traced() - before) / count

    try:
        return float(loop.run(main()))
    finally:
        for fd in theirs:
            os.close(fd)


def asyncio_sock(count: int) -> float:
    """Bytes a connection with asyncio's ``sock_recv`` in a task of its own."""
    ours, theirs = _ends(count)
    try:
        return asyncio.run(_asyncio_main(ours))
    finally:
        for fd in theirs:
            os.close(fd)


async def _asyncio_main(fds: list[int]) -> float:
    loop = asyncio.get_running_loop()

    async def wait(end: socket.socket) -> None:
        while data := await loop.sock_recv(end, 64):
            await loop.sock_sendall(end, data)

    before = _traced()
    ends = [socket.socket(fileno=fd) for fd in fds]
    tasks = [asyncio.create_task(wait(end)) for end in ends]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    found = (_traced() - before) / len(fds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        end.close()
    return found


RUNS: dict[str, Callable[[int], float]] = {"realpoll": realpoll, "asyncio": asyncio_sock}


def measure() -> dict[str, float]:
    """Bytes a connection, for each of ``RUNS``, and how many connections there were."""
    count = _count()
    tracemalloc.start()
    try:
        found = {f"{name}_bytes": run(count) for name, run in RUNS.items()}
    finally:
        tracemalloc.stop()
    return {**found, "connections": float(count)}


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:20} {value:10.0f}")
