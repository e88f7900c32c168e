"""The model gives the channels that real Go 1.27.3 gave, recorded from inside that runtime.

Nothing of the record was made by the model.
A scenario whose words change has to be recorded again: its channels here are then out of date.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from model import simulate
from scenario import Channels, catalogue, channels

RECORD = json.loads((Path(__file__).parent / "recorded" / "go1.27.3.json").read_text())
SCENARIOS: dict[str, dict[str, Any]] = RECORD["scenarios"]


def as_recorded(seen: Channels, procs: int) -> dict[str, Any]:
    """The channels in words; with several Ps who runs first is open, so as a multiset."""
    run = list(seen.run)
    return {
        "wake": [str(wake) for wake in seen.wake],
        "run": run if procs == 1 else sorted(run),
        "batch": [", ".join(map(str, batch)) for batch in seen.batch],
        "break": [str(brk) for brk in seen.brk],
        "step": {g: [str(result) for result in results] for g, results in seen.step.items()},
    }


FOR_GO = {
    name: scenario
    for name, scenario in catalogue().items()
    if scenario.witnesses is None or "go" in scenario.witnesses
}


@pytest.mark.parametrize("name", FOR_GO)
def test_the_model_does_what_real_go_did(name: str) -> None:
    scenario = FOR_GO[name]
    recorded = dict(SCENARIOS[name])
    if scenario.procs > 1:
        recorded["run"] = sorted(recorded["run"])

    assert as_recorded(channels(simulate(scenario)), scenario.procs) == recorded


def test_every_record_is_of_a_scenario() -> None:
    assert set(SCENARIOS) == set(FOR_GO)
