"""The inlined text does what the plain text does, and is told from it by its speed alone."""

import inspect
import traceback
from typing import Any

import pytest

from conformance.wrong.deadline import PastDeadlineFreesNobody
from model import Runtime, simulate
from model.atomic import Throw, Uint32, throw
from model.inline import MODULES, WRAPPING, codes, inlined, source
from model.netpoll import PollDesc, modeR
from model.older import Go121
from model_worlds import Alone, mixed_load, run_to_the_end, scenario
from scenario import Scenario, catalogue

CATALOGUE = tuple(catalogue().values())
MIXED = tuple(mixed_load(procs, seed) for procs in (1, 2, 4, 8) for seed in range(15, 20))


@pytest.mark.slow
@pytest.mark.parametrize("each", [*CATALOGUE, *MIXED], ids=lambda each: each.name)
def test_plain_and_inlined_give_the_same_trace(each: Scenario) -> None:
    assert simulate(each, inline=False) == simulate(each)


def asynchronous(module: str) -> set[str]:
    made = inlined(Go121)
    return {
        f"{kind.__qualname__}.{name}"
        for kind in made.__mro__
        if kind.__module__ == module and kind.__name__ != "Text"
        for name, method in vars(kind).items()
        if inspect.iscoroutinefunction(method) and kind is not made
    }


@pytest.mark.parametrize("module", MODULES)
def test_every_function_of_the_text_is_inlined(module: str) -> None:
    assert set(codes(module)) == asynchronous(module) != set()


@pytest.mark.parametrize("module", MODULES)
def test_an_inlined_function_calls_no_access(module: str) -> None:
    plain = {"load", "store", "cas", "swap", "become", "lock", "unlock", "syscall", "mcall"}
    called = {name for code in codes(module).values() for name in code.co_names}

    assert called & (plain - {"lock"}) == set()  # lock is a field as well


def test_an_inlined_function_is_a_drop_in_replacement() -> None:
    plain, fast = Runtime.netpollblock, inlined(Runtime).netpollblock

    assert fast.__qualname__ == plain.__qualname__
    assert fast.__doc__ == plain.__doc__
    assert inspect.signature(fast) == inspect.signature(plain)
    assert fast.__code__.co_firstlineno == plain.__code__.co_firstlineno
    assert fast.__code__.co_filename == plain.__code__.co_filename
    assert fast.__code__ is not plain.__code__


def test_a_function_that_ends_with_its_only_await_is_no_coroutine_any_more() -> None:
    plain = {
        name
        for name, method in vars(inlined(Runtime)).items()
        if inspect.isfunction(method) and not is_coroutine(method)
    }

    assert plain == {
        *("gopark", "goparkunlock", "goready", "netpollgoready", "goroutineReady"),
        *("netpollDeadline", "netpollReadDeadline", "netpollWriteDeadline"),
        *("Gosched", "gosched_m", "gopreempt_m", "globrunqput", "globrunqget", "use"),
    }


def is_coroutine(method: Any) -> bool:
    return bool(method.__code__.co_flags & inspect.CO_COROUTINE)


def test_a_parked_goroutine_has_a_frame_for_each_function_but_those() -> None:
    left = scenario("""
script = ["write f1.peer 8"]
[fds]
f0 = "socketpair"
f1 = "socketpair"
[goroutines]
r0 = ["read f0 64"]
r1 = ["read f1 64"]
""")
    with run_to_the_end(left, inlined(Runtime)) as (_, rt):
        chain = []
        coro: Any = rt.goroutines["r0"].coro
        while coro is not None:
            chain.append(getattr(coro, "__name__", type(coro).__name__))
            coro = getattr(coro, "cr_await", None)

    functions = ["goroutine", "step", "fdRead", "fdReadLocked", "pollWait", "netpollblock"]
    assert chain == [*functions, "tuple_iterator"]


@pytest.mark.parametrize("kind", [Runtime, inlined(Runtime)], ids=["plain", "inlined"])
def test_a_traceback_names_the_line_of_the_text(kind: type[Runtime]) -> None:
    alone = Alone(runtime=kind)
    pd = PollDesc()
    pd.rg.v = pd.wg.v = 2

    with pytest.raises(Throw) as caught:
        alone.call(alone.rt.netpollblock(pd, modeR, True))

    lines = [frame.line for frame in traceback.extract_tb(caught.tb)]
    assert 'throw("runtime: double wait")' in lines


def test_what_a_subclass_overrides_stays_overridden() -> None:
    kind = inlined(PastDeadlineFreesNobody)

    assert kind.netpollunblock is PastDeadlineFreesNobody.netpollunblock
    assert kind.pollUnblock is not PastDeadlineFreesNobody.pollUnblock
    assert issubclass(kind, PastDeadlineFreesNobody)


def test_a_method_that_is_replaced_later_is_replaced_in_the_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    six = catalogue()["six_in_one_batch"]
    simulate(six)

    async def asleep(self: Runtime, delay: int) -> tuple[None, int]:
        throw("no poller")

    monkeypatch.setattr(Runtime, "netpoll", asleep)

    assert simulate(six).events[-1].args == {"text": "no poller"}


def test_super_in_an_override_finds_the_text() -> None:
    class Counts(Runtime):
        asked = 0

        async def netpollready(self, toRun: Any, pd: PollDesc, mode: int) -> Any:
            Counts.asked += 1
            return await super().netpollready(toRun, pd, mode)

    six = catalogue()["six_in_one_batch"]

    assert simulate(six, runtime=Counts) == simulate(six)
    assert Counts.asked >= 6


def test_one_word_wraps_and_its_name_is_known_to_the_inliner() -> None:
    rt = Alone().rt

    wrapping = [f"self.{name}" for name, word in vars(rt).items() if type(word) is Uint32]
    assert wrapping == [WRAPPING]
    assert "Uint32(" not in "".join(map(source, MODULES))


def test_a_text_without_its_source_runs_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Apart(Runtime):
        """A class of its own, since what was made for Runtime is remembered."""

    monkeypatch.setattr("model.inline.codes", lambda module: {})

    assert inlined(Apart).netpollblock is Runtime.netpollblock
