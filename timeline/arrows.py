"""The vertical lines: the outside's actions, the kernel's hand-over, breaks, and the wakeups."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scenario.trace import What
from timeline.canvas import Circle, Layer, Line
from timeline.plan import Box, kept
from timeline.sheet import CIRCLE_R, Sheet
from timeline.signs import arrow_down, circle, head, triangle
from timeline.spans import Kind
from timeline.story import Action, BreakMark, Story, Wakeup, poll_items

DASHES = {"ready": (), "deadline": (4.0, 2.0), "timer": (4.0, 2.0), "close": (1.0, 1.6)}
_DOT_R = 2.3
_LEAST_APART = 3.5
BREAK_PX = 17.0
"""How wide the mark of a break is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What occurred in a drawing, for its legend and its footer."""

    whys: frozenset[str]
    hidden: int
    cut_breaks: int = 0
    close_breaks: int = 0


def draw_arrows(sheet: Sheet) -> Seen:
    """All vertical lines; says which kinds of wakeup occur and which marks found no place."""
    _kernel(sheet)
    cut_breaks, close_breaks = _breaks(sheet)
    hidden = sum(not _wakeup(sheet, wakeup) for wakeup in sheet.tale.wakeups)
    whys = frozenset(wakeup.event.why or "ready" for wakeup in sheet.tale.wakeups)
    return Seen(whys=whys, hidden=hidden, cut_breaks=cut_breaks, close_breaks=close_breaks)


def _breaks(sheet: Sheet) -> tuple[int, int]:
    """All breaks; how many are in time that is cut, and how many too close to another."""
    cut, close = 0, 0
    drawn: list[BreakMark] = []
    last = -BREAK_PX
    for number, mark in enumerate(sheet.tale.breaks, 1):
        x = sheet.axis.x(mark.at)
        if x is None:
            cut += 1
        elif x - last < BREAK_PX:
            close += 1
        else:
            last = x
            drawn.append(mark)
            _break(sheet, mark, number)
    _break_words(sheet, drawn)
    return cut, close


def _cased(
    sheet: Sheet, x: float, y0: float, y1: float, color: str, dash: tuple[float, ...]
) -> None:
    points = ((x, y0), (x, y1))
    sheet.canvas.add(
        Line(points=points, color=sheet.palette.background, lw=4.0, layer=Layer.CASING)
    )
    sheet.canvas.add(Line(points=points, color=color, lw=1.6, dash=dash, layer=Layer.ARROW))
    sheet.avoid(x - 4, x + 4, y0, y1)


def _kernel(sheet: Sheet) -> None:
    """From the ready list to the poller, where epoll_wait returned something from it."""
    ready, poller = sheet.plan.box(Kind.READY), sheet.plan.box(Kind.POLLER)
    if ready is None or poller is None:
        return
    for t in _fetches(sheet.tale):
        x = sheet.axis.x(t)
        # News that no READY told of (of a new descriptor) cannot be seen to lie there.
        listed = any(span.start < t <= span.end for span in ready.spans)
        if listed and x is not None:
            arrow_down(sheet, x, ready.bottom, poller.y, sheet.palette.text)
            sheet.avoid(x - 4, x + 4, ready.bottom, poller.y)


def _fetches(tale: Story) -> Iterator[int]:
    """When something was fetched: with the poll, or before it where the script stops it then."""
    held = {hold.fetched.seq for hold in tale.holds if hold.fetched is not None}
    stopped = False
    for event, t in zip(tale.trace.events, tale.moments.times, strict=True):
        if event.seq in held:
            stopped = True
            yield t
        elif event.what is What.POLL and poll_items(event):
            if not stopped:
                yield t
            stopped = False


def _wakeup(sheet: Sheet, wakeup: Wakeup) -> bool:
    """The arrow and the circle of one wakeup; False where its moment is cut out."""
    x, target = sheet.axis.x(wakeup.at), sheet.plan.box(Kind.G, wakeup.g)
    if x is None or target is None:
        return False
    y = _height(target, wakeup.g)
    color = sheet.palette.wakeup
    if not _is_named(target, wakeup.g):
        sheet.canvas.add(
            Circle(x=x, y=y, r=2.0, fill=color, layer=Layer.ARROW, gid=f"wake-{wakeup.number}")
        )
        return True
    source = _source(sheet, wakeup)
    if source is not None and source < y:
        _cased(sheet, x, source, y - CIRCLE_R - 2, color, DASHES.get(wakeup.event.why or "", ()))
        sheet.canvas.add(Circle(x=x, y=source, r=_DOT_R, fill=color, layer=Layer.ARROW))
        head(sheet, x, y - CIRCLE_R, 1, color)
    _numbered(sheet, x, y, wakeup.number)
    return True


def _numbered(sheet: Sheet, x: float, y: float, number: int) -> None:
    circle(sheet, x, y, number, gid=f"wake-{number}")
    sheet.avoid(x - CIRCLE_R - 3, x + CIRCLE_R + 3, y - CIRCLE_R, y + CIRCLE_R)


def _height(box: Box, g: str) -> float:
    """Where a goroutine's circle stands: the middle of its lane, or its share of the band."""
    if g in box.members:
        place = box.members.index(g)
        return box.y + box.h * (place + 0.5) / len(box.members)
    return box.middle


