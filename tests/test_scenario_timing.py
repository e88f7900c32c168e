"""Times that a real machine could not keep in order are refused before a run."""

import pytest

from scenario import Scenario, ScenarioError, parse

TEXT = """question = "q"
finding = "f"
script = [
{script}
]
fds = {{f0 = "socketpair", f1 = "file"}}
[goroutines]
{goroutines}
"""


def timed(script: str, goroutines: str) -> Scenario:
    text = TEXT.format(script=script, goroutines=goroutines)
    return parse(text, name="x", origin="x.toml")


def refused(script: str, goroutines: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        timed(script, goroutines)
    return str(caught.value)


def do(action: str, at: str, more: str = "") -> str:
    return f'{{do = "{action}", at = "{at}"{more}}},\n'


def test_a_scenario_with_times_has_one_for_each_entry() -> None:
    told = refused(do("go t", "0ms") + '"write f0.peer 8"', 't = ["sleep 40ms"]')
    assert told == (
        "x.toml:5:2: an entry without a time in a scenario with times; each entry must have one;"
        ' write {do = "...", at = "20ms"}'
    )


def test_one_entry_with_a_time_asks_all_for_theirs() -> None:
    told = refused(do("go t", "0ms") + '"write f0.peer 8"', 't = ["yield"]')
    assert "an entry without a time" in told


@pytest.mark.parametrize("step", ["sleep 30ms", "busy 30ms", "set_deadline f0 30ms"])
def test_no_time_runs_before_the_script(step: str) -> None:
    told = refused("", f't = ["{step}"]')
    assert told == (
        f"x.toml:8:7: {step!r} before the script, when no time runs; it must stand in a goroutine"
        ' that the script starts; add {do = "go t", at = "0ms"} to the script'
    )


def test_a_goroutine_started_before_the_script_starts_others_before_it() -> None:
    assert "before the script" in refused("", 's = ["go t"]\nt = ["sleep 30ms"]')


def test_after_a_read_that_is_sure_to_wait_time_runs() -> None:
    scenario = timed(do("write f0.peer 8", "0ms"), 't = ["read f0 64", "sleep 40ms"]')
    assert scenario.timed


def test_a_read_that_a_deadline_may_end_does_not_count_as_waiting() -> None:
    goroutines = 't = ["read f0 64", "sleep 40ms"]\nd = ["set_deadline f0 past"]'
    assert "before the script" in refused(do("write f0.peer 8", "0ms"), goroutines)


def test_a_deadline_in_the_past_needs_no_time() -> None:
    assert not timed("", 'd = ["set_deadline f0 past", "set_deadline f0 none"]').timed


def test_entries_stand_in_order_of_time() -> None:
    told = refused(do("go a", "40ms") + do("go b", "0ms"), 'a = ["yield"]\nb = ["yield"]')
    assert told == (
        "x.toml:5:1: the entry 'go b' at 0ms stands behind the entry 'go a' at 40ms; each entry"
        " must be later than the one before; put them in order"
    )


def test_two_entries_are_20_ms_apart() -> None:
    told = refused(do("go a", "0ms") + do("go b", "19ms"), 'a = ["yield"]\nb = ["yield"]')
    assert told == (
        "x.toml:5:1: the entry 'go b' is due at 19ms, the entry 'go a' at 0ms; at least 20ms must"
        " lie between; move one of them"
    )


def test_an_entry_and_a_timer_never_coincide() -> None:
    told = refused(do("go t", "0ms") + do("write f0.peer 8", "40ms"), 't = ["sleep 40ms"]')
    assert "the end of 'sleep 40ms' in t is due at 40ms, the entry 'write f0.peer 8' at" in told


@pytest.mark.parametrize("duration", ["39ms", "40ms", "59ms"])
def test_two_timers_never_coincide_or_nearly(duration: str) -> None:
    script = do("go a", "0ms") + do("go b", "20ms")
    told = refused(script, f'a = ["sleep 60ms"]\nb = ["sleep {duration}"]')
    assert f"the end of 'sleep {duration}' in b" in told
    assert "the end of 'sleep 60ms' in a" in told


def test_a_deadline_for_both_directions_is_one_timer() -> None:
    script = do("go d", "0ms") + do("write f0.peer 8", "80ms")
    assert timed(script, 'd = ["set_deadline f0 40ms"]').timed
    apart = 'd = ["set_read_deadline f0 40ms", "set_write_deadline f0 40ms"]'
    assert "at least 20ms must lie between" in refused(script, apart)


def test_times_add_up_along_a_goroutine_and_those_it_starts() -> None:
    goroutines = 'a = ["busy 20ms", "read f1 8", "go b"]\nb = ["sleep 30ms"]'
    told = refused(do("go a", "0ms") + do("write f0.peer 8", "60ms"), goroutines)
    assert "the end of 'sleep 30ms' in b at 50ms" in told


def test_after_a_read_or_write_the_times_are_the_outsides() -> None:
    goroutines = 'a = ["read f0 8", "sleep 20ms"]'
    assert timed(do("go a", "0ms") + do("write f0.peer 8", "20ms"), goroutines).timed


@pytest.mark.parametrize("after", ["set_deadline f0 100ms", "set_deadline f0 none", "close f0"])
def test_a_deadline_that_is_taken_away_in_time_counts_too(after: str) -> None:
    goroutines = f'a = ["set_read_deadline f0 50ms"]\nb = ["{after}"]'
    script = do("go a", "0ms") + do("go b", "20ms") + do("write f0.peer 8", "{}")
    told = refused(script.replace("{}", "60ms"), goroutines)
    assert "the deadline of 'set_read_deadline f0 50ms' in a at 50ms" in told
    assert timed(script.replace("{}", "80ms"), goroutines).timed


def test_while_a_goroutine_is_busy_only_nowait_lets_the_script_go_on() -> None:
    script = do("go b", "0ms") + do("write f0.peer 8", "40ms")
    told = refused(script, 'b = ["busy 80ms"]')
    assert told == (
        "x.toml:5:1: 40ms comes while b is busy, until 80ms; only an entry after one with nowait"
        " may; add nowait = true to the entry before, or wait until 100ms"
    )
    nowait = do("go b", "0ms", ", nowait = true") + do("write f0.peer 8", "40ms")
    assert timed(nowait, 'b = ["busy 80ms"]').timed
