"""What several runs of one scenario say together."""

import pytest

from realgo.judged import Attempt, comparable, judged
from scenario import Trace
from tape import two_readers

LATE = ("the entry `go b` was 7.0 ms late (limit 5 ms)",)
CRASHED = ("the process of real Go did not come to its end: it was killed by SIGSEGV",)


def attempt(trace: Trace) -> Attempt:
    return Attempt(trace=trace, troubled=trace.inconclusive == CRASHED)


def verdict(*traces: Trace) -> Trace:
    return judged([attempt(trace) for trace in traces], min(len(traces), 3))


def go(*, inconclusive: tuple[str, ...] = (), runs: str = "r1 r0", procs: int = 1) -> Trace:
    return two_readers(witness="go", runs=runs, procs=procs, inconclusive=inconclusive)


def test_of_equal_runs_the_first_is_given() -> None:
    traces = [go(), go(), go()]

    assert verdict(*traces) is traces[0]


def test_unequal_runs_are_racy_with_the_channel_and_the_counts() -> None:
    (reason,) = verdict(go(), go(), go(runs="r0 r1")).inconclusive

    assert reason == "racy: of 3 runs not all gave the same run (2 and 1 runs)"


def test_a_late_run_is_left_out_when_two_equal_ones_are_there() -> None:
    good = go()

    assert verdict(go(inconclusive=LATE), good, go()) is good


def test_a_late_run_does_not_hide_that_the_others_are_unequal() -> None:
    (reason,) = verdict(go(), go(inconclusive=LATE), go(runs="r0 r1")).inconclusive

    assert reason.startswith("racy: of 2 runs")


def test_two_late_runs_are_made_up_for_by_two_more() -> None:
    late = go(inconclusive=LATE)

    assert not verdict(late, late, go(), go()).inconclusive


def test_one_run_that_counts_is_not_enough_beside_late_ones() -> None:
    (reason,) = verdict(go(), go(inconclusive=LATE), go(inconclusive=LATE)).inconclusive

    assert reason == f"2 of 3 runs were late, the first of them: {LATE[0]}"


def test_a_crash_in_one_run_is_never_left_out() -> None:
    assert verdict(go(), go(), go(inconclusive=CRASHED)).inconclusive == CRASHED


@pytest.mark.parametrize("inconclusive", [(), LATE])
def test_a_single_run_is_given_as_it_is(inconclusive: tuple[str, ...]) -> None:
    trace = go(inconclusive=inconclusive)

    assert verdict(trace) is trace


def test_with_two_ps_the_order_within_a_batch_is_open() -> None:
    traces = [go(procs=2), go(procs=2, runs="r0 r1")]

    assert verdict(*traces) is traces[0]
    assert comparable(traces[0])["run"] == (("r0", "r1"),)
