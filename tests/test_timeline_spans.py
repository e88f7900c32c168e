"""From events to spans: what each lane did, whatever a witness leaves out."""

from dataclasses import replace

import timeline_by_hand as by_hand
from scenario.trace import Event, Trace, What
from timeline.moments import moments
from timeline.pollers import Poller, pollers
from timeline.spans import Kind, Lane, State, lanes
from timeline.story import story

Told = dict[str, list[tuple[float, float, str]]]


def told(trace: Trace) -> Told:
    """Every lane as (start, end, label or state), in microseconds."""
    when = moments(trace)
    found = lanes(trace, when.times, start=when.start, end=when.end, skip=when.skip)
    return {
        f"{lane.kind.value} {lane.name}".strip(): [
            (s.start / 1_000, s.end / 1_000, s.words[0] if _labelled(lane) else s.state.value)
            for s in spans
        ]
        for lane, spans in found.items()
    }


def _labelled(lane: Lane) -> bool:
    return lane.kind is not Kind.G


def without(trace: Trace, *kinds: What) -> Trace:
    return replace(trace, events=tuple(e for e in trace.events if e.what not in kinds))


def test_a_read_that_waits_fills_every_lane() -> None:
    assert told(by_hand.a_read_that_waits()) == {
        "ready list": [(6.1, 10, "f0")],
        "epoll_wait": [
            (5, 6.1, "M0 blocked, no timeout"),
            (6.1, 10, "M0 wakes up"),
            (10, 14, "netpoll"),
        ],
        "threads M0": [(14, 22, "holds P0")],
        "processors P0": [(15, 20, "r0")],
        "goroutines r0": [(5, 12, "waiting"), (12, 15, "runnable"), (15, 20, "running")],
        "pollDesc f0.r": [(5, 12, "r0"), (12, 15.2, "pdReady"), (15.2, 22, "nil")],
    }


def test_a_close_frees_the_word_without_passing_through_ready() -> None:
    assert told(by_hand.close_while_waiting()) == {
        "epoll_wait": [(1, 17, "M0 blocked, no timeout")],
        "threads M1": [(3, 17, "holds P0")],
        "processors P0": [(4, 9, "c"), (10, 14, "r0"), (15, 17, "c")],
        "goroutines r0": [(1, 7, "waiting"), (7, 10, "runnable"), (10, 14, "running")],
        "goroutines c": [
            (2, 4, "runnable"),
            (4, 9, "running"),
            (9, 15, "waiting"),
            (15, 17, "running"),
        ],
        "pollDesc f0.r": [(1, 7, "r0"), (7, 17, "nil")],
    }


def test_the_next_timer_is_the_earliest_until_its_goroutine_is_free() -> None:
    lanes_ = told(by_hand.a_break())
    assert lanes_["next timer"] == [
        (5, 20_005, "t0: 80 ms"),
        (20_005, 40_004, "t1: 40 ms"),
        (40_004, 80_004, "t0: 80 ms"),
    ]
    assert lanes_["netpollWakeSig"] == [
        (6, 13, "1"),
        (13, 20_006, "0"),
        (20_006, 20_013, "1"),
        (20_013, 80_012, "0"),
    ]
    assert lanes_["ready list"] == [
        (6, 12, "break descriptor"),
        (20_006, 20_012, "break descriptor"),
    ]


def test_a_poll_at_work_ends_with_the_next_thing_its_thread_does() -> None:
    polls = told(by_hand.reuse_with_a_stale_event())["epoll_wait"]
    assert polls == [
        (2, 6, "M0 held by the script"),
        (6, 29, "stopped behind its fetch"),
        (29, 31, "netpoll"),
        (31, 40.1, "M0 blocked, no timeout"),
        (40.1, 43, "M0 wakes up"),
        (43, 47, "netpoll"),
    ]


