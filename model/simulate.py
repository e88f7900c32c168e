"""The SimPy driver: the text in virtual time, the script, and when all is quiet.

An M is a callback with one reused event, a goroutine is a suspended coroutine: no SimPy process.
"""

from collections.abc import Coroutine
from functools import partial
from heapq import heappushpop
from random import Random
from typing import Any

from simpy import Environment
from simpy.events import NORMAL, Event

from model.atomic import Throw, world
from model.costs import FUTEX_JITTER_NS, FUTEX_WAKE_NS, SYSCALL_NS, THREAD_START_NS
from model.gate import Gate
from model.inline import inlined
from model.kernel import Kernel
from model.observe import Observer, Recorder
from model.program import FILL_CHUNK, Runtime
from model.runtime2 import G, M
from model.time import timerZombie
from scenario import HOST, Action, Entry, Outside, Scenario, Trace

START_NS = 1_000_000_000
"""What nanotime says when the program begins: 0 means something else in lastpoll and pollUntil."""
SCRIPT_GAP_NS = 10_000
"""Between quiet and the next entry of an untimed script, and ACTION_GAP_NS inside an entry."""
ACTION_GAP_NS = 500
MAX_EVENTS = 2_000_000
"""Turns of Ms and other events until a run is given up: no scenario of the catalogue needs a
hundredth of it."""
MAX_NS = 60_000_000_000
"""Virtual time until a run is given up: with a timer lost, sysmon would look for ever."""

FAR_NS = 1 << 62
"""Beyond any event."""


class Turn(Event):
    """When an M goes on. Each M has one, used again and again."""

    __slots__ = ("m",)

    m: M


class GivenUp(Exception):
    """The run did not come to rest within MAX_EVENTS."""


