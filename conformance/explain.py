"""Two witnesses side by side in plain text, for somebody who has never seen Go's runtime."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.contract import rule
from conformance.lines import Line, line_pairs, run_events, wake_events
from conformance.verdict import Agrees, Batch, Differs, Inconclusive, Item, Verdict
from conformance.wording import TO, ordinal, step_words, title, why_woken
from scenario import Break, StepResult, Trace, Wake, What

WIDTH = 80
LABEL, COLUMN = 20, 25
FEW = 12
"""More rows than these are thinned out; what was left out is said with its count."""
ENDS, NEAR = 3, 4
_ASCII = str.maketrans(
    {"≠": "!", "…": ".", "·": ".", "═": "=", "╔": "+", "╗": "+", "╚": "+", "╝": "+", "║": "|"}
)

_HEADS = {
    "throw": ("THROWN", "the runtime itself gave up here; nothing follows"),
    "batch": ("POLLS", "what each return of epoll_wait brought (r: may read, w: may write)"),
    "wake": ("WAKEUPS", "who is made able to run, in this order"),
    "run": ("RUNS", "who then runs first, second, ..."),
    "break": ("BREAKS", "was a blocked poller interrupted because of this entry?"),
    "step": ("STEPS", "how each step of each goroutine ended"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One item of both witnesses; ``more`` is said below it."""

    label: str
    left: str
    right: str
    equal: bool
    more: tuple[str, ...] = ()


def side_by_side(expected: Trace, actual: Trace, verdict: Verdict, *, ascii: bool = False) -> str:
    """The question, what both witnesses saw with the reasons, and the verdict; ends in a newline.

    ``verdict`` is that of ``compare(expected, actual)``; ``ascii`` uses no other characters.
    """
    parts = [_header(expected, actual, verdict), _script(expected)]
    if not isinstance(verdict, Inconclusive):
        pairs = line_pairs(expected, actual)
        for channel in _HEADS:
            chosen = [pair for pair in pairs if pair[0].channel == channel]
            parts.append(_section(channel, chosen, expected, actual, verdict))
    parts.append(_end(expected, verdict))
    text = "\n\n".join("\n".join(part) for part in map(list, parts) if part)
    text = "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
    return text.translate(_ASCII) if ascii else text


def _header(expected: Trace, actual: Trace, verdict: Verdict) -> list[str]:
    mine, theirs = (f"{title(t.witness)} ({t.release})" for t in (expected, actual))
    return [
        *_wrap(headline(verdict), ""),
        *_wrap(f"{expected.scenario}  {mine} and {theirs}", ""),
        "",
        *_field("question", expected.question),
        *_field("finding", expected.finding),
        *_field("descriptors", ", ".join(f"{fd} ({kind})" for fd, kind in expected.fds.items())),
        *_field("GOMAXPROCS", _procs(expected.procs)),
    ]


def _procs(procs: int) -> str:
    many = "one goroutine runs" if procs == 1 else f"up to {procs} goroutines run"
    return f"{procs}, so {many} at a time"


def headline(verdict: Verdict) -> str:
    """The verdict in one line, without the scenario."""
    first, second = map(_titled, verdict.witnesses)
    if isinstance(verdict, Agrees):
        return f"AGREES  {first} and {second} woke the same goroutines in the same order"
    if isinstance(verdict, Inconclusive):
        return "INCONCLUSIVE  these runs say nothing; they count neither for nor against"
    place = f"{verdict.channel} {verdict.position + 1}" + (f" of {verdict.g}" if verdict.g else "")
    return (
        f"DIFFERS at {place}: {first} has {_cell(verdict.expected)}, "
        f"{second} has {_cell(verdict.actual)}"
    )


def _titled(name: str) -> str:
    word, _, number = name.partition(" ")
    return f"{title(word)} {number}".strip()


def _script(trace: Trace) -> Iterator[str]:
    entries = [event for event in trace.events if event.what is What.ENTRY]
    if not entries:
        return
    yield "SCRIPT  what the outside does, an entry when everything is quiet"
    for event in entries:
        yield from _wrap(f"{event.args['index'] + 1}  {event.args['text']}", "  ", "     ")


# --- one channel -------------------------------------------------------------------------------


def _section(
    channel: str,
    pairs: Sequence[tuple[Line, Line]],
    expected: Trace,
    actual: Trace,
    verdict: Agrees | Differs,
) -> Iterator[str]:
    name, meaning = _HEADS[channel]
    if channel in verdict.unseen:
        yield f"{name}  not compared: one of the witnesses cannot see them"
        return
    if not any(line.items for pair in pairs for line in pair):
        return
    yield f"{name}  {meaning}"
    first, second = map(_titled, verdict.witnesses)
    yield _columns("", first, " ", second)
    for one, other in pairs:
        at = verdict.position if isinstance(verdict, Differs) and _here(verdict, one) else None
        yield from _table(list(_rows(one, other, expected, actual)), at)


def _here(verdict: Differs, line: Line) -> bool:
    return (verdict.channel, verdict.g) == (line.channel, line.g)


