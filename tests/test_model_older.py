"""What older releases do differently inside, where no scenario can see it: function by function."""

import pytest

from model import Runtime, simulate
from model.older import Go121, Go122, Go123, Go124, Go125, Go126
from model.older.go125 import Psyscall
from model.runtime2 import G, Grunnable, Grunning, Gwaiting, Pidle, Prunning
from model.simulate import close
from model_worlds import Alone, scenario
from scenario import channels

# ---- the poller


@pytest.mark.parametrize(
    ("kind", "left"), [(Go121, 1), (Go122, 0), (Runtime, 0)], ids=lambda each: str(each)
)
def test_a_waiter_that_an_event_frees_is_counted_off_since_1_22(
    kind: type[Runtime], left: int
) -> None:
    alone = Alone(runtime=kind)
    pd, peer = alone.opened()
    alone.parked(pd, "r")
    alone.driver.kernel.write(peer, 8)

    gp, delta = alone.call(alone.rt.netpoll(0))

    assert gp is not None
    assert alone.rt.netpollWaiters.v + delta == left


@pytest.mark.parametrize("kind", [Go121, Go122, Runtime])
def test_a_waiter_that_a_close_frees_is_counted_off_in_every_release(kind: type[Runtime]) -> None:
    alone = Alone(runtime=kind)
    pd, _ = alone.opened()
    alone.parked(pd, "r")

    alone.call(alone.rt.pollUnblock(pd))

    assert alone.rt.netpollWaiters.v == 0


def runnable_when_counted_off(kind: type[Runtime]) -> bool:
    alone = Alone(runtime=kind)
    pd, _ = alone.opened()
    gp = alone.parked(pd, "r")
    seen: list[bool] = []

    class Watched(type(alone.rt.netpollWaiters)):  # type: ignore[misc]
        async def add(self, delta: int) -> int:
            seen.append(gp.atomicstatus.v == Grunnable)
            return await super().add(delta)  # type: ignore[no-any-return]

    alone.rt.netpollWaiters = Watched(1)
    alone.call(alone.rt.pollUnblock(pd))
    (runnable,) = seen
    return runnable


def test_the_count_falls_only_when_the_goroutine_is_runnable_since_1_22() -> None:
    assert not runnable_when_counted_off(Go121)
    assert runnable_when_counted_off(Go122)
    assert runnable_when_counted_off(Runtime)


def test_the_break_is_a_pipe_up_to_1_22_and_both_its_ends_are_the_pollers_own() -> None:
    alone = Alone(runtime=Go122)
    alone.opened()
    rt, kernel = alone.rt, alone.driver.kernel
    assert isinstance(rt, Go122)

    alone.call(rt.netpollBreak())
    alone.call(rt.netpollBreak())  # one is on its way: not written

    ends = (rt.netpollBreakRd, rt.netpollBreakWr)
    assert all(rt.netpollIsPollDescriptor(fd) for fd in ends)
    assert rt.netpollEventFd == -1
    assert alone.call(rt.netpoll(0)) == (None, 0)
    assert rt.netpollWakeSig.v == 1  # a poll that does not block leaves it
    assert alone.call(rt.netpoll(1)) == (None, 0)
    assert rt.netpollWakeSig.v == 0
    assert kernel.read(rt.netpollBreakRd, 16) == -11


def fetches_while_another_polls(kind: type[Runtime]) -> bool:
    alone = Alone(runtime=kind)
    pd, peer = alone.opened()
    gp = alone.parked(pd, "r")
    alone.driver.kernel.write(peer, 8)
    alone.rt.sched.pollingNet.v = 1
    return alone.call(alone.rt.findRunnablePoll()) is gp


def test_any_number_of_ps_may_poll_at_a_time_up_to_1_24() -> None:
    assert fetches_while_another_polls(Go124)
    assert not fetches_while_another_polls(Go125)


def uses_until_a_tag_comes_again(kind: type[Runtime]) -> int:
    alone = Alone(runtime=kind)
    pd, _ = alone.opened()
    tag = pd.fdseq.v
    pd.fdseq.v = (1 << kind.tagBits) - 1  # as after so many uses
    used = pd.fdseq.v - tag
    alone.call(alone.rt.pollCacheFree(pd))
    again, _ = alone.call(alone.rt.pollOpen(alone.driver.kernel.socketpair()[0]))
    assert again is pd
    assert pd.fdseq.v == tag
    return used + 1


