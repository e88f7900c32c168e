"""What a parked goroutine of the model costs in memory, beside a parked SimPy process.

Each goroutine waits to read from a socket pair of its own: the two sockets, the registration with
epoll and the pollDesc are counted too. Every figure comes from a process of its own, as what its
resident memory grew by, since a process does not give memory back that it once had.
"""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from simpy import Environment, Event

from model import Runtime
from model.atomic import mcall, outside
from model.fd_unix import FD
from model.inline import inlined
from model.runtime2 import G
from model.simulate import START_NS, Driver
from scenario import Scenario

GOROUTINES = 100_000
ROUNDS = 1
YIELD_EVERY = 64
PAGE_BYTES = 4096
Answer = dict[str, float]


class Readers(Runtime):
    """A Go program: so many goroutines that read what nobody writes."""

    goroutines_wanted = 0

    async def host(self, gp: G) -> None:
        """main: starts them, lets them park now and then, and sits in a system call."""
        i = 0
        while i < self.goroutines_wanted:
            mine, _ = self.kernel.socketpair()
            fd = FD(mine)
            self.names[mine] = "pair"
            await self.fdInit(fd)
            reader = G(i + 2, "reader")
            reader.coro = self.reader(fd)
            await self.newproc(reader)
            i += 1
            if i % YIELD_EVERY == 0:
                await self.Gosched()
        await self.entersyscallblock()
        await outside()

    async def reader(self, fd: FD) -> None:
        """Read once."""
        await self.fdRead(fd, 1)
        await mcall(self.goexit0)


def resident() -> int:
    """This process's resident memory in bytes (proc_pid_statm(5))."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def model(count: int) -> Answer:
    """Build ``count`` parked goroutines: bytes each, and seconds (CPU) in all."""
    driver = Driver()
    scenario = Scenario(name="readers", question="", finding="")
    rt = inlined(Readers)(driver.kernel, scenario, START_NS)
    rt.goroutines_wanted = count
    m0, driver.monitor = rt.boot()
    driver.start(m0, rt.mstart(m0))
    driver.start(driver.monitor, rt.sysmon(driver.monitor))

    def build() -> None:
        while rt.netpollWaiters.v < count:
            driver.step()

    return grown(build, count)


def simpy(count: int) -> Answer:
    """The same of SimPy processes that wait for an event each."""
    env = Environment()

    def process(event: Event) -> Iterator[Event]:
        yield event

    def build() -> None:
        for _ in range(count):
            env.process(process(Event(env)))  # type: ignore[arg-type]
        env.run()

    return grown(build, count)


def grown(build: Callable[[], None], count: int) -> Answer:
    gc.collect()
    gc.disable()  # it would walk all that is there again and again
    before, begun = resident(), time.process_time()
    build()
    return {"bytes": (resident() - before) / count, "seconds": time.process_time() - begun}


KINDS = {"model": model, "simpy": simpy}


def apart(kind: str, count: int) -> Answer:
    """The answer of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.model_memory", kind, str(count)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: Answer = json.loads(told.stdout)
    return answer


def measure(goroutines: int = GOROUTINES, rounds: int = ROUNDS) -> dict[str, float]:
    """Medians of interleaved rounds.

    Keys: ``model_bytes`` and ``simpy_bytes`` a goroutine or process, ``model_seconds_a_million``.
    """
    answers = {kind: [apart(kind, goroutines) for _ in range(rounds)] for kind in KINDS}
    seconds = median(answer["seconds"] for answer in answers["model"])
    return {
        f"{kind}_bytes": median(answer["bytes"] for answer in found)
        for kind, found in answers.items()
    } | {"model_seconds_a_million": seconds * 1_000_000 / goroutines}


def main(arguments: list[str]) -> None:
    """``KIND COUNT`` answers in JSON; no arguments: a table, with a million in the end."""
    if arguments:
        print(
            json.dumps(KINDS[arguments[0]](int(arguments[1]))),
        )
        return
    for name, value in measure().items():
        print(f"{name:28} {value:12,.1f}")
    million = apart("model", 1_000_000)
    print(f"a million: {million['bytes']:,.0f} bytes each, built in {million['seconds']:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
