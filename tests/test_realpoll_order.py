"""In which order a loop with one token runs its goroutines."""

import pytest

from real_runs import idle
from realpoll import Loop
from realpoll.scheduler import GLOBAL_FIRST_EVERY

pytestmark = pytest.mark.linux
MS = 1_000_000


def test_a_sleep_of_nothing_does_not_stop_the_goroutine() -> None:
    loop = Loop()

    async def main() -> list[str]:
        told: list[str] = []

        async def other() -> None:
            told.append("other")

        loop.go(other())
        await loop.sleep(0)
        told.append("main")
        await idle(loop)
        return list(told)

    assert loop.run(main()) == ["main", "other"]


def test_what_is_started_last_runs_first_and_the_rest_in_order() -> None:
    loop = Loop()

    async def main() -> list[int]:
        told: list[int] = []

        async def tell(number: int) -> None:
            told.append(number)

        for number in range(4):
            loop.go(tell(number))
        await idle(loop)
        return list(told)

    assert loop.run(main()) == [3, 0, 1, 2]


def test_a_goroutine_that_runs_for_long_is_asked_to_step_aside() -> None:
    loop = Loop()

    async def main() -> bool:
        limit = loop.now() + 2_000 * MS
        while not loop.asked_to_step_aside() and loop.now() < limit:
            pass
        asked = loop.asked_to_step_aside()
        await loop.step_aside()
        return asked and not loop.asked_to_step_aside()

    assert loop.run(main())


def test_every_61st_turn_takes_one_alone_from_the_global_queue() -> None:
    loop = Loop()
    (token,) = loop.tokens

    async def main() -> list[str]:
        told: list[str] = []

        async def tell(name: str) -> None:
            told.append(name)

        async def tell_and_start_more() -> None:
            told.append("local 0")
            loop.go(tell("late 0"))
            loop.go(tell("late 1"))  # runs next, and sends late 0 to the local tail

        while token.turns % GLOBAL_FIRST_EVERY:
            await loop.step_aside()
        for number in range(3):
            loop.start(tell(f"global {number}"), "global")  # no token is idle
        loop.go(tell_and_start_more())
        loop.go(tell("local 1"))
        await idle(loop)
        return list(told)

    assert loop.run(main()) == [
        "global 0",
        "local 1",
        "local 0",
        "late 1",
        "late 0",
        "global 1",
        "global 2",
    ]
