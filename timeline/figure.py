"""Composes a whole picture on a canvas: head, axis, lanes, arrows, legend, captions, footer."""

from itertools import groupby

from scenario.trace import Event, Trace, What
from timeline.arrows import BREAK_PX, Seen, draw_actions, draw_arrows
from timeline.canvas import Canvas, Layer, Line, Measure, Rect, shortened, wrapped
from timeline.captions import title
from timeline.clock import Clock, Moment, clock, ticks
from timeline.head import draw_head
from timeline.lanes import draw_band, draw_lanes
from timeline.legend import draw_legend
from timeline.moments import has_clock
from timeline.palette import Palette
from timeline.plan import Box, Plan, plan
from timeline.sheet import LANE_X, LEFT, RIGHT, WIDTH, Sheet
from timeline.signs import look, mark_stale, tear
from timeline.spans import Kind, lanes
from timeline.story import Story, story
from timeline.table import draw_table
from timeline.words import held_words, is_host, not_recorded

_NAME_SIZE = 13.0
_NOTE_SIZE = 11.5
_LEAST_NOTE = 40.0
_LEAST_PLOT_X = 214.0
_MOST_PLOT_X = 420.0


def compose(trace: Trace, palette: Palette, measure: Measure) -> Canvas:
    """The picture of a trace, 1280 pixels wide and as high as it needs to be."""
    tale = story(trace)
    canvas = Canvas(width=WIDTH, height=0, background=palette.background, measure=measure)
    axis_y = draw_head(canvas, palette, trace, title(tale)) + 12
    lane_top = axis_y + 18
    # The names decide where the plot begins, the plot where the time stands, so lanes come twice.
    sheet = _sheet(canvas, palette, tale, lane_top)
    _grounds(sheet)
    _axis(sheet, axis_y)
    _names(sheet)
    seen = _contents(sheet)
    _cuts(sheet)
    y = sheet.plan.bottom + (36 if len(sheet.axis.windows) > 1 else 28)
    y = draw_legend(sheet, seen, y) + 12
    y = draw_table(sheet, y)
    canvas.height = _footer(sheet, seen, y + 18)
    return canvas


def _sheet(canvas: Canvas, palette: Palette, tale: Story, lane_top: float) -> Sheet:
    when = tale.moments
    told = lanes(tale.trace, when.times, start=when.start, end=when.end, skip=when.skip)
    plot_x = _plot_x(canvas.measure, plan(tale, told, top=lane_top))
    axis = _clock(tale, plot_x)
    told = lanes(tale.trace, when.times, start=axis.start, end=axis.end, skip=when.skip)
    seen = {
        lane: tuple(span for span in spans if axis.pieces(span.start, span.end))
        for lane, spans in told.items()
    }
    told = {lane: spans for lane, spans in seen.items() if spans or lane.kind is Kind.G}
    return Sheet(
        canvas=canvas,
        palette=palette,
        tale=tale,
        plan=plan(tale, told, top=lane_top, visible=lambda t: axis.x(t) is not None),
        axis=axis,
        plot_x=plot_x,
    )


def _plot_x(measure: Measure, found: Plan) -> float:
    """Where the plot begins: right of the longest name with its note."""
    widths = [
        measure(box.name, _NAME_SIZE, bold=True) + 6 + measure(box.note, _NOTE_SIZE)
        for box in found.boxes
        if box.named
    ]
    return min(max(LANE_X + max(widths, default=0) + 12, _LEAST_PLOT_X), _MOST_PLOT_X)


_LEAST_PX = {
    What.WAKE: 13.0,
    What.RUN: 40.0,
    What.POLL: 16.0,
    What.HOLD: 24.0,
    What.ACTION: 12.0,
    What.ENTRY: 3.0,
    What.BREAK: 24.0,
    What.TIMER: 10.0,
    What.START: 10.0,
    What.WAIT: 10.0,
    What.PARK: 8.0,
    What.LEAVE: 8.0,
    What.ACQUIRE: 8.0,
}
"""How much room a thing needs before the next one, so that its mark or its word can be read."""
_MARK_PX = {What.BREAK: BREAK_PX + 2}
"""How much of it is the mark: two breaks that touch cannot be told apart."""


