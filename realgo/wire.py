"""A scenario as the Go program is told of it: one JSON text (interpreter/words.go reads it)."""

import json
from collections.abc import Mapping
from typing import Any

from scenario import Action, Entry, Scenario, Step

NONE = -1
"""No descriptor, no goroutine, no time."""
OWN_DESCRIPTORS: Mapping[str, int] = {"epfd": -2, "break": -3}

QUIET_LIMIT_NS = 3_000_000_000
"""How long things may take to become quiet, beyond what the scenario's own durations take."""


def wire(scenario: Scenario) -> bytes:
    """The scenario for the program's standard input. Names become places: descriptors and
    goroutines are told by their number in file order."""
    return json.dumps(_Places(scenario).told(scenario), separators=(",", ":")).encode()


def longest_ns(scenario: Scenario) -> int:
    """How long the scenario's own durations take together, at most, in ns."""
    steps = (step for steps in scenario.goroutines.values() for step in steps)
    return sum(max(step.ns or 0, 0) for step in steps) + max(
        (entry.at_ns or 0 for entry in scenario.script), default=0
    )


class _Places:
    """The numbers of a scenario's names."""

    def __init__(self, scenario: Scenario) -> None:
        self.fds: dict[str | None, int] = {None: NONE}
        self.fds.update(OWN_DESCRIPTORS)
        self.fds.update((name, place) for place, name in enumerate(scenario.fds))
        self.goroutines: dict[str | None, int] = {None: NONE}
        self.goroutines.update((name, place) for place, name in enumerate(scenario.goroutines))

    def told(self, scenario: Scenario) -> dict[str, Any]:
        later = scenario.started_by_go
        return {
            "Descriptors": [
                {"Name": name, "Kind": kind.value} for name, kind in scenario.fds.items()
            ],
            "Goroutines": [
                {"Later": g in later, "Steps": [self.step(step) for step in steps]}
                for g, steps in scenario.goroutines.items()
            ],
            "Script": [self.entry(entry) for entry in scenario.script],
            "QuietNs": QUIET_LIMIT_NS + longest_ns(scenario),
        }

    def step(self, step: Step) -> dict[str, Any]:
        return {
            "Op": step.op.value,
            "Fd": self.fds[step.fd],
            "Bytes": step.nbytes or 0,
            "Ns": step.ns or 0,
            "G": self.goroutines[step.g],
        }

    def entry(self, entry: Entry) -> dict[str, Any]:
        return {
            "Held": [self.action(action) for action in entry.held],
            "Fetched": [self.action(action) for action in entry.fetched],
            "Plain": None if entry.plain is None else self.action(entry.plain),
            "At": NONE if entry.at_ns is None else entry.at_ns,
            "Nowait": entry.nowait,
        }

    def action(self, action: Action) -> dict[str, Any]:
        return {
            "Op": action.op.value,
            "Fd": self.fds[action.fd],
            "Bytes": action.nbytes or 0,
            "G": self.goroutines[action.g],
        }
