"""What real epoll records: who, in which order, and what made it happen."""

import pytest

from real_runs import real, scenario, seen, wakes
from realpoll.lateness import Lateness
from scenario import Event, Trace, What, find

pytestmark = pytest.mark.linux
MS = 1_000_000


def of(trace: Trace, what: What) -> list[Event]:
    """All events of a kind, after the set-up."""
    (script,) = (event.seq for event in trace.events if event.what is What.SCRIPT)
    return [event for event in trace.events if event.what is what and event.seq > script]


def kinds(trace: Trace) -> list[str]:
    """The kinds of events after the set-up, in order."""
    (script,) = (event.seq for event in trace.events if event.what is What.SCRIPT)
    return [event.what.value for event in trace.events if event.seq >= script]


def parent(trace: Trace, event: Event) -> Event:
    """What made an event happen."""
    (found,) = (each for each in trace.events if each.seq == event.cause)
    return found


def test_a_read_that_waits_is_told_from_the_write_to_the_end_of_the_step() -> None:
    trace = real(find("a_read_that_waits"))
    assert kinds(trace) == [
        "script",
        "entry",
        "hold",
        "action",
        "release",
        "poll",
        "wake",
        "slot",
        "acquire",
        "run",
        "slot",
        "step",
        "leave",
        "give",
    ]
    assert [event.seq for event in trace.events] == list(range(1, len(trace.events) + 1))


def test_the_head_of_a_trace_says_what_it_is() -> None:
    trace = real(find("a_read_that_waits"))
    assert (trace.witness, trace.clock, trace.procs) == ("epoll", "wall", 1)
    assert trace.release.startswith("Linux ")
    assert trace.fds == {"f0": "socketpair"}
    assert trace.goroutines == {"r0": ("read f0 64",)}


def test_each_wakeup_of_a_batch_names_the_write_to_its_own_descriptor() -> None:
    trace = real(find("six_in_one_batch"))
    (poll,) = of(trace, What.POLL)
    woken = of(trace, What.WAKE)
    assert [wake.via for wake in woken] == [poll.seq] * 6
    assert [parent(trace, wake).args["text"] for wake in woken] == [
        f"write f{number}.peer 8" for number in range(6)
    ]


def test_each_of_two_wakeups_of_one_event_names_the_deed_that_fits_its_direction() -> None:
    trace = real(
        scenario(
            '[fds]\nf0 = "socketpair"\n[goroutines]\n'
            'w0 = ["fill f0", "write f0 1"]\nr0 = ["read f0 64"]',
            script='{hold = ["drain f0.peer", "write f0.peer 8"]}',
        )
    )
    deeds = {wake.g: parent(trace, wake).args["text"] for wake in of(trace, What.WAKE)}
    assert deeds == {"r0": "write f0.peer 8", "w0": "drain f0.peer"}


def test_what_was_done_to_the_file_before_is_no_cause_of_a_wakeup_after_a_reopen() -> None:
    """An eventfd's own writer wakes the reader, so nothing from outside does."""
    trace = real(
        scenario(
            '[fds]\nf0 = "eventfd"\n[goroutines]\nw = ["write f0 8"]\n'
            'c = ["close f0", "reopen f0", "read f0 8"]',
            script='"write f0.peer 8", "go c", "go w"',
        )
    )
    (wake,) = of(trace, What.WAKE)
    assert (wake.g, wake.why, wake.cause) == ("c", "ready", None)


def test_a_start_names_who_made_the_goroutine_and_which_deed_it_was() -> None:
    trace = real(
        scenario(
            '[fds]\nf0 = "socketpair"\n[goroutines]\na = ["go b"]\nb = ["yield"]\n'
            'c = ["close f0"]\nr0 = ["read f0 64"]',
            script='"go a", {hold = ["write f0.peer 8"], hold_fetched = ["go c"]}',
        )
    )
    made = of(trace, What.START)
    assert [(start.g, start.args["by"]) for start in made] == [
        ("a", "host"),
        ("b", "a"),
        ("c", "host"),
    ]
    causes = [parent(trace, start) for start in made]
    assert [(cause.what, cause.args["index"]) for cause in causes] == [
        (What.ENTRY, 0),
        (What.BEGIN, 0),
        (What.ENTRY, 1),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["two_sleepers", "the_monitor_polls_in_time", "deadline_moved_earlier"]
)
def test_polls_breaks_and_wakeups_name_their_thread(name: str) -> None:
    trace = real(find(name))
    kinds_with_a_thread = {What.POLL, What.BREAK, What.WAKE}
    found = [event for event in trace.events if event.what in kinds_with_a_thread]
    assert {event.what for event in found} >= {What.POLL, What.WAKE}
    assert [event for event in found if event.m is None] == []
    threads = {event.m for event in trace.events if event.what in (What.ACQUIRE, What.SYSMON)}
    assert {event.m for event in found} <= threads


@pytest.mark.slow
def test_a_break_names_the_goroutine_that_set_the_timer() -> None:
    broken = of(real(find("two_sleepers")), What.BREAK)
    assert {"t0", "t1"} & {event.g for event in broken}
    assert {event.g for event in broken} <= {"t0", "t1", None}


