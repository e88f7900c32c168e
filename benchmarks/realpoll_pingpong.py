"""How many wakeups a second: ping-pong over socket pairs, on realpoll and on what it competes with.

Both ends of each pair read a byte and write it back, in one process. One wakeup is one message that
arrived. ``raw`` is the floor: edge-triggered callbacks on ``select.epoll`` which read once, with no
goroutine at all; realpoll reads again until EAGAIN before it parks, in Go's order.
"""

import asyncio
import os
import resource
import select
import socket
import time
from collections.abc import Callable
from statistics import median

from benchmarks.realpoll_others import installed, missing
from realpoll import Connection, Loop

PAIRS = (100, 1_000)
MESSAGES = 60_000
ROUNDS = 5
SPARE_DESCRIPTORS = 100
INTEREST = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
"""What Go and realpoll register once for each descriptor, so raw does too."""
Run = Callable[[int, int], float]


def _pairs(count: int) -> list[tuple[socket.socket, socket.socket]]:
    pairs = [socket.socketpair() for _ in range(count)]
    for pair in pairs:
        for end in pair:
            end.setblocking(False)
    return pairs


def _allow(descriptors: int) -> None:
    """Raise the soft limit of open files as far as it takes, and as may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(descriptors, hard), hard))


def raw(pairs: int, messages: int) -> float:
    """Seconds for so many messages with callbacks on a bare epoll."""
    ends = [end for pair in _pairs(pairs) for end in pair]
    epoll = select.epoll()
    left = messages

    def callback(fd: int) -> Callable[[int], None]:
        def ready(mask: int) -> None:
            if mask & select.EPOLLIN:
                os.write(fd, os.read(fd, 64))

        return ready

    callbacks = {end.fileno(): callback(end.fileno()) for end in ends}
    for fd in callbacks:
        epoll.register(fd, INTEREST)
    epoll.poll(0, len(ends))
    begun = time.perf_counter()
    for end in ends[::2]:
        end.send(b"x")
    while left > 0:
        events = epoll.poll(-1, 128)
        for fd, mask in events:
            callbacks[fd](mask)
        left -= len(events)
    spent = time.perf_counter() - begun
    epoll.close()
    for end in ends:
        end.close()
    return spent * messages / (messages - left)


def realpoll(pairs: int, messages: int) -> float:
    """Seconds for so many messages with goroutines over realpoll, one token."""
    loop = Loop()
    ends = [end.detach() for pair in _pairs(pairs) for end in pair]
    return float(loop.run(_realpoll_main(loop, ends, messages)))


async def _realpoll_main(loop: Loop, ends: list[int], messages: int) -> float:
    connections = [loop.connection(fd) for fd in ends]
    rounds = messages // len(connections)
    playing = len(connections)
    over = loop.semaphore()

    async def play(connection: Connection) -> None:
        nonlocal playing
        read, write = connection.read, connection.write
        for _ in range(rounds):
            await write(await read(64))
        playing -= 1
        if not playing:
            over.release()

    for connection in connections:
        loop.go(play(connection))
    await loop.step_aside()  # until all of them wait
    begun = time.perf_counter()
    for connection in connections[::2]:
        await connection.write(b"x")
    await over.acquire()
    return time.perf_counter() - begun


def asyncio_sock(pairs: int, messages: int) -> float:
    """Seconds for so many messages with asyncio's ``sock_recv`` and ``sock_sendall``."""
    ends = [end for pair in _pairs(pairs) for end in pair]
    spent = asyncio.run(_asyncio_main(ends, messages))
    for end in ends:
        end.close()
    return spent


async def _asyncio_main(ends: list[socket.socket], messages: int) -> float:
    loop = asyncio.get_running_loop()
    rounds = messages // len(ends)

    async def play(end: socket.socket) -> None:
        for _ in range(rounds):
            await loop.sock_sendall(end, await loop.sock_recv(end, 64))

    begun = time.perf_counter()
    tasks = [asyncio.create_task(play(end)) for end in ends]
    for end in ends[::2]:
        await loop.sock_sendall(end, b"x")
    await asyncio.gather(*tasks)
    return time.perf_counter() - begun


def _on(run: Callable[[list[socket.socket], int], float]) -> Run:
    def timed(pairs: int, messages: int) -> float:
        ends = [end for pair in _pairs(pairs) for end in pair]
        try:
            return run(ends, messages // len(ends))
        finally:
            for end in ends:
                end.close()

    return timed


RUNS: dict[str, Run] = {
    "raw": raw,
    "realpoll": realpoll,
    "asyncio": asyncio_sock,
    **{name: _on(run) for name, run in installed().items()},
}


def measure(messages: int = MESSAGES, rounds: int = ROUNDS) -> dict[str, float]:
    """Wakeups a second, medians of interleaved rounds, and the ratios that the goals are about.

    Keys: ``NAME_PAIRS`` in 1/s; ``realpoll_to_NAME_PAIRS``.
    """
    _allow(2 * max(PAIRS) + SPARE_DESCRIPTORS)
    found: dict[str, float] = {}
    for pairs in PAIRS:
        seen: dict[str, list[float]] = {name: [] for name in RUNS}
        for _ in range(rounds):
            for name, run in RUNS.items():
                seen[name].append(messages / run(pairs, messages))
        for name, rates in seen.items():
            found[f"{name}_{pairs}"] = median(rates)
        for name in RUNS:
            if name == "realpoll":
                continue
            ratios = [a / b for a, b in zip(seen["realpoll"], seen[name], strict=True)]
            found[f"realpoll_to_{name}_{pairs}"] = median(ratios)
    return found


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:28} {value:12.2f}")
    for name in missing():
        print(f"{name:28} not installed")
