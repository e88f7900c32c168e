"""What the model's own text may do to the poller's words: a table, found by running the text.

Nothing here says which change is right. Each function runs alone from every value that its word
can have (``stepping``), and what it did is collected until nothing new comes: the accesses, which
access of the same call may come next, and what is settled with what in ``netpollWaiters``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from conformance.validate.bench import BREAK_READY, LONG_AGO, Bench
from conformance.validate.stepping import NOW_NS, Access, Call, Text, alone, every_way
from model.netpoll import modeR, modeW, pdNil, pdReady, pdWait, pollClosing
from model.program import Runtime

SLOTS = {"rg": modeR, "wg": modeW}
GROUPS = {
    "rg": "rg",
    "wg": "wg",
    "netpollWakeSig": "break",
    "break": "break",
    "lastpoll": "lastpoll",
}
"""Words whose accesses by one caller are taken as one sequence."""
IO, NO_IO = "io", "no io"
PARK = "park"
TWO_ROUNDS = 4
"""Accesses in which netpollunblock looks and tries twice: a third time would be as the second."""

Begin = Callable[[Bench], Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one release of the model permits.

    ``after[a]`` are the accesses that may follow ``a`` in the same call, ``before[a]`` those that
    may precede it; None stands for the end and the beginning of a call. ``settles`` says whose
    goroutines are counted in netpollWaiters: ``park``, and who is freed with ``io`` or ``no io``;
    ``one_by_one`` whether a call that frees several may take each off by itself.
    """

    runtime: type[Runtime]
    accesses: frozenset[Access]
    after: dict[Access, frozenset[Access | None]]
    before: dict[Access, frozenset[Access | None]]
    settles: frozenset[str]
    one_by_one: bool

    def of(self, word: str, where: str) -> tuple[Access, ...]:
        """The accesses of ``word`` in one function of the model, in order."""
        return tuple(sorted(a for a in self.accesses if (a.word, a.where) == (word, where)))


def in_order(access: Access) -> bool:
    """Whether a caller's records have the access where it was made.

    All but one: a goroutine that has committed is freed and runs on while the thread that committed
    for it may not have written that down yet. Its word's chain has a place for it all the same.
    """
    return access.where != "netpollblockcommit"


def table(runtime: type[Runtime] = Runtime, sees: Callable[[Access], bool] = in_order) -> Table:
    """Run the text of ``runtime``. ``sees``: which accesses are part of a sequence, since the
    recorder shows them, and shows them in the caller's order."""
    with alone():
        calls = [
            *_slot_calls("rg", runtime),
            *_slot_calls("wg", runtime),
            *_lastpoll_calls(runtime),
            *_break_calls(runtime),
        ]
        settling = list(_settling_calls(runtime))
    adds = [a for _, call in settling for a in call.log if a.op == "add"]
    after: dict[Access, set[Access | None]] = {}
    before: dict[Access, set[Access | None]] = {}
    for call in calls:
        for a, b in _pairs(call, sees):
            if a is not None:
                after.setdefault(a, set()).add(b)
            if b is not None:
                before.setdefault(b, set()).add(a)
    return Table(
        runtime=runtime,
        accesses=frozenset([*(a for call in calls for a in call.log), *adds]),
        after={a: frozenset(b) for a, b in after.items()},
        before={b: frozenset(a) for b, a in before.items()},
        settles=frozenset(_settled(settling)),
        one_by_one=any(
            [name for name, _ in call.deeds].count("adjust") > 1 for _, call in settling
        ),
    )


def _pairs(
    call: Call, sees: Callable[[Access], bool]
) -> Iterator[tuple[Access | None, Access | None]]:
    """Neighbours among a call's accesses of one group of words."""
    for group in set(GROUPS.values()):
        seen: list[Access | None] = [None]
        seen += [a for a in call.log if GROUPS.get(a.word) == group and sees(a)]
        if call.ended:
            seen.append(None)
        if len(seen) > 2 or not call.ended:
            yield from pairwise(seen)


# ---- rg and wg: one goroutine at a time uses a slot, and anybody frees it at any time


