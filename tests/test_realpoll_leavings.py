"""Nothing is left behind by a run, and quiet is waited for, but not for ever."""

import errno
import os

import pytest

import realpoll.available
import realpoll.descriptors
import realpoll.quiet
from real_runs import descriptors, scenario, threads
from realpoll import RealEpoll
from scenario import Kind, Scenario, Unavailable, catalogue

pytestmark = pytest.mark.linux
UNTIMED = tuple(name for name, each in catalogue().items() if not each.timed)
READ = '[fds]\nf0 = "socketpair"\n[goroutines]\nr0 = ["read f0 64"]'
BUSY = '[goroutines]\nb = ["busy 200ms"]'


@pytest.mark.slow
def test_the_catalogue_leaves_no_descriptor_and_no_thread() -> None:
    before = descriptors(), threads()
    for name in UNTIMED:
        RealEpoll().run(catalogue()[name])
        assert (descriptors(), threads()) == before, name


@pytest.mark.parametrize("kind", Kind)
def test_a_descriptor_that_is_never_used_is_closed(kind: Kind) -> None:
    before = descriptors(), threads()
    RealEpoll().run(
        scenario(f'[fds]\nf0 = "{kind.value}"\n[goroutines]\ny = ["yield"]', script='"go y"')
    )
    assert (descriptors(), threads()) == before


def busy_for_good() -> Scenario:
    """A goroutine that stays busy, and an entry that waits for quiet."""
    return scenario(BUSY, script='{do = "go b", at = "0ms"}')


def test_a_run_that_does_not_become_quiet_says_who_was_doing_what(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(realpoll.quiet, "LIMIT_S", 0.02)
    before = descriptors(), threads()
    *_, reason = RealEpoll().run(busy_for_good()).inconclusive  # it may have been late, too
    assert reason.startswith("things were not quiet after 0.02 s: threads: M0 rests, M1 runs")
    assert "0 of 1 tokens idle" in reason
    assert (descriptors(), threads()) == before


def test_a_bug_in_a_goroutine_ends_the_run_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(fd: int, kind: Kind, peer: int | None) -> int:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("realpoll.steps.fill", broken)
    before = descriptors(), threads()
    with pytest.raises(ZeroDivisionError, match="a bug"):
        RealEpoll().run(scenario(READ + '\nw0 = ["fill f0"]', script='"go w0"'))
    assert (descriptors(), threads()) == before


def test_a_descriptor_that_cannot_be_opened_is_unavailable_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left() -> tuple[int, int]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setitem(realpoll.descriptors._OPENERS, Kind.PIPE_READ, none_left)
    before = descriptors(), threads()
    with pytest.raises(Unavailable, match=r"could not open f1, a pipe\.read: Too many open files"):
        RealEpoll().run(
            scenario(
                '[fds]\nf0 = "tcp"\nf1 = "pipe.read"\n[goroutines]\nr0 = ["read f0 64"]',
                script='"write f0.peer 8"',
            )
        )
    assert (descriptors(), threads()) == before


def test_a_number_that_was_taken_meanwhile_makes_the_run_inconclusive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[int] = []
    honest = realpoll.descriptors.Link.reopen

    def late(link: realpoll.descriptors.Link) -> None:
        taken.append(os.open("/dev/null", os.O_RDONLY))
        os.dup2(taken[0], link.fd)
        taken.append(link.fd)
        honest(link)

    monkeypatch.setattr(realpoll.descriptors.Link, "reopen", late)
    trace = RealEpoll().run(
        scenario(
            '[fds]\nf0 = "socketpair"\n[goroutines]\nc = ["close f0", "reopen f0"]',
            script='"go c"',
        )
    )
    for fd in taken:
        os.close(fd)
    (reason,) = trace.inconclusive
    assert reason == f"f0 was to be reopened as {taken[1]} and became {taken[1] + 1}"


def test_without_the_file_that_shows_system_calls_it_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hidden(tid: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", f"/proc/self/task/{tid}/syscall")

    monkeypatch.setattr(realpoll.available, "system_call", hidden)
    with pytest.raises(Unavailable, match=r"needs /proc/self/task/\d+/syscall to see which"):
        RealEpoll().run(scenario(READ, script='"write f0.peer 8"'))


@pytest.mark.parametrize(
    ("module", "attribute", "value", "message"),
    [
        ("sys", "platform", "darwin", "needs Linux"),
        ("platform", "machine", lambda: "vax", "but not of vax"),
    ],
)
def test_on_another_system_it_is_unavailable_and_says_so(
    monkeypatch: pytest.MonkeyPatch, module: str, attribute: str, value: object, message: str
) -> None:
    monkeypatch.setattr(f"realpoll.available.{module}.{attribute}", value)
    with pytest.raises(Unavailable, match=message):
        RealEpoll().run(scenario(READ, script='"write f0.peer 8"'))