def test_what_a_witness_does_not_tell_has_no_lane() -> None:
    whole = told(by_hand.a_read_that_waits())
    bare = told(without(by_hand.a_read_that_waits(), What.READY, What.SLOT))
    assert bare.pop("epoll_wait") == [(5, 10, "M0 blocked, no timeout"), (10, 14, "netpoll")]
    gone = {"ready list", "pollDesc f0.r", "epoll_wait"}
    assert bare == {name: spans for name, spans in whole.items() if name not in gone}


def test_a_thread_holds_a_processor_from_its_first_run_when_nobody_says_so() -> None:
    bare = told(without(by_hand.a_read_that_waits(), What.ACQUIRE))
    assert bare["threads M0"] == [(15, 22, "holds P0")]


def test_the_set_up_has_happened_before_the_picture_begins() -> None:
    trace = by_hand.batch(3)
    when = moments(trace)
    assert trace.events[when.first].what is What.ACTION
    early = lanes(trace, when.times, start=when.start - 50_000, end=when.end)
    assert [s.state for s in early[Lane(Kind.G, "r0")]] == [
        State.WAITING,
        State.RUNNABLE,
        State.RUNNING,
    ]


def test_a_trace_in_which_nothing_follows_the_set_up_is_drawn_from_its_start() -> None:
    trace = by_hand.a_read_that_waits()
    short = replace(trace, events=trace.events[:8])
    when = moments(short)
    assert (when.first, when.last) == (0, 6)
    assert told(short)["goroutines r0"] == [
        (-20, -19, "runnable"),
        (-19, -17, "running"),
        (-17, -10, "waiting"),
    ]


def test_a_break_that_nobody_wrote_is_the_witness_putting_itself_away() -> None:
    trace = by_hand.a_read_that_waits()
    stop = {"events": [{"fd": "break", "modes": "r", "err": False, "stale": False}]}
    events = (
        *trace.events,
        Event(seq=900, what=What.POLL, t=90_000, m="M0", args=stop),
        Event(seq=901, what=What.WAKESIG, t=91_000, args={"value": 0}),
    )
    assert told(replace(trace, events=events)) == told(trace)


def test_times_never_run_backwards() -> None:
    trace = by_hand.a_read_that_waits()
    events = tuple(
        replace(e, t=11_000) if e.what is What.RUN and e.seq > 8 else e for e in trace.events
    )
    times = moments(replace(trace, events=events)).times
    assert list(times) == sorted(times)


def test_a_run_that_costs_nothing_is_still_seen() -> None:
    trace = by_hand.a_read_that_waits()
    events = tuple(
        replace(e, t=15_000) if e.seq > 14 and e.t is not None and e.t < 21_000 else e
        for e in trace.events
    )
    assert told(replace(trace, events=events))["processors P0"] == [(15, 15.001, "r0")]


def test_a_thread_that_leaves_epoll_wait_for_nothing_keeps_waiting_in_the_picture() -> None:
    trace = by_hand.a_break()
    position = next(i for i, e in enumerate(trace.events) if e.t == 40_000_000)
    round_trip = [
        Event(seq=900, what=What.POLL, t=39_000_000, m="M0", args={"events": []}),
        Event(seq=901, what=What.ACQUIRE, t=39_001_000, m="M0", p="P0"),
        Event(seq=902, what=What.GIVE, t=39_002_000, m="M0", p="P0"),
        Event(seq=903, what=What.WAIT, t=39_003_000, m="M0", args={"timeout_ns": 1_000_000}),
    ]
    events = (*trace.events[:position], *round_trip, *trace.events[position:])
    longer = replace(trace, events=events)
    assert told(longer) == told(trace)
    assert moments(longer).idle.words() == ["1 empty poll"]


def test_a_preempted_goroutine_that_goes_on_was_never_away() -> None:
    trace = by_hand.a_busy_goroutine()
    position = next(i for i, e in enumerate(trace.events) if e.t == 20_000_000)
    away = [
        Event(seq=900, what=What.LEAVE, t=11_000_000, g="b", m="M1", why="preempted"),
        Event(seq=901, what=What.RUN, t=11_001_000, g="b", m="M1", p="P0"),
    ]
    events = (*trace.events[:position], *away, *trace.events[position:])
    longer = replace(trace, events=events)
    assert told(longer) == told(trace)
    assert moments(longer).idle.words() == ["1 preemption"]


