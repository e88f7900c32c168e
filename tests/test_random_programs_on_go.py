"""Random programs: the model of a release and its Go agree on all five channels.

A few of each kind; ``random_programs.py`` runs as many as one likes.
"""

from collections.abc import Callable

import pytest

from conformance import Agrees, Inconclusive, compare
from model import Model
from random_programs import KINDS_OF_PROGRAM, programs
from realgo import RealGo
from realgo.toolchain import RELEASES, Toolchain
from scenario import Scenario

OLDEST, *_, NEWEST = RELEASES
COUNTS = {"untimed": 20, "timed": 5, "timers": 5}


@pytest.mark.go
@pytest.mark.linux
@pytest.mark.slow
@pytest.mark.parametrize("kind", COUNTS)
@pytest.mark.parametrize("release", [NEWEST, OLDEST])
def test_the_model_of_a_release_agrees_with_its_go(
    release: str, kind: str, toolchain_of: Callable[[str], Toolchain]
) -> None:
    toolchain_of(release)
    model, go = Model(release=release), RealGo(release)

    verdicts = [
        compare(model.run(one), go.run(one)) for one in programs(kind, range(1, COUNTS[kind] + 1))
    ]

    assert [each for each in verdicts if not isinstance(each, Agrees | Inconclusive)] == []
    if kind == "untimed":  # a machine that is busy makes timed ones late
        agreeing = [each for each in verdicts if isinstance(each, Agrees)]
        assert len(agreeing) > len(verdicts) / 2


@pytest.mark.parametrize("kind", KINDS_OF_PROGRAM)
def test_nearly_all_that_is_drawn_is_a_scenario_and_the_same_again(kind: str) -> None:
    drawn = list(programs(kind, range(60)))

    assert len(drawn) > 55
    assert drawn == list(programs(kind, range(60)))
    assert len({repr((one.fds, one.goroutines, one.script)) for one in drawn}) == len(drawn)


def words(some: list[Scenario]) -> set[str]:
    steps = {step.op for one in some for steps in one.goroutines.values() for step in steps}
    entries = [entry for one in some for entry in one.script]
    actions = {act.op for entry in entries for act in (*entry.held, *entry.fetched)}
    return {str(op) for op in steps | actions}


def test_the_programs_together_use_nearly_every_word() -> None:
    drawn = [one for kind in KINDS_OF_PROGRAM for one in programs(kind, range(60))]

    assert words(drawn) >= {
        *("read", "write", "fill", "sleep", "busy", "yield", "go", "close", "reopen"),
        *("set_read_deadline", "set_write_deadline", "set_deadline"),
        *("drain", "shutdown", "reset"),
    }
    assert any(entry.fetched for one in drawn for entry in one.script)
    assert any(entry.nowait for one in drawn for entry in one.script)
