"""The script holds the poller: what of it is drawn, and when the fetch is."""

from collections.abc import Iterable
from dataclasses import replace

import timeline_by_hand as by_hand
from scenario.trace import Trace, What
from timeline import text
from timeline.holds import holds
from timeline.moments import moments
from timeline.spans import Kind, Lane, lanes
from timeline.story import story
from timeline.words import held_words


def lane(trace: Trace, kind: Kind) -> list[tuple[float, float, str]]:
    when = moments(trace)
    told = lanes(trace, when.times, start=when.start, end=when.end, skip=when.skip)
    return [(s.start / 1_000, s.end / 1_000, s.words[0]) for s in told[Lane(kind)]]


def held_write(*, fds: Iterable[str], starts: str = "") -> Trace:
    """Writes (and perhaps a start) under one hold, then a poll."""
    fds = tuple(fds)
    hand = by_hand.Hand()
    hand(-10, What.WAIT, m="M0", timeout_ns=None)
    hand(0, What.SCRIPT)
    hand(1, What.ENTRY, index=0, text="writes", plain_go=False, blocked=True)
    hand(2, What.HOLD, why="fetch")
    for i, fd in enumerate(fds):
        hand.write(3 + i, fd, fds[:i])
    if starts:
        hand(8, What.START, g=starts)
    hand(10, What.RELEASE)
    hand.poll(12, *fds)
    hand(14, What.WAIT, m="M0", timeout_ns=None)
    return hand.trace("held", "", {"r0": ("read f0 64",), "r1": ("read f1 64",)})


def test_a_poller_that_may_not_fetch_is_held_and_then_wakes_up() -> None:
    assert lane(held_write(fds=("f0", "f1")), Kind.POLLER) == [
        (1, 2, "M0 blocked, no timeout"),
        (2, 10, "M0 held by the script"),
        (10, 12, "M0 wakes up"),
        (12, 14, "netpoll"),
    ]


def test_a_hold_around_a_single_action_is_not_drawn() -> None:
    single = held_write(fds=("f0",))
    assert holds(single.events) == ()
    assert "held" not in text(replace(single, scenario="")).lower()


def test_a_hold_in_which_a_goroutine_starts_is_drawn() -> None:
    assert (2, 10, "M0 held by the script") in lane(
        held_write(fds=("f0",), starts="r1"), Kind.POLLER
    )


def test_who_begins_to_wait_during_a_hold_is_held_from_then_on() -> None:
    trace = held_write(fds=("f0", "f1"))
    late = [e for e in trace.events if e.what is not What.WAIT]
    place = next(i for i, e in enumerate(late) if e.t == 4_000)
    wait = replace(trace.events[0], seq=99, t=3_500)
    trace = replace(trace, events=(*late[:place], wait, *late[place:]))
    assert lane(trace, Kind.POLLER)[0] == (3.5, 10, "M0 held by the script")


def test_the_fetch_is_where_the_script_stops_the_poller_and_not_where_the_poll_ends() -> None:
    whole = by_hand.reuse_with_a_stale_event()
    assert lane(whole, Kind.READY) == [(3.1, 6, "f0"), (40.1, 43, "f0")]
    silent = [e for e in whole.events if not (e.what is What.READY and e.t == 6_000)]
    assert lane(replace(whole, events=tuple(silent)), Kind.READY) == lane(whole, Kind.READY)


def test_a_hold_that_nobody_releases_lasts_to_the_end() -> None:
    whole = by_hand.reuse_with_a_stale_event()
    end = next(i for i, e in enumerate(whole.events) if e.what is What.RELEASE)
    thrown = replace(whole, events=whole.events[:end])
    assert lane(thrown, Kind.POLLER) == [
        (2, 6, "M0 held by the script"),
        (6, 26, "stopped behind its fetch"),
    ]


def test_the_words_say_that_the_script_does_it() -> None:
    assert held_words(story(held_write(fds=("f0", "f1")))) == [
        "The script holds the poller while it acts: no fetch comes in between."
    ]
    assert held_words(story(by_hand.reuse_with_a_stale_event())) == [
        "The script stops the poller between its fetch and the first event."
    ]
    assert held_words(story(by_hand.a_deadline())) == []
