"""The strip of the text form: one step is one event, times on top, a row for each lane."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scenario.trace import Event, What
from timeline.glyphs import Cell, Glyphs, cut, joined
from timeline.moments import has_clock
from timeline.plan import kept
from timeline.spans import Kind, Lane, Lanes, Span, lanes
from timeline.story import Story, poll_items
from timeline.units import number

MOST_STEPS = 70
MOST_GOROUTINES = 30
_WIDEST_STEP = 3
_WIDEST_NAME = 12
_OUTCOMES = frozenset({What.WAKE, What.RUN, What.BREAK})
_ALL = _OUTCOMES | {What.ACTION, What.WAIT, What.PARK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The finished lines, and what was left out in words."""

    lines: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A stretch of steps that fits the width; ``step`` is the letters for each."""

    first: int
    last: int
    step: int

    @property
    def letters(self) -> int:
        return (self.last - self.first) * self.step


def strip(tale: Story, *, width: int, glyphs: Glyphs, color: bool) -> Strip:
    """The lanes of a trace as letters, at most ``width`` wide."""
    shown, left_out = _shown(tale)
    margin = 2 + min(max([6, *(len(g) for g in shown)]), _WIDEST_NAME) + 2
    room = width - margin
    steps = _steps(tale, shown, _ALL)
    if len(steps) > min(MOST_STEPS, room):
        steps = _steps(tale, shown, _OUTCOMES)
        left_out = [*left_out, "all but outcomes (wakeups, runs, breaks, polls)"]
    columns = _columns(tale, steps)
    told = lanes(tale.trace, columns, start=0, end=len(steps), skip=tale.moments.skip)
    lines: list[str] = []
    for block in _blocks(len(steps), room):
        if lines:
            lines.append("")
        rows = _rows(tale, told, steps, shown, block, glyphs)
        for name, cells in rows:
            head = f"  {cut(name, margin - 3, glyphs):<{margin - 2}}"
            lines.append((head + joined(cells, color)).rstrip())
    return Strip(lines=tuple(lines), left_out=tuple(left_out))


def _shown(tale: Story) -> tuple[list[str], list[str]]:
    """The goroutines that get a row: all, or the first, the last and every tenth."""
    names = list(tale.trace.goroutines)
    if len(names) <= MOST_GOROUTINES:
        return names, []
    chosen = kept(names, 10)
    left_out = len(names) - len(chosen)
    return [g for g in names if g in chosen], [f"{left_out} of {len(names)} goroutines"]


def _steps(tale: Story, shown: Sequence[str], kinds: frozenset[What]) -> list[int]:
    """The positions of the events that get a column."""
    when = tale.moments
    names = set(shown)
    few = len(names) == len(tale.trace.goroutines)
    blocked: set[str | None] = set()
    fetches = {hold.fetched.seq for hold in tale.holds if hold.fetched is not None}
    found: list[int] = []
    for i, event in enumerate(tale.trace.events):
        woke_poller = event.what is What.POLL and bool(poll_items(event) or event.m in blocked)
        if event.what is What.WAIT:
            blocked.add(event.m)
        elif event.what is What.POLL:
            blocked.discard(event.m)
        if not when.first <= i <= when.last or i in when.skip:
            continue
        own = event.g is None or event.g in names or event.what is What.ACTION
        wanted = event.what in kinds and (few or event.what is not What.ACTION)
        fetched = event.seq in fetches
        if (own and wanted) or woke_poller or fetched or _goes(event, kinds):
            found.append(i)
    return found


def _goes(event: Event, kinds: frozenset[What]) -> bool:
    plain = event.what is What.ENTRY and bool(event.args.get("plain_go"))
    return plain and What.ACTION in kinds


def _columns(tale: Story, steps: Sequence[int]) -> list[int]:
    """For each event its column; what is hidden takes effect in the next one."""
    columns, column = [], 0
    for i in range(len(tale.trace.events)):
        while column < len(steps) and steps[column] < i:
            column += 1
        columns.append(column)
    return columns


def _blocks(steps: int, room: int) -> Iterator[_Block]:
    if steps <= room:
        step = max(min(_WIDEST_STEP, room // max(steps, 1)), 1)
        yield _Block(first=0, last=steps, step=step)
        return
    size = min(MOST_STEPS, room)
    for first in range(0, steps, size):
        yield _Block(first=first, last=min(first + size, steps), step=1)


def _rows(
    tale: Story,
    told: Lanes,
    steps: Sequence[int],
    shown: Sequence[str],
    block: _Block,
    glyphs: Glyphs,
) -> Iterator[tuple[str, list[Cell]]]:
    yield _times(tale, steps, block, glyphs)
    columns = {steps[c]: c for c in range(block.first, block.last)}
    position = {event.seq: i for i, event in enumerate(tale.trace.events)}
    if tale.breaks:
        cells = _blank(block)
        for mark in tale.breaks:
            column = columns.get(position[mark.event.seq])
            if column is not None:
                glyph = glyphs.written if mark.written else glyphs.coalesced
                _put(cells, block, column, glyph, "break")
        yield "break", cells
    if Lane(Kind.POLLER) in told:
        yield "poller", _lane(told[Lane(Kind.POLLER)], block, glyphs, offset=1)
    for lane in sorted(lane for lane in told if lane.kind is Kind.P):
        yield lane.name, _lane(told[lane], block, glyphs, offset=0)
    numbers = {position[w.event.seq]: w for w in tale.wakeups}
    for g in shown:
        cells = _lane(told.get(Lane(Kind.G, g), ()), block, glyphs, offset=None)
        for i, column in columns.items():
            if i in numbers and numbers[i].g == g:
                words = str(numbers[i].number)
                _put(cells, block, column, words if len(words) <= block.step else "+", "wakeup")
        yield g, cells


def _blank(block: _Block) -> list[Cell]:
    return [(" ", "")] * block.letters


def _put(cells: list[Cell], block: _Block, column: int, words: str, style: str) -> None:
    at = (column - block.first) * block.step
    for k, letter in enumerate(words):
        if at + k < len(cells):
            cells[at + k] = (letter, style)


def _lane(
    spans: Sequence[Span], block: _Block, glyphs: Glyphs, *, offset: int | None
) -> list[Cell]:
    """A lane's letters; its words are written over each span from ``offset`` on, where they fit."""
    cells = _blank(block)
    for span in spans:
        first, last = max(span.start, block.first), min(span.end, block.last)
        if first >= last:
            continue
        a, b = ((c - block.first) * block.step for c in (first, last))
        letter, style = glyphs.of(span.state)
        cells[a:b] = [(letter, style)] * (b - a)
        named = letter in (glyphs.blocked, glyphs.running, glyphs.held, glyphs.stopped)
        if offset is not None and named and span.words:
            words = span.words[-1]
            if len(words) + offset + (b - a > len(words)) <= b - a:
                for k, char in enumerate(words):
                    cells[a + offset + k] = (char, "strong")
    return cells


def _times(
    tale: Story, steps: Sequence[int], block: _Block, glyphs: Glyphs
) -> tuple[str, list[Cell]]:
    """The first row: a time over every step that has room for it."""
    when = tale.moments
    longest = max(abs(when.start), abs(when.end))
    unit, name = (1_000, f"{glyphs.micro}s") if longest < 1_000_000 else (1_000_000, "ms")
    cells = _blank(block)
    if not has_clock(tale.trace):
        return "", cells
    free = 0
    for column in range(block.first, block.last):
        words = number(when.times[steps[column]] / unit, 1 if unit == 1_000 else 3)
        at = (column - block.first) * block.step
        if at >= free and at + len(words) <= len(cells):
            _put(cells, block, column, words, "second")
            free = at + len(words) + 1
    return name, cells
