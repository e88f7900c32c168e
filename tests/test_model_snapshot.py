"""All state of a world is in words, slots and locals that a snapshot can hold."""

from collections.abc import Callable
from types import CoroutineType

import pytest

from model import Runtime
from model.inline import inlined
from model.netpoll import PollDesc
from model.older import Go121, Go125
from model.runtime2 import G
from model_worlds import mixed_load, run_to_the_end
from scenario import Scenario, catalogue
from world_walk import strangers

SIX = catalogue()["six_in_one_batch"]
STILL_PARKED = [catalogue()[name] for name in ("event_for_nobody", "second_reader", "two_closers")]
LOADS = [mixed_load(procs, 0) for procs in (1, 4)]


@pytest.mark.parametrize(
    "kind", [Runtime, inlined(Runtime), Go125, Go121], ids=["plain", "inlined", "1.25", "1.21"]
)
@pytest.mark.parametrize("scenario", [SIX, *STILL_PARKED, *LOADS], ids=lambda each: each.name)
def test_a_walk_of_the_world_meets_nothing_unknown(scenario: Scenario, kind: type[Runtime]) -> None:
    with run_to_the_end(scenario, kind) as (_, rt):
        assert strangers(rt) == []


def test_the_walk_reaches_the_frames_of_parked_goroutines() -> None:
    class Hides(Runtime):
        async def pollWait(self, pd: PollDesc, mode: int) -> int:
            hidden = object()
            res = await super().pollWait(pd, mode)
            return res if hidden else 0

    with run_to_the_end(catalogue()["event_for_nobody"], Hides) as (_, rt):
        assert [each.split(" ", 1)[1] for each in strangers(rt)] == [
            f"{Hides.pollWait.__qualname__} hidden: object"
        ]


def keep_a_closure(rt: Runtime) -> None:
    rt.goroutines["r0"].timer = lambda: None  # type: ignore[assignment]


def keep_a_generator(rt: Runtime) -> None:
    rt.sched.midle = (mp for mp in rt.allm)  # type: ignore[assignment]


def keep_a_coroutine_of_nobody(rt: Runtime) -> None:
    rt.sched.sysmonwait.v = rt.Gosched()  # type: ignore[assignment]


def grow_an_attribute(rt: Runtime) -> None:
    rt.more = 1  # type: ignore[attr-defined]


def keep_an_unknown_object(rt: Runtime) -> None:
    rt.allp[0].runq[0] = Stranger()


class Stranger(G):
    """A goroutine of a class that no snapshot knows."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0, "stranger")


@pytest.mark.parametrize(
    ("hide", "found"),
    [
        (keep_a_closure, "rt.goroutines[r0].timer: function"),
        (keep_a_generator, "rt.sched.midle: generator"),
        (keep_a_coroutine_of_nobody, "rt.sched.sysmonwait.v: coroutine"),
        (grow_an_attribute, "rt.more: a new attribute"),
        (keep_an_unknown_object, "rt.allp[0].runq[0]: Stranger"),
    ],
)
def test_the_walk_meets_what_has_no_place_there(
    hide: Callable[[Runtime], None], found: str
) -> None:
    with run_to_the_end(SIX) as (_, rt):
        hide(rt)
        met = strangers(rt)
        close(rt.sched.sysmonwait.v)
    assert met == [found]


def close(hidden: object) -> None:
    if isinstance(hidden, CoroutineType):
        hidden.close()
