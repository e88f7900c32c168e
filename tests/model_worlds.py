"""Worlds of the model for its tests: mixed loads, a world at its end, an M by itself."""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from model.atomic import world
from model.netpoll import PollDesc
from model.observe import Recorder
from model.program import Runtime
from model.runtime2 import G, Grunning, Gwaiting, M, Prunning
from model.simulate import START_NS, Driver, Script, close
from scenario import (
    NO_DEADLINE_NS,
    PAST_NS,
    Action,
    Entry,
    Kind,
    Op,
    Outside,
    Scenario,
    Step,
    parse,
)

T = TypeVar("T")

EMPTY = Scenario(name="by hand", question="", finding="")


def scenario(text: str, name: str = "by hand") -> Scenario:
    """A scenario from TOML without its two sentences."""
    return parse(f'question = "Who?"\nfinding = "They"\n{text}', name=name, origin=name)


# ---- mixed loads


def mixed_load(procs: int, seed: int) -> Scenario:
    """Many goroutines that wake one another through eventfds, and the outside in between.

    Denser in time than a scenario's file may be: a model that decides a tie wrongly shows it.
    """
    draw = Random(seed)
    fds = {f"e{i}": Kind.EVENTFD for i in range(4)} | {f"s{i}": Kind.SOCKETPAIR for i in range(6)}
    goroutines = {
        f"g{i}": tuple(some_step(draw, list(fds)) for _ in range(draw.randrange(4, 12)))
        for i in range(12)
    }
    script = tuple(some_entry(draw, i, list(fds)) for i in range(24))
    return Scenario(
        name=f"mixed {procs} {seed}",
        question="Who wakes whom?",
        finding="Everybody wakes somebody",
        procs=procs,
        fds=fds,
        goroutines=goroutines,
        script=script,
    )


def some_step(draw: Random, fds: list[str]) -> Step:
    fd = draw.choice(fds)
    op = draw.choice((Op.READ, Op.READ, Op.WRITE, Op.WRITE, *DEADLINES, Op.SLEEP, *ALONE))
    if op in DEADLINES:
        ns = draw.choice((PAST_NS, NO_DEADLINE_NS, draw.randrange(1_000, 3_000_000)))
        return Step(op=op, text=f"{op} {fd} {ns}ns", fd=fd, ns=ns)
    if op in (Op.SLEEP, Op.BUSY):
        ns = draw.randrange(1_000, 2_000_000)
        return Step(op=op, text=f"{op} {ns}ns", ns=ns)
    if op is Op.YIELD:
        return Step(op=op, text=op)
    return Step(op=op, text=f"{op} {fd} 8", fd=fd, nbytes=8)


DEADLINES = (Op.SET_READ_DEADLINE, Op.SET_WRITE_DEADLINE, Op.SET_DEADLINE)
ALONE = (Op.YIELD, Op.BUSY)


def some_entry(draw: Random, index: int, fds: list[str]) -> Entry:
    held = tuple(write_to(fd) for fd in draw.sample(fds, draw.randrange(1, 4)))
    return Entry(held=held, at_ns=index * draw.choice((40_000, 41_000)), nowait=index % 6 != 5)


def write_to(fd: str) -> Action:
    return Action(op=Outside.WRITE, text=f"write {fd}.peer 8", fd=fd, nbytes=8)


# ---- a world taken apart


@contextmanager
def run_to_the_end(
    scenario: Scenario, runtime: type[Runtime] = Runtime, seed: int = 0
) -> Iterator[tuple[Driver, Runtime]]:
    """The world of a scenario as the run leaves it, with its goroutines still parked."""
    driver, rt, seen = make(scenario, runtime, seed)
    try:
        Script(driver, rt, seen).run()
        yield driver, rt
    finally:
        close(rt)


def make(
    scenario: Scenario, runtime: type[Runtime] = Runtime, seed: int = 0
) -> tuple[Driver, Runtime, Recorder]:
    driver = Driver(seed)
    seen = Recorder()
    world.seen = seen
    rt = runtime(driver.kernel, scenario, START_NS)
    seen.runtime = rt
    return driver, rt, seen


class Alone:
    """One M with a P and a goroutine, on which a function of the text is called by itself.

    Nothing else runs; other Ms may be added with ``thread``.
    """

    def __init__(self, procs: int = 1, runtime: type[Runtime] = Runtime) -> None:
        self.driver = Driver()
        self.rt = runtime(self.driver.kernel, replace(EMPTY, procs=procs), START_NS)
        self.rt.sched.mnext = 2
        self.m = self.thread()
        self.give(self.m, 0)
        self.m.curg = self.goroutine("g")
        self.m.curg.atomicstatus.v = Grunning
        self.m.curg.m = self.m
        world.m = self.m

    def thread(self) -> M:
        mp = M(len(self.rt.allm))
        self.rt.allm.append(mp)
        return mp

    def give(self, mp: M, number: int) -> None:
        pp = self.rt.allp[number]
        pp.status.v = Prunning
        mp.p, pp.m = pp, mp

    def goroutine(self, name: str) -> G:
        gp = G(len(self.rt.goroutines) + 1, name)
        self.rt.goroutines[name] = gp
        return gp

    def call(self, text: Coroutine[Any, Any, T]) -> T:
        """What the text answers. It may not have to wait: nobody else is there."""
        world.m = self.m
        world.horizon = 1 << 62
        try:
            request = text.send(None)
        except StopIteration as end:
            answer: T = end.value
            return answer
        text.close()
        raise AssertionError(f"the text waits: {request}")

    def opened(self) -> tuple[PollDesc, int]:
        """(the pollDesc of a socket pair's one end, the other end)."""
        self.call(self.rt.netpollGenericInit())
        mine, peer = self.driver.kernel.socketpair()
        pd, errno = self.call(self.rt.pollOpen(mine))
        assert pd is not None
        assert errno == 0
        return pd, peer

    def parked(self, pd: PollDesc, name: str) -> G:
        """A goroutine that waits to read pd."""
        gp = self.goroutine(name)
        gp.atomicstatus.v = Gwaiting
        pd.rg.v = gp
        self.rt.netpollWaiters.v += 1
        return gp
