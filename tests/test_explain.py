"""The explanation of a comparison, as somebody reads it who has never seen Go's runtime."""

from collections.abc import Mapping

import pytest

from conformance import compare
from conformance.explain import side_by_side
from conformance.glossary import words_in
from conformance.wording import ordinal, why_break, why_woken
from scenario import Trace, What
from tape import Tape, two_readers


def explained(expected: Trace, actual: Trace) -> str:
    return side_by_side(expected, actual, compare(expected, actual))


def one_reader(witness: str, *, runs: bool = True) -> Trace:
    tape = Tape()
    tape.script()
    tape.entry(0, "write f0.peer 8")
    cause = tape.add(What.ACTION, fd="f0", args={"text": "write f0.peer 8"})
    via = tape.poll(("f0", "rw"))
    tape.wake("r0", "f0", "r", "ready", cause=cause, via=via)
    if runs:
        tape.run("r0")
        tape.step("r0", "read f0 64", 8)
    return tape.trace(witness, fds={"f0": "socketpair"}, goroutines={"r0": ("read f0 64",)})


AGREEMENT = """\
AGREES  MODEL and REAL EPOLL woke the same goroutines in the same order
by_hand  MODEL (Go 1.27) and REAL EPOLL (Go 1.27)

  question      Who wakes?
  finding       Everybody
                (the author's sentence; only what the witnesses saw is compared)
  descriptors   f0 (socketpair)
  GOMAXPROCS    1, so one goroutine runs at a time

WORDS
  goroutine     a light thread of a Go program; here each is a list of steps
  descriptor    a number that stands for an open socket, pipe or file
  GOMAXPROCS    the number of Ps
  P             a processor of Go's scheduler: a goroutine runs only while a
                thread has one
  poller        the thread that asks epoll_wait which descriptors are ready, and
                frees who waits

SCRIPT  what the outside does, an entry when everything is quiet
  1  write f0.peer 8

POLLS  what each return of epoll_wait brought (r: may read, w: may write)
                MODEL                           REAL EPOLL
  1             f0 rw                         = f0 rw

WAKEUPS  who is made able to run, in this order
                MODEL                           REAL EPOLL
  1             r0  f0 read  ready            = r0  f0 read  ready
      r0 wakes because f0 became readable: the outside wrote 8 bytes; a poll
      brought it as event 1 of 1.

RUNS  who then runs first, second, ...
                MODEL                           REAL EPOLL
  1st           r0                            = r0

STEPS  how each step of each goroutine ended
                                      MODEL                REAL EPOLL
  r0    read f0 64                    8 bytes, ok        = 8 bytes, ok

VERDICT  the two agree
  equal, item for item: 1 wakeup, 1 run, 1 poll, 1 step
"""


def test_an_agreement_is_explained_from_the_question_to_the_verdict() -> None:
    assert explained(one_reader("model"), one_reader("epoll")) == AGREEMENT


def test_a_difference_is_boxed_and_followed_by_its_rule() -> None:
    text = explained(two_readers(), two_readers(witness="epoll", runs="r0 r1"))

    assert (
        """\
RUNS  who then runs first, second, ...
                MODEL                           REAL EPOLL
╔══════════════════════════════════════════════════════════════════════════════╗
║ 1st           r1                            ≠ r0                             ║
╚══════════════════════════════════════════════════════════════════════════════╝
  2nd           r0                            · r1
      · after the first difference nothing is judged
"""
        in text
    )
    assert text.endswith(
        """\
VERDICT  the two differ
  what          r0 ran before r1
  rule          R07  With one P, the goroutines of one poll run last event
                first; of one event, the writer before the reader.
  see also      R29, R31, R32, R33
  in Go         runtime/proc.go:findRunnable (list.pop, then injectglist),
                ready, runqput
  likely cause  the ready list is handed over as a queue, not as a stack
"""
    )


def test_an_explanation_without_a_time_or_a_cause_says_what_it_does_not_know() -> None:
    text = explained(two_readers(), two_readers(witness="epoll"))

    assert "because f0 became readable: the trace does not say by what" in text


