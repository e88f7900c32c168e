"""What a goroutine on real epoll costs; and that the benchmarks which say so come to their end."""

import resource

import pytest

from benchmarks import realpoll_break, realpoll_memory, realpoll_others, realpoll_pingpong
from real_runs import descriptors, threads

pytestmark = [pytest.mark.linux, pytest.mark.slow]


def test_a_waiting_connection_costs_at_most_a_kilobyte() -> None:
    figures = realpoll_memory.measure()
    assert 0 < figures["realpoll_bytes"] <= 1_024
    assert figures["realpoll_bytes"] < figures["asyncio_bytes"] / 2


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2_200, reason="needs 2,200 descriptors"
)
def test_the_benchmarks_measure_every_loop_that_is_there_and_leave_nothing() -> None:
    before = descriptors(), threads()
    played = realpoll_pingpong.measure(messages=4_000, rounds=1)
    woken = realpoll_break.measure(wakeups=5, rounds=1)
    assert (descriptors(), threads()) == before
    loops = ["raw", "realpoll", "asyncio", *realpoll_others.installed()]
    assert set(played) == {f"{name}_{pairs}" for name in loops for pairs in (100, 1_000)} | {
        f"realpoll_to_{name}_{pairs}"
        for name in loops
        if name != "realpoll"
        for pairs in (100, 1_000)
    }
    assert all(value > 0 for value in (*played.values(), *woken.values()))
    assert set(woken) == {"bare_p50_us", "realpoll_p50_us", "asyncio_p50_us", "realpoll_to_bare"}


def test_a_loop_is_either_installed_or_named_as_missing() -> None:
    both = (*realpoll_others.installed(), *realpoll_others.missing())
    assert sorted(both) == ["curio", "gevent", "trio"]