class Driver:
    """What the world's accesses ask for: wake an M, start a thread, let time go by.

    ``pending`` counts the Ms that have something to do now; sysmon's naps do not count.
    ``reached`` is the clock of the M that came to rest last, ahead of SimPy's.
    """

    def __init__(self, seed: int = 0, look_ahead: bool = True) -> None:
        self.env = Environment(initial_time=START_NS)
        self.look_ahead = look_ahead
        self.gate = Gate(self)
        self.kernel = Kernel(self.kernel_wakeup)
        self.monitor: M | None = None
        self.host: M | None = None
        self.started: G | None = None
        self.pending = 0
        self.steps = 0
        self.reached = START_NS
        world.driver = self
        world.rng = Random(seed)
        world.seen = Observer()
        world.now = START_NS
        world.horizon = -1

    # ---- what accesses ask for

    def start(self, mp: M, text: Coroutine[str, None, None]) -> None:
        """A new thread."""
        mp.g0 = mp.cur = text
        event = Turn(self.env)
        event.m = mp
        event._ok, event._value = True, None
        event.callbacks = None  # type: ignore[assignment]  # as after processing: nothing is due
        mp.event = event
        mp.resume = [partial(self.resume, mp)]
        self.at(mp, world.now + THREAD_START_NS)

    def at(self, mp: M, t: int) -> None:
        """Resume mp at t. An M waits for one thing at a time, so its event is used again."""
        mp.event.callbacks = mp.resume
        mp.counted = True
        self.pending += 1
        self.env.schedule(mp.event, NORMAL, t - self.env._now)
        if t < world.horizon:
            world.horizon = t

    def wake(self, mp: M, t: int) -> None:
        """Resume mp at t unless it is on its way already."""
        if mp.event.callbacks is None:
            self.at(mp, t)

    def wake_later(self, mp: M) -> None:
        """Resume mp when a futex or a readiness has woken its thread."""
        self.wake(mp, world.now + FUTEX_WAKE_NS + world.rng.randrange(FUTEX_JITTER_NS))

    def rest(self, mp: M, t: int) -> None:
        """Resume mp at t; sysmon's rest does not count as something to do."""
        self.at(mp, t)
        if mp is self.monitor:
            mp.counted = False
            self.pending -= 1

    def timeout(self, mp: M, t: int) -> None:
        """Resume mp at t if it still waits for the same thing then."""
        event = Event(self.env)
        event._ok, event._value = True, None
        seq = mp.wakeseq

        def fire(_: Event) -> None:
            if mp.wakeseq == seq:
                mp.timedout = True
                if mp.event.callbacks is None:
                    self.resume(mp)

        event.callbacks = [fire]
        self.env.schedule(event, NORMAL, t - self.env._now)
        if t < world.horizon:
            world.horizon = t

    def request(self) -> G:
        """Whom the host starts now."""
        gp = self.started
        assert gp is not None
        return gp

    def kernel_wakeup(self, waiter: Any) -> None:
        """The kernel wakes a thread that is blocked in epoll_wait."""
        if not self.gate.keeps(waiter):
            self.wake_later(waiter)

    # ---- running

    def resume(self, mp: M, _: Event | None = None) -> None:
        """Let mp's coroutines run until it has to wait; then whoever's turn comes before its."""
        env = self.env
        queue: Any = env._queue
        if mp.counted:
            mp.counted = False
            self.pending -= 1
        while True:
            world.m = mp
            world.now = env._now  # type: ignore[assignment]  # integers only are scheduled
            world.horizon = (queue[0][0] if queue else FAR_NS) if self.look_ahead else -1
            cur: Any = mp.cur
            while (request := cur.send(None)) != "queue":
                if request == "block":
                    return
                cur = mp.cur = mp.g0 if request == "mcall" else mp.curg.coro  # type: ignore[union-attr]
            # What stands at the head of SimPy's queue goes first. Where that is an M's turn as
            # well, do here what SimPy's loop would do: with four Ps it takes a quarter longer.
            if not queue or type(queue[0][3]) is not Turn or self.steps >= MAX_EVENTS:
                self.at(mp, world.now)
                return
            self.steps += 1
            mp.counted = True
            turn = mp.event
            turn.callbacks = mp.resume
            env._now, _, _, turn = heappushpop(queue, (world.now, NORMAL, next(env._eid), turn))
            turn.callbacks = None  # as after processing
            mp = turn.m
            if mp.counted:
                mp.counted = False  # one has come for one that goes
            else:
                self.pending += 1

    @property
    def now(self) -> int:
        """The outside's clock, ns: no M has gone further. The running M's own is ``world.now``."""
        return max(int(self.env.now), self.reached)

    def step(self) -> None:
        self.steps += 1
        if self.steps > MAX_EVENTS:
            raise GivenUp(f"the model did not come to rest within {MAX_EVENTS:,} events")
        if self.env.now > START_NS + MAX_NS:
            raise GivenUp(f"the model did not come to rest within {MAX_NS // 10**9} s")
        self.env.step()

    def until_quiet(self) -> None:
        while self.pending:
            self.step()
        self.reached = max(self.reached, world.now)

    def until_stopped(self) -> None:
        """Until the poller that may fetch stands behind its fetch, or nobody has anything to do."""
        while self.pending and not self.gate.stopped:
            self.step()
        self.reached = max(self.reached, world.now)

    def until(self, t: int) -> None:
        """Let everything before t happen; then it is t."""
        if t > self.now:
            self.env.run(until=t)
        world.now = self.now


