"""A word's accesses in one chain, in any order that their intervals allow."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.validate import chain as chains
from conformance.validate.chain import Tangled, chain, in_order, left_by
from realgo.kinds import GOROUTINE, Flag, Kind
from realgo.records import Record

FAILED = int(Flag.FAILED)


def access(
    seq: int,
    before: int,
    old: int,
    new: int,
    *,
    kind: Kind = Kind.UNBLOCK_CAS,
    failed: bool = False,
) -> Record:
    flags = FAILED if failed else 0
    return Record(seq, before, seq, kind, 0, 0, 0, 0, flags, 0, 1, old, new, 0, ord("r"), 1)


def allowed(order: tuple[Record, ...]) -> bool:
    """Whether no record stands before one that precedes it."""
    return not any(
        later.seq <= earlier.before for k, earlier in enumerate(order) for later in order[k + 1 :]
    )


def fits(v: int, order: tuple[Record, ...]) -> bool:
    for record in order:
        after = left_by(record, v)
        if after is None:
            return False
        v = after
    return True


@st.composite
def few_accesses(draw: st.DrawFn) -> list[Record]:
    count = draw(st.integers(1, 6))
    values = st.integers(0, 2)
    return [
        access(
            seq,
            draw(st.integers(max(0, seq - 5), seq - 1)),
            draw(values),
            draw(values),
            failed=draw(st.integers(0, 4)) == 0,
        )
        for seq in range(1, count + 1)
    ]


@given(few_accesses(), st.integers(0, 2))
def test_an_order_is_found_just_when_trying_them_all_finds_one(
    records: list[Record], v: int
) -> None:
    found = in_order(v, records)
    exists = any(allowed(order) and fits(v, order) for order in permutations(records))
    assert (found is not None) == exists
    if found is not None:
        assert sorted(found) == records
        assert allowed(tuple(found))
        assert fits(v, tuple(found))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(0, 9)), max_size=60))
def test_a_chain_that_happened_is_found_whatever_the_records_order(
    steps: list[tuple[int, int, int]],
) -> None:
    """Each access began some time before it happened, and was written down some time after."""
    values = [0, *(value for value, _, _ in steps)]
    begun = [10 * k - early for k, (_, early, _) in enumerate(steps)]
    ended = [(10 * k + 3 * late + 1, k) for k, (_, _, late) in enumerate(steps)]
    word = chain(1, "rg", 0, keep=64)
    for seq, (_, k) in enumerate(sorted(ended), 1):
        before = sum(end < begun[k] for end, _ in ended)
        word.add(access(seq, before, values[k], values[k + 1]))
    assert not word.late
    assert word.value == values[-1]
    assert [record.b for _, record in word.done] == [v for v, _ in word.done]


def test_a_late_record_takes_its_place_among_those_it_overlaps_with() -> None:
    word = chain(1, "rg", 0, keep=8)
    assert word.add(access(1, 0, 0, 1))
    assert not word.add(access(3, 2, 2, 0))  # somebody must have made it 2
    assert word.add(access(4, 1, 1, 2))
    assert [record.seq for _, record in word.done] == [1, 4, 3]
    assert word.value == 0


def test_what_came_wholly_before_does_not_help() -> None:
    word = chain(1, "rg", 0, keep=8)
    assert word.add(access(1, 0, 0, 1))
    assert not word.add(access(2, 1, 2, 0))
    assert not word.add(access(3, 2, 1, 2))  # it began when the other was over
    assert [record.seq for record in word.late] == [2, 3]


def test_a_failed_swap_met_another_value() -> None:
    word = chain(1, "rg", 1, keep=8)
    assert word.add(access(1, 0, 0, 2, failed=True))
    assert not word.add(access(2, 1, 1, 2, failed=True))


def test_a_look_at_a_goroutine_may_name_another() -> None:
    """Its number is read after the word: by then the same memory can be another goroutine's."""
    word = chain(1, "rg", GOROUTINE + 7, keep=8)
    assert word.add(access(1, 0, GOROUTINE + 9, GOROUTINE + 9, kind=Kind.UNBLOCK_LOAD))
    assert not word.add(access(2, 1, 2, 2, kind=Kind.UNBLOCK_LOAD))


def test_what_nothing_can_help_any_more_is_overdue() -> None:
    word = chain(1, "rg", 0, keep=8)
    word.add(access(5, 4, 1, 0))
    newest = access(5 + chains.MAX_AGE, 0, 0, 0)
    assert not word.overdue(newest)
    assert word.overdue(newest._replace(seq=newest.seq + 1))
    waited = newest._replace(t=6 + chains.MAX_WAIT_NS)
    assert word.overdue(waited)
    assert not word.overdue(waited._replace(seq=5 + chains.MIN_AGE))


def test_what_began_before_all_that_is_remembered_cannot_be_judged() -> None:
    word = chain(1, "rg", 0, keep=2)
    for seq, (old, new) in enumerate(pairwise((0, 1, 2, 1)), 1):
        assert word.add(access(seq, seq - 1, old, new))
    assert not word.add(access(4, 0, 0, 0))
    assert word.forgotten()


def test_too_many_orders_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "MAX_NODES", 100)
    with pytest.raises(Tangled):
        in_order(0, [*(access(k, 0, k % 2, 1 - k % 2) for k in range(1, 40)), access(40, 0, 5, 6)])
