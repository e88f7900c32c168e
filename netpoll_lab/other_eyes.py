"""What the eyes on a plain Go say of scenarios, held beside the instrumented Go and the model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from conformance.compare import compare
from conformance.verdict import Agrees, Differs, Inconclusive, Verdict
from netpoll_lab.interrupt import CTRL_C
from netpoll_lab.status import CommandError, Status
from netpoll_lab.terminal import Stages
from netpoll_lab.verdict_text import difference
from netpoll_lab.witnesses import observe, prepare, witness
from realgo.eyes import EYES, Eye, order_only
from scenario import Backend, Scenario, Trace, Unavailable

REFERENCES = ("go", "model")
"""Whom an eye is held beside: the Go with the overlay, and the model of the same release."""


class Word(StrEnum):
    """What an eye says of a scenario; only the first two are agreement."""

    AGREES = "agrees"
    STEPS_AGREE = "steps agree"
    DIFFERS = "differs"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One eye on one scenario. ``remark``: what differs, or why nothing or less was compared."""

    eye: str
    word: Word
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All eyes on one scenario."""

    scenario: str
    looks: tuple[Look, ...]


class OtherEyes:
    """The eyes on a release, and what they have said. ``left_out``: a reason by the eye's name."""

    def __init__(self, release: str, eyes: Sequence[str], *, required: bool) -> None:
        self.rows: list[Row] = []
        self.left_out: dict[str, str] = {}
        self.eyes: list[Eye] = []
        self._required = required
        self._references: list[Backend] = [witness(name, release=release) for name in REFERENCES]
        for each in self._references:
            prepare(each)
        stages = Stages()
        for name in eyes:
            eye = EYES[name](release, say=stages.say)
            try:
                eye.check()
            except Unavailable as missing:
                self._leave_out(eye, missing)
            else:
                self.eyes.append(eye)
        stages.clear()

    def add(self, scenario: Scenario) -> Row:
        """Look at one more scenario. Raises KeyboardInterrupt after Ctrl-C."""
        why_not = {eye.name: eye.why_not(scenario) for eye in self.eyes}
        asked = [eye for eye in self.eyes if why_not[eye.name] is None]
        expected = [observe(each, scenario) for each in self._references] if asked else []
        looks = []
        for eye in self.eyes:
            reason = why_not[eye.name]
            if reason is not None:
                looks.append(Look(eye=eye.name, word=Word.NOT_APPLICABLE, remark=reason))
            else:
                looks.append(_look(eye, scenario, expected))
        self.rows.append(Row(scenario=scenario.name, looks=tuple(looks)))
        return self.rows[-1]

    @property
    def status(self) -> Status:
        """What the shell is told. What is not applicable says nothing either way."""
        words = {look.word for row in self.rows for look in row.looks}
        if Word.DIFFERS in words:
            return Status.DIFFERS
        agreed = words & {Word.AGREES, Word.STEPS_AGREE}
        if Word.INCONCLUSIVE in words or self.left_out or not agreed:
            return Status.INCONCLUSIVE
        return Status.AGREES

    def totals(self) -> Iterator[str]:
        """A line for each eye."""
        for eye in self.eyes:
            words = [look.word for row in self.rows for look in row.looks if look.eye == eye.name]
            counts = (f"{words.count(word)} {_PLURAL[word]}" for word in Word)
            yield f"{eye.name}: {', '.join(counts)}"

    def _leave_out(self, eye: Eye, missing: Unavailable) -> None:
        if self._required:
            raise CommandError(f"{eye.name}: {missing}")
        self.left_out[eye.name] = str(missing)


_PLURAL = {
    Word.AGREES: "agree",
    Word.STEPS_AGREE: "agree in their steps alone",
    Word.DIFFERS: "differ",
    Word.INCONCLUSIVE: "inconclusive",
    Word.NOT_APPLICABLE: "not applicable",
}


def _look(eye: Eye, scenario: Scenario, expected: Sequence[Trace]) -> Look:
    try:
        with CTRL_C.held():
            actual = eye.run(scenario)
    except Unavailable as missing:
        return Look(eye=eye.name, word=Word.INCONCLUSIVE, remark=str(missing))
    unseen = eye.unseen(actual, scenario)
    seen = eye.channels - unseen.keys()
    return told(eye.name, [judge(each, actual, seen) for each in expected], tuple(unseen.values()))


def judge(expected: Trace, actual: Trace, seen: frozenset[str]) -> Verdict:
    """One witness's trace and an eye's; where wakeups are seen, of them only who and in which
    order."""
    return compare(order_only(expected) if "wake" in seen else expected, actual, seen=seen)


def told(eye: str, verdicts: Sequence[Verdict], unseen: Sequence[str] = ()) -> Look:
    """What an eye comes to beside several witnesses: a difference outweighs everything."""
    for verdict in verdicts:
        if isinstance(verdict, Differs):
            return Look(eye=eye, word=Word.DIFFERS, remark=difference(verdict))
    for verdict in verdicts:
        if isinstance(verdict, Inconclusive):
            remark = "; ".join(reason.removeprefix(f"{eye}: ") for reason in verdict.reasons)
            return Look(eye=eye, word=Word.INCONCLUSIVE, remark=remark)
    assert all(isinstance(verdict, Agrees) for verdict in verdicts)
    if unseen:
        return Look(eye=eye, word=Word.STEPS_AGREE, remark="; ".join(unseen))
    return Look(eye=eye, word=Word.AGREES)
