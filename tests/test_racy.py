"""A scenario that real Go itself does not answer alike each time: compared as sets of outcomes."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from by_hand import ByHand
from netpoll_lab.__main__ import main
from realgo.toolchain import RELEASES
from scenario import Scenario, Trace
from toolchains_by_hand import only

TURNED = "r0 r1"
RACY = ("racy: its three runs were not alike",)


@pytest.fixture
def every_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all toolchains were there."""
    only(monkeypatch, *RELEASES)


class Racing(ByHand):
    """A witness that found its runs unequal; ``either`` are the outcomes, by turns."""

    def __init__(self, name: str, *either: str) -> None:
        super().__init__(name, inconclusive=RACY)
        self.either = either

    def runs(self, scenario: Scenario, times: int) -> tuple[Trace, ...]:
        given = [ByHand(self.name, runs=runs).run(scenario) for runs in self.either]
        return tuple(given[number % len(given)] for number in range(times))


@pytest.mark.usefixtures("every_go")
@pytest.mark.parametrize(
    ("either", "told", "shared"),
    [
        (
            ("r1 r0", "r0 r1"),
            "go came to 2 outcomes in 10 more runs; what model did is among them",
            1,
        ),
        (
            ("r0", "r0 r1"),
            "go came to 2 outcomes in 10 more runs; what model did is not among them",
            0,
        ),
    ],
    ids=["among them", "not among them"],
)
def test_a_racy_scenario_is_never_an_agreement_and_says_what_both_do(
    either: tuple[str, ...],
    told: str,
    shared: int,
    two: str,
    tmp_path: Path,
    ask: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask(ByHand("model"), Racing("go", *either))
    path = tmp_path / "verdicts.json"

    assert main(["compare", two, two, "--backends", "model,go", "--json", str(path)]) == 3

    line = f"two  racy          go: {RACY[0]}; {told}"
    assert capsys.readouterr().out.splitlines() == [
        line,
        line,
        "0 agree, 0 differ, 0 inconclusive, 2 racy",
        "racy: real Go itself did not do the same in each of its runs; that is never an",
        "agreement. A thread of Go's that gets no core for some ms does it too: run it",
        "again with nothing beside it.",
    ]
    found = json.loads(path.read_text())
    assert found["counts"] == {"agree": 0, "differ": 0, "inconclusive": 0, "racy": 2}
    assert found["scenarios"][0]["runs"] == [
        {
            "verdict": "racy",
            "reasons": [f"go: {RACY[0]}", *told.split("; ")],
            "outcomes": [1, 2],
            "shared": shared,
        }
    ]


@pytest.mark.usefixtures("every_go")
def test_runs_that_say_nothing_are_no_outcome(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    class Late(Racing):
        def runs(self, scenario: Scenario, times: int) -> tuple[Trace, ...]:
            return tuple(
                dataclasses.replace(trace, inconclusive=("an entry was 7 ms late",))
                for trace in super().runs(scenario, times)
            )

    ask(ByHand("model"), Late("go", TURNED))

    assert main(["compare", two, two, "--backends", "model,go"]) == 3

    assert (
        capsys.readouterr()
        .out.splitlines()[0]
        .endswith(
            "go came to 0 outcomes in 10 more runs; nothing conclusive is there to hold beside them"
        )
    )


@pytest.mark.usefixtures("every_go")
def test_two_racy_witnesses_have_some_outcomes_in_common(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(Racing("model", "r0 r1", "r1 r0"), Racing("go", "r0", "r0 r1", "r1 r0"))

    assert main(["compare", two, two, "--backends", "model,go"]) == 3

    assert (
        capsys.readouterr()
        .out.splitlines()[0]
        .endswith(
            "model came to 2 outcomes in 10 more runs; go came to 3 outcomes in 10 more runs;"
            " 2 outcomes both have in common"
        )
    )


@pytest.mark.usefixtures("every_go")
def test_a_single_racy_scenario_is_explained_as_racy(
    two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"), Racing("go", "r1 r0", "r0 r1"))

    assert main(["compare", two, "--backends", "model,go"]) == 3

    told = capsys.readouterr().out
    assert told.startswith("RACY  a witness does not do the same in each run; ")
    assert "VERDICT  racy: nothing was compared\n" in told
