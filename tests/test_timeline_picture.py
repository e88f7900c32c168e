"""The drawn form: what a picture shows of its trace."""

from dataclasses import replace

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib: make picture-tools")

import timeline_by_hand as by_hand
from scenario.trace import Trace, What
from timeline.canvas import Canvas, Circle, Line, Polygon, Rect, Text
from timeline.palette import LIGHT
from timeline_drawn import picture


def test_every_arrow_points_down_but_a_breaks() -> None:
    for trace in by_hand.by_name().values():
        canvas = picture(trace)
        for item in canvas.items:
            if isinstance(item, Polygon) and len(item.points) == 3 and item.gid is None:
                (_, base), _, (_, tip) = item.points
                level = base != tip and item.points[0][1] == item.points[1][1]
                if level and tip < base:
                    assert item.fill == LIGHT.brk


def test_a_wakeup_arrow_comes_from_its_cause() -> None:
    arrows = {
        by_hand.a_read_that_waits: ("epoll_wait", ()),
        by_hand.a_deadline: ("next timer", (4.0, 2.0)),
        by_hand.close_while_waiting: ("P0", (1.0, 1.6)),
    }
    for make, (source, dash) in arrows.items():
        canvas = picture(make())
        name = next(t for t in canvas.texts() if t.words == source)
        [line] = [
            item
            for item in canvas.items
            if isinstance(item, Line)
            and item.color == LIGHT.wakeup
            and item.points[0][0] == item.points[1][0]
        ]
        assert abs(line.points[0][1] - name.y) < 14
        assert line.dash == dash


def test_a_written_break_is_filled_and_a_coalesced_one_is_hollow_and_struck() -> None:
    canvas = picture(by_hand.a_break())
    marks = {
        item.gid: item.fill
        for item in canvas.items
        if isinstance(item, Polygon) and item.gid and item.gid.startswith("break-")
    }
    ground = LIGHT.background
    assert marks == {
        "break-1": LIGHT.brk,
        "break-2": ground,
        "break-3": LIGHT.brk,
        "break-4": ground,
    }
    words = [t.words for t in canvas.texts() if t.words in ("written", "coalesced")]
    assert sorted(words) == ["coalesced", "coalesced", "written", "written"]


def words_of(trace: Trace) -> list[str]:
    return [text.words for text in picture(trace).texts()]


def test_the_title_is_the_finding_and_the_badge_the_witness() -> None:
    trace = by_hand.a_deadline()
    words = words_of(trace)
    assert words[:2] == [trace.finding, "REAL EPOLL"]
    assert trace.question in words


def test_the_legend_has_only_what_occurs() -> None:
    assert "by readiness" in words_of(by_hand.batch(2))
    assert "by a close" not in words_of(by_hand.batch(2))
    assert "by a close" in words_of(by_hand.close_while_waiting())
    assert "quiet time cut" not in words_of(by_hand.close_while_waiting())


def kernel_arrows(trace: Trace) -> list[float]:
    """The x of each arrow from the ready list to the poller."""
    canvas = picture(trace)
    names = {t.words: t.y for t in canvas.texts() if t.words in ("ready list", "epoll_wait")}
    return [
        item.points[2][0]
        for item in canvas.items
        if isinstance(item, Polygon)
        and item.fill == LIGHT.text
        and names["ready list"] < item.points[2][1] < names["epoll_wait"]
    ]


def test_a_fetch_is_drawn_before_the_close_that_makes_it_stale() -> None:
    trace = by_hand.reuse_with_a_stale_event()
    first, second = kernel_arrows(trace)
    circles = {c.gid: c.x for c in picture(trace).items if isinstance(c, Circle) and c.gid}
    assert first < circles["wake-1"] < second < circles["wake-2"]


def test_no_arrow_comes_out_of_an_empty_ready_list() -> None:
    trace = by_hand.reuse_with_a_stale_event()
    late = [e for e in trace.events if not (e.what is What.READY and (e.t or 0) > 6_000)]
    assert len(kernel_arrows(replace(trace, events=tuple(late)))) == 1