def test_a_tag_comes_again_after_32_times_as_many_uses_since_1_25() -> None:
    assert uses_until_a_tag_comes_again(Go124) == 524_287
    assert uses_until_a_tag_comes_again(Go125) == 16_777_215


# ---- the scheduler


def queued(alone: Alone, count: int) -> tuple[G, ...]:
    """Goroutines on the global queue."""
    gs = tuple(alone.goroutine(f"q{i}") for i in range(count))
    for gp in gs:
        gp.atomicstatus.v = Grunnable
        alone.call(alone.rt.globrunqput(gp))
    return gs


def local(alone: Alone) -> list[str]:
    pp = alone.rt.allp[0]
    return [gp.name for gp in pp.runq[pp.runqhead.v : pp.runqtail.v] if gp is not None]


@pytest.mark.parametrize("kind", [Go124, Runtime])
def test_a_p_takes_its_share_of_the_global_queue_in_the_same_order(kind: type[Runtime]) -> None:
    alone = Alone(procs=2, runtime=kind)
    first, *_ = queued(alone, 5)

    gp, rest = alone.call(alone.rt.globrunqgetbatch(128))
    alone.call(alone.rt.runqputbatch(alone.rt.allp[0], rest))

    assert gp is first
    assert local(alone) == ["q1", "q2"]
    assert alone.rt.sched.runq.size == 2
    assert (rest == ()) == (kind is Go124)  # put there at once, under the lock


@pytest.mark.parametrize("kind", [Go124, Runtime])
def test_what_does_not_fit_the_local_queue_goes_to_the_global_one(kind: type[Runtime]) -> None:
    alone = Alone(runtime=kind)
    gs = [alone.goroutine(f"g{i}") for i in range(300)]
    for gp, link in zip(gs, (*gs[1:], None), strict=True):
        gp.atomicstatus.v = Gwaiting
        gp.schedlink = link

    alone.call(alone.rt.injectglist(gs[0]))

    assert len(local(alone)) == 256
    assert alone.rt.sched.runq.size == 44
    assert alone.rt.sched.runq.head.v is gs[256]


def rechecked(kind: type[Runtime]) -> tuple[bool, str | None]:
    """What an M that stops spinning finds, with one G on the global queue."""
    alone = Alone(procs=2, runtime=kind)
    queued(alone, 1)
    alone.call(alone.rt.releasep())
    found, gp = alone.call(alone.rt.findRunnableRecheck(alone.m))
    return found, gp.name if gp is not None else None


def test_an_m_that_stops_spinning_looks_at_the_global_queue_since_1_22() -> None:
    assert rechecked(Go121) == (False, None)
    assert rechecked(Go122) == (True, "q0")
    assert rechecked(Runtime) == (True, "q0")


def started(alone: Alone) -> int:
    """How many threads have been started, which then never run."""
    close(alone.rt)
    return alone.rt.sched.mnext - 2


def threads_after_a_yield(kind: type[Runtime]) -> int:
    alone = Alone(procs=2, runtime=kind)
    gp = alone.m.curg
    assert gp is not None
    alone.call(alone.rt.gosched_m(gp))
    return started(alone)


def test_a_yield_wakes_an_idle_p_since_1_22() -> None:
    assert threads_after_a_yield(Go121) == 0
    assert threads_after_a_yield(Go122) == 1
    assert threads_after_a_yield(Runtime) == 1


def threads_after_a_list(kind: type[Runtime]) -> int:
    """A P goes idle just after injectglist has looked for one (go.dev/issue/63555)."""
    alone = Alone(procs=2, runtime=kind)
    gp = alone.goroutine("r")
    gp.atomicstatus.v = Gwaiting
    npidle = alone.rt.sched.npidle

    class Late(type(npidle)):  # type: ignore[misc]
        async def load(self) -> int:
            return 0

    alone.rt.sched.npidle = Late(npidle.v)
    alone.call(alone.rt.injectglist(gp))
    return started(alone)


def test_a_p_that_goes_idle_meanwhile_is_woken_since_1_23() -> None:
    assert threads_after_a_list(Go122) == 0
    assert threads_after_a_list(Go123) == 1
    assert threads_after_a_list(Runtime) == 1


# ---- system calls


