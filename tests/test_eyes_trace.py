"""What the tracer writes is put in the order of the wakeups; a wrong order is a difference."""

from dataclasses import replace

import pytest

from conformance import Agrees, Differs
from eyes_by_hand import freed, mark, parked, performance, ran, state
from eyes_by_hand import toolchain as nowhere
from model import simulate
from netpoll_lab.other_eyes import judge
from realgo.eyes import TraceEye, order_only
from realgo.eyes.gotrace import Line, Unclear, lines, woken
from realgo.eyes.gotrace import What as Said
from scenario import Channels, Scenario, channels, find

SIX = find("six_in_one_batch")
KEPT = [4, 3, 2, 1, 0, 5]
"""As a finder with a P traces a list of six: the rest in the list's order, the head last."""
RUNS = [5, 4, 3, 2, 1, 0]


def seen(scenario: Scenario, text: str, release: str = "1.27") -> Channels:
    return channels(attempt(scenario, text, release))


def attempt(scenario: Scenario, text: str, release: str = "1.27"):  # type: ignore[no-untyped-def]
    eye = TraceEye(release)
    eye.toolchain = nowhere(release)
    return eye.judge(scenario, performance(scenario), text).trace


def order(found: Channels) -> list[str]:
    return [wake.g for wake in found.wake]


def test_a_list_whose_head_was_kept_is_traced_head_last() -> None:
    found = seen(SIX, parked(6) + freed(KEPT) + ran(RUNS))

    assert order(found) == ["r0", "r1", "r2", "r3", "r4", "r5"]
    assert found.run == ("r5", "r4", "r3", "r2", "r1", "r0")


def test_a_list_that_was_queued_whole_is_traced_last_woken_first() -> None:
    found = seen(SIX, parked(6) + freed(RUNS, p=-1) + ran(RUNS))

    assert order(found) == ["r0", "r1", "r2", "r3", "r4", "r5"]


def test_what_a_goroutine_frees_is_traced_in_order() -> None:
    found = seen(SIX, parked(6) + freed(KEPT, by=7))

    assert order(found) == ["r4", "r3", "r2", "r1", "r0", "r5"]


def test_what_timers_free_is_traced_in_order() -> None:
    found = seen(SIX, parked(6, why="sleep") + freed(KEPT))

    assert order(found) == ["r4", "r3", "r2", "r1", "r0", "r5"]


def test_timers_and_a_poll_in_one_breath_are_unclear() -> None:
    group = [Line(Said.UNBLOCK, 1, g) for g in (1, 2)]

    with pytest.raises(Unclear, match="in one breath"):
        woken(group, [True, False])


def test_the_end_of_a_wait_for_a_semaphore_is_no_wakeup() -> None:
    found = seen(SIX, parked(6, why="sync") + freed([0, 1]) + ran([0, 1]))

    assert (found.wake, found.run) == ((), ())


def test_what_happened_before_the_script_is_no_wakeup() -> None:
    early = mark(1, 10, "goroutine 0") + state(2, 10, "Running->Waiting", by=10, why="network")
    text = early + state(3, 10, "Waiting->Runnable") + parked(6)

    assert seen(SIX, text).wake == ()


def test_a_true_trace_agrees_with_the_model_in_order_alone() -> None:
    trace = attempt(SIX, parked(6) + freed(KEPT) + ran(RUNS))

    assert isinstance(judge(simulate(SIX), trace, frozenset({"wake", "run"})), Agrees)


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        (parked(6) + freed([3, 4, 2, 1, 0, 5]) + ran(RUNS), "wake"),
        (parked(6) + freed([3, 2, 1, 0, 5]) + ran(RUNS[:1] + RUNS[2:]), "wake"),
        (parked(6) + freed(KEPT) + ran([4, 5, 3, 2, 1, 0]), "run"),
        (parked(6) + freed(KEPT) + ran(RUNS[:5]), "run"),
        (parked(6), "wake"),
    ],
    ids=["wake order", "a wake missing", "run order", "a run missing", "nothing"],
)
def test_a_doctored_trace_differs_from_the_model(text: str, channel: str) -> None:
    found = judge(simulate(SIX), attempt(SIX, text), frozenset({"wake", "run"}))

    assert isinstance(found, Differs)
    assert found.channel == channel


def test_a_trace_without_the_mark_of_the_script_says_nothing() -> None:
    trace = attempt(SIX, freed(KEPT))

    assert trace.inconclusive == ("the trace does not say when the set-up was over",)