def _clock(tale: Story, plot_x: float) -> Clock:
    when = tale.moments
    moments = [
        Moment(t=t, least_px=_least_px(tale, event), mark_px=_MARK_PX.get(event.what, 0.0))
        for i, (event, t) in enumerate(zip(tale.trace.events, when.times, strict=True))
        if when.first <= i <= when.last and i not in when.skip and _has_place(tale, event)
    ]
    keep = [w.at for w in tale.wakeups] + [mark.at for mark in tale.breaks]
    return clock(moments, x0=plot_x, x1=RIGHT, keep=keep)


def _has_place(tale: Story, event: Event) -> bool:
    if event.what is What.HOLD:
        return any(event is hold.fetched for hold in tale.holds)
    return event.what in _LEAST_PX


def _least_px(tale: Story, event: Event) -> float:
    if is_host(event.g or ""):
        return 5.0
    if event.what is What.POLL and tale.pollers[event.seq].how == "monitor":
        return 68.0  # whoever polls instead of a thread is named
    return _LEAST_PX[event.what]


def _grounds(sheet: Sheet) -> None:
    """A band of ground behind each group of lanes."""
    for _, group in groupby(sheet.plan.boxes, key=lambda box: box.group):
        boxes = list(group)
        top, bottom = boxes[0].y - 5, boxes[-1].bottom + 5
        sheet.canvas.add(
            Rect(x=0, y=top, w=WIDTH, h=bottom - top, fill=sheet.palette.ground, layer=Layer.GROUND)
        )


def _axis(sheet: Sheet, y: float) -> None:
    palette = sheet.palette
    for window in sheet.axis.windows:
        points = ((window.x0, y + 9), (window.x1, y + 9))
        sheet.canvas.add(Line(points=points, color=palette.outline, lw=1.2))
    last = -100.0
    for tick in ticks(sheet.axis):
        width = sheet.canvas.measure(tick.words, 11)
        low, high = sheet.window_start(tick.x), sheet.window_end(tick.x)
        x = min(max(tick.x, low + width / 2 + 3), high - width / 2 - 3)
        points = ((tick.x, y + 9), (tick.x, sheet.plan.bottom + 5))
        sheet.canvas.add(Line(points=points, color=palette.grid, lw=1.0, layer=Layer.GRID))
        if x - width / 2 < last + 8:
            continue
        color = palette.text if tick.main else palette.second
        sheet.canvas.text(x, y, tick.words, 11, color, anchor="center", lane="axis")
        last = x + width / 2


def _names(sheet: Sheet) -> None:
    palette, canvas = sheet.palette, sheet.canvas
    named = ""
    for box in sheet.plan.boxes:
        if box.group != named:
            canvas.text(LEFT, box.middle, box.group, _NOTE_SIZE, palette.second, lane="groups")
            named = box.group
        if not box.named:
            continue
        strong = bool(box.members) or (
            box.lane is not None and box.lane.kind in (Kind.M, Kind.P, Kind.G)
        )
        size = _NAME_SIZE if strong else _NOTE_SIZE
        name = shortened(box.name, sheet.plot_x - LANE_X - 8, size, canvas.measure, bold=strong)
        width = canvas.text(
            LANE_X, box.middle, name, size, palette.text, bold=strong, lane=f"name {box.y:.0f}"
        )
        room = sheet.plot_x - LANE_X - width - 14
        if box.note and room >= _LEAST_NOTE:
            note = shortened(box.note, room, _NOTE_SIZE, canvas.measure)
            canvas.text(
                LANE_X + width + 6,
                box.middle,
                note,
                _NOTE_SIZE,
                palette.second,
                lane=f"name {box.y:.0f}",
            )


