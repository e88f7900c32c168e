"""The epoll instance of the model: who is woken, what is queued, what is refused."""

from itertools import permutations

import pytest

from model.eventfd import EventFd
from model.eventpoll import EventPoll
from model.kernel import Kernel
from model.linux import (
    EINVAL,
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLHUP,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    EPOLLRDHUP,
)
from model.pipe import PipeReader, PipeWriter
from model.regular import Regular
from model.tcp import TcpStream
from model.unix_stream import UnixStream


class Waiters:
    """A kernel with one epoll instance, two pairs in it, and the waiters that were woken."""

    def __init__(self, events: int) -> None:
        self.woken: list[object] = []
        self.kernel = Kernel(self.woken.append)
        self.epfd = self.kernel.epoll_create()
        self.a, self.b = self.kernel.socketpair()
        self.c, self.d = self.kernel.socketpair()
        for fd, name in ((self.a, "a"), (self.c, "c")):
            self.kernel.epoll_ctl(self.epfd, EPOLL_CTL_ADD, fd, events, name)
        self.kernel.epoll_collect(self.epfd, 9)

    def block(self, *waiters: str) -> None:
        for waiter in waiters:
            self.kernel.block(self.epfd, waiter)


def test_the_last_to_block_is_the_first_to_be_woken() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    given.block("m1", "m2", "m3")
    given.kernel.write(given.b, 8)
    assert given.woken == ["m3"]
    given.kernel.write(given.d, 8)
    assert given.woken == ["m3", "m2"]


def test_an_event_on_a_queued_item_wakes_another_waiter() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    given.block("m1", "m2")
    given.kernel.write(given.b, 8)
    given.kernel.write(given.b, 8)
    assert given.woken == ["m2", "m1"]
    assert given.kernel.ready_list(given.epfd) == ("a",)


def test_a_waiter_that_gave_up_is_not_woken() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    given.block("m1", "m2")
    given.kernel.unblock(given.epfd, "m2")
    given.kernel.unblock(given.epfd, "nobody")
    given.kernel.write(given.b, 8)
    assert given.woken == ["m1"]


def test_a_level_triggered_report_wakes_the_next_waiter() -> None:
    given = Waiters(EPOLLIN)
    given.block("m1", "m2")
    given.kernel.write(given.b, 8)
    assert given.woken == ["m2"]
    assert given.kernel.epoll_collect(given.epfd, 9) == ((EPOLLIN, "a"),)
    assert given.woken == ["m2", "m1"]


def test_an_edge_triggered_report_does_not() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    given.block("m1", "m2")
    given.kernel.write(given.b, 8)
    assert given.kernel.epoll_collect(given.epfd, 9) == ((EPOLLIN, "a"),)
    assert given.woken == ["m2"]


def test_what_maxevents_leaves_over_wakes_the_next_waiter() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    given.block("m1", "m2", "m3")
    given.kernel.write(given.b, 8)
    given.kernel.write(given.d, 8)
    assert given.kernel.epoll_collect(given.epfd, 1) == ((EPOLLIN, "a"),)
    assert given.woken == ["m3", "m2", "m1"]


def test_a_filtered_event_wakes_nobody() -> None:
    given = Waiters(EPOLLRDHUP | EPOLLET)
    given.block("m1")
    given.kernel.write(given.b, 8)
    assert (given.woken, given.kernel.ready_list(given.epfd)) == ([], ())


def test_add_and_mod_of_something_ready_wake_a_waiter() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    given.block("m1", "m2")
    given.kernel.epoll_ctl(given.epfd, EPOLL_CTL_MOD, given.a, EPOLLOUT | EPOLLET, "a")
    given.kernel.epoll_ctl(given.epfd, EPOLL_CTL_ADD, given.b, EPOLLOUT | EPOLLET, "b")
    assert given.woken == ["m2", "m1"]
    assert given.kernel.epoll_collect(given.epfd, 9) == ((EPOLLOUT, "a"), (EPOLLOUT, "b"))


def test_closing_the_watched_descriptor_wakes_nobody() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    given.block("m1")
    given.kernel.close(given.a)
    assert given.woken == []


def test_nobody_sleeps_beside_an_event() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    given.kernel.write(given.b, 8)
    with pytest.raises(RuntimeError, match="'m1' would sleep beside 1 queued"):
        given.block("m1")


def test_a_kernel_without_a_wakeup_says_so() -> None:
    kernel = Kernel()
    epfd, efd = kernel.epoll_create(), kernel.eventfd()
    kernel.epoll_ctl(epfd, EPOLL_CTL_ADD, efd, EPOLLIN)
    kernel.block(epfd, "m1")
    with pytest.raises(RuntimeError, match="'m1' was woken"):
        kernel.write(efd, 8)


def test_asking_whether_something_is_ready_consumes_nothing() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    assert not given.kernel.epoll_ready(given.epfd)
    given.kernel.write(given.b, 8)
    assert given.kernel.epoll_ready(given.epfd)
    assert given.kernel.epoll_ready(given.epfd)
    assert given.kernel.epoll_collect(given.epfd, 9) == ((EPOLLIN, "a"),)
    assert not given.kernel.epoll_ready(given.epfd)