class _Slot:
    """What is known so far of one slot: the values that it had, and who can change which."""

    def __init__(self, word: str, runtime: type[Runtime]) -> None:
        self.word = word
        self.runtime = runtime
        self.freed: set[tuple[Any, Any]] = set()  # what netpollunblock made of what
        self.rest: set[Any] = set()  # values while the descriptor is open and nobody waits
        self.free: set[Any] = {pdNil}  # values while the pollDesc is in nobody's use
        self.had: set[Any] = {pdNil}

    def reach(self, v: Any) -> tuple[Any, ...]:
        """What others may have made of ``v``: any number of netpollunblocks."""
        found = [v]
        for each in found:
            found += [b for a, b in self.freed if a == each and b not in found]
        return tuple(found)

    def size(self) -> tuple[int, ...]:
        return len(self.freed), len(self.rest), len(self.free), len(self.had)

    def bench(self, call: Call, v: Any, others: Callable[[Any], tuple[Any, ...]]) -> Bench:
        bench = Bench(self.runtime, call)
        bench.watch_slot(self.word, v, others)
        bench.free_info((0, pollClosing))
        return bench


def _slot_calls(word: str, runtime: type[Runtime]) -> list[Call]:
    """All calls on a slot, from all values, once no call brings anything new."""
    slot = _Slot(word, runtime)
    while True:
        size = slot.size()
        calls = [*_owner_calls(slot), *_unblock_calls(slot)]
        if slot.size() == size:
            return calls


def _owner_calls(slot: _Slot) -> Iterator[Call]:
    mode = SLOTS[slot.word]
    uses: tuple[tuple[Begin, set[Any], set[Any]], ...] = (
        (lambda b: b.text.pollOpen(7), slot.free, slot.rest),
        (lambda b: b.text.pollReset(b.pd, mode), slot.rest, slot.rest),
        (lambda b: b.text.pollWait(b.pd, mode), slot.rest, slot.rest),
        (lambda b: b.text.pollClose(b.pd), slot.rest, slot.free),
    )
    for begin, start, end in uses:
        for v in tuple(start):
            yield from _from(slot, begin, v, end)


def _from(slot: _Slot, begin: Begin, v: Any, end: set[Any]) -> Iterator[Call]:
    benches: list[Bench] = []

    def make(call: Call) -> Text:
        benches.append(slot.bench(call, v, slot.reach))
        benches[-1].pd.closing = True  # only pollClose asks
        return begin(benches[-1])

    for call in every_way(make):
        word = benches.pop().slot(slot.word)
        slot.had.update(word.held)
        if call.ended:
            end.update(slot.reach(word.v))
        yield call


def _unblock_calls(slot: _Slot) -> Iterator[Call]:
    mode = SLOTS[slot.word]
    for v in tuple(slot.had):
        slot.had.update(slot.reach(v))
    for ioready in (True, False):
        values = tuple(slot.had)

        def make(call: Call, ioready: bool = ioready, values: Any = values) -> Text:
            bench = slot.bench(call, values[0], lambda v: values)
            bench.slot(slot.word).changed = slot.freed
            return bench.text.netpollunblock(bench.pd, mode, ioready)

        yield from every_way(make, IO if ioready else NO_IO, TWO_ROUNDS)


# ---- lastpoll: anybody may be in any of these calls; what is visited from a value is what others
# may have made of it


def _lastpoll_calls(runtime: type[Runtime]) -> list[Call]:
    begins: tuple[Begin, ...] = (
        lambda b: b.text.findRunnableBlock(NOW_NS, 0, False),
        lambda b: b.text.findRunnableBlock(NOW_NS, NOW_NS + 1, False),
        lambda b: b.text.findRunnablePoll(),
        lambda b: b.text.sysmonPoll(NOW_NS),
        lambda b: b.text.wakeNetPoller(NOW_NS + 1),
    )
    visited: dict[Any, set[Any]] = {LONG_AGO: {LONG_AGO}}
    while True:
        size = {v: len(to) for v, to in visited.items()}
        calls = [
            call for begin in begins for v in tuple(visited)
            for call in _visits(begin, v, visited, runtime)
        ]  # fmt: skip
        for v in {v for to in visited.values() for v in to}:
            visited.setdefault(v, {v})
        if size == {v: len(to) for v, to in visited.items()}:
            return calls


