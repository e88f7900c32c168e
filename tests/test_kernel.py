"""The descriptor table of the model, and its kinds of file one by one."""

from collections.abc import Callable

import pytest

from model.kernel import Kernel
from model.linux import (
    EAGAIN,
    EBADF,
    EINVAL,
    ENOTSOCK,
    EPERM,
    EPIPE,
    EPOLL_CTL_ADD,
    EPOLLET,
    EPOLLIN,
    EPOLLOUT,
)
from model.tcp import TcpStream, tcp_pair
from model.unix_stream import MESSAGE_MAX_BYTES, charge


def test_the_first_descriptor_is_3_and_the_lowest_free_number_is_used() -> None:
    kernel = Kernel()
    assert (kernel.epoll_create(), kernel.eventfd(), kernel.socketpair()) == (3, 4, (5, 6))
    assert [kernel.close(fd) for fd in (5, 3, 4)] == [0, 0, 0]
    assert (kernel.pipe(), kernel.open_file(0), kernel.eventfd()) == ((3, 4), 5, 7)


def test_dup2_closes_what_it_replaces_and_leaves_holes_free() -> None:
    kernel = Kernel()
    a, b = kernel.socketpair()
    efd = kernel.eventfd()
    assert kernel.dup2(efd, a) == a
    assert kernel.read(b, 8) == 0  # a's last descriptor was replaced
    assert kernel.write(a, 8) == kernel.read(efd, 8) == 8
    assert kernel.dup2(efd, 9) == 9
    assert kernel.close(9) == 0
    assert [kernel.eventfd() for _ in range(5)] == [6, 7, 8, 9, 10]


def test_dup2_may_take_a_number_that_was_free() -> None:
    kernel = Kernel()
    one, other = kernel.eventfd(), kernel.eventfd()
    kernel.close(one)
    assert kernel.dup2(other, one) == one
    assert kernel.dup2(other, other) == other
    assert kernel.eventfd() == other + 1


@pytest.mark.parametrize("fd", [-1, -2, 7, 1000])
def test_a_number_that_is_not_open_is_refused(fd: int) -> None:
    kernel = Kernel()
    epfd = kernel.epoll_create()
    kernel.close(kernel.eventfd())
    answers = [
        kernel.read(fd, 8),
        kernel.write(fd, 8),
        kernel.close(fd),
        kernel.reset(fd),
        kernel.shutdown_write(fd),
        kernel.dup2(fd, 4),
        kernel.epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN),
        kernel.epoll_ctl(fd, EPOLL_CTL_ADD, epfd, EPOLLIN),
    ]
    assert answers == [-EBADF] * 8


def test_an_epoll_instance_is_neither_read_nor_written() -> None:
    kernel = Kernel()
    epfd = kernel.epoll_create()
    answers = [kernel.read(epfd, 8), kernel.write(epfd, 8), kernel.shutdown_write(epfd)]
    assert answers == [-EINVAL, -EINVAL, -ENOTSOCK]


def test_a_regular_file_ends_and_grows_and_cannot_be_polled() -> None:
    kernel = Kernel()
    epfd, fd = kernel.epoll_create(), kernel.open_file(10)
    assert [kernel.read(fd, 8) for _ in range(3)] == [8, 2, 0]
    assert [kernel.write(fd, 4), kernel.read(fd, 4)] == [4, 0]
    assert kernel.epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN) == -EPERM


def test_a_unix_stream_takes_as_many_messages_as_were_measured() -> None:
    kernel = Kernel()
    epfd = kernel.epoll_create()
    a, b = kernel.socketpair()
    kernel.epoll_ctl(epfd, EPOLL_CTL_ADD, a, EPOLLOUT | EPOLLET, "a")
    writes = until(kernel.write, a)
    assert kernel.epoll_collect(epfd, 1) == ()
    reads = 0
    while not kernel.epoll_collect(epfd, 1):
        reads += kernel.read(b, 1)
    assert (writes, reads) == (278, 209)


def test_a_message_is_charged_as_was_measured() -> None:
    sizes = (1, 192, 193, 704, 705, 1729, 3776, 3777, 4289, 7872, MESSAGE_MAX_BYTES)
    charged = [charge(size) for size in sizes]
    assert charged == [768, 768, 1280, 1280, 2304, 4352, 4352, 4864, 5376, 8448, 37120]


def test_a_filled_tcp_end_has_room_again_when_a_third_is_free() -> None:
    one, other = connected(buffer=300)
    assert [one.write(200), one.write(500), one.write(1)] == [200, 400, -EAGAIN]
    assert (other.received, one.unsent) == (300, 300)
    assert not one.poll() & EPOLLOUT
    assert other.read(99) == 99
    assert not one.poll() & EPOLLOUT
    assert other.read(1) == 1
    assert one.poll() & EPOLLOUT


def test_tcp_tells_of_room_once_and_only_who_was_told_that_there_was_none() -> None:
    kernel = Kernel()
    epfd = kernel.epoll_create()
    a, b = kernel.tcp_pair()
    kernel.epoll_ctl(epfd, EPOLL_CTL_ADD, a, EPOLLOUT | EPOLLET, "a")
    assert kernel.epoll_collect(epfd, 1) == ((EPOLLOUT, "a"),)
    kernel.write(a, 8)
    kernel.read(b, 8)
    assert kernel.epoll_collect(epfd, 1) == ()
    until(kernel.write, a, 10_000)
    until(kernel.read, b, 10_000)
    assert kernel.epoll_collect(epfd, 1) == ((EPOLLOUT, "a"),)
    assert kernel.epoll_collect(epfd, 1) == ()


def test_a_fin_waits_behind_the_data() -> None:
    one, other = connected(buffer=10)
    assert (one.write(20), one.shutdown_write(), one.write(1)) == (20, 0, -EPIPE)
    assert [other.read(9), other.read(9), other.read(9), other.read(9)] == [9, 9, 2, 0]


def until(call: Callable[[int, int], int], fd: int, nbytes: int = 1) -> int:
    count = 0
    while call(fd, nbytes) > 0:
        count += 1
    return count


def connected(buffer: int) -> tuple[TcpStream, TcpStream]:
    one, other = tcp_pair()
    one.buffer = other.buffer = buffer
    return one, other
