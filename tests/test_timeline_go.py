"""The pictures of real Go's traces: times as they come, lanes as its records tell them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib: make picture-tools")

import timeline_by_hand as by_hand
from realgo import RealGo
from realgo.toolchain import Toolchain
from scenario import Trace, What, catalogue
from scenario.tracefile import read_trace
from timeline import text
from timeline.canvas import Canvas, Circle, Polygon
from timeline.palette import DARK, LIGHT
from timeline.story import story
from timeline_drawn import clipped, outside, overlaps, picture, unreadable

RECORDED = sorted((Path(__file__).parent / "recorded" / "traces").glob("*.json.gz"))
"""Runs of the runtime: many windows, breaks close together, a host that runs for long."""
DOZEN = (
    "a_moved_deadline_leaves_a_hint",
    "a_removed_deadline_is_swept",
    "break_by_earlier_timer",
    "busy_goroutine_and_sysmon",
    "close_wakes_reader_and_writer",
    "combined_deadline_moved_earlier",
    "every_61st_turn",
    "more_than_128_at_once",
    "nobody_starves_in_the_global_queue",
    "regular_file",
    "six_in_one_batch",
    "stale_event_after_reuse",
    "two_ps_one_busy",
)
WIDEST = 80
MISSING = "Not recorded by this witness: the kernel's ready list."


def faults(trace: Trace) -> list[object]:
    """Whatever of a picture, light or dark, or of its text cannot be read."""
    found: list[object] = []
    for palette in (LIGHT, DARK):
        canvas = picture(trace, palette)
        found += [*overlaps(canvas), *clipped(canvas), *outside(canvas), *unreadable(canvas)]
    circles = gids(picture(trace), "wake-")
    if len(circles) + told_hidden(trace) != len(story(trace).wakeups):
        found.append(circles)
    return found + [line for line in text(trace).splitlines() if len(line) > WIDEST]


def gids(canvas: Canvas, prefix: str) -> set[str]:
    marks = {i.gid or "" for i in canvas.items if isinstance(i, Circle | Polygon)}
    return {gid for gid in marks if gid.startswith(prefix)}


def told_hidden(trace: Trace) -> int:
    """How many wakeups have no circle, as the footer says."""
    footer = " ".join(in_lane(trace, "footer"))
    if "the circle of a wakeup in cut time" in footer:
        return 1
    told = re.search(r"the circles of (\d+) wakeups in cut time", footer)
    return int(told[1]) if told else 0


def in_lane(trace: Trace, lane: str) -> list[str]:
    return [t.words for t in picture(trace).texts() if t.lane == lane]


def test_there_are_recorded_runs() -> None:
    assert len(RECORDED) >= 5


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.removesuffix(".json.gz"))
def test_a_recorded_run_can_be_read_and_says_whose_it_is(path: Path) -> None:
    trace = read_trace(path)
    footer = " ".join(in_lane(trace, "footer"))

    assert faults(trace) == []
    assert in_lane(trace, "badge") == ["REAL GO"]
    assert trace.release in " ".join(in_lane(trace, "head"))
    assert footer.startswith("Wall-clock time.")
    assert footer.endswith(MISSING)
    assert "close to another" not in footer
    assert "kernel" not in in_lane(trace, "groups")
    assert f"REAL GO  {trace.release}  {trace.scenario}" in text(trace)


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize("name", DOZEN)
def test_what_real_go_does_now_can_be_read(toolchain: Toolchain, name: str) -> None:
    (trace,) = RealGo(toolchain.release).runs(catalogue()[name], 1)

    assert faults(trace) == []


def paced(trace: Trace, percent: int) -> Trace:
    """The same events, at other times: the slower, the more windows."""
    events = tuple(replace(e, t=(e.t or 0) * percent // 100) for e in trace.events)
    return replace(trace, events=events)


@pytest.mark.parametrize("percent", [1, 10, 50, 200, 1_000, 10_000])
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.removesuffix(".json.gz"))
def test_a_faster_and_a_slower_machine_gives_a_picture_too(path: Path, percent: int) -> None:
    assert faults(paced(read_trace(path), percent)) == []


def test_breaks_at_one_instant_have_a_mark_each() -> None:
    trace = by_hand.a_break()
    instants = [e.t for e in trace.events if e.what is What.BREAK]
    at_once = replace(
        trace,
        events=tuple(
            replace(e, t=max(instants, key=lambda t: t or 0)) if e.what is What.BREAK else e
            for e in trace.events
        ),
    )

    marks = [m.at for m in story(at_once).breaks]

    assert len(set(marks)) == len(marks) == len(instants)
    assert overlaps(picture(at_once)) == []


def test_breaks_that_find_no_room_are_counted_in_the_footer() -> None:
    trace = by_hand.a_break()
    place = next(i for i, e in enumerate(trace.events) if e.what is What.BREAK)
    first = trace.events[place]
    more = tuple(replace(first, why="coalesced", t=(first.t or 0) + i) for i in range(1, 91))
    events = (*trace.events[: place + 1], *more, *trace.events[place + 1 :])
    numbered = replace(trace, events=tuple(replace(e, seq=i) for i, e in enumerate(events)))

    canvas, footer = picture(numbered), " ".join(in_lane(numbered, "footer"))
    told = re.search(r"the marks of (\d+) breaks close to another", footer)

    assert overlaps(canvas) == []
    assert told is not None
    assert len(gids(canvas, "break-")) + int(told[1]) == len(story(numbered).breaks)
