"""Which lanes are drawn, how high and where; and what is left out, in words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from scenario.trace import Trace, What
from timeline.notes import note
from timeline.spans import Kind, Lane, Lanes, Span, State
from timeline.story import Story
from timeline.words import monitor

MANY = 12
VERY_MANY = 30
BANDS = 90

_HEIGHT = {
    Kind.READY: 36,
    Kind.TIMERS: 20,
    Kind.POLLER: 26,
    Kind.WAKESIG: 30,
    Kind.SYSMON: 18,
    Kind.M: 22,
    Kind.P: 22,
    Kind.G: 26,
    Kind.SLOT: 15,
}
_ACTIONS_HEIGHT = 18
_BAND_HEIGHT = 150
_GROUP_GAP = 13
_GAP = 5
_STRIP_GAP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A lane with its place. ``lane`` is None for the outside and for bands (of ``members``)."""

    group: str
    name: str
    note: str = ""
    lane: Lane | None
    spans: tuple[Span, ...] = ()
    y: float = 0.0
    h: float
    named: bool = True
    members: tuple[str, ...] = ()

    @property
    def middle(self) -> float:
        return self.y + self.h / 2

    @property
    def bottom(self) -> float:
        return self.y + self.h


@dataclass(slots=True)
class Plan:
    """The lanes from top to bottom; one in ``every`` goroutines has a name, a circle, an arrow."""

    boxes: list[Box]
    top: float
    every: int = 1
    left_out: list[str] = field(default_factory=list)

    def box(self, kind: Kind, name: str = "") -> Box | None:
        """Where a lane is drawn; a goroutine in a band is where its band is."""
        for box in self.boxes:
            if box.lane == Lane(kind, name):
                return box
            if kind is Kind.G and name in box.members:
                return box
        return None

    @property
    def bottom(self) -> float:
        return self.boxes[-1].bottom if self.boxes else self.top


def plan(
    tale: Story, told: Lanes, *, top: float, visible: Callable[[int], bool] = lambda t: True
) -> Plan:
    """Lays out the lanes from pixel ``top`` downwards, thinned where there are many goroutines.

    ``visible`` says of a moment whether it is on the axis (not in time that is cut).
    """
    found = Plan(boxes=[], top=top)
    boxes = _around(tale, told, found, visible)
    boxes += _machine(tale, told, found)
    boxes += _goroutines(tale, told, found)
    boxes += _slots(tale, told, found)
    found.boxes = _stacked(boxes, top)
    return found


def _around(tale: Story, told: Lanes, found: Plan, visible: Callable[[int], bool]) -> list[Box]:
    """What stands above the threads: the outside, the kernel, timers, the poller, sysmon."""
    boxes = []
    if tale.actions:
        writes = all(action.text.startswith("write") for action in tale.actions)
        name = "writes" if writes else "actions"
        boxes.append(Box(group="outside", name=name, lane=None, h=_ACTIONS_HEIGHT))
    groups = {
        Kind.TIMERS: "timers",
        Kind.READY: "kernel",
        Kind.POLLER: "poller",
        Kind.WAKESIG: "poller",
        Kind.SYSMON: monitor(tale.trace).removeprefix("the "),
    }
    looks = _looks(tale, found, visible)
    for kind, group in groups.items():
        spans = told.get(Lane(kind), ())
        if kind is Kind.WAKESIG and not tale.breaks:
            continue
        if kind is Kind.SYSMON and not looks:
            continue
        if not spans and kind not in (Kind.WAKESIG, Kind.SYSMON):
            continue
        name = {Kind.SYSMON: "", Kind.WAKESIG: _wakesig_name(tale.trace, spans)}.get(kind, kind)
        boxes.append(
            Box(group=group, name=str(name), lane=Lane(kind), spans=spans, h=_HEIGHT[kind])
        )
    return boxes


def _wakesig_name(trace: Trace, spans: Sequence[Span]) -> str:
    return "netpollWakeSig" if spans and trace.witness != "epoll" else "breaks"


