"""Verdicts as one line each, and as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.report import HARMLESS, only_late
from conformance.verdict import Agrees, Differs, Inconclusive, Item, Racy, Verdict
from netpoll_lab.pairs import Outcome, counts
from scenario import Break

JSON_VERSION = 1
WORDS: Mapping[type, str] = {
    Agrees: "agrees",
    Differs: "differs",
    Inconclusive: "inconclusive",
    Racy: "racy",
}
COLOUR: Mapping[type, str] = {
    Agrees: "good",
    Differs: "bad",
    Inconclusive: "unsure",
    Racy: "unsure",
}
RACY = (
    "racy: real Go itself did not do the same in each of its runs; that is never an agreement."
    " A thread of Go's that gets no core for some ms does it too: run it again with nothing beside"
    " it."
)
"""What to say of runs that are racy."""


def remark(outcome: Outcome) -> str:
    """What stands behind the verdict; of several runs, also how many came to it."""
    verdict, several = outcome.telling.verdict, len(outcome.runs)
    alike = sum(type(run.verdict) is type(verdict) for run in outcome.runs)
    return (f"{alike} of {several}: " if several > 1 else "") + _reason(outcome)


def _reason(outcome: Outcome) -> str:
    """The question of what agrees, the first difference of what differs, the reasons otherwise."""
    match outcome.telling.verdict:
        case Agrees():
            return outcome.scenario.question
        case Differs() as verdict:
            return difference(verdict)
        case Inconclusive(reasons=reasons):
            return "; ".join(reasons)


def all_reasons(outcomes: Sequence[Outcome]) -> str:
    """Why several pairs say nothing, each reason once."""
    verdicts = [outcome.telling.verdict for outcome in outcomes]
    found = [one.reasons for one in verdicts if isinstance(one, Inconclusive)]
    return "; ".join(dict.fromkeys(reason for reasons in found for reason in reasons))


def difference(verdict: Differs) -> str:
    """Where the witnesses differ first, what each has there, and by which rule."""
    place = f"{verdict.channel} {verdict.position + 1}" + (f" of {verdict.g}" if verdict.g else "")
    first, second = verdict.witnesses
    rules = f" ({', '.join(verdict.rules)})" if verdict.rules else ""
    return (
        f"at {place} {first} has {_words(verdict.expected)}, "
        f"{second} has {_words(verdict.actual)}{rules}"
    )


def totals(outcomes: Sequence[Outcome]) -> str:
    """``26 agree, 0 differ, 0 inconclusive``: runs, not scenarios."""
    found = counts(outcomes)
    racy = f", {found[Racy]} racy" if found[Racy] else ""
    return (
        f"{found[Agrees]} agree, {found[Differs]} differ, {found[Inconclusive]} inconclusive{racy}"
    )


def advice(outcomes: Sequence[Outcome]) -> str:
    """What inconclusive runs mean and what to do about them; nothing where there is none."""
    verdicts = [run.verdict for outcome in outcomes for run in outcome.runs]
    silent = [verdict for verdict in verdicts if type(verdict) is Inconclusive]
    if not silent:
        return RACY if any(isinstance(verdict, Racy) for verdict in verdicts) else ""
    if all(map(only_late, silent)):
        return f"inconclusive: {HARMLESS[0].lower()}{HARMLESS[1:]}"
    return "inconclusive: nothing was compared in these runs, for the reasons beside them."


def as_json(
    outcomes: Sequence[Outcome], *, not_run: Mapping[str, str], finished: bool
) -> dict[str, Any]:
    """Everything that was found, as what ``json.dump`` takes. ``not_run``: a reason by name."""
    found = counts(outcomes)
    return {
        "version": JSON_VERSION,
        "finished": finished,
        "counts": {
            "agree": found[Agrees],
            "differ": found[Differs],
            "inconclusive": found[Inconclusive],
            "racy": found[Racy],
        },
        "left_out": dict(not_run),
        "scenarios": [_scenario(outcome) for outcome in outcomes],
    }


def _scenario(outcome: Outcome) -> dict[str, Any]:
    scenario = outcome.scenario
    return {
        "name": scenario.name,
        "question": scenario.question,
        "finding": scenario.finding,
        "witnesses": list(outcome.witnesses),
        "verdict": WORDS[type(outcome.telling.verdict)],
        "releases": [trace.release for trace in outcome.telling.traces],
        "runs": [verdict_json(run.verdict) for run in outcome.runs],
    }


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """One verdict, with what is behind it."""
    word = WORDS[type(verdict)]
    match verdict:
        case Agrees():
            return {"verdict": word, "items": dict(verdict.counts)}
        case Racy():
            return {
                "verdict": word,
                "reasons": list(verdict.reasons),
                "outcomes": list(verdict.outcomes),
                "shared": verdict.shared,
            }
        case Inconclusive():
            return {"verdict": word, "reasons": list(verdict.reasons)}
        case Differs():
            return {
                "verdict": word,
                "channel": verdict.channel,
                "position": verdict.position,
                "goroutine": verdict.g,
                "expected": _words(verdict.expected),
                "actual": _words(verdict.actual),
                "kind": verdict.kind,
                "rules": list(verdict.rules),
                "go": verdict.go,
                "likely": verdict.likely,
            }


def _words(item: Item | None) -> str:
    if isinstance(item, Break):
        return f"{'a' if item.written else 'no'} break for entry {item.entry + 1}"
    return "nothing" if item is None else str(item)
