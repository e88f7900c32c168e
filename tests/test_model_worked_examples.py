"""Six scenarios whose channels were worked out by hand from Go's source."""

from model import simulate
from model_worlds import scenario
from scenario import channels

Told = dict[str, list[str]]


def told(text: str) -> Told:
    """The channels of a run in words: a line for each wake, run, batch, break and step."""
    seen = channels(simulate(scenario(text)))
    return {
        "wake": [str(wake) for wake in seen.wake],
        "run": list(seen.run),
        "batch": [", ".join(map(str, batch)) for batch in seen.batch],
        "break": [str(each) for each in seen.brk],
        "step": [f"{g} {step}" for g, steps in seen.step.items() for step in steps],
    }


def test_a_read_that_waits_is_woken_when_the_peer_has_written() -> None:
    assert told("""
script = ["write f0.peer 8"]
[fds]
f0 = "socketpair"
[goroutines]
r0 = ["read f0 64"]
""") == {
        "wake": ["(r0, f0, r, ready)"],
        "run": ["r0"],
        "batch": ["f0 rw"],
        "break": [],
        "step": ["r0 (read f0 64: 8, ok)"],
    }


def test_of_six_in_one_batch_the_last_runs_first() -> None:
    fds = "\n".join(f'f{i} = "socketpair"' for i in range(6))
    goroutines = "\n".join(f'r{i} = ["read f{i} 64"]' for i in range(6))
    writes = ", ".join(f'"write f{i}.peer 8"' for i in range(6))

    assert told(f"script = [{{hold = [{writes}]}}]\n[fds]\n{fds}\n[goroutines]\n{goroutines}") == {
        "wake": [f"(r{i}, f{i}, r, ready)" for i in range(6)],
        "run": ["r5", "r4", "r3", "r2", "r1", "r0"],
        "batch": ["f0 rw, f1 rw, f2 rw, f3 rw, f4 rw, f5 rw"],
        "break": [],
        "step": [f"r{i} (read f{i} 64: 8, ok)" for i in range(6)],
    }


def test_a_stale_event_wakes_nobody_of_the_descriptor_that_was_opened_since() -> None:
    assert told("""
script = [{hold = ["write f0.peer 8"], hold_fetched = ["go c"]}, "write f0.peer 8"]
[fds]
f0 = "socketpair"
[goroutines]
r0 = ["read f0 64"]
c = ["close f0", "reopen f0", "read f0 64"]
""") == {
        "wake": ["(r0, f0, r, close)", "(c, f0, r, ready)"],
        "run": ["r0", "c"],
        "batch": ["f0 rw", "f0 w", "f0 rw"],
        "break": [],
        "step": [
            "r0 (read f0 64: 0, closed)",
            "c (close f0: ok)",
            "c (reopen f0: ok)",
            "c (read f0 64: 8, ok)",
        ],
    }


def test_each_sleep_breaks_a_poller_that_would_sleep_longer() -> None:
    assert told("""
script = [
  {do = "go t0", at = "0ms"}, {do = "go t1", at = "20ms"}, {do = "write f0.peer 8", at = "120ms"},
]
[fds]
f0 = "socketpair"
[goroutines]
r0 = ["read f0 64"]
t0 = ["sleep 80ms"]
t1 = ["sleep 20ms"]
""") == {
        "wake": ["(t1, timer)", "(t0, timer)", "(r0, f0, r, ready)"],
        "run": ["t1", "t0", "r0"],
        "batch": ["f0 rw"],
        "break": ["entry 0: yes", "entry 1: yes"],
        "step": ["r0 (read f0 64: 8, ok)", "t0 (sleep 80ms: ok)", "t1 (sleep 20ms: ok)"],
    }


def test_while_a_goroutine_is_busy_the_monitor_polls() -> None:
    assert told("""
script = [
  {do = "go b", at = "0ms", nowait = true},
  {do = "write f0.peer 8", at = "20ms", nowait = true},
  {do = "write f1.peer 8", at = "40ms"},
]
[fds]
f0 = "socketpair"
f1 = "socketpair"
[goroutines]
r0 = ["read f0 64"]
r1 = ["read f1 64"]
b = ["busy 80ms"]
""") == {
        "wake": ["(r0, f0, r, ready)", "(r1, f1, r, ready)"],
        "run": ["r0", "r1"],
        "batch": ["f0 rw", "f1 rw"],
        "break": ["entry 0: no"],
        "step": ["r0 (read f0 64: 8, ok)", "r1 (read f1 64: 8, ok)", "b (busy 80ms: ok)"],
    }


def test_a_combined_deadline_moved_earlier_frees_the_reader_first() -> None:
    assert told("""
script = [
  {do = "go d0", at = "0ms"}, {do = "go d1", at = "20ms"}, {do = "write f0.peer 8", at = "40ms"},
]
[fds]
f0 = "socketpair"
[goroutines]
r0 = ["read f0 64", "read f0 64"]
w0 = ["fill f0", "write f0 1"]
d0 = ["set_deadline f0 120ms"]
d1 = ["set_deadline f0 60ms"]
""") == {
        "wake": ["(r0, f0, r, ready)", "(r0, f0, r, deadline)", "(w0, f0, w, deadline)"],
        "run": ["r0", "w0", "r0"],
        "batch": ["f0 r"],
        "break": ["entry 0: yes", "entry 1: yes"],
        "step": [
            "r0 (read f0 64: 8, ok)",
            "r0 (read f0 64: 0, timeout)",
            "w0 (fill f0: ok)",
            "w0 (write f0 1: 0, timeout)",
            "d0 (set_deadline f0 120ms: ok)",
            "d1 (set_deadline f0 60ms: ok)",
        ],
    }