def _looks(tale: Story, found: Plan, visible: Callable[[int], bool]) -> int:
    """How often sysmon is seen to look; its other looks are in time that is cut."""
    when = tale.moments
    looks = [
        t
        for event, t in zip(tale.trace.events, when.times, strict=True)
        if event.what is What.SYSMON and event.why == "looks" and when.start <= t <= when.end
    ]
    if not _monitor_matters(tale):
        if looks:
            name = monitor(tale.trace)
            find = "a look of {}, which finds" if len(looks) == 1 else "{} looks of {}, which find"
            words = find.format(*([name] if len(looks) == 1 else [len(looks), name]))
            found.left_out.append(f"{words} nothing")
        return 0
    seen = sum(1 for t in looks if visible(t))
    if len(looks) > seen:
        name = monitor(tale.trace)
        some = f"{len(looks) - seen} of {len(looks)}" if seen else f"all {len(looks)}"
        found.left_out.append(f"{some} looks of {name}, in cut time")
    return seen


def _monitor_matters(tale: Story) -> bool:
    """Whether the monitor polled with success or took a processor away."""
    found = any(tale.pollers[w.poll.seq].how == "monitor" for w in tale.wakeups if w.poll)
    return found or any(
        event.what is What.LEAVE and event.why == "preempted" for event in tale.trace.events
    )


def _machine(tale: Story, told: Lanes, found: Plan) -> list[Box]:
    boxes = []
    for kind in (Kind.M, Kind.P):
        names = sorted((lane.name for lane in told if lane.kind is kind), key=_natural)
        for name in names:
            lane = Lane(kind, name)
            boxes.append(
                Box(group=kind.value, name=name, lane=lane, spans=told[lane], h=_HEIGHT[kind])
            )
    drawn = {box.name for box in boxes}
    idle = [f"P{i}" for i in range(tale.trace.procs) if f"P{i}" not in drawn]
    if idle and len(idle) < tale.trace.procs:
        found.left_out.append(f"{listed(idle)}, idle throughout")
    return boxes


def _natural(name: str) -> tuple[str, int]:
    letters = name.rstrip("0123456789")
    digits = name[len(letters) :]
    return letters, int(digits) if digits else -1


def _goroutines(tale: Story, told: Lanes, found: Plan) -> list[Box]:
    names = [g for g in tale.trace.goroutines if told.get(Lane(Kind.G, g))]
    silent = [g for g in tale.trace.goroutines if g not in names]
    if silent:
        found.left_out.append(f"{listed(silent)}, done or not started while the picture lasts")
    if len(names) > BANDS:
        return _banded(tale, told, names, found)
    return _thin(tale, told, names, found)


def _thin(tale: Story, told: Lanes, names: Sequence[str], found: Plan) -> list[Box]:
    height = 26.0 if len(names) <= MANY else 14.0 if len(names) <= VERY_MANY else 7.0
    if len(names) > VERY_MANY:
        found.every = 5 if len(names) < 40 else 10
        found.left_out.append(
            f"names, circles and arrows of all but the first, the last and every {found.every}th "
            "goroutine"
        )
    shown = kept(names, found.every)
    return [
        Box(
            group=Kind.G.value,
            name=g,
            note=note(tale.trace.goroutines[g]),
            lane=Lane(Kind.G, g),
            spans=told[Lane(Kind.G, g)],
            h=height,
            named=g in shown,
        )
        for g in names
    ]


def kept(names: Sequence[str], every: int) -> set[str]:
    """The first, the last, and each ``every``-th in between."""
    places = {0, len(names) - 1, *range(every - 1, len(names), every)}
    return {names[i] for i in places if 0 <= i < len(names)}


