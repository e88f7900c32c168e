"""How many messages a second the model plays: ping-pong over socket pairs, beside bare SimPy.

Two goroutines for each pair write a byte to one another and read it, each with its own end. A
message is one wakeup that Go would count too, unless the read found it there. Seconds are the
process's own (CPU), so that a busy machine does not blur the ratio.

A single pair runs in one of two regimes: one M does it all, or each message goes through a poller
that is blocked in epoll_wait and to another M. With one P it stays in the first. With four it goes
over to the second for good once another M has come to block in a poll, after some 12,000 messages.
``turns`` tells: hardly any a message in the first, 5 in the second.
"""

import time
from collections.abc import Iterator
from statistics import median

from simpy import Environment
from simpy.events import Timeout

from benchmarks.go_pingpong import go_messages
from model import Runtime
from model.atomic import mcall, outside
from model.fd_unix import FD
from model.inline import inlined
from model.runtime2 import G
from model.simulate import START_NS, Driver, close
from scenario import Scenario

PAIRS = (1, 100, 1_000)
PROCS = (1, 4)
MESSAGES = 20_000
TIMEOUTS = 200_000
ROUNDS = 5


class PingPong(Runtime):
    """A Go program: so many pairs, and each of them plays so many rounds."""

    pairs = 1
    rounds = 1
    left = 1  # of the players and main

    async def host(self, gp: G) -> None:
        """main: opens the pairs, starts two goroutines for each, and sits in a system call."""
        pair = 0
        while pair < self.pairs:
            mine, other = self.kernel.socketpair()
            await self.player(mine, True)
            await self.player(other, False)
            pair += 1
        self.left -= 1
        await self.entersyscallblock()
        await outside()

    async def player(self, number: int, serves: bool) -> None:
        """Open an end and start the goroutine that plays it."""
        fd = FD(number)
        self.names[number] = "pair"
        await self.fdInit(fd)
        gp = G(len(self.goroutines) + 1, f"g{number}")
        self.goroutines[gp.name] = gp
        gp.coro = self.serve(fd) if serves else self.answer(fd)
        self.left += 1
        await self.newproc(gp)

    async def serve(self, fd: FD) -> None:
        """Write, then read, again and again."""
        i = 0
        while i < self.rounds:
            await self.fdWrite(fd, 1)
            await self.fdRead(fd, 1)
            i += 1
        await self.done()

    async def answer(self, fd: FD) -> None:
        """Read, then write, again and again."""
        i = 0
        while i < self.rounds:
            await self.fdRead(fd, 1)
            await self.fdWrite(fd, 1)
            i += 1
        await self.done()

    async def done(self) -> None:
        """One less to wait for."""
        self.left -= 1
        await mcall(self.goexit0)


def model(pairs: int, procs: int, messages: int) -> tuple[float, float]:
    """(messages a second, turns of Ms for each message) on the model."""
    driver = Driver()
    scenario = Scenario(name="ping-pong", question="", finding="", procs=procs)
    rt = inlined(PingPong)(driver.kernel, scenario, START_NS)
    rt.pairs, rt.rounds = pairs, max(2, messages // (2 * pairs))
    m0, driver.monitor = rt.boot()
    begun = time.process_time()
    driver.start(m0, rt.mstart(m0))
    driver.start(driver.monitor, rt.sysmon(driver.monitor))
    while rt.left:
        driver.step()
    spent = time.process_time() - begun
    close(rt)
    played = 2 * pairs * rt.rounds
    return played / spent, driver.steps / played


def bare(timeouts: int) -> float:
    """Timeouts a second of SimPy alone, with one process."""
    env = Environment()

    def process() -> Iterator[Timeout]:
        for _ in range(timeouts):
            yield env.timeout(1)

    env.process(process())  # type: ignore[arg-type]
    begun = time.process_time()
    env.run()
    return timeouts / (time.process_time() - begun)


def measure(messages: int = MESSAGES, rounds: int = ROUNDS) -> dict[str, float]:
    """Medians of interleaved rounds, for each number of pairs and Ps.

    Keys end in ``PAIRS_PROCSp``: ``model`` and ``go`` in messages a second, ``turns`` of Ms for
    each message, ``model_to_simpy``, and ``go_to_model``, the slowdown against real Go.
    """
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for pairs in PAIRS:
            for procs in PROCS:
                for name, value in once(pairs, procs, messages).items():
                    found.setdefault(name, []).append(value)
    return {name: median(values) for name, values in found.items()}


def once(pairs: int, procs: int, messages: int) -> dict[str, float]:
    simpy = bare(messages * TIMEOUTS // MESSAGES)
    rate, turns = model(pairs, procs, messages)
    end = f"{pairs}_{procs}p"
    values = {
        "simpy": simpy,
        f"model_{end}": rate,
        f"turns_{end}": turns,
        f"model_to_simpy_{end}": rate / simpy,
    }
    go = go_messages(pairs, procs)
    if go is not None:
        values |= {f"go_{end}": go, f"go_to_model_{end}": go / rate}
    return values


def missing() -> tuple[str, ...]:
    """What the measurement would like to compare with and has not found."""
    return () if go_messages(1, 1) is not None else ("Go (neither on PATH nor in $GO)",)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:28} {value:12,.3f}")