def _contents(sheet: Sheet) -> Seen:
    """Arrows first, so that words find room between them; then the lanes."""
    for x, _ in sheet.axis.cuts:
        sheet.avoid(x - 7, x + 7, sheet.plan.top, sheet.plan.bottom)
    seen = draw_arrows(sheet)
    draw_actions(sheet)
    for box in sheet.plan.boxes:
        if box.members:
            draw_band(sheet, box)
    draw_lanes(sheet)
    _looks(sheet)
    _stales(sheet)
    return seen


def _looks(sheet: Sheet) -> None:
    box = sheet.plan.box(Kind.SYSMON)
    if box is None:
        return
    for event, t in zip(sheet.tale.trace.events, sheet.tale.moments.times, strict=True):
        x = sheet.axis.x(t)
        if event.what is What.SYSMON and event.why == "looks" and x is not None:
            look(sheet, x, box.middle)


def _stales(sheet: Sheet) -> None:
    box = sheet.plan.box(Kind.POLLER)
    for mark in sheet.tale.stale:
        x = sheet.axis.x(mark.at)
        if box is not None and x is not None:
            mark_stale(sheet, x, box.bottom + 1)


def _cuts(sheet: Sheet) -> None:
    top, bottom = sheet.plan.top - 18, sheet.plan.bottom + 5
    for x, words in sheet.axis.cuts:
        sheet.canvas.add(
            Rect(
                x=x - 4.5,
                y=top,
                w=9,
                h=bottom - top,
                fill=sheet.palette.background,
                layer=Layer.CUT,
            )
        )
        tear(sheet, x - 4.5, top, bottom)
        tear(sheet, x + 4.5, top, bottom)
        sheet.canvas.text(
            x, bottom + 10, words, 11, sheet.palette.second, anchor="center", lane="cuts"
        )


def _footer(sheet: Sheet, seen: Seen, y: float) -> float:
    words = " ".join(footer(sheet.tale, sheet.plan, sheet.axis, seen))
    for line in wrapped(words, RIGHT - LEFT, 11, sheet.canvas.measure):
        sheet.canvas.text(LEFT, y, line, 11, sheet.palette.second, lane="footer")
        y += 16
    return y + 8


def footer(tale: Story, found: Plan, axis: Clock, seen: Seen) -> list[str]:
    """The sentences at the bottom: which clock, why the run may not count, what was left out."""
    sentences = [clock_words(tale.trace), *held_words(tale)]
    if tale.trace.inconclusive:
        reasons = "; ".join(tale.trace.inconclusive)
        sentences.append(f"This run counts for nothing: {reasons}.")
    left_out = list(found.left_out)
    left_out += _left_out_moments(tale, axis, seen)
    if any(box.lane and box.lane.kind is Kind.P and _hosts(box) for box in found.boxes):
        sentences.append("The goroutine host performs the script.")
    if axis.stretched:
        sentences.append("Time is stretched where much happens at once; the ticks are true.")
    if left_out:
        sentences.append(f"Not drawn: {'; '.join(left_out)}.")
    return sentences + not_recorded(tale)


def _left_out_moments(tale: Story, axis: Clock, seen: Seen) -> list[str]:
    parts = []
    if axis.dropped:
        parts.append(f"{axis.dropped} more stretch{'es' * (axis.dropped > 1)} of action")
    counted = (
        (seen.hidden, "the circle of a wakeup", "the circles of {} wakeups", "in cut time"),
        (seen.cut_breaks, "the mark of a break", "the marks of {} breaks", "in cut time"),
        (seen.close_breaks, "the mark of a break", "the marks of {} breaks", "close to another"),
    )
    parts += [f"{one if n == 1 else many.format(n)} {why}" for n, one, many, why in counted if n]
    return parts + tale.moments.idle.words()


def _hosts(box: Box) -> bool:
    return any(is_host(word) for span in box.spans for word in span.words)


def clock_words(trace: Trace) -> str:
    """Which clock the times are of."""
    if not has_clock(trace):
        return "No times in this trace: one microsecond stands for one event."
    if trace.clock == "virtual":
        return "Virtual time of the model."
    return f"{trace.clock.capitalize()}-clock time."
