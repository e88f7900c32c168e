"""Two witnesses side by side in plain text, for somebody who has never seen Go's runtime."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, zip_longest

from conformance.contract import rule
from conformance.glossary import words_in
from conformance.lines import (
    Line,
    batch_events,
    line_pairs,
    run_events,
    wake_events,
    wake_groups,
)
from conformance.report import HARMLESS, only_late
from conformance.table import FEW, LONG_LABELS, SHORT_LABELS, WIDTH, Row, cut, field, table, wrap
from conformance.verdict import Agrees, Batch, Differs, Inconclusive, Item, Racy, Verdict
from conformance.wording import (
    TO,
    ordinal,
    step_words,
    timed,
    title,
    whole_ms,
    why_break,
    why_dropped,
    why_woken,
)
from scenario import Break, StepResult, Trace, Wake, What

_ASCII = str.maketrans("≠…·═╔╗╚╝║", "!..=++++|")
_AT = re.compile(r" (at|until) -?\d+ ms")
HEADLINE_ITEM = 40
"""Characters of an item in the headline."""

_HEADS = {
    "script": ("PERFORMED", "what each witness did of the script"),
    "throw": ("THROWN", "the runtime itself gave up here; nothing follows"),
    "batch": ("POLLS", "what each return of epoll_wait brought (r: may read, w: may write)"),
    "wake": ("WAKEUPS", "who is made able to run, in this order"),
    "run": ("RUNS", "who then runs first, second, ..."),
    "break": ("BREAKS", "was a blocked poller interrupted because of this entry?"),
    "step": ("STEPS", "how each step of each goroutine ended"),
}


def side_by_side(expected: Trace, actual: Trace, verdict: Verdict, *, ascii: bool = False) -> str:
    """The question, what both witnesses saw with the reasons, and the verdict; ends in a newline.

    ``verdict`` is that of ``compare(expected, actual)``; ``ascii`` uses no other characters.
    """
    parts = [_script(expected)]
    if not isinstance(verdict, Inconclusive):
        pairs = line_pairs(expected, actual)
        for channel in _HEADS:
            chosen = [pair for pair in pairs if pair[0].channel == channel]
            parts.append(_section(channel, chosen, expected, actual, verdict))
    parts.append(_end(expected, verdict))
    head, told = _text([_header(expected, actual, verdict)]), _text(parts)
    words = _text([_words(f"{head}\n{told}")])
    text = "\n".join(line.rstrip() for line in f"{head}\n\n{words}\n\n{told}".splitlines()) + "\n"
    return text.translate(_ASCII) if ascii else text


def _text(parts: Iterable[Iterable[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part)


def headline(verdict: Verdict) -> str:
    """The verdict in one line, without the scenario."""
    first, second = map(_titled, verdict.witnesses)
    if isinstance(verdict, Agrees):
        return f"AGREES  {first} and {second} woke the same goroutines in the same order"
    if isinstance(verdict, Racy):
        return "RACY  a witness does not do the same in each run; that is never an agreement"
    if isinstance(verdict, Inconclusive):
        return "INCONCLUSIVE  these runs say nothing; they count neither for nor against"
    place = f"{verdict.channel} {verdict.position + 1}" + (f" of {verdict.g}" if verdict.g else "")
    left, right = (cut(_named(item), HEADLINE_ITEM) for item in (verdict.expected, verdict.actual))
    return f"DIFFERS at {place}: {first} has {left}, {second} has {right}"


def _named(item: Item | None) -> str:
    """An item where no table's title says what it is."""
    if isinstance(item, Break):
        return "a break" if item.written else "no break"
    return _cell(item)


def _titled(name: str) -> str:
    word, _, number = name.partition(" ")
    return f"{title(word)} {number}".strip()


# --- what was asked ----------------------------------------------------------------------------


def _header(expected: Trace, actual: Trace, verdict: Verdict) -> list[str]:
    mine, theirs = (f"{title(t.witness)} ({t.release})" for t in (expected, actual))
    return [
        *wrap(headline(verdict), ""),
        *wrap(f"{expected.scenario}  {mine} and {theirs}", ""),
        "",
        *field("question", expected.question),
        *field("finding", expected.finding),
        *field("", "(the author's sentence; only what the witnesses saw is compared)"),
        *field("descriptors", _descriptors(expected)),
        *field("GOMAXPROCS", _procs(expected.procs)),
    ]