def _is_named(box: Box, g: str) -> bool:
    if box.members:
        return g in kept(box.members, 50)
    return box.named


def _source(sheet: Sheet, wakeup: Wakeup) -> float | None:
    """The lower edge of the lane that the arrow comes from: the nearest cause only."""
    why = wakeup.event.why
    if why == "ready":
        box = sheet.plan.box(Kind.POLLER)
    elif why in ("deadline", "timer") and _by_timer(wakeup):
        box = sheet.plan.box(Kind.TIMERS) or sheet.plan.box(Kind.POLLER)
    else:
        box = _closer(sheet, wakeup)
    return None if box is None else box.bottom - 1


def _by_timer(wakeup: Wakeup) -> bool:
    """Whether a timer fired; a deadline in the past frees at once, by whoever sets it."""
    return wakeup.cause is None or wakeup.cause.what is What.TIMER


def _closer(sheet: Sheet, wakeup: Wakeup) -> Box | None:
    """The processor on which the closer runs: above all goroutines, so the arrow points down."""
    processors = [
        box for box in sheet.plan.boxes if box.lane is not None and box.lane.kind is Kind.P
    ]
    g = wakeup.cause.g if wakeup.cause is not None else None
    for box in processors:
        if any(s.words[:1] == (g,) and s.start <= wakeup.at <= s.end for s in box.spans):
            return box
    return processors[0] if processors else None


def _break(sheet: Sheet, mark: BreakMark, number: int) -> None:
    """A dot on its thread, a line up to its triangle; a written one goes on to the ready list."""
    x, box = sheet.axis.x(mark.at), sheet.plan.box(Kind.WAKESIG)
    if x is None or box is None:
        return
    color = sheet.palette.brk
    thread = sheet.plan.box(Kind.M, mark.m or "")
    tip = box.y + 17
    if thread is not None:
        dash = () if mark.written else (1.0, 1.6)
        _cased(sheet, x, tip, thread.middle, color, dash)
        sheet.canvas.add(Circle(x=x, y=thread.middle, r=3.0, fill=color, layer=Layer.MARK))
    ready = sheet.plan.box(Kind.READY)
    if mark.written and ready is not None:
        _cased(sheet, x, ready.bottom + 6, box.y + 3, color, ())
        head(sheet, x, ready.bottom, -1, color)
    gid = f"break-{number}"
    fill = color if mark.written else sheet.palette.background
    sheet.canvas.add(triangle(x, tip, 15, fill=fill, edge=color, gid=gid, layer=Layer.MARK))
    if not mark.written:
        sheet.canvas.add(
            Line(points=((x - 8, tip), (x + 8, tip - 15)), color=color, lw=1.8, layer=Layer.MARK)
        )
    sheet.avoid(x - 10, x + 10, tip - 15, tip)


def _break_words(sheet: Sheet, drawn: Sequence[BreakMark]) -> None:
    """``written`` or ``coalesced`` beside each triangle, once all of them have their place."""
    box = sheet.plan.box(Kind.WAKESIG)
    for mark in drawn:
        x = sheet.axis.x(mark.at)
        if box is not None and x is not None:
            _break_word(sheet, box, x, "written" if mark.written else "coalesced")


