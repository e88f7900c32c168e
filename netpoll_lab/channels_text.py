"""The five channels of a trace as text: the same lines for every witness, ready for diff(1)."""

from collections.abc import Iterator

from conformance.lines import Line, lines
from conformance.verdict import Batch, Item, Together
from scenario import CHANNELS, Break, StepResult, Trace, Wake


def channel_lines(trace: Trace) -> Iterator[str]:
    """Each channel's name, then its items, one per line; ``-`` where it holds nothing."""
    by_channel: dict[str, list[Line]] = {name: [] for name in CHANNELS}
    for line in lines(trace):
        by_channel[line.channel].append(line)
    for name, parts in by_channel.items():
        yield name
        items = [_item(item, part.g) for part in parts for item in part.items]
        yield from (f"  {number:>3}  {text}" for number, text in enumerate(items, 1))
        if not items:
            yield "    -"


def _item(item: Item, g: str | None) -> str:
    match item:
        case Wake():
            where = f"{item.fd} {item.mode}  " if item.fd else ""
            return f"{item.g}  {where}{item.why}"
        case Batch():
            return ", ".join(map(str, item.events))
        case Together():
            return "in any order: " + " ".join(item.names)
        case Break():
            return f"entry {item.entry + 1}: {'written' if item.written else 'not written'}"
        case StepResult():
            count = "" if item.count is None else f"{item.count}, "
            return f"{g}  {item.text}: {count}{item.error}"
    return item
