"""The comparer, on traces made by hand: what counts as the same, which difference is first."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from conformance import Agrees, Batch, Differs, Inconclusive, Together, compare
from conformance.check import right
from conformance.lines import batch_events, run_events, wake_events
from model import simulate
from scenario import Break, Ready, StepResult, Trace, Wake, What, catalogue, parse
from tape import Tape, two_readers


def differs(expected: Trace, actual: Trace) -> Differs:
    verdict = compare(expected, actual)
    assert isinstance(verdict, Differs), str(verdict)
    return verdict


def test_equal_stories_agree_and_the_items_are_counted() -> None:
    verdict = compare(two_readers(), two_readers(witness="epoll"))

    assert verdict == Agrees(
        scenario="by_hand",
        witnesses=("model", "epoll"),
        counts={"wake": 2, "run": 2, "batch": 1, "break": 0, "step": 2},
    )


def test_times_threads_and_numbers_of_events_are_not_compared() -> None:
    plain = two_readers()
    events = tuple(
        dataclasses.replace(event, seq=event.seq + 7, t=event.seq * 1000, cause=None, via=None)
        for event in plain.events
    )

    assert isinstance(compare(plain, dataclasses.replace(plain, events=events)), Agrees)


def test_the_same_witness_twice_is_told_apart_by_a_number() -> None:
    assert compare(two_readers(), two_readers()).witnesses == ("model 1", "model 2")


def test_a_queue_where_go_has_a_stack_differs_at_the_first_run() -> None:
    verdict = differs(two_readers(), two_readers(witness="epoll", runs="r0 r1"))

    assert (verdict.channel, verdict.position) == ("run", 0)
    assert (verdict.expected, verdict.actual) == ("r1", "r0")
    assert verdict.around == (("r1", "r0"), ("r0", "r1"))
    assert verdict.rules[0] == "R07"
    assert verdict.likely == "the ready list is handed over as a queue, not as a stack"
    assert str(verdict) == (
        "by_hand: model and epoll differ at run 1: model has r1, epoll has r0 (R07, R29, R31, "
        "R32, R33; runtime/proc.go:findRunnable (list.pop, then injectglist), ready, runqput): "
        "r0 ran before r1"
    )


def test_a_batch_in_another_order_is_named_before_the_wakes_that_follow_from_it() -> None:
    turned = two_readers(
        witness="epoll", batch=(("f1", "rw"), ("f0", "rw")), wakes="r1 r0", runs="r0 r1"
    )

    verdict = differs(two_readers(), turned)

    assert (verdict.channel, verdict.position, verdict.rules) == ("batch", 0, ("R02",))
    assert verdict.expected == Batch((Ready(fd="f0", modes="rw"), Ready(fd="f1", modes="rw")))
    assert verdict.counts == {"wake": 0, "run": 0, "batch": 0, "break": 0, "step": 2}


def test_a_goroutine_that_is_never_freed_is_a_lost_wakeup() -> None:
    verdict = differs(two_readers(), two_readers(witness="epoll", wakes="r0", runs="r0"))

    assert (verdict.channel, verdict.position, verdict.actual) == ("wake", 1, None)
    assert verdict.expected == Wake(g="r1", fd="f1", mode="r", why="ready")
    assert verdict.kind == "r1 was never freed"


def test_an_earlier_entry_comes_first_though_its_channel_is_later() -> None:
    """A step that went wrong in entry 0 explains the batch of entry 1, not the reverse."""

    def story(witness: str, count: int, modes: str) -> Trace:
        tape = Tape()
        tape.script()
        tape.entry(0, "write f0.peer 8")
        tape.step("r0", "read f0 64", count)
        tape.entry(1, "write f1.peer 8")
        tape.poll(("f1", modes))
        return tape.trace(witness)

    verdict = differs(story("model", 8, "rw"), story("epoll", 4, "r"))

    assert (verdict.channel, verdict.g, verdict.position) == ("step", "r0", 0)


def test_a_step_that_stays_parked_differs_from_one_that_ends() -> None:
    tape = Tape()
    tape.script()
    tape.entry(0, "write f0.peer 8")
    waiting = tape.trace("epoll")
    tape.step("r0", "read f0 64", 8)

    verdict = differs(tape.trace(), waiting)

    assert verdict.expected == StepResult(text="read f0 64", count=8, error="ok")
    assert verdict.actual == StepResult(text="read f0 64", count=None, error="parked")
    assert verdict.rules[0] == "R11"


@pytest.mark.parametrize(
    ("mine", "theirs", "rule"), [("written", None, "R36"), (None, "written", "R37")]
)
def test_a_break_that_is_missing_or_not_needed_differs(
    mine: str | None, theirs: str | None, rule: str
) -> None:
    def story(why: str | None) -> Trace:
        tape = Tape()
        tape.script()
        tape.entry(0, "go r0", plain_go=True)
        if why:
            tape.add(What.BREAK, why=why)
        return tape.trace()

    verdict = differs(story(mine), story(theirs))

    assert verdict.channel == "break"
    assert verdict.expected == Break(entry=0, written=mine is not None)
    assert verdict.rules[0] == rule


def test_with_two_ps_the_runs_of_one_batch_may_come_in_any_order() -> None:
    expected = two_readers(procs=2)

    assert isinstance(compare(expected, two_readers(procs=2, runs="r0 r1")), Agrees)


def test_with_two_ps_a_run_that_is_missing_from_its_batch_differs() -> None:
    steps = two_readers(procs=2)
    lost = tuple(e for e in steps.events if not (e.what is What.RUN and e.g == "r1"))

    verdict = differs(steps, dataclasses.replace(steps, events=lost))

    assert verdict.channel == "run"
    assert (verdict.expected, verdict.actual) == (Together(("r0", "r1")), Together(("r0",)))


def test_with_two_ps_the_runs_of_two_batches_are_not_mixed() -> None:
    def story(first: str, second: str) -> Trace:
        tape = Tape()
        tape.script()
        for entry, g in enumerate((first, second)):
            tape.entry(entry, "write")
            tape.wake(g, "f0", "r", "ready", via=tape.poll(("f0", "rw")))
            tape.run(g)
        return tape.trace(procs=2)

    verdict = differs(story("r0", "r1"), story("r1", "r0"))

    assert verdict.channel == "wake"


def test_a_run_counts_for_the_poll_that_carried_its_wake() -> None:
    """Both runs come after both polls: only ``via`` tells which batch each belongs to."""

    def story(*runs: str) -> Trace:
        tape = Tape()
        tape.script()
        tape.entry(0, "write")
        first = tape.poll(("f0", "rw"))
        second = tape.poll(("f1", "rw"))
        tape.wake("r0", "f0", "r", "ready", via=first)
        tape.wake("r1", "f1", "r", "ready", via=second)
        tape.run(*runs)
        return tape.trace(procs=2)

    assert isinstance(compare(story("r0", "r1"), story("r1", "r0")), Agrees)
    assert differs(story("r0", "r1"), story("r0")).actual == Together(())


def test_with_two_ps_both_directions_of_a_deadline_are_one_group_whatever_is_known() -> None:
    """One witness knows the timer that freed them, the other does not."""

    def story(cause: int | None, *runs: str) -> Trace:
        tape = Tape()
        tape.script()
        tape.entry(0, "go d")
        tape.wake("r0", "f0", "r", "deadline", cause=cause)
        tape.wake("r1", "f0", "w", "deadline", cause=cause)
        tape.run(*runs)
        return tape.trace(procs=2)

    assert isinstance(compare(story(1, "r0", "r1"), story(None, "r1", "r0")), Agrees)


def test_with_two_ps_two_sleepers_are_two_groups() -> None:
    def story(*runs: str) -> Trace:
        tape = Tape()
        tape.script()
        tape.entry(0, "go r0")
        tape.wake("r0", None, None, "timer")
        tape.wake("r1", None, None, "timer")
        tape.run(*runs)
        return tape.trace(procs=2)

    assert differs(story("r0", "r1"), story("r0")).actual == Together(())


def test_a_reason_makes_the_verdict_inconclusive_even_if_everything_is_equal() -> None:
    late = two_readers(witness="epoll", inconclusive=("entry 0 began 7.2 ms late (limit 5 ms)",))

    verdict = compare(two_readers(), late)

    assert verdict == Inconclusive(
        scenario="by_hand",
        witnesses=("model", "epoll"),
        reasons=("epoll: entry 0 began 7.2 ms late (limit 5 ms)",),
    )


def test_two_runs_that_saw_nothing_do_not_agree() -> None:
    tape = Tape()
    tape.script()

    verdict = compare(tape.trace(), tape.trace("epoll"))

    assert isinstance(verdict, Inconclusive)
    assert verdict.reasons == ("no channel that both witnesses see holds anything",)


def test_two_runs_that_never_began_do_not_agree() -> None:
    verdict = compare(Tape().trace(), Tape().trace("epoll"))

    assert isinstance(verdict, Inconclusive)
    assert verdict.reasons == ("neither witness came to the end of the set-up",)


def test_a_channel_that_is_not_seen_by_both_is_not_compared_and_is_named() -> None:
    seen = frozenset({"wake", "batch", "break", "step"})

    verdict = compare(two_readers(), two_readers(witness="epoll", runs="r0 r1"), seen=seen)

    assert isinstance(verdict, Agrees)
    assert verdict.unseen == ("run",)
    assert "run" not in verdict.counts


@pytest.mark.parametrize(
    "other",
    [{"scenario": "another"}, {"procs": 2}, {"goroutines": {"r0": ("read f0 8",)}}],
    ids=["scenario", "procs", "goroutines"],
)
def test_traces_of_different_questions_cannot_be_compared(other: Mapping[str, Any]) -> None:
    word = next(iter(other))
    with pytest.raises(
        ValueError, match=f"two traces of one scenario are compared; these have different {word}"
    ):
        compare(two_readers(), dataclasses.replace(two_readers(), **other))


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(ValueError, match="no such channel: noise"):
        compare(two_readers(), two_readers(), seen=frozenset({"noise"}))


HUNDREDS = frozenset(
    {"more_than_128_at_once", "nobody_starves_in_the_global_queue", "every_61st_turn"}
)
"""Of steps: leaving them out one by one takes long and shows nothing new."""
EACH = pytest.mark.parametrize("name", [name for name in catalogue() if name not in HUNDREDS])


@EACH
def test_no_item_of_any_channel_can_go_missing_unnoticed(name: str) -> None:
    whole = right(name)
    items = {event.seq for event in (*batch_events(whole), *wake_events(whole))}
    items |= {run.seq for run, _ in run_events(whole)}
    items |= {event.seq for event in whole.events if event.what is What.STEP}

    assert items
    for seq in items:
        less = tuple(event for event in whole.events if event.seq != seq)
        assert isinstance(compare(whole, dataclasses.replace(whole, events=less)), Differs), seq


def test_a_runtime_that_throws_differs_by_that_first() -> None:
    tape = Tape()
    tape.script()
    tape.entry(0, "write f0.peer 8, write f1.peer 8")
    tape.add(What.THROW, args={"text": "runtime: double wait"})

    verdict = differs(two_readers(), tape.trace())

    assert (verdict.channel, verdict.expected) == ("throw", None)
    assert verdict.actual == "runtime: double wait"
    assert verdict.kind == "the runtime threw: runtime: double wait"


def test_a_witness_that_never_came_to_the_script_differs_by_that() -> None:
    whole = right("regular_file")
    steps = tuple(event for event in whole.events if event.what is What.STEP)

    verdict = differs(whole, dataclasses.replace(whole, events=steps))

    assert (verdict.channel, verdict.position, verdict.rules, verdict.go) == ("script", 0, (), "")
    assert (verdict.expected, verdict.actual) == ("the set-up is over", None)
    assert str(verdict) == (
        "regular_file: model 1 and model 2 differ at script 1: model 1 has the set-up is over, "
        "model 2 has nothing: one witness performed more of the script than the other"
    )


def test_another_action_in_an_entry_differs_before_what_came_of_it() -> None:
    tape = Tape()
    tape.script()
    tape.entry(0, "write f1.peer 8, write f0.peer 8")
    tape.poll(("f1", "rw"), ("f0", "rw"))

    verdict = differs(two_readers(), tape.trace("epoll"))

    assert (verdict.channel, verdict.position) == ("script", 1)
    assert verdict.expected == "entry 1: write f0.peer 8, write f1.peer 8"
    assert verdict.actual == "entry 1: write f1.peer 8, write f0.peer 8"
    assert verdict.kind == "the two performed different scripts"


@EACH
def test_no_entry_can_go_missing_unnoticed(name: str) -> None:
    whole = right(name)
    script = [event for event in whole.events if event.what in (What.SCRIPT, What.ENTRY)]

    for place, gone in enumerate(script):
        less = tuple(event for event in whole.events if event.seq != gone.seq)
        verdict = differs(whole, dataclasses.replace(whole, events=less))
        assert (verdict.channel, verdict.position) == ("script", place)


NEVER_STARTED = """
question = "Is somebody who was never started parked?"
finding = "No"
script = ["write f0.peer 8", "go c"]
[fds]
f0 = "socketpair"
f1 = "socketpair"
[goroutines]
r0 = ["read f0 8"]
c = ["read f1 8"]
"""


def test_a_goroutine_that_was_never_started_is_not_parked() -> None:
    """The entry is there, its deed is not: all that is seen of ``go c`` is that c is parked."""
    whole = simulate(parse(NEVER_STARTED, name="never", origin="never"))
    entry = max(event.seq for event in whole.events if event.what is What.ENTRY)
    less = tuple(event for event in whole.events if event.seq <= entry)

    verdict = differs(whole, dataclasses.replace(whole, events=less))

    assert (verdict.channel, verdict.g, verdict.position) == ("step", "c", 0)
    assert verdict.expected == StepResult(text="read f1 8", count=None, error="parked")
    assert verdict.actual == StepResult(text="read f1 8", count=None, error="not started")
    assert "nobody started c" in verdict.kind


def test_a_goroutine_that_neither_witness_starts_says_nothing() -> None:
    tape = Tape()
    tape.script()
    tape.add(What.START, g="r1")

    verdict = compare(tape.trace(), tape.trace("epoll"))

    assert isinstance(verdict, Inconclusive)
    assert verdict.reasons == ("no channel that both witnesses see holds anything",)


def test_a_throw_comes_before_the_entries_that_are_missing_after_it() -> None:
    tape = Tape()
    tape.script()
    tape.add(What.THROW, args={"text": "runtime: double wait"})

    assert differs(two_readers(), tape.trace("epoll")).channel == "throw"