def test_data_may_be_any_object_and_mod_replaces_it() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    one, other = (None, 0), object()
    given.kernel.epoll_ctl(given.epfd, EPOLL_CTL_MOD, given.a, EPOLLIN, one)
    given.kernel.write(given.b, 8)
    assert given.kernel.epoll_collect(given.epfd, 9) == ((EPOLLIN, one),)
    given.kernel.epoll_ctl(given.epfd, EPOLL_CTL_MOD, given.a, EPOLLIN, other)
    assert given.kernel.epoll_collect(given.epfd, 9) == ((EPOLLIN, other),)


def test_two_instances_watch_one_file() -> None:
    given = Waiters(EPOLLIN | EPOLLONESHOT)
    second = given.kernel.epoll_create()
    given.kernel.epoll_ctl(second, EPOLL_CTL_ADD, given.a, EPOLLIN, "second")
    given.kernel.write(given.b, 8)
    assert given.kernel.epoll_collect(given.epfd, 9) == ((EPOLLIN, "a"),)
    assert given.kernel.epoll_collect(second, 9) == ((EPOLLIN, "second"),)
    assert given.kernel.epoll_collect(second, 9) == ((EPOLLIN, "second"),)
    given.kernel.close(given.b)
    assert given.kernel.epoll_collect(given.epfd, 9) == ()
    report = EPOLLIN | EPOLLHUP
    assert given.kernel.epoll_collect(second, 9) == ((report, "second"),)


def test_closing_an_instance_takes_its_registrations_along() -> None:
    given = Waiters(EPOLLIN | EPOLLET)
    second = given.kernel.epoll_create()
    for fd in (given.a, given.c):
        given.kernel.epoll_ctl(second, EPOLL_CTL_ADD, fd, EPOLLIN)
    given.kernel.close(given.epfd)
    given.kernel.block(second, "m1")
    given.kernel.write(given.b, 8)
    assert given.woken == ["m1"]
    assert given.kernel.epoll_collect(second, 9) == ((EPOLLIN, None),)


@pytest.mark.parametrize("deleted", list(permutations(range(4), 2)))
def test_a_closed_instance_is_in_no_wait_queue(deleted: tuple[int, int]) -> None:
    ep = EventPoll(print)
    files = [EventFd(0) for _ in range(4)]
    for number, file in enumerate(files):
        ep.ctl(EPOLL_CTL_ADD, file, number, EPOLLIN, None)
    for number in deleted:
        ep.ctl(EPOLL_CTL_DEL, files[number], number, 0, None)
    left = [number for number, file in enumerate(files) if file.watchers is not None]
    assert left == sorted({0, 1, 2, 3} - set(deleted))
    ep.release()
    assert [file.watchers for file in files] == [None] * 4


def test_what_is_no_epoll_instance_is_refused() -> None:
    kernel = Kernel()
    epfd, efd = kernel.epoll_create(), kernel.eventfd()
    assert kernel.epoll_ctl(efd, EPOLL_CTL_ADD, epfd, EPOLLIN) == -EINVAL
    assert kernel.epoll_ctl(epfd, EPOLL_CTL_ADD, epfd, EPOLLIN) == -EINVAL
    assert kernel.epoll_ctl(epfd, 4, efd, EPOLLIN) == -EINVAL
    with pytest.raises(OSError, match=r"\[Errno 22\] descriptor 4 is no epoll instance"):
        kernel.epoll_collect(efd, 1)
    with pytest.raises(OSError, match=r"\[Errno 9\] descriptor 40 is no epoll instance"):
        kernel.block(40, "m1")
    with pytest.raises(OSError, match=r"\[Errno 22\] maxevents is 0"):
        kernel.epoll_collect(epfd, 0)


@pytest.mark.parametrize("target", ["nested", "exclusive"])
def test_what_the_model_leaves_out_is_said(target: str) -> None:
    kernel = Kernel()
    epfd, inner, efd = kernel.epoll_create(), kernel.epoll_create(), kernel.eventfd()
    fd, events = (inner, EPOLLIN) if target == "nested" else (efd, EPOLLIN | EPOLLEXCLUSIVE)
    with pytest.raises(NotImplementedError):
        kernel.epoll_ctl(epfd, EPOLL_CTL_ADD, fd, events)


def test_a_registration_in_the_middle_of_the_wait_queue_can_go() -> None:
    kernel = Kernel()
    first, second, third = (kernel.epoll_create() for _ in range(3))
    efd = kernel.eventfd()
    for epfd in (first, second, third):
        kernel.epoll_ctl(epfd, EPOLL_CTL_ADD, efd, EPOLLIN, efd)
    kernel.epoll_ctl(second, EPOLL_CTL_DEL, efd)
    kernel.write(efd, 8)
    reports = [kernel.epoll_collect(epfd, 1) for epfd in (first, second, third)]
    assert reports == [((EPOLLIN, efd),), (), ((EPOLLIN, efd),)]


@pytest.mark.parametrize(
    "kind", [EventFd, EventPoll, PipeReader, PipeWriter, Regular, TcpStream, UnixStream, Kernel]
)
def test_all_state_stands_in_slots(kind: type) -> None:
    # A search takes snapshots: what hides in a __dict__ would be missed.
    assert all("__slots__" in vars(each) for each in kind.__mro__[:-1])