def _descriptors(trace: Trace) -> str:
    if not trace.fds:
        return "none"
    if len(trace.fds) <= FEW:
        return ", ".join(f"{fd} ({kind})" for fd, kind in trace.fds.items())
    names, kinds = tuple(trace.fds), sorted(set(trace.fds.values()))
    return f"{names[0]} to {names[-1]}, {len(names)} in all ({', '.join(kinds)})"


def _procs(procs: int) -> str:
    many = "one goroutine runs" if procs == 1 else f"up to {procs} goroutines run"
    return f"{procs}, so {many} at a time"


def _words(text: str) -> Iterator[str]:
    """The words without which the text cannot be read."""
    yield "WORDS"
    for word, meaning in words_in(text):
        yield from field(word, meaning)


FETCHED = "; fetched: "
"""What parts the two lists in ``Entry.text``."""
_HELD = (
    "the poller may not fetch before all of these are done, so that they come in one poll of up "
    "to 128 events",
    "done when the poller has fetched those events, and before it handles them",
)


def _script(trace: Trace) -> Iterator[str]:
    entries = [event for event in trace.events if event.what is What.ENTRY]
    if not entries:
        return
    when = "each entry at its time" if timed(trace) else "an entry when everything is quiet"
    yield f"SCRIPT  what the outside does, {when}"
    told = []
    for event in entries:
        text = _entry(str(event.args["text"]))
        at = f"at {whole_ms(event.t)}: " if timed(trace) and event.t is not None else ""
        told += wrap(f"{event.args['index'] + 1}  {at}{text}", "  ", "     ")
    yield from told
    for word, meaning in zip(("held", "fetched"), _HELD, strict=True):
        if any(f"{word}: " in line for line in told):
            yield from wrap(f"({word}: {meaning})", " " * 5)


def _entry(text: str) -> str:
    """An entry; several actions are held, and so is whatever is fetched before others happen."""
    held, _, fetched = text.partition(FETCHED)
    actions = held.split(", ")
    told = f"held: {_actions(actions)}" if fetched or len(actions) > 1 else _actions(actions)
    return told + (FETCHED + _actions(fetched.split(", ")) if fetched else "")


def _actions(actions: Sequence[str]) -> str:
    if len(actions) <= FEW:
        return ", ".join(actions)
    return f"{actions[0]}, {actions[1]}, … {len(actions) - 3} more …, {actions[-1]}"


# --- one channel -------------------------------------------------------------------------------


def _section(
    channel: str,
    pairs: Sequence[tuple[Line, Line]],
    expected: Trace,
    actual: Trace,
    verdict: Agrees | Differs,
) -> Iterator[str]:
    name, meaning = _HEADS[channel]
    if channel == "run" and expected.procs > 1:
        meaning = f"who then runs; with {expected.procs} Ps the order within a group is open"
    if channel in verdict.unseen:
        yield f"{name}  not compared: one of the witnesses cannot see them"
        return
    rows: list[Row] = []
    difference = None
    for one, other in pairs:
        if isinstance(verdict, Differs) and (verdict.channel, verdict.g) == (channel, one.g):
            difference = len(rows) + verdict.position
        rows += _rows(one, other, expected, actual)
    if rows:
        columns = LONG_LABELS if channel == "step" else SHORT_LABELS
        yield f"{name}  {meaning}"
        yield columns.line("", _titled(verdict.witnesses[0]), " ", _titled(verdict.witnesses[1]))
        yield from table(rows, difference, columns)


def _rows(one: Line, other: Line, expected: Trace, actual: Trace) -> Iterator[Row]:
    mine, theirs = _reasons(one, expected), _reasons(other, actual)
    for place, (left, right) in enumerate(zip_longest(one.items, other.items)):
        yield Row(
            label=_label(one, place, left or right),
            left=_cell(left),
            right=_cell(right),
            equal=left == right,
            more=_distinct((*mine[place : place + 1], *theirs[place : place + 1])),
            note=_note(left, right),
        )


def _distinct(sentences: tuple[str, ...]) -> tuple[str, ...]:
    """Both witnesses' reasons, or one where they say the same at times that are not compared."""
    said = {_AT.sub("", sentence): sentence for sentence in sentences[::-1] if sentence}
    return tuple(said.values())[::-1]


def _reasons(line: Line, trace: Trace) -> list[str]:
    """The reasons of a channel's items, where they need some."""
    if line.channel == "batch":
        return [why_dropped(event) for event in batch_events(trace)]
    if line.channel == "wake":
        return [why_woken(trace, event) for event in wake_events(trace)]
    if line.channel == "break":
        return [why_break(trace, entry) for entry in line.entries]
    return []


