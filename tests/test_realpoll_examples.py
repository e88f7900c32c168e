"""The six worked examples, whole, on real epoll."""

import pytest

from real_runs import batches, breaks, scenario, seen, steps, wakes

pytestmark = pytest.mark.linux
NUMBERS = range(6)
TIMED = pytest.mark.slow


def test_a_read_waits_until_the_peer_has_written() -> None:
    told = seen(
        scenario(
            '[fds]\nf0 = "socketpair"\n[goroutines]\nr0 = ["read f0 64"]',
            script='"write f0.peer 8"',
        )
    )
    assert wakes(told) == ["(r0, f0, r, ready)"]
    assert told.run == ("r0",)
    assert batches(told) == [["f0 rw"]]
    assert breaks(told) == []
    assert steps(told) == {"r0": ["(read f0 64: 8, ok)"]}


def test_six_of_one_batch_wake_in_order_and_run_last_event_first() -> None:
    told = seen(
        scenario(
            "[fds]\n"
            + "".join(f'f{n} = "socketpair"\n' for n in NUMBERS)
            + "[goroutines]\n"
            + "".join(f'r{n} = ["read f{n} 64"]\n' for n in NUMBERS),
            script="{hold = [" + ", ".join(f'"write f{n}.peer 8"' for n in NUMBERS) + "]}",
        )
    )
    assert wakes(told) == [f"(r{n}, f{n}, r, ready)" for n in NUMBERS]
    assert told.run == ("r5", "r4", "r3", "r2", "r1", "r0")
    assert batches(told) == [[f"f{n} rw" for n in NUMBERS]]
    assert steps(told) == {f"r{n}": [f"(read f{n} 64: 8, ok)"] for n in NUMBERS}


@pytest.mark.parametrize("pipe", [False, True], ids=["eventfd", "pipe"])
def test_a_stale_event_reaches_nobody_though_the_number_is_in_use_again(pipe: bool) -> None:
    told = seen(
        scenario(
            '[fds]\nf0 = "socketpair"\n[goroutines]\nr0 = ["read f0 64"]\n'
            'c = ["close f0", "reopen f0", "read f0 64"]',
            script='{hold = ["write f0.peer 8"], hold_fetched = ["go c"]}, "write f0.peer 8"',
        ),
        pipe=pipe,
    )
    assert wakes(told) == ["(r0, f0, r, close)", "(c, f0, r, ready)"]
    assert told.run == ("r0", "c")
    assert batches(told) == [["f0 rw"], ["f0 w"], ["f0 rw"]]
    assert steps(told) == {
        "r0": ["(read f0 64: 0, closed)"],
        "c": ["(close f0: ok)", "(reopen f0: ok)", "(read f0 64: 8, ok)"],
    }


@TIMED
@pytest.mark.parametrize("pipe", [False, True], ids=["eventfd", "pipe"])
def test_a_timer_that_is_due_before_the_poll_ends_breaks_it(pipe: bool) -> None:
    told = seen(
        scenario(
            '[fds]\nf0 = "socketpair"\n[goroutines]\nr0 = ["read f0 64"]\n'
            't0 = ["sleep 80ms"]\nt1 = ["sleep 20ms"]',
            script='{do = "go t0", at = "0ms"}, {do = "go t1", at = "20ms"}, '
            '{do = "write f0.peer 8", at = "120ms"}',
        ),
        pipe=pipe,
    )
    assert wakes(told) == ["(t1, timer)", "(t0, timer)", "(r0, f0, r, ready)"]
    assert told.run == ("t1", "t0", "r0")
    assert batches(told) == [["f0 rw"]]
    assert breaks(told) == ["entry 0: yes", "entry 1: yes"]
    assert steps(told) == {
        "r0": ["(read f0 64: 8, ok)"],
        "t0": ["(sleep 80ms: ok)"],
        "t1": ["(sleep 20ms: ok)"],
    }


@TIMED
def test_while_a_goroutine_is_busy_the_blocked_poller_and_then_the_monitor_poll() -> None:
    told = seen(
        scenario(
            '[fds]\nf0 = "socketpair"\nf1 = "socketpair"\n[goroutines]\n'
            'r0 = ["read f0 64"]\nr1 = ["read f1 64"]\nb = ["busy 80ms"]',
            script='{do = "go b", at = "0ms", nowait = true}, '
            '{do = "write f0.peer 8", at = "20ms", nowait = true}, '
            '{do = "write f1.peer 8", at = "40ms"}',
        )
    )
    assert wakes(told) == ["(r0, f0, r, ready)", "(r1, f1, r, ready)"]
    assert told.run == ("r0", "r1")
    assert batches(told) == [["f0 rw"], ["f1 rw"]]
    assert breaks(told) == ["entry 0: no"]
    assert steps(told) == {
        "r0": ["(read f0 64: 8, ok)"],
        "r1": ["(read f1 64: 8, ok)"],
        "b": ["(busy 80ms: ok)"],
    }


@TIMED
def test_a_combined_deadline_wakes_the_reader_first_and_runs_the_writer_first() -> None:
    told = seen(
        scenario(
            '[fds]\nf0 = "socketpair"\n[goroutines]\nr0 = ["read f0 64", "read f0 64"]\n'
            'w0 = ["fill f0", "write f0 1"]\n'
            'd0 = ["set_deadline f0 120ms"]\nd1 = ["set_deadline f0 60ms"]',
            script='{do = "go d0", at = "0ms"}, {do = "go d1", at = "20ms"}, '
            '{do = "write f0.peer 8", at = "40ms"}',
        )
    )
    assert wakes(told) == [
        "(r0, f0, r, ready)",
        "(r0, f0, r, deadline)",
        "(w0, f0, w, deadline)",
    ]
    assert told.run == ("r0", "w0", "r0")
    assert batches(told) == [["f0 r"]]
    assert breaks(told) == ["entry 0: yes", "entry 1: yes"]
    assert steps(told) == {
        "r0": ["(read f0 64: 8, ok)", "(read f0 64: 0, timeout)"],
        "w0": ["(fill f0: ok)", "(write f0 1: 0, timeout)"],
        "d0": ["(set_deadline f0 120ms: ok)"],
        "d1": ["(set_deadline f0 60ms: ok)"],
    }
