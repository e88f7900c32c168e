"""The time axis: windows of action; the quiet time between them is cut.

Within a window each moment gets a least distance to the next, and the rest of the width is shared
out in proportion to time. So a batch is a staircase even where its wakeups are nanoseconds apart
and its writes microseconds. The ticks are true everywhere; the footer says that time is stretched.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from timeline.units import duration, number

QUIET_NS = 200_000
"""Events closer than this belong to one window."""
_LONGEST_QUIET_NS = QUIET_NS * 2 // 5
MOST_WINDOWS = 9
CUT_PX = 12.0
LEAD_PX = 30.0
FIRST_LEAD_PX = 64.0
TAIL_PX = 44.0

_MOST_LEAST = 0.72
"""How much of the width the least distances may take; the rest stays in proportion to time."""
_STRETCHED = 4.0
_LEAST_MARGINS = 0.75
"""How far the quiet time around the action of each window may be narrowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something happens (ns), and how many pixels should pass before the next thing does.

    ``mark_px`` of them its mark covers: they are not given up where there is too little room.
    """

    t: int
    least_px: float
    mark_px: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time that is drawn: moments with their pixels, both rising."""

    times: tuple[int, ...]
    xs: tuple[float, ...]

    @property
    def start(self) -> int:
        return self.times[0]

    @property
    def end(self) -> int:
        return self.times[-1]

    @property
    def x0(self) -> float:
        return self.xs[0]

    @property
    def x1(self) -> float:
        return self.xs[-1]

    def x(self, t: int) -> float:
        """The pixel of a moment between ``start`` and ``end``."""
        i = min(max(bisect_right(self.times, t) - 1, 0), len(self.times) - 2)
        share = (t - self.times[i]) / (self.times[i + 1] - self.times[i])
        return self.xs[i] + share * (self.xs[i + 1] - self.xs[i])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A label on the axis; ``main`` ones name a moment, the others count from it (``+10 µs``)."""

    x: float
    words: str
    main: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Where each moment stands. ``dropped`` stretches of action did not get a window."""

    windows: tuple[Window, ...]
    dropped: int = 0
    stretched: bool = False

    def x(self, t: int) -> float | None:
        """The pixel of a moment; None where the time is cut."""
        for window in self.windows:
            if window.start <= t <= window.end:
                return window.x(t)
        return None

    def pieces(self, start: int, end: int) -> list[tuple[float, float]]:
        """The pixel ranges of a stretch of time: one for each window that it touches."""
        return [
            (w.x(max(start, w.start)), w.x(min(end, w.end)))
            for w in self.windows
            if min(end, w.end) > max(start, w.start)
        ]

    @property
    def cuts(self) -> list[tuple[float, str]]:
        """The middle of each cut and how much time is missing there."""
        pairs = pairwise(self.windows)
        return [((a.x1 + b.x0) / 2, f"{_rough(b.start - a.end)} cut") for a, b in pairs]

    @property
    def start(self) -> int:
        return self.windows[0].start

    @property
    def end(self) -> int:
        return self.windows[-1].end


Group = list[Moment]


