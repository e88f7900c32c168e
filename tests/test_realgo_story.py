"""What the records of a run tell; the records are made by hand."""

import pytest

from go_records import GID, RG, Records, W, asked, lines, number
from realgo.records import Kind, Place
from realgo.story import Story
from scenario import Event, Scenario, What, channels
from scenario.trace import Trace

READER = asked('r0 = ["read f0 64"]', '"write f0.peer 8"')
IN_OUT = 0x5
MS = 1_000_000


def waiting_reader() -> Records:
    """The set-up of a reader that waits; it is goroutine 5."""
    return Records().open().go(0, 5).begin(5).parks(5)


def only(events: tuple[Event, ...], *kinds: What) -> list[Event]:
    return [event for event in events if event.what in kinds]


def seen(scenario: Scenario, events: tuple[Event, ...]) -> list[str]:
    trace = Trace.of(scenario, events, witness="go", release="Go 1.27.3", clock="wall")
    return [str(wake) for wake in channels(trace).wake]


STORY = [
    "acquire M0 P0",
    "run host M0 P0",
    "leave host M0 syscall",
    "give M0 P0",
    "acquire M9 P0",
    "run host M9 P0",
    "start r0 M9",
    "leave host M9 syscall",
    "give M9 P0",
    "acquire M0 P0",
    "run r0 M0 P0",
    "begin r0 M0",
    "slot M0 f0 r",
    "park r0 M0 f0 r io",
    "slot M0 f0 r",
    "script",
    "entry",
    "hold fetch",
    "action host f0",
    "release",
    "give M0 P0",
    "wait M0",
    "poll M0",
    "acquire M0 P0",
    "slot M0 f0 r",
    "wake r0 M0 f0 r ready",
    "run r0 M0 P0",
    "slot M0 f0 r",
    "step r0 M0 f0",
    "leave r0 M0 done",
]
"""A read that waits: set-up, one write, one poll, one wakeup."""


def test_a_read_that_waits_is_told_event_for_event() -> None:
    records = waiting_reader().at(1_000).script().at(1_500).entry(0)
    records.add(Kind.HOLD, m=9, p=-1, g=1).action(0, 0).add(Kind.RELEASE, m=9, p=-1, g=1)
    records.poll((IN_OUT, 0x10, 1, 1)).unblock(GID + 5, 1).execute(5)
    records.add(Kind.BLOCK_COLLECT, RG, 1, 0, g=5).end(5, count=8).done(5)

    events = records.told(READER)

    assert lines(events) == STORY
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.t for event in only(events, What.SCRIPT, What.ENTRY)] == [0, 500]
    assert [e.args["value"] for e in only(events, What.SLOT)] == ["wait", "r0", "ready", "nil"]


def test_a_wakeup_by_readiness_names_the_action_that_fits_and_the_poll() -> None:
    scenario = asked(
        'r0 = ["read f0 64"]', '{hold = ["write f0.peer 8", "drain f0.peer"]}, "close f0.peer"'
    )
    records = waiting_reader().script().entry(0).action(0, 0).action(0, 1)
    events = records.poll((IN_OUT, 0x10, 1, 1)).unblock(GID + 5, 1).told(scenario)

    (wake,) = only(events, What.WAKE)
    write, _ = only(events, What.ACTION)
    (poll,) = only(events, What.POLL)
    assert (wake.cause, wake.via) == (write.seq, poll.seq)


def test_what_was_done_before_a_reopening_is_no_cause_after_it() -> None:
    records = waiting_reader().script().entry(0).action(0, 0)
    events = records.open(seq=2).poll((IN_OUT, 0x10, 2, 2)).unblock(GID + 5, 1).told(READER)

    assert only(events, What.WAKE)[0].cause is None


def test_an_event_is_of_whose_pollDesc_it_was_when_it_was_asked_for() -> None:
    """Two pollDescs are freed and come back exchanged: old tags speak of the old owners."""
    scenario = asked('r0 = ["read f0 64"]', fds='f0 = "socketpair"\nf1 = "socketpair"')
    records = Records().open(0, 0x10, 1, 0x100).open(1, 0x20, 1, 0x200)
    records.open(1, 0x10, 2, 0x100).open(0, 0x20, 2, 0x200)
    records.poll((IN_OUT, 0x10, 1, 2), (0x1, 0x20, 2, 2))

    (poll,) = only(records.told(scenario), What.POLL)

    assert poll.args["events"] == [
        {"fd": "f0", "modes": "rw", "err": False, "stale": True},
        {"fd": "f0", "modes": "r", "err": False, "stale": False},
    ]


