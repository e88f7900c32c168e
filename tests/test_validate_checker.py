"""The checker on records that the model's own run leaves, as it is and changed."""

from collections.abc import Callable

import pytest

from conformance.validate.checker import PATIENCE_NS, SUSPICION_NS, Checker
from conformance.validate.story import told
from conformance.validate.transitions import table
from conformance.validate.violation import Rule
from model.atomic import syscall
from model.netpoll import PollDesc
from model.program import Runtime
from model.releases import runtime
from model.runtime2 import G
from model_records import records_of
from realgo.kinds import SLOT_WORDS, Flag, Kind
from realgo.records import Record
from scenario import Scenario, catalogue, parse

TABLE = table()

BUSY = """
question = "What do the words go through?"
finding = "All that this scenario makes them."
script = [
  {do = "write f0.peer 8", at = "0ms"},
  {do = "write f1.peer 8", at = "40ms"},
  {do = "go s", at = "80ms"},
  {do = "write f0.peer 8", at = "200ms"},
]
[fds]
f0 = "socketpair"
f1 = "socketpair"
[goroutines]
r0 = ["read f0 64", "read f0 64"]
r1 = ["read f1 64", "read f1 64"]
s = ["sleep 30ms", "close f1"]
"""


@pytest.fixture
def busy() -> Scenario:
    return parse(BUSY, name="busy", origin="busy.toml")


def checked(records: list[Record], release: str = "1.27") -> Checker:
    checker = Checker(table(runtime(release)) if release != "1.27" else TABLE)
    checker.check(records)
    checker.finish(whole=True)
    return checker


def broken(records: list[Record]) -> Rule | None:
    checker = checked(records)
    assert checker.tangled is None
    return None if checker.violation is None else checker.violation.rule


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_the_models_own_run_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    checker = checked(records_of(catalogue()[name], monkeypatch))
    assert (checker.violation, checker.tangled) == (None, None)
    assert checker.counts.late == 0


