"""Details of the half of the poller that knows Linux."""

import pytest

from model.atomic import BLOCK, Throw, world
from model.linux import EPOLLERR, EPOLLIN, EPOLLOUT
from model.netpoll import modeR, pdReady, pollEventErr
from model.observe import Events, Observer
from model_worlds import Alone


@pytest.fixture
def alone() -> Alone:
    return Alone()


class Waits(Observer):
    """What the text asks of epoll_wait: milliseconds, and what it got."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.got: list[Events] = []

    def waits(self, waitms: int) -> None:
        self.asked.append(waitms)

    def polled(self, events: Events, waitms: int) -> None:
        self.got.append(events)


def test_epoll_arms_nothing(alone: Alone) -> None:
    pd, _ = alone.opened()

    with pytest.raises(Throw, match="runtime: unused"):
        alone.call(alone.rt.netpollarm(pd, modeR))


def test_opening_twice_registers_with_one_epoll_instance(alone: Alone) -> None:
    alone.opened()
    epfd = alone.rt.epfd
    alone.opened()

    assert alone.rt.epfd == epfd
    assert alone.rt.netpollIsPollDescriptor(epfd)
    assert alone.rt.netpollIsPollDescriptor(alone.rt.netpollEventFd)
    assert not alone.rt.netpollIsPollDescriptor(0)


def test_a_poll_before_the_first_descriptor_finds_nothing(alone: Alone) -> None:
    assert alone.call(alone.rt.netpoll(0)) == (None, 0)


# ---- the break


def test_a_nonblocking_poll_leaves_the_break_for_the_blocked_one(alone: Alone) -> None:
    alone.opened()
    alone.call(alone.rt.netpollBreak())
    alone.call(alone.rt.netpoll(0))
    assert alone.rt.netpollWakeSig.v == 1
    assert alone.driver.kernel.epoll_ready(alone.rt.epfd)

    alone.call(alone.rt.netpoll(-1))

    assert alone.rt.netpollWakeSig.v == 0
    assert alone.driver.kernel.read(alone.rt.netpollEventFd, 8) == -11


def test_a_second_break_is_not_written(alone: Alone) -> None:
    alone.opened()
    seen: list[bool] = []

    class Breaks(Observer):
        def breaks(self, written: bool) -> None:
            seen.append(written)

    world.seen = Breaks()
    alone.call(alone.rt.netpollBreak())
    alone.call(alone.rt.netpollBreak())

    assert seen == [True, False]


# ---- delays


@pytest.mark.parametrize(
    ("delay_ns", "waitms"),
    [
        (-1, -1),
        (0, 0),
        (1, 1),
        (999_999, 1),
        (1_000_000, 1),
        (1_999_999, 1),
        (2_000_000, 2),
        (10**15 - 1, 999_999_999),
        (10**15, 10**9),
        (1 << 62, 10**9),
    ],
)
def test_a_delay_becomes_milliseconds(alone: Alone, delay_ns: int, waitms: int) -> None:
    alone.opened()
    alone.call(alone.rt.netpollBreak())  # so that it need not wait
    seen = Waits()
    world.seen = seen

    alone.call(alone.rt.netpoll(delay_ns))

    assert seen.asked == [waitms]


# ---- EINTR


def interrupted(delay_ns: int) -> tuple[Alone, Waits, list[object]]:
    """A poll that a signal interrupts once, and its answer if it has come to one."""
    alone = Alone()
    alone.opened()
    alone.call(alone.rt.netpoll(0))  # takes the first edge
    seen = Waits()
    world.seen = seen
    answers: list[object] = []

    async def poll() -> None:
        answers.append(await alone.rt.netpoll(delay_ns))
        await BLOCK

    other = alone.thread()
    alone.driver.start(other, poll())
    alone.driver.until_quiet()
    other.interrupted = True
    alone.driver.wake(other, alone.driver.now + 1)
    alone.driver.until_quiet()
    other.cur.close()  # type: ignore[union-attr]
    return alone, seen, answers


def test_a_signal_ends_a_timed_wait_which_returns_nothing() -> None:
    _, seen, answers = interrupted(5_000_000)

    assert answers == [(None, 0)]
    assert seen.asked == [5]
    assert seen.got == []


def test_after_a_signal_a_wait_without_end_begins_anew() -> None:
    alone, seen, answers = interrupted(-1)

    assert answers == []
    assert seen.asked == [-1, -1]
    assert len(alone.driver.gate.blocked) == 1


# ---- events


@pytest.mark.parametrize(("events", "err"), [(EPOLLERR, True), (EPOLLERR | EPOLLOUT, False)])
def test_only_an_error_alone_is_kept(alone: Alone, events: int, err: bool) -> None:
    pd, _ = alone.opened()

    class Kernel(type(alone.driver.kernel)):  # type: ignore[misc]
        def epoll_collect(self, epfd: int, maxevents: int) -> Events:
            return ((events, (pd, pd.fdseq.v)),)

    alone.rt.kernel = Kernel()

    alone.call(alone.rt.netpoll(0))

    assert bool(pd.atomicInfo.v & pollEventErr) == err
    assert (pd.rg.v, pd.wg.v) == (pdReady, pdReady)


def test_a_poll_hands_out_a_stack(alone: Alone) -> None:
    pds = [alone.opened() for _ in range(3)]
    goroutines = [alone.parked(pd, f"r{i}") for i, (pd, _) in enumerate(pds)]
    for _, peer in pds:
        alone.driver.kernel.write(peer, 8)

    last, delta = alone.call(alone.rt.netpoll(0))

    assert delta == -3
    assert last is goroutines[2]
    assert (last.schedlink, goroutines[1].schedlink) == (goroutines[1], goroutines[0])


def test_an_event_of_an_earlier_use_wakes_nobody(alone: Alone) -> None:
    pd, _ = alone.opened()
    gp = alone.parked(pd, "r")
    stale = ((EPOLLIN, (pd, pd.fdseq.v - 1)),)

    class Kernel(type(alone.driver.kernel)):  # type: ignore[misc]
        def epoll_collect(self, epfd: int, maxevents: int) -> Events:
            return stale

    alone.rt.kernel = Kernel()

    assert alone.call(alone.rt.netpoll(0)) == (None, 0)
    assert pd.rg.v is gp