def test_a_held_poller_is_hatched_and_named() -> None:
    canvas = picture(by_hand.batch(6))
    hatched = [i for i in canvas.items if isinstance(i, Rect) and i.hatch_color == LIGHT.outline]
    band, sample = sorted(hatched, key=lambda rect: rect.y)
    words, legend = (t for t in canvas.texts() if "held by the script" in t.words)
    assert band.x + 10 < words.extent[0] < words.extent[1] < band.x + band.w - 10
    assert (words.y, legend.y) == (band.y + band.h / 2, sample.y + sample.h / 2)
    assert "The script holds the poller while it acts" in footer(by_hand.batch(6))
    assert not [words for words in words_of(by_hand.a_read_that_waits()) if "held" in words]


def test_the_legend_has_no_stripes_where_the_picture_has_none() -> None:
    def striped(trace: Trace) -> set[str | None]:
        rects = [i for i in picture(trace).items if isinstance(i, Rect)]
        return {r.hatch for r in rects if r.fill == LIGHT.runnable}

    assert striped(by_hand.batch(6)) == {"////"}
    assert striped(by_hand.batch(200)) == {None}


def test_one_goroutine_has_no_order() -> None:
    trace = by_hand.a_busy_goroutine()
    events = tuple(replace(e, g="r0") if e.g == "r1" else e for e in trace.events)
    assert "run order = wake order" in words_of(trace)
    assert "run order = wake order" not in words_of(replace(trace, events=events))


def test_two_equal_orders_are_said_and_two_different_ones_are_drawn() -> None:
    assert "run order = wake order" in words_of(by_hand.a_break())
    slope = words_of(by_hand.batch(3))
    assert "run order = wake order" not in slope
    assert "woken" in slope


def footer(trace: Trace) -> str:
    canvas = picture(trace)
    return " ".join(t.words for t in canvas.texts() if t.lane == "footer")


def test_the_footer_says_which_clock_and_what_is_missing() -> None:
    assert footer(by_hand.a_read_that_waits()) == "Virtual time of the model."
    assert footer(by_hand.a_busy_goroutine()) == (
        "Virtual time of the model. Not drawn: all 6 looks of sysmon, in cut time."
    )
    assert footer(by_hand.a_deadline()).startswith("Wall-clock time. ")
    assert footer(by_hand.a_deadline()).endswith(
        "Not recorded by this witness: the kernel's ready list, netpollWakeSig, the monitor."
    )
    assert "single lanes of 200 goroutines, drawn as bands; the words of 200 descriptors" in footer(
        by_hand.batch(200)
    )
    late = replace(by_hand.a_deadline(), inconclusive=("entry 0 was 7 ms late",))
    assert "This run counts for nothing: entry 0 was 7 ms late." in footer(late)


def test_a_lane_that_is_not_told_of_is_left_out_and_named() -> None:
    trace = by_hand.a_read_that_waits()
    events = tuple(e for e in trace.events if e.what is not What.READY)
    bare = replace(trace, events=events, witness="go", clock="wall")
    assert "ready list" not in words_of(bare)
    assert footer(bare) == "Wall-clock time. Not recorded by this witness: the kernel's ready list."


def test_two_hundred_goroutines_are_a_band_with_few_shapes() -> None:
    canvas = picture(by_hand.batch(200))
    assert "200" in [text.words for text in canvas.texts()]
    assert len(canvas.items) < 4_000
    assert canvas.height < 1_000


def texts_in(canvas: Canvas, lane: str) -> list[Text]:
    return [text for text in canvas.texts() if text.lane == lane]


def test_the_processor_lane_reads_as_the_run_order() -> None:
    texts = sorted(texts_in(picture(by_hand.batch(6)), "processors/P0"), key=lambda t: t.x)
    assert [text.words for text in texts] == ["r5", "r4", "r3", "r2", "r1", "r0"]