@pytest.mark.parametrize("release", ["1.21", "1.22", "1.25"])
def test_an_older_releases_own_run_passes(
    release: str, busy: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = records_of(busy, monkeypatch, runtime(release))
    assert checked(records, release).violation is None


def test_1_21_is_no_1_22(busy: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its netpollWaiters never falls for news, which the newer table does not allow."""
    assert broken(records_of(busy, monkeypatch, runtime("1.21"))) is Rule.OWED


# ---- a runtime with a fault


class LosesWakes(Runtime):
    async def netpollunblock(self, pd: PollDesc, mode: int, ioready: bool) -> tuple[G | None, int]:
        gp, delta = await super().netpollunblock(pd, mode, ioready)
        return (None, 0) if ioready and pd.fd % 2 else (gp, delta)


class ClearsFirst(Runtime):
    async def netpollDrain(self) -> None:
        await self.netpollWakeSig.store(0)
        await syscall()
        self.kernel.read(self.netpollEventFd, 8)


class NeverCounts(Runtime):
    async def netpollAdjustWaiters(self, delta: int) -> None:
        if delta > 0:
            await super().netpollAdjustWaiters(delta)


class CountsTwice(Runtime):
    async def netpollAdjustWaiters(self, delta: int) -> None:
        await super().netpollAdjustWaiters(2 * delta if delta < 0 else delta)


@pytest.mark.parametrize(
    ("faulty", "rule"),
    [
        (LosesWakes, Rule.STRANDED),
        (ClearsFirst, Rule.SEQUENCE),
        (NeverCounts, Rule.OWED),
        (CountsTwice, Rule.AMOUNT),
    ],
)
def test_a_faulty_runtime_is_caught_by_the_right_rule(
    faulty: type[Runtime], rule: Rule, busy: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert broken(records_of(busy, monkeypatch, faulty)) is rule


# ---- records that are changed


def at(records: list[Record], kind: Kind, which: Callable[[Record], bool] = lambda r: True) -> int:
    """The place of the first record of a kind."""
    return next(k for k, r in enumerate(records) if r.kind == kind and which(r))


def renumbered(records: list[Record]) -> list[Record]:
    return [r._replace(seq=k, before=k - 1) for k, r in enumerate(records, 1)]


def test_each_change_of_a_slot_that_is_left_out_is_noticed(
    busy: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next access of the slot finds what nobody left there. The last one has no next."""
    records = records_of(busy, monkeypatch)
    tried = 0
    for k, record in enumerate(records):
        changes = record.kind in SLOT_WORDS and not record.flags & Flag.FAILED
        followed = any(r.a == record.a and r.kind in SLOT_WORDS for r in records[k + 1 :])
        if changes and followed and record.b != record.c:
            tried += 1
            assert broken(renumbered([*records[:k], *records[k + 1 :]])) is not None
    assert tried == 16


def test_an_access_of_a_kind_that_the_model_lacks_is_named(
    busy: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = records_of(busy, monkeypatch)
    k = at(records, Kind.UNBLOCK_CAS, lambda r: r.b >= 1000)
    records[k] = records[k]._replace(c=2)
    checker = checked(records)
    assert checker.violation is not None
    lines = list(told(checker, checker.violation))
    assert lines[0].endswith(f"record {k + 1}: {Rule.ACCESS.value}")
    assert "  the model's netpollunblock (model/netpoll.py) may do to rg" in lines[2]
    assert "    change rg from g to ready (cas) for news" in lines
    assert sum(line.startswith(">") for line in lines) == 1


def test_a_value_that_nobody_left_there_breaks_the_chain(
    busy: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = records_of(busy, monkeypatch)
    k = at(records, Kind.WAITERS_ADD, lambda r: r.f < 0)
    records[k] = records[k]._replace(b=17, c=16)
    checker = checked(records)
    assert checker.violation is not None
    assert checker.violation.rule is Rule.CHAIN
    assert checker.violation.record is records[k]
    lines = list(told(checker, checker.violation))
    assert "  but netpollWaiters held 2, in every order that the records allow" in lines


def test_a_goroutine_that_is_freed_and_never_runs_is_found_in_silence(
    busy: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = records_of(busy, monkeypatch)
    k = at(records, Kind.UNBLOCK_CAS, lambda r: r.b >= 1000)
    checker = Checker(TABLE)
    checker.check(records[: k + 1])
    checker.stranded(records[k].t + PATIENCE_NS - 1)
    assert checker.violation is None
    checker.stranded(records[k].t + PATIENCE_NS)
    assert checker.violation is not None
    assert checker.violation.rule is Rule.STRANDED
    assert checker.violation.record is records[k]


def stranded(records: list[Record]) -> Checker:
    """A checker to which nothing more comes for long."""
    checker = Checker(TABLE)
    checker.check(records)
    assert checker.violation is None
    checker.stranded(records[-1].t + PATIENCE_NS)
    return checker


def test_a_goroutine_whose_commit_fails_goes_on(
    busy: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = records_of(busy, monkeypatch)
    k = at(records, Kind.COMMIT)
    commit = records[k]
    load = commit._replace(kind=Kind.UNBLOCK_LOAD, m=77, b=2, c=2, e=ord("r"), f=1)
    ready = load._replace(kind=Kind.UNBLOCK_CAS, c=1)
    fails = commit._replace(flags=Flag.FAILED)
    run = commit._replace(kind=Kind.EXECUTE, a=commit.c - 1000, b=1)
    some = [*records[:k], load, ready, fails, run]
    some = [r._replace(seq=n, before=n - 1) for n, r in enumerate(some, 1)]
    assert stranded(some).violation is None
    checker = stranded(some[:-1])
    assert checker.violation is not None
    assert checker.violation.rule is Rule.STRANDED
    lines = list(told(checker, checker.violation))
    assert f"  g{commit.c - 1000} may not park here, and has not run since" in lines


def test_a_poll_that_is_back_says_so(busy: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    records = records_of(busy, monkeypatch)
    k = at(records, Kind.LASTPOLL_SWAP, lambda r: r.c == 0 and r.b != 0)
    swap = records[k]
    back = swap._replace(seq=k + 2, before=k + 1, kind=Kind.EXIT, a=0)
    checker = Checker(TABLE)
    checker.check([*records[: k + 1], back])
    checker.stranded(back.t + SUSPICION_NS + 1)
    assert checker.violation is not None
    assert checker.violation.rule is Rule.SEQUENCE
    assert "    change lastpoll from 0 to time (store)" in told(checker, checker.violation)


def test_a_goroutine_may_run_on_before_its_commit_is_written_down(
    busy: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen with four Ps: the thread that commits loses its processor before it takes an index."""
    records = records_of(busy, monkeypatch)
    k = at(records, Kind.COMMIT)
    done = at(records, Kind.BLOCK_COLLECT, lambda r: r.a == records[k].a)
    again = at(records, Kind.COMMIT, lambda r: r.a == records[k].a and r.seq > records[k].seq)
    late = [*records[:k], *records[k + 2 : again], *records[k : k + 2], *records[again:]]
    late = [r._replace(seq=n, before=n - 1) for n, r in enumerate(late, 1)]
    late[again - 2] = late[again - 2]._replace(before=records[k].before, m=77)
    add = late[again - 1]
    late[again - 1] = add._replace(before=records[k].before, m=77)
    assert late[again - 2].kind == Kind.COMMIT
    assert add.kind == Kind.WAITERS_ADD
    assert done < again
    checker = checked(late)
    assert (checker.violation, checker.tangled) == (None, None)
    assert checker.counts.late > 0


def test_what_the_programs_end_cut_off_is_undecided(
    busy: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that made an access may have been killed before it wrote it down."""
    records = records_of(busy, monkeypatch)
    k = at(records, Kind.WAITERS_ADD)
    add = records[k]._replace(b=1, c=2)  # another thread has added 1
    checker = Checker(TABLE)
    checker.check([*records[:k], add])
    checker.finish()
    assert checker.violation is None
    assert checker.undecided == ("netpollWaiters", 0)


def test_nothing_is_judged_after_the_first_violation(
    busy: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = records_of(busy, monkeypatch, ClearsFirst)
    checker = checked(records)
    first = checker.violation
    checker.check(records)
    checker.finish()
    assert checker.violation is first