def _label(line: Line, place: int, item: Item | None) -> str:
    if isinstance(item, StepResult):
        return f"{line.g if place == 0 else '':<5} {item.text}"
    if isinstance(item, Break):
        return f"entry {item.entry + 1}"
    if line.channel == "run":
        return ordinal(place + 1) if isinstance(item, str) else f"group {place + 1}"
    return str(place + 1)


def _cell(item: Item | None) -> str:
    """An item in a table cell: short words."""
    if item is None:
        return "nothing"
    if isinstance(item, Wake):
        where = f"  {item.fd} {TO.get(item.mode or '', '')}" if item.fd else ""
        return f"{item.g}{where}  {item.why}"
    if isinstance(item, Break):
        return "yes" if item.written else "no"
    if isinstance(item, StepResult):
        return step_words(item)
    if isinstance(item, Batch):
        names = ", ".join(map(str, item.events))
        return names if len(item.events) == 1 else f"{len(item.events)}: {names}"
    return str(item)


def _note(left: Item | None, right: Item | None) -> str:
    """Where two batches part; their cells are usually cut before that."""
    if not isinstance(left, Batch) or not isinstance(right, Batch) or left == right:
        return ""
    for place, (one, other) in enumerate(zip_longest(left.events, right.events), 1):
        if one != other:
            return f"they part at event {place}: {one or 'no more'} ≠ {other or 'no more'}"
    return ""


# --- the verdict -------------------------------------------------------------------------------


def _end(expected: Trace, verdict: Verdict) -> Iterator[str]:
    if isinstance(verdict, Inconclusive):
        word = "racy" if isinstance(verdict, Racy) else "inconclusive"
        yield f"VERDICT  {word}: nothing was compared"
        for reason in verdict.reasons:
            yield from wrap(reason, "  ")
        if only_late(verdict):
            yield from wrap(HARMLESS, "  ")
    elif isinstance(verdict, Agrees):
        yield "VERDICT  the two agree"
        yield from _orders(expected)
        yield from wrap(_counted(verdict, expected.procs), "  ")
    else:
        yield "VERDICT  the two differ"
        yield from _governing(verdict)


def _counted(verdict: Agrees, procs: int) -> str:
    one = {"wake": "wakeup", "run": "run", "batch": "poll", "break": "break", "step": "step"}
    many = {name: f"{word}s" for name, word in one.items()}
    if procs > 1:
        one["run"], many["run"] = "batch of runs", "batches of runs"
    told = ", ".join(
        f"{count} {one[name] if count == 1 else many[name]}"
        for name, count in verdict.counts.items()
        if count
    )
    return f"equal, item for item: {told}"


def _orders(trace: Trace) -> Iterator[str]:
    """Wake order against run order, which are often not the same."""
    woken = [wake.g or "" for wake in wake_events(trace)]
    ran = [run.g or "" for run, _ in run_events(trace)]
    if len(woken) < 2 or trace.procs > 1:
        return
    if woken == ran:
        yield "  run order = wake order"
    else:
        yield cut(f"  woken  {'  '.join(woken)}", WIDTH)
        turned = "   (reversed)" if woken[::-1] == ran else ""
        yield cut(f"  run    {'  '.join(ran)}", WIDTH - len(turned)) + turned
        for number in _rules_of_order(trace):
            yield from wrap(f"{number}: {rule(number).text}", "  ", "       ")
            yield from wrap(f"The cause: {_CAUSES[number]}.", "       ")


_CAUSES = {
    "R07": "the poller hands its goroutines over as a stack: whom it freed last is taken first",
    "R29": "there is one next slot, and the last to come pushes the one before out of it",
}


def _rules_of_order(trace: Trace) -> Iterator[str]:
    """The rules behind a run order that is not the wake order: of a poll, of single wakes."""
    groups = wake_groups(trace)
    ready = {wake.seq: wake.why == "ready" for wake in wake_events(trace)}
    for number, by_poll in (("R07", True), ("R29", False)):
        ran = [wake.seq for _, wake in run_events(trace) if ready[wake.seq] is by_poll]
        if any(a > b and groups[a] == groups[b] for a, b in pairwise(ran)):
            yield number


def _governing(verdict: Differs) -> Iterator[str]:
    yield from field("what", verdict.kind)
    for number in verdict.rules[:1]:
        yield from field("rule", f"{number}  {rule(number).text}")
    if verdict.rules[1:]:
        yield from field("see also", ", ".join(verdict.rules[1:]))
    if verdict.go:
        yield from field("in Go", verdict.go)
    yield from field("likely cause", verdict.likely)