def test_what_is_inconclusive_is_explained_by_its_reasons_alone() -> None:
    late = two_readers(witness="epoll", inconclusive=("a timer was 12.0 ms late (limit 10 ms)",))

    text = explained(two_readers(), late)

    assert "WAKEUPS" not in text
    assert text.endswith(
        "VERDICT  inconclusive: nothing was compared\n"
        "  epoll: a timer was 12.0 ms late (limit 10 ms)\n"
        "  The machine was busy: a witness measured that it was late, and so judges\n"
        "  nothing. This is harmless; run it again with nothing beside it.\n"
    )


def test_what_is_inconclusive_for_another_reason_is_not_called_harmless() -> None:
    text = explained(two_readers(), two_readers(witness="epoll", inconclusive=("not quiet",)))

    assert text.endswith("VERDICT  inconclusive: nothing was compared\n  epoll: not quiet\n")


def test_a_channel_that_is_not_seen_is_named_as_not_compared() -> None:
    expected, actual = two_readers(), two_readers(witness="epoll", runs="r0 r1")
    verdict = compare(expected, actual, seen=frozenset({"wake", "batch", "step"}))

    text = side_by_side(expected, actual, verdict)

    assert "RUNS  not compared: one of the witnesses cannot see them" in text


def test_an_explanation_in_ascii_has_nothing_else_in_it() -> None:
    expected, actual = two_readers(), two_readers(witness="epoll", runs="r0 r1")

    text = side_by_side(expected, actual, compare(expected, actual), ascii=True)

    assert text.isascii()
    assert "| 1st           r1                            ! r0" in text


def test_two_hundred_wakeups_are_thinned_out_and_no_line_is_too_long() -> None:
    def story(witness: str, first: str) -> Trace:
        tape = Tape()
        tape.script()
        tape.entry(0, ", ".join(f"write f{i}.peer 8" for i in range(200)))
        poll = tape.poll(*((f"f{i}", "rw") for i in range(200)))
        for i in range(200):
            tape.wake(f"r{i}", f"f{i}", "r", "ready", via=poll)
        tape.run(first, *(f"r{i}" for i in range(200) if f"r{i}" != first))
        return tape.trace(
            witness,
            fds={f"f{i}": "pipe.read" for i in range(200)},
            goroutines={f"r{i}": (f"read f{i} 64",) for i in range(200)},
        )

    text = explained(story("model", "r0"), story("epoll", "r100"))

    assert text.count("\n") < 95
    assert max(map(len, text.splitlines())) <= 80
    assert "      … 195 more" in text


@pytest.mark.parametrize(
    ("why", "fields", "args", "sentence"),
    [
        ("timer", {"g": "t0"}, {"when_ns": 40_000_000}, "t0 wakes because its sleep is over"),
        ("close", {}, {}, "t0 wakes because somebody closed f0"),
        ("deadline", {}, {}, "t0 wakes because the read deadline of f0 passed"),
    ],
)
def test_each_cause_has_words_of_its_own(
    why: str, fields: Mapping[str, str], args: Mapping[str, int], sentence: str
) -> None:
    tape = Tape()
    cause = tape.add(What.TIMER, why="fire", args=args, **fields)
    wake = tape.wake("t0", "f0", "r", why, cause=None if why == "close" else cause)

    assert why_woken(tape.trace(), tape.events[wake]).startswith(sentence)


def test_a_break_is_explained_by_the_timer_and_the_pollers_wait() -> None:
    tape = Tape()
    tape.script()
    tape.add(What.WAIT, t=0, args={"timeout_ns": None})
    tape.entry(0, "go t0", plain_go=True)
    tape.add(What.TIMER, why="set", g="t0", args={"when_ns": 80_000_000, "of": "sleep"})
    tape.add(What.BREAK, why="written")

    assert why_break(tape.trace(), 0) == (
        "A new timer of t0's sleep is due at 80 ms; the poller would wait for ever."
    )
    assert why_break(tape.trace(), 1) == ""


def test_ordinals_know_the_teens() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th",
    ]  # fmt: skip


