"""One call of ``netpoll compare``: who is asked, what is printed meanwhile, what is kept."""

import json
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.explain import headline, side_by_side
from conformance.report import Result, merely_late, run_pairs
from conformance.verdict import Agrees, Inconclusive
from netpoll_lab.guarded import Guarded
from netpoll_lab.interrupt import CTRL_C
from netpoll_lab.output import write_whole
from netpoll_lab.pairs import Outcome, Run, status
from netpoll_lab.panel import Panel
from netpoll_lab.status import CommandError, Status
from netpoll_lab.terminal import Progress, coloured, width
from netpoll_lab.verdict_text import COLOUR, WORDS, advice, all_reasons, as_json, remark, totals
from netpoll_lab.witnesses import check_observable, prepare, witness
from scenario import Scenario, Unavailable

FEWEST = 2
"""Witnesses that make a comparison."""
ENOUGH = 4096
"""Descriptors with which every scenario of the catalogue runs."""
NOT_RUN = (
    "not run: for the reasons beside them; where the system had too little of something, allow"
    f" more (descriptors: `ulimit -n {ENOUGH}`) and run it again."
)
"""What to say when something was not run."""


class Comparison:
    """The scenarios, the witnesses, and the outcomes so far."""

    def __init__(self, scenarios: Sequence[Scenario], *, repeat: int, tries: int = 1) -> None:
        """``repeat``: runs of each scenario; ``tries`` of each run, while it is merely late."""
        self.scenarios = scenarios
        self.outcomes: list[Outcome] = []
        self.done = 0
        """Scenarios that are finished."""
        self._repeat = repeat
        self._tries = tries
        self._backends: list[Guarded] = []
        self._pairs: tuple[tuple[str, str], ...] = ()
        self._required = True
        self._left_out: dict[str, str] = {}
        self._not_run: list[tuple[str, str]] = []
        self._not_for_pair: Counter[tuple[str, str]] = Counter()
        self._progress = Progress()
        self._width = max((len(scenario.name) for scenario in scenarios), default=0)

    def ask(self, panel: Panel, *, required: bool) -> None:
        """Make the witnesses. One that is not there is an error if it was ``required``."""
        self._required = required
        self._pairs = panel.pairs
        for seat in panel.seats:
            try:
                with CTRL_C.held():
                    backend = witness(seat.name, release=seat.release)
                prepare(backend)
                self._backends.append(Guarded(backend, seat.label))
            except Unavailable as missing:
                self._leave_out(seat.label, str(missing))

    def perform(self) -> None:
        """Run everything, a line for each scenario; a single one is explained instead.

        Ctrl-C ends it between two runs: KeyboardInterrupt.
        """
        with CTRL_C.held():
            try:
                for scenario in self.scenarios:
                    self._scenario(scenario)
                    self.done += 1
            finally:
                self._progress.clear()
            self._end()

    def _end(self) -> None:
        if len(self.scenarios) > 1 or self._repeat > 1:
            for line in self._totals():
                self._say(line)
            self._wrapped(advice(self.outcomes))
        if self._not_run:
            self._wrapped(NOT_RUN)

    @property
    def finished(self) -> bool:
        """Whether nothing interrupted it."""
        return self.done == len(self.scenarios)

    @property
    def status(self) -> Status:
        """What the shell is told."""
        found = status(self.outcomes)
        # That a part agrees is no answer to whether all of it does.
        return Status.INCONCLUSIVE if self._not_run and found is Status.AGREES else found

    def write_json(self, path: Path) -> None:
        """Keep what was found so far."""
        found = as_json(self.outcomes, not_run=self._left_out, finished=self.finished)
        found["not_run"] = [{"run": what, "reason": reason} for what, reason in self._not_run]
        write_whole(path, lambda part: _dump(part, found))

    def _totals(self) -> Iterator[str]:
        """How often the witnesses agree: a line for each pair."""
        missing = f", {len(self._not_run)} not run" if self._not_run else ""
        pairs = [f"{one} and {other}" for one, other in self._pairs]
        if len(pairs) < 2:
            yield totals(self.outcomes) + missing
            return
        for pair, name in zip(self._pairs, pairs, strict=True):
            found = totals([each for each in self.outcomes if each.witnesses == pair])
            skipped = self._not_for_pair[pair]
            rest = f", {skipped} not for both" if skipped else ""
            yield f"{name:<{max(map(len, pairs))}}  {found}{rest}"
        if missing:
            yield missing.removeprefix(", ")

    def _scenario(self, scenario: Scenario) -> None:
        results: list[Result] = []
        try:
            for result in self._results(scenario):
                results.append(result)  # each counts as soon as it is there
        finally:  # what was compared before Ctrl-C counts
            pairs = dict.fromkeys(pair for result in results for pair in result.verdicts)
            self._keep([_outcome(scenario, pair, results) for pair in pairs])
        if results and results[0].left_out:
            self._not_for(scenario, results[0])

    def _results(self, scenario: Scenario) -> Iterator[Result]:
        if len(self._backends) < FEWEST:
            return
        for number in range(1, self._repeat + 1):
            where = f"{self.done + 1} of {len(self.scenarios)}  {scenario.name}"
            self._progress.say(f"{where}  run {number} of {self._repeat}")
            result = self._tried(scenario)
            for name, reason in result.unavailable.items():
                self._unavailable(scenario, number, name, reason)
            for trace in result.traces.values():
                check_observable(trace)
            yield result
            if len(self._backends) < FEWEST:
                return

    def _tried(self, scenario: Scenario) -> Result:
        """One run; a late one says nothing and is tried again. One that differs never is."""
        result = self._once(scenario)
        for _ in range(self._tries - 1):
            if not merely_late(result.verdicts.values()):
                break
            result = self._once(scenario)
        return result

    def _once(self, scenario: Scenario) -> Result:
        (result,) = run_pairs([scenario], self._backends, pairs=self._pairs)
        return result

    def _unavailable(self, scenario: Scenario, number: int, name: str, reason: str) -> None:
        """Leave a witness out: for good if it is not there at all, otherwise of this run."""
        if any(each.absent for each in self._backends if each.name == name):
            self._backends = [each for each in self._backends if each.name != name]
            self._leave_out(name, reason)
            return
        self._not_run.append((f"{scenario.name} on {name}, run {number}", reason))
        self._say(self._line(scenario, "not run", "unsure", f"{name}: {reason}"))

    def _keep(self, outcomes: Sequence[Outcome]) -> None:
        """One scenario's: the single one is explained, of several each has a line."""
        self.outcomes += outcomes
        tell = self._explained if len(self.scenarios) == 1 else self._listed
        for text in dict.fromkeys(tell(outcomes)):
            self._say(text)

    def _explained(self, outcomes: Sequence[Outcome]) -> Iterator[str]:
        """Whoever does not agree, whole; of those who do, the first, and the others' headline."""
        for place, outcome in enumerate(outcomes):
            run = outcome.telling
            agrees = isinstance(run.verdict, Agrees)
            gap = "\n" if place == 1 or (place and not agrees) else ""
            if place and agrees:
                yield gap + headline(run.verdict)
            else:
                yield gap + side_by_side(*run.traces, run.verdict).rstrip("\n")

    def _listed(self, outcomes: Sequence[Outcome]) -> Iterator[str]:
        """One line where all agree; otherwise one for each that does not."""
        apart = [each for each in outcomes if not isinstance(each.telling.verdict, Agrees)]
        for outcome in apart or outcomes[:1]:
            kind = type(outcome.telling.verdict)
            alike = [each for each in apart if type(each.telling.verdict) is kind]
            # One late witness is late for every pair that it is of.
            merged = kind is Inconclusive and len(alike) > 1
            told = all_reasons(alike) if merged else remark(outcome)
            yield self._line(outcome.scenario, WORDS[kind], COLOUR[kind], told)

    def _not_for(self, scenario: Scenario, result: Result) -> None:
        for name, reason in result.left_out.items():
            self._left_out[f"{scenario.name} on {name}"] = reason
        self._not_for_pair.update(pair for pair in self._pairs if {*pair} & {*result.left_out})
        if not result.verdicts:
            only = scenario.witnesses or ()
            how = f" (--backends {','.join(only)})" if len(only) >= FEWEST else ""
            reason = f"only for {' and '.join(only)}{how}: {scenario.reason}"
            self._say(self._line(scenario, "left out", "quiet", reason))

    def _line(self, scenario: Scenario, word: str, colour: str, rest: str) -> str:
        return f"{scenario.name:<{self._width}}  {coloured(f'{word:<12}', colour)}  {rest}"

    def _leave_out(self, name: str, reason: str) -> None:
        if self._required:
            raise CommandError(f"{name}: {reason}")
        if name not in self._left_out:
            self._left_out[name] = reason
            self._say(f"{name} is left out: {reason}")

    def _wrapped(self, text: str) -> None:
        for line in textwrap.wrap(text, width()):
            self._say(line)

    def _say(self, text: str) -> None:
        self._progress.clear()
        print(text, flush=True)


def _outcome(scenario: Scenario, pair: tuple[str, str], results: Sequence[Result]) -> Outcome:
    one, other = pair
    runs = (
        Run(verdict=result.verdicts[pair], traces=(result.traces[one], result.traces[other]))
        for result in results
        if pair in result.verdicts
    )
    return Outcome(scenario=scenario, witnesses=pair, runs=tuple(runs))


def _dump(path: Path, found: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
