"""The permitted accesses come from the model's own text: they are found, not written down."""

import pytest

from conformance.validate.stepping import Access
from conformance.validate.transitions import table
from model.atomic import syscall, world
from model.netpoll import PollDesc, modeR, pdNil, pdReady
from model.program import Runtime
from model.releases import RELEASES, runtime
from model.runtime2 import G

TABLE = table()


def changes(where: str, word: str = "rg") -> set[str]:
    """What a function does to a word, but for looking and failing."""
    return {
        f"{a.op} {a.old} -> {a.new} {a.ask}".strip()
        for a in TABLE.of(word, where)
        if a.op != "load" and not a.old.startswith("not ")
    }


@pytest.mark.parametrize("word", ["rg", "wg"])
def test_a_slot_changes_as_the_state_list_of_netpoll_go_says(word: str) -> None:
    assert changes("netpollblock", word) == {
        "cas ready -> nil",
        "cas nil -> wait",
        "swap nil -> nil",
        "swap ready -> nil",
        "swap wait -> nil",
    }
    assert changes("netpollblockcommit", word) == {"cas wait -> g"}
    assert changes("netpollunblock", word) == {
        "cas nil -> ready io",
        "cas wait -> ready io",
        "cas g -> ready io",
        "cas wait -> nil no io",
        "cas g -> nil no io",
    }
    assert changes("pollReset", word) == {"store nil -> nil", "store ready -> nil"}
    assert changes("pollOpen", word) == {"store nil -> nil", "store ready -> nil"}
    assert changes("pollClose", word) == set()


def test_a_goroutine_never_collects_itself() -> None:
    """The model throws ("corrupted polldesc"), so no table of it has the access."""
    assert not [a for a in TABLE.of("rg", "netpollblock") if a.old == "g"]


def test_lastpoll_is_0_while_somebody_is_blocked_in_a_poll() -> None:
    assert changes("findRunnableBlock", "lastpoll") == {
        "swap time -> 0",
        "swap 0 -> 0",
        "store 0 -> time",
    }
    assert changes("sysmonPoll", "lastpoll") == {"cas time -> time"}
    block, store = (
        Access(word="lastpoll", where="findRunnableBlock", op=op, old=old, new=new)
        for op, old, new in (("swap", "time", "0"), ("store", "0", "time"))
    )
    assert TABLE.after[block] == {store}
    assert TABLE.before[store] == {block}


def test_a_break_is_drained_before_it_is_cleared() -> None:
    drain = Access(word="break", where="netpoll", op="read", old="", new="")
    clear = Access(word="netpollWakeSig", where="netpoll", op="store", old="1", new="0")
    assert TABLE.before[clear] == {drain}
    assert TABLE.after[drain] == {clear}


def test_a_break_that_is_won_is_written_next() -> None:
    won = Access(word="netpollWakeSig", where="netpollBreak", op="cas", old="0", new="1")
    write = Access(word="break", where="netpollBreak", op="write", old="", new="")
    assert TABLE.after[won] == {write}


def test_since_1_22_whoever_is_freed_is_taken_off_netpollwaiters() -> None:
    settles = {release: table(runtime(release)).settles for release in RELEASES}
    everything = frozenset({"park", "io", "no io"})
    assert settles.pop("1.21") == {"park", "no io"}
    assert set(settles.values()) == {everything}


def test_all_releases_change_the_words_alike() -> None:
    # 1.21 counts goroutine by goroutine.
    goready = Access(word="netpollWaiters", where="netpollgoready", op="add", old="", new="-1")
    others = [table(runtime(release)) for release in RELEASES]
    assert {other.accesses - TABLE.accesses for other in others} <= {
        frozenset(),
        frozenset({goready}),
    }
    assert all(other.after == TABLE.after for other in others)


class LeavesNil(Runtime):
    """News does not leave ready behind."""

    async def netpollunblock(self, pd: PollDesc, mode: int, ioready: bool) -> tuple[G | None, int]:
        gpp = pd.rg if mode == modeR else pd.wg
        old = await gpp.load()
        if old in (pdNil, pdReady):
            return None, 0
        if await gpp.cas(old, pdNil):
            return (old, -1) if isinstance(old, G) else (None, 0)
        return None, 0


class ClearsFirst(Runtime):
    """The break is cleared before it is drained."""

    async def netpollDrain(self) -> None:
        await self.netpollWakeSig.store(0)
        await syscall()
        self.kernel.read(self.netpollEventFd, 8)


class Forgets(Runtime):
    """Nobody is counted in netpollWaiters."""

    async def netpollAdjustWaiters(self, delta: int) -> None: ...


class StaysAway(Runtime):
    """A poll that blocked is never over."""

    async def findRunnableBlock(
        self, now: int, pollUntil: int, wasSpinning: bool
    ) -> tuple[G | None, bool]:
        lastpoll = await self.sched.lastpoll.swap(0)
        if lastpoll != 0:
            await self.netpoll(-1)
        return None, world.m is None


def test_another_text_gives_another_table() -> None:
    leaves_nil = table(LeavesNil).accesses
    assert not [a for a in leaves_nil if a.where == "netpollunblock" and a.new == "ready" != a.old]
    assert table(ClearsFirst).before != TABLE.before
    assert table(Forgets).settles == frozenset()
    stays = Access(word="lastpoll", where="findRunnableBlock", op="swap", old="time", new="0")
    assert None in table(StaysAway).after.get(stays, {None})


def test_the_world_is_as_it_was_before() -> None:
    world.now = 17
    world.horizon = -1
    table()
    assert (world.now, world.horizon) == (17, -1)