def clock(moments: Sequence[Moment], *, x0: float, x1: float, keep: Sequence[int] = ()) -> Clock:
    """The axis for these moments (in order) between two pixels.

    ``keep`` are the times (of wakeups, breaks) whose windows stay when there are too many.
    """
    groups = _groups(moments)
    shown, scale = _fitting(groups, keep, x1 - x0)
    windows: list[Window] = []
    x = x0
    for group in shown:
        window = _window(group, x, scale, first=not windows)
        windows.append(window)
        x = window.x1 + CUT_PX
    return Clock(
        windows=_filled(windows, x1),
        dropped=len(groups) - len(shown),
        stretched=_is_stretched(shown, scale),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """How the width is shared out: to time, to least distances, to marks and to margins."""

    px_per_ns: float
    shrink: float
    marks: float
    margins: float

    def px(self, moment: Moment, after: Moment) -> float:
        """How far apart two moments stand that follow each other."""
        least = max(moment.least_px * self.shrink, moment.mark_px * self.marks)
        return least + (after.t - moment.t) * self.px_per_ns


def _fitting(groups: list[Group], keep: Sequence[int], width: float) -> tuple[list[Group], _Scale]:
    """The windows to show, fewer where their marks would overlap, and the scale for them.

    Where that would cost more than half of them they all stay, and the marks overlap.
    """
    for most in range(MOST_WINDOWS, MOST_WINDOWS // 2, -1):
        shown = _chosen(groups, keep, most)
        scale = _scale(shown, width)
        if scale.marks >= 1.0:
            return shown, scale
    shown = _chosen(groups, keep, MOST_WINDOWS)
    return shown, _scale(shown, width)


def _scale(shown: Sequence[Group], width: float) -> _Scale:
    pairs = [(m.least_px, m.mark_px) for group in shown for m in group[:-1]]
    least, marked = sum(px for px, _ in pairs), sum(px for _, px in pairs)
    margins = FIRST_LEAD_PX + LEAD_PX * (len(shown) - 1) + TAIL_PX * len(shown)
    width -= CUT_PX * (len(shown) - 1)
    # Half of what the action asks for goes before the quiet around it.
    narrowed = (width - least / 2 / _MOST_LEAST) / margins
    narrowed = min(max(narrowed, _LEAST_MARGINS), 1.0)
    width -= margins * narrowed
    most = width * _MOST_LEAST
    shrink = _shrink(pairs, most) if least > most else 1.0
    marks = min(1.0, most / marked) if marked else 1.0
    taken = sum(max(px * shrink, mark * marks) for px, mark in pairs)
    length = sum(group[-1].t - group[0].t for group in shown)
    return _Scale(
        px_per_ns=(width - taken) / length if length else 0.0,
        shrink=shrink,
        marks=marks,
        margins=narrowed,
    )


def _shrink(pairs: Sequence[tuple[float, float]], most: float) -> float:
    """By how much all least distances shrink, so that they fit beside those that marks keep."""
    kept: set[int] = set()
    while True:
        room = most - sum(pairs[i][1] for i in kept)
        others = sum(px for i, (px, _) in enumerate(pairs) if i not in kept)
        shrink = max(room / others, 0.0) if others else 0.0
        more = {i for i, (px, mark) in enumerate(pairs) if px * shrink < mark} - kept
        if not more:
            return shrink
        kept |= more


def _groups(moments: Sequence[Moment]) -> list[Group]:
    """Moments of action that are close together; those at one instant become one."""
    groups: list[Group] = []
    for moment in moments or [Moment(t=0, least_px=0)]:
        if not groups or moment.t - groups[-1][-1].t >= QUIET_NS:
            groups.append([moment])
        elif moment.t == groups[-1][-1].t:
            last = groups[-1][-1]
            groups[-1][-1] = Moment(
                t=last.t,
                least_px=max(last.least_px, moment.least_px),
                mark_px=max(last.mark_px, moment.mark_px),
            )
        else:
            groups[-1].append(moment)
    return groups


def _chosen(groups: list[Group], keep: Sequence[int], most: int) -> list[Group]:
    if len(groups) <= most:
        return groups
    wanted = [g for g in groups if any(g[0].t <= t <= g[-1].t for t in keep)]
    if len(wanted) > most:
        first, last = wanted[: most - most // 2], wanted[len(wanted) - most // 2 :]
        wanted = first + last
    others = [g for g in groups if g not in wanted]
    return sorted(wanted + others[: most - len(wanted)], key=lambda g: g[0].t)


def _window(group: Group, x: float, scale: _Scale, *, first: bool) -> Window:
    lead = (FIRST_LEAD_PX if first else LEAD_PX) * scale.margins
    tail = TAIL_PX * scale.margins
    quiet = _quiet_ns(lead, scale.px_per_ns)
    # A narrow window has room for a short label only.
    start = group[0].t - quiet if scale.margins == 1 else _before(group[0].t, quiet)
    times, xs = [start], [x]
    x += lead
    for moment, after in pairwise(group):
        times.append(moment.t)
        xs.append(x)
        x += scale.px(moment, after)
    times += [group[-1].t, group[-1].t + _quiet_ns(tail, scale.px_per_ns)]
    xs += [x, x + tail]
    return Window(times=tuple(times), xs=tuple(xs))


def _before(t: int, quiet: int) -> int:
    """When a window begins: so early that the whole millisecond before its action is in it."""
    since = t % 1_000_000
    return t - (since if quiet < since <= _LONGEST_QUIET_NS else quiet)


def _quiet_ns(px: float, px_per_ns: float) -> int:
    """How much quiet time stands before or after the action: never so much that windows meet."""
    return min(max(int(px / px_per_ns), 1), _LONGEST_QUIET_NS) if px_per_ns else 1_000


def _filled(windows: Sequence[Window], x1: float) -> tuple[Window, ...]:
    """Windows of single moments do not fill the width by themselves: they share what is left."""
    spare = (x1 - windows[-1].x1) / len(windows)
    return tuple(
        Window(
            times=w.times,
            xs=(*(x + spare * i for x in w.xs[:-1]), w.xs[-1] + spare * (i + 1)),
        )
        for i, w in enumerate(windows)
    )


def _is_stretched(groups: Sequence[Group], scale: _Scale) -> bool:
    gaps = [scale.px(m, n) / (n.t - m.t) for group in groups for m, n in pairwise(group)]
    return bool(gaps) and max(gaps) > _STRETCHED * min(gaps)


def ticks(axis: Clock, *, least_px: float = 84.0) -> list[Tick]:
    """The labels above the lanes: moments in one window, moments and ``+10 µs`` in several.

    Round times come first; finer ones fill the places where time is stretched.
    """
    found: list[Tick] = []
    several = len(axis.windows) > 1
    for window in axis.windows:
        anchor = _anchor(window) if several else 0
        placed = [window.x(anchor)] if several else []
        if several:
            found.append(Tick(x=placed[0], words=_moment(anchor, window.end), main=True))
        for step in _steps(window):
            for t in range(-(-window.start // step) * step, window.end + 1, step):
                moment = t if not several else anchor + t - (-(-window.start // step) * step)
                if not window.start <= moment <= window.end or (several and moment <= anchor):
                    continue
                x = window.x(moment)
                if several and window.x1 - x < 30:
                    continue
                if all(abs(x - other) >= least_px for other in placed):
                    placed.append(x)
                    words = f"+{duration(moment - anchor)}" if several else _moment(t, window.end)
                    found.append(Tick(x=x, words=words, main=not several))
    return sorted(found, key=lambda tick: tick.x)


def _steps(window: Window) -> list[int]:
    """Steps of 1, 2, 5 times a power of ten, from the window's length down to a 120th of it."""
    length = max(window.end - window.start, 1)
    steps = [f * 10**e for e in range(13) for f in (1, 2, 5)]
    return sorted((s for s in steps if length / 120 <= s <= length), reverse=True)


def _anchor(window: Window) -> int:
    """A round moment near the window's first event."""
    first = window.times[1]
    reach = first + (window.times[-2] - first) // 4
    for unit in (1_000_000, 500_000, 100_000, 10_000, 1_000):
        candidate = -(-window.start // unit) * unit
        if candidate <= reach:
            return candidate
    return first


def _moment(t: int, longest: int) -> str:
    if t == 0 and longest < 1_000_000:
        return "0"
    for unit, name in ((1_000, "µs"), (1_000_000, "ms")):
        if longest < unit * 1_000 or name == "ms":
            return f"{number(t / unit)} {name}"
    return str(t)


def _rough(ns: int) -> str:
    """A length of quiet with two significant figures: ``8.0 ms``, ``30 ms``, ``0.3 ms``."""
    ms = ns / 1_000_000
    if ms >= 999.5:
        return f"{ms / 1_000:.1f} s"
    return f"{ms:.0f} ms" if ms >= 9.95 else f"{ms:.1f} ms"