def _rows(one: Line, other: Line, expected: Trace, actual: Trace) -> Iterator[_Row]:
    mine, theirs = _mores(one, expected), _mores(other, actual)
    for place in range(max(len(one.items), len(other.items))):
        left, right = (_nth(line.items, place) for line in (one, other))
        more = dict.fromkeys((*_nth_more(mine, place), *_nth_more(theirs, place)))
        yield _Row(
            label=_label(one, place, left or right),
            left=_cell(left),
            right=_cell(right),
            equal=left == right,
            more=tuple(more),
        )


def _mores(line: Line, trace: Trace) -> list[str]:
    """The reasons of a channel's items, where they need some."""
    if line.channel == "wake":
        return [why_woken(trace, wake) for wake in wake_events(trace)]
    return []


def _nth_more(mores: list[str], place: int) -> list[str]:
    return mores[place : place + 1]


def _nth(items: Sequence[Item], place: int) -> Item | None:
    return items[place] if place < len(items) else None


def _label(line: Line, place: int, item: Item | None) -> str:
    if isinstance(item, StepResult):
        return f"{line.g if place == 0 else '':<4} {item.text}"
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
        return _batch(item)
    return str(item)


def _batch(batch: Batch) -> str:
    names = ", ".join(map(str, batch.events))
    return names if len(batch.events) == 1 else f"{len(batch.events)}: {names}"


# --- tables ------------------------------------------------------------------------------------


def _table(rows: list[_Row], difference: int | None) -> Iterator[str]:
    """Every row; in a long table the ends, or what lies around the difference."""
    shown = _shown(len(rows), difference)
    left_out = 0
    for place, row in enumerate(rows):
        if place not in shown:
            left_out += 1
            continue
        if left_out:
            yield f"      … {left_out} more"
            left_out = 0
        yield from _lines_of(row, place, difference)
    if left_out:
        yield f"      … {left_out} more"
    if difference is not None and difference + 1 < len(rows):
        yield "      · after the first difference nothing is judged"


def _shown(size: int, difference: int | None) -> set[int]:
    if size <= FEW:
        return set(range(size))
    if difference is None:
        return set(range(ENDS)) | set(range(size - ENDS, size))
    return set(range(max(0, difference - NEAR), min(size, difference + NEAR + 1)))


def _lines_of(row: _Row, place: int, difference: int | None) -> Iterator[str]:
    judged = difference is None or place <= difference
    sign = "≠" if place == difference else "=" if row.equal and judged else "·"
    line = _columns(row.label, row.left, sign, row.right)
    if place == difference:
        yield "╔" + "═" * (WIDTH - 2) + "╗"
        yield f"║{line[1:]:<{WIDTH - 2}}║"
        for whole in _split_long(row):
            yield f"║{whole:<{WIDTH - 2}}║"
        yield "╚" + "═" * (WIDTH - 2) + "╝"
    else:
        yield line
    if judged:
        for sentence in row.more:
            yield from _wrap(sentence, " " * 6)


def _columns(label: str, left: str, sign: str, right: str) -> str:
    return (
        f"  {_cut(label, LABEL):<{LABEL}}  {_cut(left, COLUMN):<{COLUMN}} {sign} "
        f"{_cut(right, COLUMN)}"
    )


def _split_long(row: _Row) -> Iterator[str]:
    """What was cut of a differing item, from where the two sides part."""
    if max(len(row.left), len(row.right)) <= COLUMN:
        return
    for text in (row.left, row.right):
        yield from (f"   {line}" for line in textwrap.wrap(_cut(text, 400), WIDTH - 6))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _wrap(text: str, indent: str, further: str | None = None) -> list[str]:
    after = indent if further is None else further
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=after) or [""]


# --- the verdict -------------------------------------------------------------------------------


def _end(expected: Trace, verdict: Verdict) -> Iterator[str]:
    if isinstance(verdict, Inconclusive):
        yield "VERDICT  inconclusive: nothing was compared"
        for reason in verdict.reasons:
            yield from _wrap(reason, "  ")
    elif isinstance(verdict, Agrees):
        yield "VERDICT  the two agree"
        yield from _orders(expected)
        yield from _wrap(_counted(verdict), "  ")
    else:
        yield "VERDICT  the two differ"
        yield from _governing(verdict)


def _counted(verdict: Agrees) -> str:
    many = {"wake": "wakeups", "run": "runs", "batch": "polls", "break": "breaks", "step": "steps"}
    told = ", ".join(
        f"{count} {many[name][: -1 if count == 1 else None]}"
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
        yield _cut(f"  woken  {'  '.join(woken)}", WIDTH)
        turned = "   (reversed)" if woken[::-1] == ran else ""
        yield _cut(f"  run    {'  '.join(ran)}", WIDTH - len(turned)) + turned


def _governing(verdict: Differs) -> Iterator[str]:
    yield from _field("what", verdict.kind)
    for number in verdict.rules[:1]:
        yield from _field("rule", f"{number}  {rule(number).text}")
    if verdict.rules[1:]:
        yield from _field("see also", ", ".join(verdict.rules[1:]))
    yield from _field("in Go", verdict.go)
    yield from _field("likely cause", verdict.likely)


def _field(name: str, text: str) -> Iterable[str]:
    return _wrap(text, f"  {name:<14}", " " * 16)