@pytest.mark.parametrize(
    "name", ["a_read_that_waits", "nobody_waits_nobody_polls", "own_descriptors"]
)
def test_nothing_is_told_of_the_end_of_the_run(name: str) -> None:
    trace = real(find(name))
    told = [item["fd"] for poll in of(trace, What.POLL) for item in poll.args["events"]]
    assert "break" not in told


def test_a_poller_that_is_still_blocked_at_the_end_is_not_seen_to_return() -> None:
    trace = real(
        scenario(
            '[fds]\nf0 = "socketpair"\n[goroutines]\nr0 = ["read f0 64"]\ny = ["yield"]',
            script='"go y"',
        )
    )
    (blocked,) = {event.m for event in trace.events if event.what is What.WAIT}
    after = [event.what for event in trace.events if event.m == blocked]
    assert after[-1] is What.WAIT


def test_a_wakeup_by_close_names_the_step_of_the_closer() -> None:
    trace = real(find("close_wakes_the_reader"))
    (wake,) = of(trace, What.WAKE)
    cause = parent(trace, wake)
    assert (cause.what, cause.g, cause.args["text"]) == (What.BEGIN, "c", "close f0")
    assert wake.via is None


def test_a_wakeup_by_a_deadline_in_the_past_names_the_step_that_set_it() -> None:
    trace = real(find("deadline_in_the_past"))
    (wake,) = of(trace, What.WAKE)
    cause = parent(trace, wake)
    assert (cause.what, cause.g) == (What.BEGIN, "d")


@pytest.mark.slow
def test_a_wakeup_by_a_deadline_names_the_firing_of_its_timer() -> None:
    trace = real(find("two_deadlines_apart"))
    causes = [parent(trace, wake) for wake in of(trace, What.WAKE)]
    assert [(cause.what, cause.why, cause.fd, cause.mode) for cause in causes] == [
        (What.TIMER, "fire", "f0", "r"),
        (What.TIMER, "fire", "f0", "w"),
    ]


@pytest.mark.slow
def test_a_sleep_is_told_with_its_timer() -> None:
    trace = real(find("sleep_alone"))
    timers = of(trace, What.TIMER)
    assert [(timer.why, timer.g, timer.args["of"]) for timer in timers] == [
        ("set", "t0", "sleep"),
        ("fire", "t0", "sleep"),
    ]
    due = timers[0].args["when_ns"]
    fired = timers[1].t or 0
    assert 40 * MS <= due <= fired
    (wake,) = of(trace, What.WAKE)
    assert wake.cause == timers[1].seq


def test_a_stale_event_is_told_under_the_name_of_its_number() -> None:
    trace = real(find("stale_event_after_reuse"))
    told = [[(item["fd"], item["stale"]) for item in poll.args["events"]] for poll in polls(trace)]
    assert told == [[("f0", True)], [("f0", False)], [("f0", False)]]


def polls(trace: Trace) -> list[Event]:
    return [poll for poll in of(trace, What.POLL) if poll.args["events"]]


def test_an_error_alone_is_told_as_such() -> None:
    trace = real(find("reader_gone"))
    (poll,) = polls(trace)
    assert poll.args["events"] == [{"fd": "f0", "modes": "rw", "err": True, "stale": False}]


@pytest.mark.slow
def test_a_break_is_written_and_taken_out_by_the_poll_that_may_block() -> None:
    trace = real(find("two_sleepers"))
    broken = [event.why for event in of(trace, What.BREAK)]
    assert broken[0] == "written"
    assert broken.count("written") == len(polls(trace))
    assert all(poll.args["timeout_ns"] != 0 for poll in polls(trace))
    values = [event.args["value"] for event in of(trace, What.WAKESIG)]
    assert values == [1, 0] * broken.count("written")


def test_nothing_but_its_own_descriptors_wakes_a_goroutine() -> None:
    told = seen(
        scenario(
            '[fds]\nf0 = "eventfd"\nf1 = "pipe.read"\n[goroutines]\n'
            'r0 = ["read f0 8"]\nr1 = ["read f1 8"]',
            script='"write f1.peer 8"',
        )
    )
    assert wakes(told) == ["(r1, f1, r, ready)"]


def test_lateness_counts_from_the_last_nominal_instant() -> None:
    lateness = Lateness()
    lateness.timed = True
    lateness.entry("go t", at=100 * MS, now=105 * MS)
    due = lateness.start("a sleep", 20 * MS, now=105 * MS)
    assert due == 120 * MS
    lateness.end("a sleep", due, now=130 * MS)
    lateness.start("a sleep", 20 * MS, now=125 * MS)
    assert lateness.reasons == []
    lateness.entry("go u", at=200 * MS, now=205 * MS + 100_000)
    lateness.start("`busy 9ms`", 9 * MS, now=206 * MS)
    lateness.end("`busy 9ms`", 209 * MS, now=220 * MS)
    assert lateness.reasons == [
        "the entry `go u` was 5.1 ms late (limit 5 ms)",
        "the start of `busy 9ms` was 6.0 ms late (limit 5 ms)",
        "the end of `busy 9ms` was 11.0 ms late (limit 10 ms)",
    ]


def test_without_at_nothing_is_late() -> None:
    lateness = Lateness()
    lateness.entry("go t", at=0, now=900 * MS)
    lateness.start("a sleep", MS, now=900 * MS)
    assert lateness.reasons == []
