"""The words of the captions: who woke because of what, for both forms."""

import pytest

import timeline_by_hand as by_hand
from scenario.trace import What
from timeline.captions import captions, thinned
from timeline.story import story
from timeline_drawn import TRACES

WRITTEN = "f0.peer writes 8 bytes; M0 was in epoll_wait"


@pytest.mark.parametrize("name", TRACES)
def test_wakeups_and_breaks_are_in_the_captions(name: str) -> None:
    tale = story(TRACES[name]())
    rows = captions(tale)
    marks = [row.mark for row in rows]
    assert [row.number for row in rows if row.mark == "wake"] == [w.number for w in tale.wakeups]
    assert marks.count("written") == sum(b.written for b in tale.breaks)
    assert marks.count("coalesced") == sum(not b.written for b in tale.breaks)
    assert marks.count("stale") == len(tale.stale)
    assert [row.at for row in rows] == sorted(row.at for row in rows)


def test_many_rows_keep_the_first_and_the_last_three() -> None:
    rows = thinned(captions(story(by_hand.batch(40))))
    assert [row.number for row in rows] == [1, 2, 3, 0, 38, 39, 40]
    assert rows[3].because == "… 34 more in the same way"


def reasons(name: str) -> list[tuple[str, str, str, str]]:
    rows = captions(story(by_hand.by_name()[name]))
    return [(row.who, row.because, row.how[0], row.runs[0]) for row in rows]


def test_data_wakes_its_reader_and_the_finder_is_named() -> None:
    assert reasons("a_read_that_waits") == [("r0", "f0 readable", WRITTEN, "1st: read f0, 8 bytes")]
    assert reasons("a_busy_goroutine")[1] == (
        "r1",
        "f1 readable",
        "f1.peer writes 8 bytes; found by sysmon",
        "2nd: read f1, 8 bytes",
    )


def test_a_batch_says_why_its_first_and_its_last_run_when_they_do() -> None:
    ran = [row[3] for row in reasons("6_in_one_batch")]
    assert ran[0] == "6th, last: its event came first"
    assert ran[5] == "1st, because its event came last"


def test_a_stale_event_is_dropped_and_says_why() -> None:
    assert reasons("reuse_with_a_stale_event") == [
        ("r0", "c closes f0", "freed by the close itself, without a poll", "1st: read f0, closed"),
        (
            "M0",
            "an old event of f0",
            "f0 was closed after the poll had fetched it",
            "dropped: nobody wakes",
        ),
        ("c", "f0 readable", WRITTEN, "2nd: read f0, 8 bytes"),
    ]


def test_a_deadline_names_its_break_and_its_timer() -> None:
    assert reasons("a_deadline") == [
        (
            "d",
            "sets a deadline for 30.1 ms",
            "the poller waits for ever",
            "written: M0 leaves epoll_wait early",
        ),
        ("r0", "read deadline of f0", "the timer for 30.1 ms fires", "1st: read f0, i/o timeout"),
    ]


def test_a_thread_sees_the_timer_that_is_due_first_whichever_was_set_last() -> None:
    hand = by_hand.Hand()
    hand(0, What.SCRIPT)
    for at, g, ms in ((1, "early", 40), (2, "gone", 20), (3, "late", 80)):
        hand(at, What.TIMER, why="set", g=g, of="sleep", when_ns=ms * 1_000_000)
    hand(4, What.TIMER, why="fire", g="gone", of="sleep", when_ns=20_000_000)
    hand(5, What.BREAK, why="written", m="M1", g="late")
    hand(6, What.BREAK, why="coalesced", m="M1")
    trace = hand.trace("timers", "", dict.fromkeys(("early", "gone", "late"), ("sleep 1ms",)))

    written, coalesced = captions(story(trace))
    assert (written.who, written.because) == ("late", "sets a timer for 80 ms")
    assert (coalesced.who, coalesced.because) == ("M1", "sees a timer for 40 ms")
