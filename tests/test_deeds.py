"""Which outside actions a wakeup goes back to, and how they are said."""

import pytest

from conformance.deeds import FITTING, causes, outside
from conformance.wording import why_woken
from scenario import Event, Outside, Trace, What
from tape import Tape


def act(tape: Tape, text: str) -> int:
    fd = text.split()[1].removesuffix(".peer")
    return tape.add(What.ACTION, fd=fd, args={"text": text})


def told(trace: Trace, wake: int) -> list[str]:
    return [action.args["text"] for action in causes(trace, trace.events[wake])]


def test_each_direction_goes_back_to_the_actions_that_fit_it() -> None:
    tape = Tape()
    act(tape, "drain f0.peer")
    act(tape, "write f0.peer 8")
    act(tape, "write f1.peer 8")
    poll = tape.poll(("f0", "rw"), ("f1", "r"))
    reader = tape.wake("r0", "f0", "r", "ready", via=poll)
    writer = tape.wake("w0", "f0", "w", "ready", via=poll)
    trace = tape.trace()

    assert told(trace, reader) == ["write f0.peer 8"]
    assert told(trace, writer) == ["drain f0.peer"]


def test_what_a_poll_before_has_reported_is_no_cause_any_more() -> None:
    tape = Tape()
    act(tape, "write f0.peer 8")
    tape.poll(("f0", "r"))
    act(tape, "write f0.peer 1")
    tape.poll(("f1", "r"))
    act(tape, "close f0.peer")
    wake = tape.wake("r0", "f0", "r", "ready", via=tape.poll(("f0", "rw")))

    assert told(tape.trace(), wake) == ["write f0.peer 1", "close f0.peer"]


def test_what_comes_after_a_fetch_is_news_for_the_next_poll() -> None:
    tape = Tape()
    act(tape, "write f0.peer 8")
    tape.add(What.HOLD, why="event")
    act(tape, "close f0.peer")
    tape.add(What.RELEASE)
    first = tape.wake("r0", "f0", "r", "ready", via=tape.poll(("f0", "r")))
    second = tape.wake("r0", "f0", "r", "ready", via=tape.poll(("f0", "r")))
    trace = tape.trace()

    assert told(trace, first) == ["write f0.peer 8"]
    assert told(trace, second) == ["close f0.peer"]


def test_what_comes_after_a_fetch_of_others_counts_for_the_poll_that_brings_it() -> None:
    tape = Tape()
    tape.add(What.HOLD, why="event")
    act(tape, "write f0.peer 8")
    tape.add(What.RELEASE)
    tape.poll(("f1", "r"))
    wake = tape.wake("r0", "f0", "r", "ready", via=tape.poll(("f0", "r")))

    assert told(tape.trace(), wake) == ["write f0.peer 8"]


def test_a_wakeup_without_a_poll_has_only_its_own_cause() -> None:
    tape = Tape()
    cause = act(tape, "write f0.peer 8")
    wake = tape.wake("r0", "f0", "r", "ready", cause=cause)
    trace = tape.trace()

    assert told(trace, wake) == []
    assert why_woken(trace, trace.events[wake]) == (
        "r0 wakes because f0 became readable: the outside wrote 8 bytes"
        " (by a poll that the trace does not name)."
    )


def test_a_wakeup_tells_all_that_made_it_ready() -> None:
    tape = Tape()
    act(tape, "write f0.peer 8")
    cause = act(tape, "close f0.peer")
    wake = tape.wake("r0", "f0", "r", "ready", cause=cause, via=tape.poll(("f0", "rw")))
    trace = tape.trace()

    assert why_woken(trace, trace.events[wake]) == (
        "r0 wakes because f0 became readable: the outside wrote 8 bytes and closed its end;"
        " a poll brought it as event 1 of 1."
    )


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["write f0.peer 1"], "the outside wrote 1 byte"),
        (["write f0.peer 8"] * 3, "the outside wrote 8 bytes (3 times)"),
        (
            ["write f0.peer 8", "shutdown f0.peer", "close f0.peer"],
            "the outside wrote 8 bytes, ended its sending (half close) and closed its end",
        ),
        (
            ["write e.peer 8", "read e.peer 8"],
            "the outside added 1 to its counter and took its counter",
        ),
        (["go r1"], "goroutine r1 was started"),
        (["juggle f0.peer"], "the outside did `juggle f0.peer`"),
    ],
)
def test_actions_are_one_clause(texts: list[str], sentence: str) -> None:
    actions = [
        Event(seq=seq, what=What.ACTION, args={"text": text}) for seq, text in enumerate(texts)
    ]

    assert outside(actions, {"f0": "tcp", "e": "eventfd"}) == sentence


def test_every_action_on_a_peer_fits_a_direction() -> None:
    assert FITTING["r"] | FITTING["w"] == set(Outside) - {Outside.GO}