def test_of_another_witness_only_who_woke_in_which_order_is_left() -> None:
    left = channels(order_only(simulate(find("close_wakes_reader_and_writer"))))

    assert [str(wake) for wake in left.wake] == ["(r0, woken)", "(w0, woken)"]
    assert left.run == ("w0", "r0")


OLD = """\
10 UserLog p=0 g=10 off=10 id=0 keyid=5 category=eyes message=goroutine 0
11 GoBlockNet p=0 g=10 off=20
12 UserLog p=0 g=11 off=30 id=0 keyid=5 category=eyes message=goroutine 1
13 GoBlockNet p=0 g=11 off=40
14 UserLog p=0 g=12 off=50 id=0 keyid=5 category=eyes message=goroutine 2
15 GoBlockNet p=0 g=12 off=60
20 UserLog p=0 g=1 off=70 id=0 keyid=5 category=eyes message=script
"""
OLD_KEPT = """\
3030 GoUnblock p=1000002 g=0 off=80 g=11 seq=0
3031 GoUnblock p=1000002 g=0 off=90 g=10 seq=0
3032 GoUnblock p=1000002 g=0 off=100 g=12 seq=0
3033 GoStart p=0 g=12 off=110 g=12 seq=0
"""
OLD_QUEUED = """\
3030 GoUnblock p=1000002 g=0 off=800 g=12 seq=0
3031 GoUnblock p=1000002 g=0 off=810 g=11 seq=0
3032 GoUnblock p=1000002 g=0 off=820 g=10 seq=0
3033 GoStart p=0 g=12 off=110 g=12 seq=0
"""


@pytest.mark.parametrize("list_of_three", [OLD_KEPT, OLD_QUEUED], ids=["kept", "queued"])
def test_the_old_format_tells_by_its_buffers_whether_the_head_was_kept(list_of_three: str) -> None:
    three = find("batch_in_order_of_arrival")

    found = seen(three, OLD + list_of_three, release="1.21")

    assert order(found) == ["r0", "r1", "r2"]
    assert found.run == ("r2",)


def test_the_old_format_names_a_sleep_and_who_unblocks() -> None:
    text = "5 GoSleep p=0 g=7 off=1\n6 GoUnblock p=0 g=8 off=2 g=7 seq=0\n"

    assert list(lines(text, old=True)) == [
        Line(Said.BLOCK, 5, 7, "sleep"),
        Line(Said.UNBLOCK, 6, 7, by=8),
    ]


def test_the_steps_of_a_performance_are_compared_too() -> None:
    trace = attempt(SIX, parked(6) + freed(KEPT) + ran(RUNS))
    steps = frozenset({"step"})
    first = next(event for event in trace.events if event.args.get("error") == "ok")
    wrong = replace(first, args={**first.args, "error": "eof"})
    events = tuple(wrong if event is first else event for event in trace.events)

    assert isinstance(judge(simulate(SIX), trace, steps), Agrees)
    assert isinstance(judge(simulate(SIX), replace(trace, events=events), steps), Differs)


def test_the_format_of_go_1_22_and_1_23_has_the_reason_before_the_change() -> None:
    text = (
        'M=3 P=0 G=7 StateTransition Time=5 Resource=Goroutine(7) Reason="network" GoID=7'
        " Running->Waiting\n"
        'M=3 P=-1 G=-1 StateTransition Time=6 Resource=Goroutine(7) Reason="" GoID=7'
        " Waiting->Runnable\n"
    )

    assert list(lines(text, old=False)) == [
        Line(Said.BLOCK, 5, 7, "network"),
        Line(Said.UNBLOCK, 6, 7, m=3, kept=False),
    ]


def test_what_follows_the_mark_belongs_to_the_script_even_if_its_clock_lags() -> None:
    early = state(950, 10, "Waiting->Runnable") + state(960, 10, "Runnable->Running")

    found = seen(SIX, parked(6) + early)

    assert (order(found), found.run) == (["r0"], ("r0",))


def test_a_timer_of_the_tracer_between_a_wakeup_and_its_run_makes_the_run_not_count() -> None:
    own = state(3_500, 6, "Waiting->Runnable")

    trace = attempt(SIX, parked(6) + freed(KEPT) + own + ran(RUNS))

    assert trace.inconclusive == ("a timer of the tracer's own came between a wakeup and its run",)


def test_a_timer_of_the_tracer_that_comes_later_disturbs_nothing() -> None:
    own = state(5_000, 6, "Waiting->Runnable")

    assert attempt(SIX, parked(6) + freed(KEPT) + ran(RUNS) + own).inconclusive == ()
