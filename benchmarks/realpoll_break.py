"""How long it takes to wake an idle poller through its break descriptor.

From just before the write to when the poller has taken it out. ``bare`` is a thread in
``epoll_wait`` with an eventfd, and nothing else. The two threads run on two processors.
"""

import asyncio
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from realpoll import Loop
from realpoll.kernel import Kernel

WAKEUPS = 300
ROUNDS = 3
IDLE_S = 0.001
"""Long enough for the poller to have woken, and to be asleep again."""
Ring = Callable[[], None]
Stamps = list[int]


@contextmanager
def bare() -> Iterator[tuple[Ring, Stamps]]:
    """A thread that does nothing but wait."""
    epoll, bell = select.epoll(), os.eventfd(0, os.EFD_NONBLOCK)
    epoll.register(bell, select.EPOLLIN)
    stamps: Stamps = []
    going = True

    def wait() -> None:
        while going:
            epoll.poll(-1, 128)
            os.eventfd_read(bell)
            stamps.append(time.perf_counter_ns())

    thread = threading.Thread(target=wait)
    thread.start()
    yield lambda: os.eventfd_write(bell, 1), stamps
    going = False
    os.eventfd_write(bell, 1)
    thread.join()
    epoll.close()
    os.close(bell)


class StampingKernel(Kernel):
    """A kernel that notes when its break was taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.stamps: Stamps = []

    def silence(self) -> None:
        super().silence()
        self.stamps.append(time.perf_counter_ns())


@contextmanager
def realpoll() -> Iterator[tuple[Ring, Stamps]]:
    """A loop in which one goroutine waits for a descriptor that never becomes ready."""
    kernel = StampingKernel()
    loop = Loop(kernel=kernel)
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)

    async def wait() -> None:
        await loop.connection(read_end).read(1)

    loop.start(wait(), "wait")

    def ring() -> None:
        kernel.ring()

    yield ring, kernel.stamps
    loop.stop()
    os.close(write_end)


@contextmanager
def asyncio_threadsafe() -> Iterator[tuple[Ring, Stamps]]:
    """An asyncio loop and ``call_soon_threadsafe``."""
    loop = asyncio.new_event_loop()
    stamps: Stamps = []
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def stamp() -> None:
        stamps.append(time.perf_counter_ns())

    yield lambda: void(loop.call_soon_threadsafe(stamp)), stamps
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def void(_: object) -> None:
    """Nothing, of anything."""


RUNS = {"bare": bare, "realpoll": realpoll, "asyncio": asyncio_threadsafe}


@contextmanager
def _apart() -> Iterator[None]:
    """This thread on one processor, all others on another, as far as there are two.

    Left to itself the kernel may wake the poller where the caller runs. That takes a tenth of the
    time, and it happens to one loop and not to the other.
    """
    allowed = os.sched_getaffinity(0)
    me = threading.get_native_id()
    for tid in map(int, os.listdir("/proc/self/task")):
        os.sched_setaffinity(tid, {min(allowed) if tid == me else max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(me, allowed)


def _median_us(name: str, wakeups: int) -> float:
    spent: list[float] = []
    with RUNS[name]() as (ring, stamps), _apart():
        time.sleep(IDLE_S)
        for _ in range(wakeups):
            before = len(stamps)
            begun = time.perf_counter_ns()
            ring()
            while len(stamps) == before:
                time.sleep(IDLE_S)  # a thread that looked meanwhile would hold the interpreter
            spent.append((stamps[-1] - begun) / 1_000)
    return median(spent)


def measure(wakeups: int = WAKEUPS, rounds: int = ROUNDS) -> dict[str, float]:
    """The median wake-up time in us, for each of ``RUNS``, and the ratio that the goal is about."""
    seen: dict[str, list[float]] = {name: [] for name in RUNS}
    for _ in range(rounds):
        for name in RUNS:
            seen[name].append(_median_us(name, wakeups))
    ratios = [ours / bare for ours, bare in zip(seen["realpoll"], seen["bare"], strict=True)]
    found = {f"{name}_p50_us": median(times) for name, times in seen.items()}
    return {**found, "realpoll_to_bare": median(ratios)}


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:20} {value:10.2f}")
