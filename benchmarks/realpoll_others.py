"""The same ping-pong on other loops, as far as they are installed."""

import socket
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

NAMES = ("trio", "curio", "gevent")


def trio(ends: list[socket.socket], rounds: int) -> float:
    """Seconds with trio's sockets."""
    library = import_module("trio")

    async def main() -> float:
        async def play(end: Any) -> None:
            for _ in range(rounds):
                await end.send(await end.recv(64))

        wrapped = [library.socket.from_stdlib_socket(end) for end in ends]
        begun = time.perf_counter()
        async with library.open_nursery() as nursery:
            for end in wrapped:
                nursery.start_soon(play, end)
            for end in wrapped[::2]:
                await end.send(b"x")
        return time.perf_counter() - begun

    return float(library.run(main))


def curio(ends: list[socket.socket], rounds: int) -> float:
    """Seconds with curio's sockets."""
    library, Socket = import_module("curio"), import_module("curio.io").Socket

    async def main() -> float:
        async def play(end: Any) -> None:
            for _ in range(rounds):
                await end.send(await end.recv(64))

        wrapped = [Socket(end) for end in ends]
        begun = time.perf_counter()
        tasks = [await library.spawn(play, end) for end in wrapped]
        for end in wrapped[::2]:
            await end.send(b"x")
        for task in tasks:
            await task.join()
        return time.perf_counter() - begun

    return float(library.run(main))


def gevent(ends: list[socket.socket], rounds: int) -> float:
    """Seconds with gevent's sockets."""
    library, Socket = import_module("gevent"), import_module("gevent.socket").socket

    def play(end: Any) -> None:
        for _ in range(rounds):
            end.send(end.recv(64))

    wrapped = [Socket(end.family, end.type, fileno=end.detach()) for end in ends]
    begun = time.perf_counter()
    lets = [library.spawn(play, end) for end in wrapped]
    for end in wrapped[::2]:
        end.send(b"x")
    library.joinall(lets)
    spent = time.perf_counter() - begun
    for end in wrapped:
        end.close()
    return spent


def installed() -> dict[str, Callable[[list[socket.socket], int], float]]:
    """Those of the three that can be imported."""
    all_three = {"trio": trio, "curio": curio, "gevent": gevent}
    return {name: run for name, run in all_three.items() if find_spec(name)}


def missing() -> tuple[str, ...]:
    """Those that cannot, and so are not measured."""
    return tuple(name for name in NAMES if name not in installed())
