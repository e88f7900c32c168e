"""Details of the scheduler's, the timers' and the locks' text."""

from random import Random

import pytest

from model.atomic import Fatal, Throw
from model.fd_mutex import (
    FdMutex,
    mutexClosed,
    mutexRef,
    mutexRLock,
    mutexRWait,
    mutexWLock,
    overflowMsg,
)
from model.runtime2 import RUNQ_SIZE, G, Grunnable, Gwaiting
from model.time import Timer, initHeap, siftDown, siftUp, timerHeaped, timerZombie
from model_worlds import Alone

Heap = tuple[tuple[int, Timer], ...]


@pytest.fixture
def alone() -> Alone:
    return Alone()


# ---- queues


def filled(alone: Alone, count: int) -> list[G]:
    """Our P's queue with so many goroutines."""
    goroutines = [alone.goroutine(f"g{i}") for i in range(count)]
    for gp in goroutines:
        alone.call(alone.rt.runqput(alone.rt.allp[0], gp, False))
    return goroutines


def taken(alone: Alone) -> list[G]:
    """Everything that our P's queue gives."""
    found = []
    while (gp := alone.call(alone.rt.runqget(alone.rt.allp[0]))[0]) is not None:
        found.append(gp)
    return found


def in_the_global_queue(alone: Alone) -> list[G]:
    found = []
    gp = alone.rt.sched.runq.head.v
    while gp is not None:
        found.append(gp)
        gp = gp.schedlink
    return found


def test_a_local_queue_is_first_in_first_out_and_holds_256(alone: Alone) -> None:
    goroutines = filled(alone, RUNQ_SIZE)

    assert in_the_global_queue(alone) == []
    assert taken(alone) == goroutines


def test_one_more_sends_half_of_a_full_queue_to_the_global_one(alone: Alone) -> None:
    goroutines = filled(alone, RUNQ_SIZE + 1)

    assert in_the_global_queue(alone) == [*goroutines[:128], goroutines[256]]
    assert alone.rt.sched.runq.size == 129
    assert taken(alone) == goroutines[128:256]


def test_whoever_is_made_ready_runs_next_and_displaces_another_to_the_tail(alone: Alone) -> None:
    pp = alone.rt.allp[0]
    first, second, third = (alone.goroutine(name) for name in "abc")
    alone.call(alone.rt.runqput(pp, first, False))
    alone.call(alone.rt.runqput(pp, second, True))
    alone.call(alone.rt.runqput(pp, third, True))

    assert taken(alone) == [third, first, second]


def test_a_batch_puts_what_fits_and_gives_back_the_rest(alone: Alone) -> None:
    goroutines = filled(alone, 250)
    more = tuple(alone.goroutine(f"m{i}") for i in range(10))

    assert alone.call(alone.rt.runqputbatch(alone.rt.allp[0], more)) == more[6:]
    assert taken(alone) == [*goroutines, *more[:6]]


def test_half_of_a_queue_is_stolen_and_its_last_one_runs() -> None:
    alone = Alone(procs=2)
    ours, theirs = alone.rt.allp
    goroutines = [alone.goroutine(f"g{i}") for i in range(5)]
    for gp in goroutines:
        alone.call(alone.rt.runqput(theirs, gp, False))

    assert alone.call(alone.rt.runqsteal(ours, theirs, False)) is goroutines[2]
    assert taken(alone) == goroutines[:2]


def test_our_share_of_the_global_queue_depends_on_how_many_ps_there_are() -> None:
    alone = Alone(procs=4)
    goroutines = tuple(alone.goroutine(f"g{i}") for i in range(10))
    alone.call(alone.rt.globrunqputbatch(goroutines))

    assert alone.call(alone.rt.globrunqgetbatch(128)) == (goroutines[0], goroutines[1:3])
    assert in_the_global_queue(alone) == [*goroutines[3:]]


# ---- deadlock


def test_when_all_are_asleep_and_nothing_is_due_it_is_a_deadlock(alone: Alone) -> None:
    (gp,) = alone.rt.goroutines.values()
    gp.atomicstatus.v = Gwaiting
    alone.rt.sched.nmidle, alone.rt.sched.nmsys = 1, 1

    with pytest.raises(Fatal, match="all goroutines are asleep - deadlock!"):
        alone.rt.checkdead()


def test_a_timer_in_a_heap_is_no_deadlock(alone: Alone) -> None:
    (gp,) = alone.rt.goroutines.values()
    gp.atomicstatus.v = Gwaiting
    alone.rt.sched.nmidle, alone.rt.sched.nmsys = 1, 1
    alone.rt.allp[0].timers.heap = ((1, Timer()),)

    alone.rt.checkdead()


def test_a_runnable_goroutine_without_an_m_is_thrown_out(alone: Alone) -> None:
    (gp,) = alone.rt.goroutines.values()
    gp.atomicstatus.v = Grunnable
    alone.rt.sched.nmidle, alone.rt.sched.nmsys = 1, 1

    with pytest.raises(Throw, match="checkdead: runnable g"):
        alone.rt.checkdead()


# ---- timers


def keys(heap: Heap) -> list[int]:
    return [when for when, _ in heap]