def _banded(tale: Story, told: Lanes, names: Sequence[str], found: Plan) -> list[Box]:
    """One band for the goroutines of each batch; the others keep lanes while there is room."""
    batches: dict[int, list[str]] = {}
    for wakeup in tale.wakeups:
        if wakeup.poll is not None and wakeup.g in names:
            batches.setdefault(wakeup.poll.seq, []).append(wakeup.g)
    taken: set[str] = set()
    bands: list[Box] = []
    for members in batches.values():
        fresh = [g for g in dict.fromkeys(members) if g not in taken]
        if len(fresh) > MANY:
            taken.update(fresh)
            bands.append(_band(fresh, told))
    rest = [g for g in names if g not in taken]
    if taken:
        found.left_out.append(f"single lanes of {len(taken)} goroutines, drawn as bands")
    boxes = bands + _thin(tale, told, rest[:BANDS], found)
    if len(rest) > BANDS:
        found.left_out.append(f"{len(rest) - BANDS} more goroutines")
    return boxes


def _band(members: Sequence[str], told: Lanes) -> Box:
    return Box(
        group=Kind.G.value,
        name=f"{len(members)}",
        note=f"{members[0]} to {members[-1]}",
        lane=None,
        h=_BAND_HEIGHT,
        members=tuple(members),
        spans=tuple(span for g in members for span in told[Lane(Kind.G, g)]),
    )


def _slots(tale: Story, told: Lanes, found: Plan) -> list[Box]:
    lanes = [
        Lane(Kind.SLOT, f"{fd}.{mode}")
        for fd in tale.trace.fds
        for mode in "rw"
        if Lane(Kind.SLOT, f"{fd}.{mode}") in told
    ]
    changing = [lane for lane in lanes if len(told[lane]) > 1]
    still: dict[tuple[str, str], list[str]] = {}
    for lane in lanes:
        if lane not in changing:
            key = (told[lane][0].words[0], lane.name[-1])
            still.setdefault(key, []).append(slot_name(tale.trace, lane.name))
    for (word, _), names in still.items():
        found.left_out.append(f"{listed(names)}, {word} throughout")
    if len(tale.trace.goroutines) > MANY:
        fds = list(dict.fromkeys(lane.name.rsplit(".", 1)[0] for lane in changing))
        if fds:
            whose = f"{len(fds)} descriptors" if len(fds) > 1 else fds[0]
            found.left_out.append(f"the words of {whose}")
        return []
    return [
        Box(
            group=_slot_group(tale.trace),
            name=slot_name(tale.trace, lane.name),
            lane=lane,
            spans=told[lane],
            h=_HEIGHT[Kind.SLOT],
        )
        for lane in changing
    ]


def _slot_group(trace: Trace) -> str:
    return "slots" if trace.witness == "epoll" else "pollDesc"


def slot_name(trace: Trace, name: str) -> str:
    """``f0.rg`` where the words are Go's; real epoll has slots of its own, ``f0 read``."""
    fd, mode = name.rsplit(".", 1)
    if trace.witness == "epoll":
        return f"{fd} {'read' if mode == 'r' else 'write'}"
    return f"{fd}.{mode}g"


def listed(names: Sequence[str]) -> str:
    """``f0.wg``; ``f0.wg and f1.wg``; from three on ``f0.wg to f5.wg``."""
    if len(names) < 3:
        return " and ".join(names)
    return f"{names[0]} to {names[-1]}"


def _stacked(boxes: Iterable[Box], top: float) -> list[Box]:
    placed: list[Box] = []
    y = top
    for box in boxes:
        if placed and box.group != placed[-1].group:
            y += _GROUP_GAP
        elif placed:
            y += _gap(box)
        placed.append(replace(box, y=y))
        y += box.h
    return placed


def _gap(box: Box) -> float:
    if box.lane is not None and box.lane.kind is Kind.SLOT:
        return _STRIP_GAP
    return 0.0 if box.h <= 7 else 2.0 if box.h <= 14 else _GAP


def shows(boxes: Iterable[Box], *states: State) -> bool:
    """Whether any lane has a span in one of these states."""
    return any(span.state in states for box in boxes for span in box.spans)
