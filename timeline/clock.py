"""The time axis: windows of action that share one scale; the quiet time between them is cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from timeline.units import duration, number

QUIET_NS = 200_000
"""Events closer than this belong to one window."""
MOST_WINDOWS = 9
CUT_PX = 12.0
LEAST_WINDOW_PX = 64.0

_LEAD = 0.10
_TAIL = 0.07


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time that is drawn; ``x0`` and ``x1`` are CSS pixels."""

    start: int
    end: int
    first_event: int
    x0: float = 0.0
    x1: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A label on the axis; ``main`` ones name a moment, the others count from it (``+10 µs``)."""

    x: float
    words: str
    main: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Where each moment stands. ``dropped`` moments of action did not get a window."""

    windows: tuple[Window, ...]
    dropped: int = 0

    def x(self, t: int) -> float | None:
        """The pixel of a moment; None where the time is cut."""
        for window in self.windows:
            if window.start <= t <= window.end:
                return _within(window, t)
        return None

    def pieces(self, start: int, end: int) -> list[tuple[float, float]]:
        """The pixel ranges of a stretch of time: one for each window that it touches."""
        return [
            (_within(w, max(start, w.start)), _within(w, min(end, w.end)))
            for w in self.windows
            if start <= w.end and end >= w.start and min(end, w.end) > max(start, w.start)
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


def _within(window: Window, t: int) -> float:
    share = (t - window.start) / (window.end - window.start)
    return window.x0 + share * (window.x1 - window.x0)


def clock(times: Sequence[int], *, x0: float, x1: float, keep: Sequence[int] = ()) -> Clock:
    """The axis for these moments (ns, in order) between two pixels.

    ``keep`` are the moments (wakeups, breaks) whose windows stay when there are too many.
    """
    groups = _groups(times)
    shown = _chosen(groups, keep)
    active = sum(group[1] - group[0] for group in shown)
    least = _least_length(active, len(shown), x1 - x0)
    windows = [_padded(group, active, least) for group in shown]
    windows = _parted(windows)
    return Clock(windows=_placed(windows, x0, x1), dropped=len(groups) - len(shown))


def _groups(times: Sequence[int]) -> list[tuple[int, int]]:
    groups: list[tuple[int, int]] = []
    for t in times or [0]:
        if groups and t - groups[-1][1] < QUIET_NS:
            groups[-1] = (groups[-1][0], t)
        else:
            groups.append((t, t))
    return groups


def _chosen(groups: list[tuple[int, int]], keep: Sequence[int]) -> list[tuple[int, int]]:
    if len(groups) <= MOST_WINDOWS:
        return groups
    wanted = [g for g in groups if any(g[0] <= t <= g[1] for t in keep)]
    if len(wanted) > MOST_WINDOWS:
        half = MOST_WINDOWS // 2
        wanted = wanted[: MOST_WINDOWS - half] + wanted[-half:]
    others = [g for g in groups if g not in wanted]
    return sorted(wanted + others[: MOST_WINDOWS - len(wanted)])


def _least_length(active: int, count: int, width: float) -> int:
    """The shortest window in ns, so that each still has room for its tick."""
    share = min(LEAST_WINDOW_PX / width, 0.8 / count)
    return max(int(active * share / (1 - share * count * 0.9)), 100)


def _padded(group: tuple[int, int], active: int, least: int) -> Window:
    start, end = group
    room = max(least - (end - start), 0)
    lead = max(int((end - start) * _LEAD), int(active * 0.02), int(room * 0.6), 50)
    tail = max(int((end - start) * _TAIL), int(active * 0.02), int(room * 0.4), 50)
    return Window(start=start - lead, end=end + tail, first_event=start)


def _parted(windows: list[Window]) -> list[Window]:
    """Windows that met by their padding become one."""
    parted = [windows[0]]
    for window in windows[1:]:
        last = parted[-1]
        if window.start <= last.end:
            parted[-1] = Window(start=last.start, end=window.end, first_event=last.first_event)
        else:
            parted.append(window)
    return parted


def _placed(windows: list[Window], x0: float, x1: float) -> tuple[Window, ...]:
    length = sum(w.end - w.start for w in windows)
    scale = (x1 - x0 - CUT_PX * (len(windows) - 1)) / length
    placed: list[Window] = []
    x = x0
    for w in windows:
        after = x + (w.end - w.start) * scale
        placed.append(Window(start=w.start, end=w.end, first_event=w.first_event, x0=x, x1=after))
        x = after + CUT_PX
    return tuple(placed)


def ticks(axis: Clock, *, least_px: float = 78.0) -> list[Tick]:
    """The labels above the lanes: moments in one window, moments and ``+10 µs`` in several."""
    scale = _px_per_ns(axis)
    step = _step(least_px / scale)
    if len(axis.windows) == 1:
        return _plain_ticks(axis.windows[0], step)
    found: list[Tick] = []
    for window in axis.windows:
        found.extend(_window_ticks(window, step))
    return found


def _px_per_ns(axis: Clock) -> float:
    window = axis.windows[0]
    return (window.x1 - window.x0) / (window.end - window.start)


def _step(least_ns: float) -> int:
    """The smallest of 1, 2, 5 times a power of ten that is at least this long."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= least_ns:
                return factor * power
        power *= 10


def _plain_ticks(window: Window, step: int) -> list[Tick]:
    unit, name = _unit(max(abs(window.start), abs(window.end)))
    first = -(-window.start // step) * step
    return [
        Tick(
            x=_within(window, t),
            words=f"{number(t / unit)} {name}" if t else "0",
            main=True,
        )
        for t in range(first, window.end + 1, step)
    ]


def _window_ticks(window: Window, step: int) -> list[Tick]:
    anchor = _anchor(window)
    unit, name = _unit(1_000_000)
    words = f"{number(anchor / unit)} {name}"
    found = [Tick(x=_within(window, anchor), words=words, main=True)]
    for t in range(anchor + step, window.end + 1, step):
        if window.x1 - _within(window, t) >= 26:
            found.append(Tick(x=_within(window, t), words=f"+{duration(t - anchor)}", main=False))
    return found


def _anchor(window: Window) -> int:
    """A round moment near the window's first event."""
    reach = window.first_event + (window.end - window.first_event) // 4
    for unit in (1_000_000, 500_000, 100_000, 10_000, 1_000):
        candidate = -(-window.start // unit) * unit
        if candidate <= reach:
            return candidate
    return window.first_event


def _unit(longest: int) -> tuple[int, str]:
    if longest < 1_000_000:
        return 1_000, "µs"
    if longest < 10_000_000_000:
        return 1_000_000, "ms"
    return 1_000_000_000, "s"


def _rough(ns: int) -> str:
    """A length of quiet with two significant figures: ``8.0 ms``, ``30 ms``, ``0.3 ms``."""
    ms = ns / 1_000_000
    if ms >= 1_000:
        return f"{ms / 1_000:.1f} s"
    return f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"
