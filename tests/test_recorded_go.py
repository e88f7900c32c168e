"""The model gives the channels that real Go gave, recorded from inside that runtime.

For machines without a toolchain, and for systems that are not Linux: where real Go can be asked,
``test_compare_go`` asks it. Nothing of the records was made by the model. A scenario whose words
change has to be recorded again: its channels here are then out of date (``record_go.py``).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.report import is_for
from model import Model
from realgo.toolchain import PINS
from recorded_channels import as_recorded
from scenario import catalogue, channels

RECORDED = Path(__file__).parent / "recorded"
RECORDS: dict[str, dict[str, Any]] = {
    release: json.loads(path.read_text())["scenarios"]
    for release, version in PINS.items()
    if (path := RECORDED / f"go{version}.json").exists()
}
FOR_GO = {name: scenario for name, scenario in catalogue().items() if is_for(scenario, "go")}


@pytest.mark.parametrize("name", FOR_GO)
@pytest.mark.parametrize("release", RECORDS)
def test_the_model_does_what_real_go_of_that_release_did(release: str, name: str) -> None:
    scenario = FOR_GO[name]
    recorded = dict(RECORDS[release][name])
    if scenario.procs > 1:
        recorded["run"] = sorted(recorded["run"])

    seen = channels(Model(release=release).run(scenario))

    assert as_recorded(seen, scenario.procs) == recorded


@pytest.mark.parametrize("release", RECORDS)
def test_every_record_is_of_a_scenario(release: str) -> None:
    assert set(RECORDS[release]) == set(FOR_GO)


def test_the_oldest_and_the_newest_release_are_recorded() -> None:
    oldest, *_, newest = PINS

    assert {oldest, newest} <= set(RECORDS)