def is_heap(heap: Heap) -> bool:
    return all(heap[(i - 1) // 4][0] <= heap[i][0] for i in range(1, len(heap)))


@pytest.mark.parametrize("seed", range(10))
def test_a_heap_has_four_children_each_and_the_earliest_first(seed: int) -> None:
    draw = Random(seed)
    heap: Heap = ()
    for _ in range(30):
        heap = siftUp((*heap, (draw.randrange(50), Timer())), len(heap))
        assert is_heap(heap)

    shuffled = tuple(draw.sample(heap, len(heap)))
    assert is_heap(initHeap(shuffled))
    assert sorted(keys(initHeap(shuffled))) == sorted(keys(heap))

    came = []
    while heap:
        came.append(heap[0][0])
        heap = siftDown((heap[-1], *heap[1:-1]), 0) if len(heap) > 1 else ()
    assert came == sorted(came)


async def nothing(arg: object, seq: int) -> None:
    """A timer's function."""


def test_timers_come_off_in_order_of_their_times(alone: Alone) -> None:
    alone.call(alone.rt.netpollGenericInit())
    ran: list[int] = []

    async def note(arg: object, seq: int) -> None:
        ran.append(seq)

    for when in (50, 20, 40, 10, 30):
        alone.call(alone.rt.modify(Timer(), when, note, None, when))

    assert alone.call(alone.rt.check(alone.rt.allp[0].timers, 35)) == (35, 40, True)
    assert ran == [10, 20, 30]


def test_a_stopped_timer_stays_in_the_heap_until_somebody_cleans_up(alone: Alone) -> None:
    alone.call(alone.rt.netpollGenericInit())
    ts = alone.rt.allp[0].timers
    one, other = Timer(), Timer()
    alone.call(alone.rt.modify(one, 10, nothing, None, 0))
    alone.call(alone.rt.modify(other, 20, nothing, None, 0))

    assert alone.call(alone.rt.stop(one)) is True
    assert alone.call(alone.rt.stop(one)) is False
    assert one.state & (timerHeaped | timerZombie) == timerHeaped | timerZombie
    assert (keys(ts.heap), ts.zombies.v) == ([10, 20], 1)

    alone.call(alone.rt.check(ts, 15))
    assert (keys(ts.heap), ts.zombies.v) == ([20], 0)
    assert one.state == 0


def test_a_timer_set_anew_moves_when_its_heap_is_looked_at(alone: Alone) -> None:
    alone.call(alone.rt.netpollGenericInit())
    ts = alone.rt.allp[0].timers
    one = Timer()
    alone.call(alone.rt.modify(one, 100, nothing, None, 0))

    assert alone.call(alone.rt.modify(one, 50, nothing, None, 0)) is True
    assert (keys(ts.heap), ts.minWhenModified.v) == ([100], 50)
    assert alone.call(alone.rt.wakeTime(ts)) == 50
    assert alone.call(alone.rt.check(ts, 60)) == (60, 0, True)
    assert (ts.heap, one.state) == ((), 0)


def test_a_timer_needs_a_positive_time(alone: Alone) -> None:
    with pytest.raises(Throw, match="timer when must be positive"):
        alone.call(alone.rt.modify(Timer(), 0, nothing, None, 0))


# ---- fdMutex


def test_a_reader_and_a_writer_hold_it_at_once_and_are_two_users(alone: Alone) -> None:
    mu = FdMutex()

    assert alone.call(alone.rt.rwlock(mu, True))
    assert alone.call(alone.rt.rwlock(mu, False))
    assert mu.state.v == mutexRLock | mutexWLock | 2 * mutexRef
    assert not alone.call(alone.rt.rwunlock(mu, True))
    assert not alone.call(alone.rt.rwunlock(mu, False))
    assert mu.state.v == 0


def test_after_closing_nobody_gets_in_and_the_last_user_is_told(alone: Alone) -> None:
    mu = FdMutex()
    alone.call(alone.rt.rwlock(mu, True))

    assert alone.call(alone.rt.increfAndClose(mu))
    assert mu.state.v == mutexClosed | mutexRLock | 2 * mutexRef
    assert not alone.call(alone.rt.increfAndClose(mu))
    assert not alone.call(alone.rt.incref(mu))
    assert not alone.call(alone.rt.rwlock(mu, False))
    assert not alone.call(alone.rt.decref(mu))
    assert alone.call(alone.rt.rwunlock(mu, True))


def test_a_second_reader_is_counted_and_released_by_the_first(alone: Alone) -> None:
    mu = FdMutex()
    alone.call(alone.rt.rwlock(mu, True))
    mu.state.v += mutexRWait  # as a second reader that is about to sleep

    alone.call(alone.rt.rwunlock(mu, True))

    assert mu.state.v == 0
    assert mu.sema(True).addr.v == 1


@pytest.mark.parametrize("act", ["decref", "rwunlock"])
def test_giving_back_what_was_not_taken_is_thrown_out(alone: Alone, act: str) -> None:
    arguments = (FdMutex(),) if act == "decref" else (FdMutex(), True)

    with pytest.raises(Throw, match=r"inconsistent poll\.fdMutex"):
        alone.call(getattr(alone.rt, act)(*arguments))


def test_a_millionth_user_is_one_too_many(alone: Alone) -> None:
    mu = FdMutex()
    mu.state.v = mutexRef * ((1 << 20) - 1)

    with pytest.raises(Throw) as caught:
        alone.call(alone.rt.incref(mu))
    assert str(caught.value) == overflowMsg
