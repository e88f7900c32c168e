"""How late the instants of a run are."""

from realgo.lateness import END_LIMIT_NS, MONITOR_NAP_NS, START_LIMIT_NS, Lateness

MS = 1_000_000


def test_up_to_the_limits_nothing_is_late() -> None:
    lateness = Lateness(timed=True)

    lateness.entry("go b", 20 * MS, 20 * MS + START_LIMIT_NS)
    due = lateness.start("`busy 60ms`", 60 * MS, 20 * MS + START_LIMIT_NS)
    lateness.end("`busy 60ms`", due, due + END_LIMIT_NS)

    assert due == 80 * MS
    assert lateness.reasons == []


def test_beyond_them_each_is_told_with_its_figure() -> None:
    lateness = Lateness(timed=True)

    lateness.entry("go b", 20 * MS, 26 * MS)
    due = lateness.start("`busy 60ms`", 60 * MS, 27 * MS)
    lateness.end("`busy 60ms`", due, due + 11 * MS)

    assert lateness.reasons == [
        "the entry `go b` was 6.0 ms late (limit 5 ms)",
        "the start of `busy 60ms` was 7.0 ms late (limit 5 ms)",
        "the end of `busy 60ms` was 11.0 ms late (limit 10 ms)",
    ]


def test_a_step_after_a_timer_is_nominal_from_when_that_was_due() -> None:
    lateness = Lateness(timed=True)
    lateness.end("the sleep of t", 40 * MS, 48 * MS)

    lateness.start("`sleep 30ms`", 30 * MS, 48 * MS)

    assert lateness.reasons == ["the start of `sleep 30ms` was 8.0 ms late (limit 5 ms)"]


def test_without_times_nothing_can_be_late() -> None:
    lateness = Lateness(timed=False)

    lateness.end("the deadline of f0", 0, 900 * MS)

    assert lateness.reasons == []


def test_a_monitor_that_naps_for_longer_than_it_may_is_late() -> None:
    lateness = Lateness(timed=True)

    lateness.look(20 * MS, 20 * MS + MONITOR_NAP_NS + START_LIMIT_NS)
    lateness.look(40 * MS, 56 * MS)

    assert lateness.reasons == ["a look of the monitor was 6.0 ms late (limit 5 ms)"]