def test_a_thread_that_starts_for_nothing_is_counted_and_not_drawn() -> None:
    trace = by_hand.a_busy_goroutine()
    position = next(i for i, e in enumerate(trace.events) if e.t == 20_000_000)
    vain = [
        Event(seq=900, what=What.ACQUIRE, t=11_000_000, m="M7", p="P1"),
        Event(seq=901, what=What.GIVE, t=11_001_000, m="M7", p="P1"),
    ]
    events = (*trace.events[:position], *vain, *trace.events[position:])
    longer = replace(trace, events=events, procs=2)
    assert told(longer) == told(trace)
    assert moments(longer).idle.words() == ["1 thread that finds nothing"]


def test_who_polled_is_found_out_where_a_witness_leaves_the_thread_out() -> None:
    trace = by_hand.a_busy_goroutine()
    named = list(pollers(trace).values())
    assert named == [Poller(m="M0", how="blocked"), Poller(m="sysmon", how="monitor")]
    events = []
    for event in trace.events:
        if event.what is What.POLL:
            timeout = 0 if event.m == "sysmon" else None
            event = replace(event, m=None, args={**event.args, "timeout_ns": timeout})
        elif event.what is What.SYSMON:
            event = replace(event, m=None)
        if event.what is not What.READY:
            events.append(event)
    anonymous = pollers(replace(trace, events=tuple(events)))
    assert list(anonymous.values()) == [
        Poller(m="M0", how="blocked"),
        Poller(m=None, how="monitor"),
    ]


def test_wakeups_are_numbered_as_they_wake_and_ranked_as_they_run() -> None:
    tale = story(by_hand.batch(6))
    assert [(w.number, w.g, w.rank) for w in tale.wakeups] == [
        (1, "r0", 6),
        (2, "r1", 5),
        (3, "r2", 4),
        (4, "r3", 3),
        (5, "r4", 2),
        (6, "r5", 1),
    ]
    assert [(w.batch.index, w.batch.size) for w in tale.wakeups if w.batch] == [
        (i, 6) for i in range(1, 7)
    ]
    assert tale.reordered


def test_the_cause_of_a_wakeup_is_about_its_own_direction() -> None:
    hand = by_hand.Hand()
    hand(0, What.SCRIPT)
    drain = hand(1, What.ACTION, fd="f0", text="drain f0.peer")
    write = hand(2, What.ACTION, fd="f0", text="write f0.peer 8")
    poll = hand.poll(3, "f0")
    for g, mode in (("r0", "r"), ("w0", "w")):
        hand(4, What.WAKE, g=g, fd="f0", mode=mode, why="ready", via=poll, cause=write)
    goroutines: dict[str, tuple[str, ...]] = {"r0": ("read f0 64",), "w0": ("write f0 8",)}
    tale = story(hand.trace("both", "", goroutines))
    assert [w.cause.seq for w in tale.wakeups if w.cause] == [write, drain]


def test_a_break_is_its_goroutines_and_the_second_is_its_threads() -> None:
    tale = story(by_hand.a_break())
    assert [(b.at, b.written, b.who, b.m) for b in tale.breaks] == [
        (6_000, True, "t0", "M1"),
        (9_000, False, "M1", "M1"),
        (20_006_000, True, "t1", "M1"),
        (20_009_000, False, "M1", "M1"),
    ]


def test_a_start_that_no_entry_tells_of_is_the_outsides() -> None:
    tale = story(by_hand.reuse_with_a_stale_event())
    assert [action.text for action in tale.actions] == [
        "write f0.peer 8",
        "go c",
        "write f0.peer 8",
    ]
    silent = without(by_hand.reuse_with_a_stale_event(), What.ACTION)
    assert [action.text for action in story(silent).actions] == [
        "write f0.peer 8; go c",
        "go c",
    ]