def test_a_poller_may_report_a_descriptor_before_its_opener_has_recorded_it() -> None:
    records = Records().poll((0x4, 0x10, 1, 1)).open()

    (poll,) = only(records.told(READER), What.POLL)

    assert poll.args["events"][0]["fd"] == "f0"


@pytest.mark.parametrize(
    ("mask", "modes", "err"),
    [
        (0x1, "r", False),
        (0x4, "w", False),
        (0x8, "rw", True),
        (0x10, "rw", False),
        (0x2001, "r", False),
        (0x18, "rw", False),
    ],
)
def test_masks_become_directions_as_go_takes_them(mask: int, modes: str, err: bool) -> None:
    records = Records().open().poll((mask, 0x10, 1, 1))

    (poll,) = only(records.told(READER), What.POLL)

    assert poll.args["events"] == [{"fd": "f0", "modes": modes, "err": err, "stale": False}]


CLOSER = asked('r0 = ["read f0 64"]\nc = ["close f0"]', '"go c"')


def test_a_wakeup_by_a_close_names_the_closers_step() -> None:
    records = waiting_reader().script().entry(0).go(1, 6, m=1).begin(6, m=1)
    records.add(Kind.EVICT, number(0), g=6, m=1).unblock(GID + 5, 0, g=6, m=1, ready=False)
    events = records.told(CLOSER)

    (wake,) = only(events, What.WAKE)
    assert seen(CLOSER, events) == ["(r0, f0, r, close)"]
    assert wake.cause == only(events, What.BEGIN)[-1].seq
    assert wake.via is None


def test_a_goroutine_names_the_entry_or_the_step_that_started_it() -> None:
    scenario = asked('a = ["go b"]\nb = ["yield"]', '"go a"')
    records = Records().open().script().entry(0).go(0, 5).begin(5)
    events = records.add(Kind.USER, 5, 1, g=5).told(scenario)

    of_host, of_a = only(events, What.START)
    assert (of_host.g, of_host.cause) == ("a", only(events, What.ENTRY)[0].seq)
    assert (of_a.g, of_a.cause) == ("b", only(events, What.BEGIN)[0].seq)
    assert (of_host.args["by"], of_a.args["by"]) == ("host", "a")


TIMED = asked('r0 = ["read f0 64"]\nd = ["set_deadline f0 40ms"]', '{do = "go d", at = "0ms"}')


def deadline(late_ns: int = 0, set_at: int = 0) -> Story:
    """A deadline for both directions that frees a reader."""
    records = waiting_reader().script().entry(0).at(set_at).go(1, 6, m=1).begin(6, m=1)
    records.add(Kind.SET_DEADLINE, number(0), 40 * MS, ord("r") + W, g=6, m=1)
    records.end(6, m=1).done(6, m=1)
    records.at(40 * MS + late_ns).add(Kind.DEADLINE_FIRE, number(0), 3, 0, m=0)
    records.unblock(GID + 5, 0, ready=False)
    return Story(TIMED, records.all)


def test_a_wakeup_by_a_deadline_names_the_timers_firing() -> None:
    events = deadline().events()

    (wake,) = only(events, What.WAKE)
    set_, fire = only(events, What.TIMER)
    assert (set_.why, fire.why, set_.mode, fire.mode) == ("set", "fire", "rw", "rw")
    assert set_.args["when_ns"] == 40 * MS
    assert (wake.why, wake.cause) == ("deadline", fire.seq)


def test_a_timer_is_due_at_one_time_when_it_is_set_and_when_it_fires() -> None:
    set_, fire = only(deadline(late_ns=2 * MS, set_at=MS).events(), What.TIMER)
    assert set_.args["when_ns"] == fire.args["when_ns"] == 41 * MS


def test_a_deadline_that_fires_late_is_measured() -> None:
    on_time, late = deadline(9 * MS), deadline(11 * MS)
    on_time.events()
    late.events()

    assert on_time.lateness.reasons == []
    assert late.lateness.reasons == ["the end of the deadline of f0 was 11.0 ms late (limit 10 ms)"]