def _visits(
    begin: Begin, v: Any, visited: dict[Any, set[Any]], runtime: type[Runtime]
) -> Iterator[Call]:
    benches: list[Bench] = []

    def make(call: Call) -> Text:
        benches.append(Bench(runtime, call))
        benches[-1].watch_lastpoll(v, lambda v: tuple(visited.get(v, (v,))))
        return begin(benches[-1])

    for call in every_way(make):
        for left in benches.pop().lastpoll.held:
            visited[v].add(left if left in (0, LONG_AGO) else NOW_NS)  # as good as another now
        yield call


# ---- netpollWakeSig and the break descriptor


def _break_calls(runtime: type[Runtime]) -> list[Call]:
    """netpollBreak from both values, and a poll that finds the break that it has written."""
    calls: list[Call] = []
    written: set[int] = set()
    for v in (0, 1):
        benches: list[Bench] = []

        def make(call: Call, v: int = v, benches: list[Bench] = benches) -> Text:
            benches.append(Bench(runtime, call))
            benches[-1].watch_wakesig(v, lambda v: (v,))
            return benches[-1].text.netpollBreak()

        for call in every_way(make):
            bench = benches.pop()
            calls.append(call)
            if call.ended and bench.kernel.count:
                written.add(bench.wakesig.v)
    for v in sorted(written):
        # Others may have written another break since the first access here, if it was cleared.
        for delay in (0, 1, -1):

            def poll(call: Call, v: int = v, delay: int = delay) -> Text:
                bench = Bench(runtime, call, events=BREAK_READY)
                bench.watch_wakesig(v, lambda v: (0, 1) if v == 0 else (v,))
                return bench.text.netpoll(delay)

            calls += every_way(poll)
    return calls


# ---- netpollWaiters: who is counted, and taken off again


def _settling_calls(runtime: type[Runtime]) -> Iterator[tuple[str, Call]]:
    """Calls that park or free goroutines, from all values of both slots."""
    begins: tuple[tuple[str, Begin], ...] = (
        (PARK, lambda b: b.text.pollWait(b.pd, modeR)),
        (NO_IO, lambda b: b.text.pollUnblock(b.pd)),
        (NO_IO, lambda b: b.text.pollSetDeadline(b.pd, -1, modeR | modeW)),
        (NO_IO, lambda b: b.text.netpolldeadlineimpl(b.due(), b.pd.rseq, True, True)),
        (IO, lambda b: b.text.findRunnablePoll()),
        (IO, lambda b: b.text.findRunnableBlock(NOW_NS, 0, False)),
        (IO, lambda b: b.text.sysmonPoll(NOW_NS)),
    )
    for kind, begin in begins:
        for make in _from_both(begin, runtime, parked=kind != PARK):
            for call in every_way(make):
                yield kind, call


def _from_both(
    begin: Begin, runtime: type[Runtime], *, parked: bool
) -> Iterator[Callable[[Call], Text]]:
    for r in (pdNil, pdReady, pdWait, "g") if parked else (pdNil,):
        for w in (pdNil, pdReady, pdWait, "g") if parked else (pdNil,):

            def make(call: Call, r: Any = r, w: Any = w) -> Text:
                bench = Bench(runtime, call)
                bench.park(r, w, parked)
                return begin(bench)

            yield make


def _settled(calls: Iterable[tuple[str, Call]]) -> Iterator[str]:
    """The kinds of calls in which netpollWaiters moves by what was parked and freed."""
    kinds: dict[str, list[bool]] = {}
    for kind, call in calls:
        names = [name for name, _ in call.deeds]
        if call.ended and ("park" in names or "free" in names):
            moved = sum(n for name, n in call.deeds if name == "adjust")
            kinds.setdefault(kind, []).append(moved == names.count("park") - names.count("free"))
    return (kind for kind, settled in kinds.items() if all(settled))