def test_a_p_has_no_m_in_a_system_call_up_to_1_25() -> None:
    before, since = Alone(runtime=Go125), Alone(runtime=Go126)
    for alone in (before, since):
        alone.call(alone.rt.entersyscall())

    pp = before.rt.allp[0]
    assert (pp.status.v, pp.m, before.m.p) == (Psyscall, None, None)
    pp = since.rt.allp[0]
    assert (pp.status.v, pp.m, since.m.p) == (Prunning, since.m, pp)


@pytest.mark.parametrize("kind", [Go125, Go126])
def test_a_thread_finds_its_p_again_after_a_short_call(kind: type[Runtime]) -> None:
    alone = Alone(runtime=kind)

    alone.call(alone.rt.entersyscall())
    alone.call(alone.rt.exitsyscall())

    pp = alone.rt.allp[0]
    assert (pp.status.v, pp.m, alone.m.p) == (Prunning, alone.m, pp)


@pytest.mark.parametrize("kind", [Go125, Go126])
def test_sysmon_takes_the_p_of_a_long_call(kind: type[Runtime]) -> None:
    alone = Alone(procs=1, runtime=kind)
    pp = alone.rt.allp[0]
    pp.schedtick.v = pp.syscalltick.v = 1
    alone.call(alone.rt.entersyscall())

    alone.call(alone.rt.retake(1_000_000))  # the first look only takes note
    assert pp.status.v != Pidle
    taken = alone.call(alone.rt.retake(12_000_000))
    close(alone.rt)  # with the thread that is started for the P

    assert taken == 1
    assert (pp.status.v, pp.m) == (Pidle, None)


TAKEN_ON_THE_WAY_BACK = """
procs = 2
script = [
  {hold = ["write f0.peer 8", "write f0.peer 8"], hold_fetched = ["go g3"]},
  {hold = ["write f0.peer 8", "close f0.peer"]},
]
[fds]
f0 = "pipe.read"
[goroutines]
g0 = ["yield"]
g1 = ["read f0 8"]
g2 = ["read f0 4"]
g3 = ["read f0 8"]
"""
"""Drawn at random: here sysmon takes a P just when its thread comes back to it."""


def test_a_p_that_is_taken_as_its_thread_comes_back_is_told_of() -> None:
    one = scenario(TAKEN_ON_THE_WAY_BACK)

    for seed in range(8):
        trace = simulate(one, runtime=Go122, seed=seed)

        assert trace.inconclusive == ()
        assert set(channels(trace).step) == {"g0", "g1", "g2", "g3"}


def test_of_two_threads_that_left_a_p_in_a_call_the_later_one_is_told_of() -> None:
    alone = Alone(runtime=Go125)
    rt, pp = alone.rt, alone.rt.allp[0]
    assert isinstance(rt, Go125)
    alone.call(rt.entersyscall())
    pp.status.v = Pidle
    pp.syscalltick.v += 1  # as sysmon does
    later = alone.thread()
    alone.give(later, 0)
    later.curg = alone.goroutine("later")
    later.curg.atomicstatus.v = Grunning
    first, alone.m = alone.m, later

    alone.call(rt.entersyscall())

    assert first.oldp is later.oldp is pp
    assert rt.threadInSyscall(pp) is later


def test_a_goroutine_in_a_system_call_is_asked_to_step_aside_by_nobody() -> None:
    for kind in (Go125, Go126):
        alone = Alone(runtime=kind)
        alone.call(alone.rt.entersyscall())

        assert not alone.call(alone.rt.preemptone(alone.rt.allp[0]))
        assert alone.m.curg is not None
        assert not alone.m.curg.preempt.v


# ---- timers


def test_pidleput_looks_for_timers_under_their_lock_up_to_1_22() -> None:
    for kind, locks in ((Go122, 1), (Go123, 0)):
        alone = Alone(runtime=kind)
        pp = alone.rt.allp[0]
        taken: list[str] = []

        class Watched(type(pp.timers.lock)):  # type: ignore[misc]
            async def lock(self, taken: list[str] = taken) -> None:
                taken.append("lock")
                await super().lock()

        pp.timers.lock = Watched()
        alone.call(alone.rt.releasep())
        alone.call(alone.rt.pidleput(pp))

        assert len(taken) == locks
        assert alone.rt.timerpMask.v == 0
