"""Details of the poller's text that no scenario can ask for by itself."""

import pytest

from model.atomic import Throw, Uint32
from model.netpoll import (
    modeR,
    modeW,
    pdNil,
    pdReady,
    pdWait,
    pollErrClosing,
    pollErrNotPollable,
    pollErrTimeout,
    pollEventErr,
    pollNoError,
)
from model_worlds import Alone


@pytest.fixture
def alone() -> Alone:
    return Alone()


def test_a_regular_file_is_refused_and_its_polldesc_goes_back(alone: Alone) -> None:
    alone.opened()
    first = alone.rt.pollcache.first
    assert first is not None

    assert alone.call(alone.rt.pollOpen(alone.driver.kernel.open_file(1))) == (None, 1)
    assert alone.rt.pollcache.first is first
    assert first.fdseq.v == 2


# ---- netpollWaiters and checks


def test_the_count_of_waiters_is_unsigned_and_wraps(alone: Alone) -> None:
    assert type(alone.rt.netpollWaiters) is Uint32
    assert not alone.call(alone.rt.netpollAnyWaiters())

    alone.call(alone.rt.netpollAdjustWaiters(-1))
    assert alone.rt.netpollWaiters.v == 0xFFFF_FFFF
    assert alone.call(alone.rt.netpollAnyWaiters())

    alone.call(alone.rt.netpollAdjustWaiters(1))
    assert alone.rt.netpollWaiters.v == 0


@pytest.mark.parametrize(
    ("closing", "rd", "wd", "err", "read", "write"),
    [
        (False, 0, 0, False, pollNoError, pollNoError),
        (False, 5, 5, False, pollNoError, pollNoError),
        (False, -1, 0, False, pollErrTimeout, pollNoError),
        (False, 0, -1, False, pollNoError, pollErrTimeout),
        (False, 0, 0, True, pollErrNotPollable, pollNoError),
        (False, -1, -1, True, pollErrTimeout, pollErrTimeout),
        (True, -1, -1, True, pollErrClosing, pollErrClosing),
    ],
)
def test_closing_comes_before_a_deadline_and_that_before_an_error(
    alone: Alone, closing: bool, rd: int, wd: int, err: bool, read: int, write: int
) -> None:
    pd, _ = alone.opened()
    pd.closing, pd.rd, pd.wd = closing, rd, wd
    alone.call(alone.rt.publishInfo(pd))
    alone.call(alone.rt.setEventErr(pd, err, 0))

    assert alone.call(alone.rt.netpollcheckerr(pd, modeR)) == read
    assert alone.call(alone.rt.netpollcheckerr(pd, modeW)) == write


def test_an_error_of_an_earlier_use_is_ignored(alone: Alone) -> None:
    pd, _ = alone.opened()
    old = pd.fdseq.v
    pd.closing = True
    alone.call(alone.rt.pollClose(pd))
    assert pd.fdseq.v == old + 1

    alone.call(alone.rt.setEventErr(pd, True, old))
    assert pd.atomicInfo.v & pollEventErr == 0

    alone.call(alone.rt.setEventErr(pd, True, old + 1))
    assert pd.atomicInfo.v & pollEventErr == pollEventErr


def test_publishing_keeps_the_error(alone: Alone) -> None:
    pd, _ = alone.opened()
    alone.call(alone.rt.setEventErr(pd, True, 0))
    pd.rd = -1

    alone.call(alone.rt.publishInfo(pd))

    assert pd.atomicInfo.v & pollEventErr == pollEventErr


# ---- reuse


def test_the_polldesc_given_back_last_is_used_next(alone: Alone) -> None:
    one, _ = alone.opened()
    other, _ = alone.opened()
    for pd in (one, other):
        alone.call(alone.rt.pollUnblock(pd))
        alone.call(alone.rt.pollClose(pd))

    assert alone.opened()[0] is other
    assert alone.opened()[0] is one
    assert (one.fdseq.v, other.fdseq.v) == (2, 2)


def test_fdseq_begins_at_one_and_is_never_zero_again(alone: Alone) -> None:
    pd, _ = alone.opened()
    assert pd.fdseq.v == 1
    pd.fdseq.v = (1 << 24) - 1
    pd.closing = True
    alone.call(alone.rt.pollClose(pd))
    assert pd.fdseq.v == 0

    assert alone.opened()[0] is pd
    assert pd.fdseq.v == 1


def test_closing_forgets_the_registration(alone: Alone) -> None:
    pd, peer = alone.opened()
    alone.call(alone.rt.pollUnblock(pd))
    alone.call(alone.rt.pollClose(pd))
    alone.driver.kernel.write(peer, 8)

    assert not alone.driver.kernel.epoll_ready(alone.rt.epfd)


# ---- the slots


@pytest.mark.parametrize(
    ("before", "ioready", "after"),
    [
        (pdNil, True, pdReady),
        (pdNil, False, pdNil),
        (pdReady, True, pdReady),
        (pdReady, False, pdReady),
        (pdWait, True, pdReady),
        (pdWait, False, pdNil),
    ],
)
def test_nobody_is_freed_where_nobody_is_parked(
    alone: Alone, before: int, ioready: bool, after: int
) -> None:
    pd, _ = alone.opened()
    pd.rg.v = before

    assert alone.call(alone.rt.netpollunblock(pd, modeR, ioready)) == (None, 0)
    assert pd.rg.v == after


@pytest.mark.parametrize(("ioready", "after"), [(True, pdReady), (False, pdNil)])
def test_who_is_parked_is_freed_once(alone: Alone, ioready: bool, after: int) -> None:
    pd, _ = alone.opened()
    gp = alone.parked(pd, "r")

    assert alone.call(alone.rt.netpollunblock(pd, modeR, ioready)) == (gp, -1)
    assert pd.rg.v == after
    assert alone.call(alone.rt.netpollunblock(pd, modeR, ioready)) == (None, 0)


def test_of_one_event_the_writer_comes_off_the_list_first(alone: Alone) -> None:
    pd, _ = alone.opened()
    reader, writer = alone.goroutine("r"), alone.goroutine("w")
    pd.rg.v, pd.wg.v = reader, writer

    assert alone.call(alone.rt.netpollready(None, pd, modeR | modeW)) == (writer, -2)
    assert writer.schedlink is reader
    assert reader.schedlink is None


def test_news_that_came_first_is_consumed_without_parking(alone: Alone) -> None:
    pd, _ = alone.opened()
    pd.rg.v = pdReady

    assert alone.call(alone.rt.netpollblock(pd, modeR, False)) is True
    assert pd.rg.v == pdNil


def test_two_in_one_direction_are_thrown_out(alone: Alone) -> None:
    pd, _ = alone.opened()
    alone.parked(pd, "r")

    with pytest.raises(Throw, match="runtime: double wait"):
        alone.call(alone.rt.netpollblock(pd, modeR, False))


def test_a_commit_fails_where_news_came_in_between(alone: Alone) -> None:
    pd, _ = alone.opened()
    pd.rg.v = pdReady

    assert alone.m.curg is not None
    assert not alone.call(alone.rt.netpollblockcommit(alone.m.curg, pd.rg))
    assert pd.rg.v == pdReady
    assert alone.rt.netpollWaiters.v == 0