def test_a_throw_is_told_before_everything() -> None:
    tape = Tape()
    tape.script()
    tape.entry(0, "write f0.peer 8, write f1.peer 8")
    tape.add(What.THROW, args={"text": "runtime: double wait"})

    text = explained(two_readers(), tape.trace("epoll"))

    assert text.startswith("DIFFERS at throw 1: MODEL has nothing, REAL EPOLL has runtime: double")
    assert text.index("THROWN") < text.index("POLLS")


def test_the_headline_names_a_break_that_only_one_witness_has() -> None:
    broken, not_broken = Tape(), Tape()
    for tape in (broken, not_broken):
        tape.script()
        tape.add(What.WAIT, t=0, args={"timeout_ns": None})
        tape.entry(0, "go t0", plain_go=True)
    broken.add(What.BREAK, why="written")

    text = explained(broken.trace(), not_broken.trace("epoll"))

    assert text.startswith("DIFFERS at break 1: MODEL has a break, REAL EPOLL has no break")


def test_a_run_order_that_is_not_the_wake_order_is_explained_by_its_rule() -> None:
    text = explained(two_readers(), two_readers(witness="epoll"))

    assert "  woken  r0  r1\n  run    r1  r0   (reversed)\n  R07: With one P, " in text
    assert (
        "       The cause: the poller hands its goroutines over as a stack: whom it freed\n"
        "       last is taken first.\n"
    ) in text
    assert "R29" not in text


def test_several_actions_are_said_to_be_held_and_why() -> None:
    text = explained(two_readers(), two_readers(witness="epoll"))

    assert (
        """\
  1  held: write f0.peer 8, write f1.peer 8
     (held: the poller may not fetch before all of these are done, so that they
     come in one poll of up to 128 events)
"""
        in text
    )
    assert "held" not in explained(one_reader("model"), one_reader("epoll"))


def dropped(witness: str) -> Trace:
    tape = Tape()
    tape.script()
    tape.entry(0, "write f0.peer 8; fetched: go c")
    stale = {"fd": "f0", "modes": "rw", "err": False, "stale": True}
    tape.add(What.POLL, args={"events": [stale], "timeout_ns": None})
    return tape.trace(witness)


def test_a_stale_event_is_said_to_be_dropped_and_by_which_rule() -> None:
    text = explained(dropped("model"), dropped("epoll"))

    assert (
        "  1             f0 rw                         = f0 rw\n"
        "      f0 is stale: dropped, the descriptor was closed after the fetch (R28).\n"
    ) in text
    assert "  stale         of an event: older than " in text
    assert (
        "     (fetched: done when the poller has fetched those events, and before it\n"
        "     handles them)\n"
    ) in text


def test_whether_an_event_is_stale_is_not_compared() -> None:
    fresh = Tape()
    fresh.script()
    fresh.entry(0, "write f0.peer 8; fetched: go c")
    fresh.poll(("f0", "rw"))

    text = explained(dropped("model"), fresh.trace("epoll"))

    assert text.startswith("AGREES")


def test_only_the_words_that_occur_are_explained() -> None:
    def words(text: str) -> list[str]:
        return [word for word, _ in words_in(text)]

    assert words("one goroutine on M2, GOMAXPROCS 1") == ["goroutine", "GOMAXPROCS", "P", "M"]
    assert words("a BREAK, a POLL") == ["poller"]
    assert words("break_by_earlier_timer") == []


def test_with_more_ps_the_order_within_a_group_is_said_to_be_open() -> None:
    text = explained(two_readers(procs=2), two_readers(witness="epoll", procs=2, runs="r0 r1"))

    assert "RUNS  who then runs; with 2 Ps the order within a group is open\n" in text
    assert "  group 1       {r0 r1}                       = {r0 r1}\n" in text


def test_a_script_with_times_says_so() -> None:
    sleeper = {"t0": ("sleep 80ms",)}
    text = explained(two_readers(goroutines=sleeper), two_readers(goroutines=sleeper))

    assert "SCRIPT  what the outside does, each entry at its time\n" in text
