"""One call of ``netpoll compare``: who is asked, what is printed meanwhile, what is kept."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.explain import side_by_side
from netpoll_lab.output import write_whole
from netpoll_lab.pairs import Absent, Outcome, left_out, run_pair, status
from netpoll_lab.status import CommandError, Status
from netpoll_lab.terminal import Progress, coloured
from netpoll_lab.verdict_text import COLOUR, WORDS, as_json, remark, totals
from netpoll_lab.witnesses import witness
from scenario import Backend, Scenario, Unavailable


class Comparison:
    """The scenarios, the two witnesses, and the outcomes so far."""

    def __init__(self, scenarios: Sequence[Scenario], *, repeat: int) -> None:
        self.scenarios = scenarios
        self.outcomes: list[Outcome] = []
        self.finished = True
        self._repeat = repeat
        self._backends: list[Backend] = []
        self._required = True
        self._not_run: dict[str, str] = {}
        self._progress = Progress()
        self._width = max((len(scenario.name) for scenario in scenarios), default=0)

    def ask(self, names: Sequence[str], *, required: bool) -> None:
        """Make the witnesses. One that is not there is an error if it was ``required``."""
        self._required = required
        for name in names:
            try:
                self._backends.append(witness(name))
            except Unavailable as missing:
                self._leave_out(name, missing)

    def perform(self) -> None:
        """Run everything, a line for each scenario; a single one is explained instead."""
        try:
            for number, scenario in enumerate(self.scenarios, 1):
                self._scenario(number, scenario)
        finally:
            self._progress.clear()
        if len(self.scenarios) > 1 or self._repeat > 1:
            self._say(totals(self.outcomes))

    @property
    def status(self) -> Status:
        """What the shell is told."""
        return status(self.outcomes)

    def write_json(self, path: Path) -> None:
        """Keep what was found so far."""
        found = as_json(self.outcomes, not_run=self._not_run, finished=self.finished)
        write_whole(path, lambda part: _dump(part, found))

    def _scenario(self, number: int, scenario: Scenario) -> None:
        if len(self._backends) < 2:
            return
        reason = left_out(scenario, self._backends)
        if reason is not None:
            self._not_run[scenario.name] = reason
            self._say(self._line(scenario, "left out", "quiet", reason))
            return
        try:
            self._keep(self._run(number, scenario))
        except Absent as missing:
            self._backends = [each for each in self._backends if each.name != missing.name]
            self._leave_out(missing.name, missing)

    def _run(self, number: int, scenario: Scenario) -> Outcome:
        where = f"{number} of {len(self.scenarios)}  {scenario.name}"
        first, second = self._backends
        return run_pair(
            scenario,
            (first, second),
            repeat=self._repeat,
            before=lambda run: self._progress.say(f"{where}  run {run} of {self._repeat}"),
        )

    def _keep(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if len(self.scenarios) == 1:
            self._say(self._explanation(outcome))
        else:
            verdict = outcome.telling.verdict
            word, colour = WORDS[type(verdict)], COLOUR[type(verdict)]
            self._say(self._line(outcome.scenario, word, colour, remark(outcome)))

    def _explanation(self, outcome: Outcome) -> str:
        run = outcome.telling
        return side_by_side(*run.traces, run.verdict).rstrip("\n")

    def _line(self, scenario: Scenario, word: str, colour: str, rest: str) -> str:
        return f"{scenario.name:<{self._width}}  {coloured(f'{word:<12}', colour)}  {rest}"

    def _leave_out(self, name: str, missing: Unavailable) -> None:
        if self._required:
            raise CommandError(f"{name}: {missing}") from missing
        self._not_run[name] = str(missing)
        self._say(f"{name} is left out: {missing}")

    def _say(self, text: str) -> None:
        self._progress.clear()
        print(text, flush=True)


def _dump(path: Path, found: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