def _break_word(sheet: Sheet, box: Box, x: float, words: str) -> None:
    """Beside the triangle, left of it where there is room, as breaks come early in their window."""
    width = sheet.canvas.measure(words, 12, bold=True)
    strip = Box(group=box.group, name=box.name, lane=box.lane, y=box.y, h=14)
    for left in (
        ((x - 14 - width), (x + 14)) if words == "written" else ((x + 14), (x - 14 - width))
    ):
        inside = left >= sheet.window_start(x) and left + width <= sheet.window_end(x)
        free = sheet.room(left, left + width, strip) == [(left, left + width)]
        if inside and free:
            sheet.write(
                left + width / 2, strip, words, sheet.palette.brk, size=12, bold=True, y=box.y + 8
            )
            return


def draw_actions(sheet: Sheet) -> None:
    """The arrows of the outside, each with its words; those that stand too close share them."""
    box = next((b for b in sheet.plan.boxes if b.group == "outside"), None)
    if box is None:
        return
    placed = [(x, a) for a in sheet.tale.actions if (x := sheet.axis.x(a.at)) is not None]
    last = -_LEAST_APART
    for i, (x, _) in enumerate(placed):
        if x - last < _LEAST_APART and i + 1 < len(placed):
            continue
        last = x
        arrow_down(sheet, x, box.y + 1, box.bottom - 1, sheet.palette.text)
        sheet.avoid(x - 4, x + 4, box.y, box.bottom)
    for cluster in _clusters(sheet, placed):
        _action_words(sheet, box, cluster)


Placed = list[tuple[float, Action]]


def _clusters(sheet: Sheet, placed: Placed) -> list[Placed]:
    """Actions whose words would touch, together."""
    clusters: list[Placed] = []
    for x, action in placed:
        if clusters:
            last_x, last = clusters[-1][-1]
            room = 7 + sheet.canvas.measure(_forms(sheet, last)[-1], 11) + 5
            if x - last_x < room and sheet.window_end(last_x) >= x:
                clusters[-1].append((x, action))
                continue
        clusters.append([(x, action)])
    return clusters


def _forms(sheet: Sheet, action: Action) -> tuple[str, ...]:
    """``write f0.peer 8`` is shown as ``write f0``; where all are writes ``f0`` will do."""
    words = action.text.split()
    verb, fd = words[0], (words[1] if len(words) > 1 else "").removesuffix(".peer")
    short = f"{verb} {fd}".strip()
    if not fd:
        return (short,)
    writes = all(a.text.startswith("write") for a in sheet.tale.actions)
    return (fd,) if writes and len(sheet.tale.actions) > 2 else (short, fd)


def _cluster_forms(sheet: Sheet, actions: list[Action]) -> tuple[str, ...]:
    if len(actions) == 1:
        return _forms(sheet, actions[0])
    writes = all(action.text.startswith("write") for action in sheet.tale.actions)
    shortest = [_forms(sheet, action)[-1 if writes else 0] for action in actions]
    count = f"{len(actions)} actions"
    if len(set(shortest)) == 1:
        return (f"{len(actions)} \N{MULTIPLICATION SIGN} {shortest[0]}", count)
    if len(actions) > 2 and len({s.split()[0] for s in shortest}) > 1 and " " not in shortest[0]:
        return (f"{shortest[0]} to {shortest[-1]}", count)
    listing = ", ".join(shortest)
    if len(actions) > 2:
        return (listing, f"{shortest[0]} to {shortest[-1].split()[-1]}", count)
    return (listing, count)


def _action_words(sheet: Sheet, box: Box, cluster: Placed) -> None:
    forms = _cluster_forms(sheet, [action for _, action in cluster])
    first, last = cluster[0][0], cluster[-1][0]
    color = sheet.palette.text
    if sheet.beside(last + 2, sheet.window_end(last), box, forms, color, size=11):
        return
    for words in forms:
        width = sheet.canvas.measure(words, 11)
        left = first - 8 - width
        if left > sheet.window_start(first) and sheet.room(left, left + width, box) == [
            (left, left + width)
        ]:
            sheet.write(left + width / 2, box, words, color, size=11)
            return