class Script:
    """Performs a scenario's script on a driver and its runtime."""

    def __init__(self, driver: Driver, rt: Runtime, seen: Recorder) -> None:
        self.driver = driver
        self.rt = rt
        self.seen = seen
        self.scenario = rt.scenario

    def run(self) -> None:
        """Set-up, script, and on until no timer is pending."""
        driver = self.driver
        m0, driver.monitor = self.rt.boot()
        driver.host = m0
        driver.start(m0, self.rt.mstart(m0))
        driver.start(driver.monitor, self.rt.sysmon(driver.monitor))
        driver.until_quiet()
        later = self.scenario.started_by_go
        for name in self.scenario.goroutines:
            if name not in later:
                self.go(name)
                driver.until_quiet()
        driver.until(driver.now + SCRIPT_GAP_NS)
        self.seen.script()
        for index, entry in enumerate(self.scenario.script):
            self.entry(index, entry)
        self.finish()

    def entry(self, index: int, entry: Entry) -> None:
        driver = self.driver
        if entry.at_ns is None:
            driver.until(driver.now + SCRIPT_GAP_NS)
        else:
            driver.until(self.seen.origin + entry.at_ns)
        world.now = driver.now
        self.seen.entry(index, entry, bool(driver.gate.blocked))
        if entry.plain is not None:
            self.act(entry.plain)
        else:
            self.held(entry)
        if not entry.nowait:
            driver.until_quiet()

    def held(self, entry: Entry) -> None:
        """The entry's actions behind the gate, then those between the fetch and the first event."""
        gate = self.driver.gate
        gate.hold()
        self.seen.hold("fetch")
        self.actions(entry.held)
        if entry.fetched:
            gate.let_fetch()
            self.driver.until_stopped()
            if not gate.stopped:
                raise GivenUp(f"`{entry.text}`: no blocked poller fetched anything")
            self.seen.ready()
            self.seen.hold("event")
            self.actions(entry.fetched)
        self.seen.release()
        gate.release()

    def actions(self, actions: tuple[Action, ...]) -> None:
        """One after the other. Only a goroutine that one of them starts has to come to rest."""
        for action in actions:
            self.act(action)
            if action.op is Outside.GO:
                self.driver.until_quiet()
            if len(actions) > 1:
                self.driver.until(self.driver.now + ACTION_GAP_NS)

    def act(self, action: Action) -> None:
        world.now = self.driver.now
        if action.op is Outside.GO:
            assert action.g is not None
            self.go(action.g)
            return
        assert action.fd is not None
        assert self.driver.host is not None
        world.m = self.driver.host
        self.seen.action(action)
        self.outside(action, self.rt.peers[action.fd])
        self.seen.ready()

    def go(self, name: str) -> None:
        """The host comes back from its system call, starts the goroutine, and leaves again."""
        driver = self.driver
        host = self.rt.goroutines[HOST].m
        assert host is not None
        driver.started = self.rt.newg(name)
        world.now = driver.now
        driver.wake(host, world.now + SYSCALL_NS)

    def outside(self, action: Action, peer: int) -> None:
        """One action of the outside world, at once."""
        kernel = self.driver.kernel
        if action.op is Outside.WRITE:
            kernel.write(peer, action.nbytes or 0)
        elif action.op is Outside.READ:
            kernel.read(peer, action.nbytes or 0)
        elif action.op is Outside.SHUTDOWN:
            kernel.shutdown_write(peer)
        elif action.op is Outside.CLOSE:
            kernel.close(peer)
        elif action.op is Outside.RESET:
            kernel.reset(peer)
        else:
            move = kernel.write if action.op is Outside.FILL else kernel.read
            while move(peer, FILL_CHUNK) > 0:
                pass

    def finish(self) -> None:
        """On until things are quiet and no timer is pending."""
        self.driver.until_quiet()
        while self.timers():
            self.driver.step()
            self.driver.until_quiet()

    def timers(self) -> bool:
        return any(not t.state & timerZombie for pp in self.rt.allp for _, t in pp.timers.heap)


def simulate(
    scenario: Scenario,
    *,
    runtime: type[Runtime] = Runtime,
    seed: int = 0,
    look_ahead: bool = True,
    inline: bool = True,
) -> Trace:
    """What the model does with a scenario. Same seed, same trace.

    The seed draws the order of stealing and the jitter of wakeups; with one P no channel depends on
    it. A run that throws ends with a ``throw`` event; one that does not come to rest within
    MAX_EVENTS is inconclusive. Without ``look_ahead`` every access is an event, without ``inline``
    every access is a call: both give the same trace, later.
    """
    if inline:
        runtime = inlined(runtime)
    driver = Driver(seed, look_ahead)
    seen = Recorder()
    world.seen = seen
    rt = runtime(driver.kernel, scenario, START_NS)
    seen.runtime = rt
    inconclusive: tuple[str, ...] = ()
    try:
        Script(driver, rt, seen).run()
    except Throw as error:
        seen.throw(str(error))
    except GivenUp as error:
        inconclusive = (str(error),)
    finally:
        close(rt)
    return Trace.of(
        scenario,
        seen.trace_events(),
        witness="model",
        release=f"Go {runtime.release}",
        clock="virtual",
        inconclusive=inconclusive,
        seed=seed,
    )


def close(rt: Runtime) -> None:
    """End the coroutines of a world that is dropped."""
    for gp in rt.goroutines.values():
        if gp.coro is not None:
            gp.coro.close()
    for mp in rt.allm:
        if mp.g0 is not None:
            mp.g0.close()