def test_a_deadline_in_the_past_names_the_step_that_set_it() -> None:
    scenario = asked('r0 = ["read f0 64"]\nd = ["set_read_deadline f0 past"]', '"go d"')
    records = waiting_reader().script().entry(0).go(1, 6, m=1).begin(6, m=1)
    records.add(Kind.SET_DEADLINE, number(0), -1, ord("r"), g=6, m=1)
    events = records.unblock(GID + 5, 0, g=6, m=1, ready=False).told(scenario)

    (wake,) = only(events, What.WAKE)
    assert (wake.why, wake.cause) == ("deadline", only(events, What.BEGIN)[-1].seq)
    assert not only(events, What.TIMER)


def test_a_firing_that_another_deadline_overtook_is_none() -> None:
    records = waiting_reader().script().entry(0).go(1, 6, m=1).begin(6, m=1)
    events = records.add(Kind.DEADLINE_FIRE, number(0), 1, 1).told(TIMED)

    assert not only(events, What.TIMER, What.WAKE)


def test_a_sleep_ends_with_its_timer() -> None:
    scenario = asked('t = ["sleep 40ms"]', '{do = "go t", at = "0ms"}')
    records = Records().open().script().entry(0).go(0, 5).begin(5)
    events = records.at(40 * MS).add(Kind.READY, 5, 1, 1).execute(5).told(scenario)

    _, fire = only(events, What.TIMER)
    assert lines(tuple(only(events, What.PARK, What.TIMER))) == [
        "park t M0 sleep",
        "timer t M0 set",
        "timer t M0 fire",
    ]
    assert seen(scenario, events) == ["(t, timer)"]
    assert only(events, What.WAKE)[0].cause == fire.seq
    assert [event.why for event in only(events, What.PARK)] == ["sleep"]


def test_a_break_is_written_or_coalesced() -> None:
    records = waiting_reader().script()
    records.add(Kind.BREAK_CAS, 0, 0, 1, g=5).add(Kind.BREAK_WRITE, g=5)
    records.add(Kind.BREAK_CAS, 0, 0, 1, failed=True).add(Kind.BREAK_CLEAR, 0, 1, 0)
    events = records.told(READER)

    assert [event.why for event in only(events, What.BREAK)] == ["written", "coalesced"]
    assert [event.args["value"] for event in only(events, What.WAKESIG)] == [1, 0]


def test_a_break_is_written_before_the_poll_that_it_ends_and_where_it_was_decided() -> None:
    """The write's record is made after the write, and a poller on another processor is quick."""
    records = waiting_reader().script().entry(0).at(1_000)
    records.add(Kind.BREAK_CAS, 0, 0, 1, g=5).add(Kind.ENTER, -1, -1, m=3, p=-1).entry(1)
    records.at(2_000).add(Kind.EXIT, 1, m=3, p=-1).add(Kind.BREAK_EVENT, 1, m=3, p=-1)
    events = records.add(Kind.BREAK_WRITE, g=5).told(asked('r0 = ["read f0 64"]', WRITES % "f0"))

    kinds = (What.ENTRY, What.BREAK, What.POLL)
    assert [e.what for e in only(events, *kinds)] == [What.ENTRY, What.BREAK, What.ENTRY, What.POLL]
    assert [e.t for e in only(events, What.BREAK)] == [1_000]


# --- what no record says, and two records together do --------------------------------------------


@pytest.mark.parametrize(
    ("steps", "asked_to", "told"),
    [
        ('["yield"]', False, "leave a M0 yield"),
        ('["busy 60ms"]', True, "leave a M0 preempted"),
        ('["read f0 64"]', False, "park a M0 semaphore"),
        ('["close f0"]', False, "park a M0 semaphore"),
        ('["write f0 8"]', True, "leave a M0 preempted"),
    ],
)
def test_why_a_goroutine_stopped_is_seen_by_its_step(steps: str, asked_to: bool, told: str) -> None:
    scenario = asked(
        f'a = {steps}\nb = ["yield"]', '{do = "go a", at = "0ms"}, {do = "go b", at = "80ms"}'
    )
    records = Records().open().script().entry(0).go(0, 5).begin(5)
    if asked_to:
        records.add(Kind.PREEMPT, 0, m=7, p=-1)

    events = records.add(Kind.CALLER, Place.FIND_RUNNABLE).told(scenario)

    assert lines(events)[-1] == told


def test_a_goroutine_whose_p_another_thread_takes_is_in_a_system_call() -> None:
    records = Records().open().go(0, 5).begin(5).add(Kind.CALLER, m=3, p=0)

    assert lines(records.told(READER))[-3:] == [
        "leave r0 M0 syscall",
        "give M0 P0",
        "acquire M3 P0",
    ]


