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
MOST_WINDOWS = 9
CUT_PX = 12.0
LEAD_PX = 30.0
FIRST_LEAD_PX = 64.0
TAIL_PX = 44.0

_MOST_LEAST = 0.72
"""How much of the width the least distances may take; the rest stays in proportion to time."""
_STRETCHED = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something happens (ns), and how many pixels should pass before the next thing does."""

    t: int
    least_px: float


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
    shown = _chosen(groups, keep)
    fixed = CUT_PX * (len(shown) - 1) + FIRST_LEAD_PX
    fixed += LEAD_PX * (len(shown) - 1) + TAIL_PX * len(shown)
    width = x1 - x0 - fixed
    least = sum(m.least_px for group in shown for m in group[:-1])
    shrink = min(1.0, width * _MOST_LEAST / least) if least else 1.0
    length = sum(group[-1].t - group[0].t for group in shown)
    px_per_ns = (width - least * shrink) / length if length else 0.0
    windows: list[Window] = []
    x = x0
    for group in shown:
        window = _window(group, x, shrink=shrink, px_per_ns=px_per_ns, first=not windows)
        windows.append(window)
        x = window.x1 + CUT_PX
    return Clock(
        windows=_filled(windows, x1),
        dropped=len(groups) - len(shown),
        stretched=_is_stretched(shown, shrink, px_per_ns),
    )


def _groups(moments: Sequence[Moment]) -> list[Group]:
    """Moments of action that are close together; those at one instant become one."""
    groups: list[Group] = []
    for moment in moments or [Moment(t=0, least_px=0)]:
        if not groups or moment.t - groups[-1][-1].t >= QUIET_NS:
            groups.append([moment])
        elif moment.t == groups[-1][-1].t:
            last = groups[-1][-1]
            groups[-1][-1] = Moment(t=last.t, least_px=max(last.least_px, moment.least_px))
        else:
            groups[-1].append(moment)
    return groups


def _chosen(groups: list[Group], keep: Sequence[int]) -> list[Group]:
    if len(groups) <= MOST_WINDOWS:
        return groups
    wanted = [g for g in groups if any(g[0].t <= t <= g[-1].t for t in keep)]
    if len(wanted) > MOST_WINDOWS:
        half = MOST_WINDOWS // 2
        wanted = wanted[: MOST_WINDOWS - half] + wanted[-half:]
    others = [g for g in groups if g not in wanted]
    return sorted(wanted + others[: MOST_WINDOWS - len(wanted)], key=lambda g: g[0].t)


def _window(group: Group, x: float, *, shrink: float, px_per_ns: float, first: bool) -> Window:
    lead = FIRST_LEAD_PX if first else LEAD_PX
    times, xs = [group[0].t - _quiet_ns(lead, px_per_ns)], [x]
    x += lead
    for moment, after in pairwise(group):
        times.append(moment.t)
        xs.append(x)
        x += moment.least_px * shrink + (after.t - moment.t) * px_per_ns
    times += [group[-1].t, group[-1].t + _quiet_ns(TAIL_PX, px_per_ns)]
    xs += [x, x + TAIL_PX]
    return Window(times=tuple(times), xs=tuple(xs))


def _quiet_ns(px: float, px_per_ns: float) -> int:
    """How much quiet time stands before or after the action: never so much that windows meet."""
    longest = QUIET_NS * 2 // 5
    return min(max(int(px / px_per_ns), 1), longest) if px_per_ns else 1_000


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


def _is_stretched(groups: Sequence[Group], shrink: float, px_per_ns: float) -> bool:
    gaps = [
        (m.least_px * shrink + (n.t - m.t) * px_per_ns) / (n.t - m.t)
        for group in groups
        for m, n in pairwise(group)
    ]
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
