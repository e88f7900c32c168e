"""What holds of every run of the model, whatever the scenario."""

import gc
import sys
import warnings

import pytest

from model import simulate
from model_worlds import mixed_load, run_to_the_end
from scenario import Scenario, What, catalogue, channels, trace_lines

CATALOGUE = tuple(catalogue().values())
ONE_P = tuple(scenario for scenario in CATALOGUE if scenario.procs == 1)
MIXED = tuple(mixed_load(procs, seed) for procs in (1, 2, 4, 8) for seed in range(15))


def name(scenario: Scenario) -> str:
    return scenario.name


@pytest.mark.slow
@pytest.mark.parametrize("scenario", CATALOGUE, ids=name)
def test_the_same_seed_gives_the_same_trace_byte_for_byte(scenario: Scenario) -> None:
    first, second = (list(trace_lines(simulate(scenario, seed=3))) for _ in range(2))

    assert first == second


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ONE_P, ids=name)
def test_with_one_p_no_channel_depends_on_the_seed(scenario: Scenario) -> None:
    first, *others = (channels(simulate(scenario, seed=seed)) for seed in range(5))

    assert others == [first] * 4


@pytest.mark.parametrize("scenario", CATALOGUE, ids=name)
@pytest.mark.slow
def test_a_slot_is_told_only_when_its_word_changes(scenario: Scenario) -> None:
    held: dict[tuple[str | None, str | None], str] = {}
    for event in simulate(scenario).events:
        if event.what is What.SLOT:
            value = event.args["value"]
            assert value != held.get((event.fd, event.mode), "nil"), event
            held[event.fd, event.mode] = value


def test_a_descriptor_that_is_opened_again_begins_with_nothing() -> None:
    """Its pollDesc is the one that the old descriptor left, with a writer's news."""
    events = simulate(catalogue()["stale_event_after_reuse"]).events
    (reopen,) = (e.seq for e in events if e.what is What.BEGIN and "reopen" in e.args["text"])
    after = next(e for e in events if e.what is What.SLOT and e.seq > reopen)

    assert (after.fd, after.mode, after.args["value"]) == ("f0", "w", "nil")


@pytest.mark.parametrize("name", ["deadline_removed", "deadline_of_a_closed_descriptor"])
def test_a_timer_that_is_stopped_names_the_time_for_which_it_was_set(name: str) -> None:
    timers = [e for e in simulate(catalogue()[name]).events if e.what is What.TIMER]

    assert [timer.why for timer in timers] == ["set", "stop"]
    assert timers[1].args["when_ns"] == timers[0].args["when_ns"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("scenario", CATALOGUE, ids=name)
def test_no_scenario_depends_on_looking_ahead(scenario: Scenario) -> None:
    assert simulate(scenario, look_ahead=False) == simulate(scenario)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", MIXED, ids=name)
def test_a_mixed_load_does_not_depend_on_looking_ahead(scenario: Scenario) -> None:
    seed = int(scenario.name.split()[-1])

    assert simulate(scenario, seed=seed, look_ahead=False) == simulate(scenario, seed=seed)


@pytest.mark.parametrize("scenario", MIXED[::5], ids=name)
def test_a_mixed_load_is_about_something(scenario: Scenario) -> None:
    trace = simulate(scenario)

    seen = [event.what for event in trace.events]
    assert seen.count(What.WAKE) >= 10
    assert seen.count(What.POLL) >= 5
    assert {event.why for event in trace.events if event.what is What.WAKE} >= {"ready", "timer"}
    assert What.THROW not in seen


def test_with_several_ps_the_seed_matters() -> None:
    load = mixed_load(4, 0)

    assert simulate(load, seed=1).events != simulate(load, seed=2).events


def test_the_outside_leaves_the_lowest_numbers_to_the_program_and_takes_the_next() -> None:
    with run_to_the_end(catalogue()["more_than_128_at_once"]) as (_, rt):
        ours, theirs = sorted(rt.names), sorted(rt.peers.values())

    # 0 to 2 are taken, and after the first descriptor come the poller's own two.
    assert ours == [3, *range(6, 205)]
    assert theirs == list(range(265, 465))


def test_a_run_warns_of_nothing_that_was_never_awaited() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        simulate(catalogue()["stale_event_after_reuse"])
        gc.collect()

    assert [str(each.message) for each in seen] == []


def test_a_run_that_does_not_come_to_rest_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["model.simulate"], "MAX_EVENTS", 5)

    trace = simulate(catalogue()["six_in_one_batch"])

    assert trace.inconclusive == ("the model did not come to rest within 5 events",)