def test_a_commit_that_fails_parks_nobody() -> None:
    records = Records().open().go(0, 5).begin(5)
    records.add(Kind.COMMIT, RG, 2, GID + 5, failed=True).execute(5)

    assert lines(records.told(READER))[-2:] == ["begin r0 M0", "run r0 M0 P0"]


def test_goroutines_of_the_runtime_itself_are_left_out() -> None:
    records = Records().open().execute(3).add(Kind.READY, 3, 1, 1).script()

    assert {event.g for event in records.told(READER)} == {"host", None}


def test_sysmon_is_seen_each_time_it_looks() -> None:
    records = Records().open().add(Kind.LASTPOLL_LOAD, 0, 1, 1, 0, 0, Place.SYSMON, m=1, p=-1)

    assert lines(records.told(READER))[-1] == "sysmon M1 looks"


@pytest.mark.parametrize(
    ("looks", "late"),
    [
        ((9, 19, 29), []),
        ((9,), ["a look of the monitor was 21.0 ms late (limit 5 ms)"]),
        ((), ["a look of the monitor was 30.0 ms late (limit 5 ms)"]),
        ((26, 36), ["a look of the monitor was 16.0 ms late (limit 5 ms)"]),
    ],
)
def test_a_monitor_without_a_core_is_late_while_somebody_is_busy(
    looks: tuple[int, ...], late: list[str]
) -> None:
    records = Records().open().script().entry(0).go(0, 5).begin(5)
    for ms in looks:
        records.at(ms * MS).add(Kind.LASTPOLL_LOAD, 0, 1, 1, 0, 0, Place.SYSMON, m=1, p=-1)
    records.at(40 * MS).end(5).at(90 * MS)
    records.add(Kind.LASTPOLL_LOAD, 0, 1, 1, 0, 0, Place.SYSMON, m=1, p=-1)

    story = Story(asked('b = ["busy 40ms"]', '{do = "go b", at = "0ms"}'), records.all)
    story.events()

    assert story.lateness.reasons == late


def test_a_record_that_stops_in_the_set_up_has_events_before_the_script_only() -> None:
    events = waiting_reader().at(500).told(READER)

    assert not only(events, What.SCRIPT)
    assert all(event.t is not None and event.t <= 0 for event in events)
    assert Records().told(READER) == ()


WRITES = '{do = "write f0.peer 8", at = "20ms"}, {do = "write %s.peer 8", at = "40ms"}'
FDS = 'f0 = "socketpair"\nf1 = "socketpair"'


def written_twice(*, left: bool, back_at: int, blocked: bool = True) -> Records:
    """f0 is written to at 20 and 40 ms, while a poller is blocked; ``left``: at 40 ms epoll still
    had something. A poll brings an event at ``back_at``."""
    records = waiting_reader().script()
    if blocked:
        records.add(Kind.ENTER, -1, -1, m=3, p=-1)
    for entry, t in enumerate((20 * MS, 40 * MS)):
        records.at(t).entry(entry).add(Kind.STIMULUS, 7, 0, int(left and entry == 1), m=9, p=-1)
        records.add(Kind.HOLD, m=9, p=-1, g=1).action(entry, 0)
        records.add(Kind.RELEASE, m=9, p=-1, g=1)
    records.at(back_at).add(Kind.EXIT, 1, m=3, p=-1)
    return records.add(Kind.EVENT, 0, IN_OUT, 0x10, 1, 1, m=3, p=-1)


def reasons(records: Records, second: str = "f0") -> list[str]:
    story = Story(asked('r0 = ["read f0 64"]', WRITES % second, FDS), records.all)
    story.events()
    return story.lateness.reasons


LATE = ["the fetch of f0's event was 21.0 ms late (limit 5 ms)"]


def test_a_blocked_poller_that_got_no_core_between_two_writes_was_late() -> None:
    assert reasons(written_twice(left=True, back_at=41 * MS)) == LATE


def test_a_poller_that_fetched_and_got_no_core_before_its_record_was_late_too() -> None:
    assert reasons(written_twice(left=False, back_at=41 * MS), second="f1") == LATE


def test_an_action_that_made_no_event_delays_nobody() -> None:
    assert reasons(written_twice(left=False, back_at=41 * MS)) == []


def test_what_nobody_was_blocked_for_may_be_fetched_at_any_time() -> None:
    assert reasons(written_twice(left=True, back_at=60 * MS, blocked=False)) == []
