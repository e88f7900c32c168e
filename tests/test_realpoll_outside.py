"""What the outside does on real epoll: what is refused, what the system is short of."""

import errno
import os

import pytest

import realpoll.descriptors
import realpoll.tcp
from real_runs import descriptors, real, scenario, seen, steps, threads
from realpoll import RealEpoll
from realpoll.descriptors import REFUSED, SCARCE, Link
from scenario import Kind, Unavailable, What
from scenario.words import Outside

pytestmark = pytest.mark.linux
READ = '[fds]\nf0 = "socketpair"\n[goroutines]\nr0 = ["read f0 64"]\n'
WRITE = '"write f0.peer 8"'


def fails_with(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def test_an_action_at_a_peer_that_is_gone_is_told_and_has_no_effect() -> None:
    """A goroutine could have made a new peer, and does not come to it."""
    asked = scenario(
        '[fds]\nf0 = "socketpair"\nf1 = "socketpair"\n[goroutines]\n'
        'r0 = ["read f0 64", "read f1 64"]\nc = ["read f1 64", "close f0", "reopen f0"]',
        script='"close f0.peer", "go c", "write f0.peer 8"',
    )
    trace = real(asked)
    actions = [event.args["text"] for event in trace.events if event.what is What.ACTION]
    assert actions == ["close f0.peer", "write f0.peer 8"]
    assert steps(seen(asked)) == {
        "r0": ["(read f0 64: 0, eof)", "(read f1 64: parked)"],
        "c": ["(read f1 64: parked)"],
    }


@pytest.mark.parametrize("number", sorted(REFUSED), ids=errno.errorcode.get)
def test_an_action_that_the_kernel_refuses_has_no_effect(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(link: Link, peer: int, nbytes: int) -> None:
        raise fails_with(number)

    monkeypatch.setitem(realpoll.descriptors._ACTIONS, Outside.WRITE, refused)
    assert steps(seen(scenario(READ, script=WRITE))) == {"r0": ["(read f0 64: parked)"]}


@pytest.mark.parametrize("number", sorted(SCARCE), ids=errno.errorcode.get)
def test_an_action_for_which_the_system_has_too_little_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def short(link: Link, peer: int, nbytes: int) -> None:
        raise fails_with(number)

    monkeypatch.setitem(realpoll.descriptors._ACTIONS, Outside.WRITE, short)
    before = descriptors(), threads()
    with pytest.raises(Unavailable, match=r"could not do `write f0\.peer 8`: "):
        RealEpoll().run(scenario(READ, script=WRITE))
    assert (descriptors(), threads()) == before


def test_an_error_that_no_action_should_have_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(link: Link, peer: int, nbytes: int) -> None:
        raise fails_with(errno.EBADF)

    monkeypatch.setitem(realpoll.descriptors._ACTIONS, Outside.WRITE, broken)
    before = descriptors(), threads()
    with pytest.raises(OSError, match="Bad file descriptor"):
        RealEpoll().run(scenario(READ, script=WRITE))
    assert (descriptors(), threads()) == before


def test_a_reopen_without_descriptors_is_unavailable_and_no_result_of_the_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left(link: Link) -> None:
        raise fails_with(errno.EMFILE)

    monkeypatch.setattr(Link, "reopen", none_left)
    before = descriptors(), threads()
    with pytest.raises(Unavailable, match="could not reopen f0: Too many open files"):
        RealEpoll().run(scenario(READ + 'c = ["close f0", "reopen f0"]', script='"go c"'))
    assert (descriptors(), threads()) == before


@pytest.mark.parametrize("action", ["go w", "fill f0.peer"])
def test_a_fill_that_does_not_arrive_makes_the_run_inconclusive(
    monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setattr(realpoll.tcp, "ARRIVAL_LIMIT_S", 0.01)
    monkeypatch.setattr(realpoll.tcp, "settled", lambda fds: False)
    before = descriptors(), threads()
    trace = RealEpoll().run(
        scenario(
            '[fds]\nf0 = "tcp"\n[goroutines]\nr0 = ["read f0 64"]\nw = ["fill f0"]',
            script=f'"{action}"',
        )
    )
    assert trace.inconclusive == ("what a fill wrote over TCP had not arrived after 0.01 s",)
    assert (descriptors(), threads()) == before


def test_a_fill_over_tcp_leaves_nothing_that_could_make_room_later() -> None:
    link = Link("f0", Kind.TCP)
    try:
        assert realpoll.descriptors.fill(link.fd, link.kind, link.peer) > 0
        assert realpoll.tcp.settled([link.fd, link.peer or 0])
        with pytest.raises(BlockingIOError):
            os.write(link.fd, b"x")
    finally:
        os.close(link.fd)
        link.close_peer()
