"""The drawn form: what every picture keeps to, whatever its trace."""

import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

import timeline_by_hand as by_hand
from model import simulate
from scenario import catalogue
from scenario.errors import NetpollError
from scenario.trace import Trace, What
from timeline import PictureError, draw, text
from timeline.canvas import Canvas, Circle, Layer, Line, Polygon, Rect, Text
from timeline.captions import captions, spoken, thinned
from timeline.figure import compose
from timeline.ink import Ruler, svg
from timeline.palette import DARK, LIGHT, Palette
from timeline.story import story

SVG = "{http://www.w3.org/2000/svg}"
RULER = Ruler()
WRITTEN = "f0.peer writes 8 bytes; M0 was in epoll_wait"
NAMES = sorted(by_hand.by_name())


def picture(trace: Trace, palette: Palette = LIGHT) -> Canvas:
    return compose(trace, palette, RULER)


def one_second_with_microseconds_of_action() -> Trace:
    """A read that waits, whose data comes after one second."""
    trace = by_hand.a_read_that_waits()
    later = [e if (e.t or 0) < 6_000 else replace(e, t=(e.t or 0) + 10**9) for e in trace.events]
    return replace(trace, events=tuple(later))


def renamed(trace: Trace, prefix: str) -> Trace:
    """The same with longer names for all goroutines."""
    events = tuple(replace(e, g=prefix + e.g) if e.g else e for e in trace.events)
    goroutines = {prefix + g: steps for g, steps in trace.goroutines.items()}
    return replace(trace, events=events, goroutines=goroutines)


TRACES: dict[str, Callable[[], Trace]] = {
    **{name: (lambda name=name: by_hand.by_name()[name]) for name in NAMES},  # type: ignore[misc]
    "one": lambda: by_hand.batch(1),
    "twelve": lambda: by_hand.batch(12),
    "thirteen": lambda: by_hand.batch(13),
    "thirty": lambda: by_hand.batch(30),
    "forty": lambda: by_hand.batch(40),
    "two hundred": lambda: by_hand.batch(200),
    "one second": one_second_with_microseconds_of_action,
    "wordy": lambda: replace(
        by_hand.a_break(),
        finding="A finding that is long enough for two lines " * 4,
        question="And a question that is no shorter, " * 6,
        release="go1.27.3 linux/amd64 with a long remark " * 4,
    ),
    "long names": lambda: renamed(by_hand.batch(6), "a_goroutine_with_quite_a_name_of_its_own_"),
    "thirty long names": lambda: renamed(by_hand.batch(30), "a_goroutine_with_a_name_"),
    "empty": lambda: replace(by_hand.a_read_that_waits(), events=()),
    "untimed": lambda: replace(
        by_hand.a_break(), events=tuple(replace(e, t=None) for e in by_hand.a_break().events)
    ),
}


@pytest.mark.parametrize("name", TRACES)
def test_no_word_is_clipped_and_no_two_overlap(name: str) -> None:
    canvas = picture(TRACES[name]())
    for words in canvas.texts():
        left, right = words.extent
        assert 0 <= left < right <= canvas.width, words
        assert words.size <= words.y <= canvas.height - words.size, words
    assert overlaps(canvas) == []


def overlaps(canvas: Canvas) -> list[tuple[str, str]]:
    """Any two words of a picture that touch, and any word under a mark."""
    boxes = [(*t.extent, t.y - t.size * 0.4, t.y + t.size * 0.4, t.words) for t in canvas.texts()]
    numbers = [t for t in canvas.texts() if t.layer is Layer.MARK_WORD]
    for item in canvas.items:
        if isinstance(item, Circle | Polygon) and item.layer is Layer.MARK and item.gid:
            xs, ys = zip(*corners(item), strict=True)
            own = [t for t in numbers if min(xs) < t.x < max(xs) and min(ys) < t.y < max(ys)]
            if not own:
                boxes.append((min(xs), max(xs), min(ys), max(ys), item.gid))
    return [
        (a[4], b[4])
        for a, b in combinations(boxes, 2)
        if not (a[4].startswith("wake-") and b[4].startswith("wake-"))
        and a[0] < b[1]
        and b[0] < a[1]
        and a[2] < b[3]
        and b[2] < a[3]
    ]


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_word_stands_on_a_ground_that_it_can_be_read_on(name: str, palette: Palette) -> None:
    canvas = picture(TRACES[name](), palette)
    grounds = [i for i in canvas.items if isinstance(i, Rect | Circle) and i.fill]
    grounds.sort(key=lambda item: item.layer)
    for words in canvas.texts():
        left, right = words.extent
        for x in (left + 1, (left + right) / 2, right - 1):
            under = [g for g in grounds if g.layer <= words.layer and covers(g, x, words.y)]
            fill = under[-1].fill if under else canvas.background
            assert contrast(words.color, fill or "") >= 4.5, (words, fill)


def covers(item: Rect | Circle, x: float, y: float) -> bool:
    if isinstance(item, Circle):
        return (x - item.x) ** 2 + (y - item.y) ** 2 <= item.r**2
    return item.x <= x <= item.x + item.w and item.y <= y <= item.y + item.h


@pytest.mark.parametrize("name", TRACES)
def test_nothing_is_drawn_outside_the_sheet(name: str) -> None:
    canvas = picture(TRACES[name]())
    for item in canvas.items:
        for x, y in corners(item):
            assert -1 <= x <= canvas.width + 1, item
            assert -1 <= y <= canvas.height + 1, item


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(catalogue()))
def test_the_models_traces_are_drawn_without_overlap(name: str) -> None:
    trace = simulate(catalogue()[name])
    canvas = picture(trace)
    assert overlaps(canvas) == []
    circles = [c.gid for c in canvas.items if isinstance(c, Circle) and c.gid]
    assert sum(gid.startswith("wake-") for gid in circles) == len(story(trace).wakeups)
    assert max(map(len, text(trace).splitlines())) <= 80


def corners(item: object) -> list[tuple[float, float]]:
    match item:
        case Rect():
            return [(item.x, item.y), (item.x + item.w, item.y + item.h)]
        case Line() | Polygon():
            return list(item.points)
        case Circle():
            return [(item.x - item.r, item.y - item.r), (item.x + item.r, item.y + item.r)]
    return []


@pytest.mark.parametrize("name", TRACES)
def test_each_wakeup_has_one_circle_at_its_goroutine(name: str) -> None:
    trace = TRACES[name]()
    circles = [c.gid for c in picture(trace).items if isinstance(c, Circle) and c.gid]
    wakes = [gid for gid in circles if gid.startswith("wake-")]
    expected = [f"wake-{w.number}" for w in story(trace).wakeups]
    assert sorted(wakes) == sorted(expected)


@pytest.mark.parametrize("name", TRACES)
def test_wakeups_and_breaks_are_in_the_captions(name: str) -> None:
    tale = story(TRACES[name]())
    rows = captions(tale)
    marks = [row.mark for row in rows]
    assert [row.number for row in rows if row.mark == "wake"] == [w.number for w in tale.wakeups]
    assert marks.count("written") == sum(b.written for b in tale.breaks)
    assert marks.count("coalesced") == sum(not b.written for b in tale.breaks)
    assert marks.count("stale") == len(tale.stale)
    assert [row.at for row in rows] == sorted(row.at for row in rows)


def test_both_themes_are_the_same_picture() -> None:
    for trace in by_hand.by_name().values():
        light, dark = picture(trace), picture(trace, DARK)
        assert [corners(i) for i in light.items] == [corners(i) for i in dark.items]
        assert [t.words for t in light.texts()] == [t.words for t in dark.texts()]


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
    assert footer(bare) == (
        "Wall-clock time. Not recorded by this witness: the kernel's ready list, the monitor."
    )


def test_many_rows_keep_the_first_and_the_last_three() -> None:
    rows = thinned(captions(story(by_hand.batch(40))))
    assert [row.number for row in rows] == [1, 2, 3, 0, 38, 39, 40]
    assert rows[3].because == "… 34 more in the same way"


def test_two_hundred_goroutines_are_a_band_with_few_shapes() -> None:
    canvas = picture(by_hand.batch(200))
    assert "200" in [text.words for text in canvas.texts()]
    assert len(canvas.items) < 4_000
    assert canvas.height < 1_000


def test_the_reasons_are_in_the_captions() -> None:
    reasons = {
        name: [(row.who, row.because, row.how[0], row.runs[0]) for row in captions(story(trace))]
        for name, trace in by_hand.by_name().items()
    }
    assert reasons["a_read_that_waits"] == [
        (
            "r0",
            "f0 readable",
            WRITTEN,
            "1st: read f0, 8 bytes",
        )
    ]
    assert reasons["a_busy_goroutine"][1] == (
        "r1",
        "f1 readable",
        "f1.peer writes 8 bytes; found by sysmon",
        "2nd: read f1, 8 bytes",
    )
    assert reasons["reuse_with_a_stale_event"] == [
        (
            "M0",
            "an old event of f0",
            "f0 was closed after the poll had fetched it",
            "dropped: nobody wakes",
        ),
        ("r0", "c closes f0", "freed by the close itself, without a poll", "1st: read f0, closed"),
        (
            "c",
            "f0 readable",
            WRITTEN,
            "2nd: read f0, 8 bytes",
        ),
    ]
    assert reasons["a_deadline"] == [
        (
            "d",
            "sets a deadline for 30.1 ms",
            "the poller waits for ever",
            "written: M0 leaves epoll_wait early",
        ),
        ("r0", "read deadline of f0", "the timer for 30.1 ms fires", "1st: read f0, i/o timeout"),
    ]
    assert reasons["6_in_one_batch"][0][3] == "6th, last: its event came first"
    assert reasons["6_in_one_batch"][5][3] == "1st, because its event came last"


def contrast(a: str, b: str) -> float:
    """WCAG 2's ratio of two colours."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_words_can_be_read(palette: Palette) -> None:
    p = palette
    pairs = [
        (p.text, p.background),
        (p.text, p.ground),
        (p.second, p.background),
        (p.second, p.ground),
        (p.on_running, p.running),
        (p.on_work, p.work),
        (p.on_wakeup, p.wakeup),
        (p.on_brk, p.brk),
        (p.on_news, p.news),
        (p.brk, p.ground),
        (p.text, p.waiting),
    ]
    assert [pair for pair in pairs if contrast(*pair) < 4.5] == []
    marks = [(p.running, p.ground), (p.outline, p.ground), (p.work, p.ground), (p.wakeup, p.ground)]
    assert [pair for pair in marks if contrast(*pair) < 3] == []


@pytest.mark.slow
def test_the_svg_speaks(tmp_path: Path) -> None:
    trace = by_hand.batch(6)
    draw(trace, tmp_path / "six.svg")
    root = ET.parse(tmp_path / "six.svg").getroot()
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text == trace.finding
    assert desc is not None
    assert desc.text == spoken(story(trace))
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert "wakeup 6: r5, f5 readable, event 6 of 6 in the batch, runs 1st" in desc.text
    ids = [e.get("id") or "" for e in root.iter()]
    assert sum(i.startswith("wake-") for i in ids) == 6
    assert "reads f0" in [e.text for e in root.iter(f"{SVG}text")]


@pytest.mark.slow
def test_the_svg_is_the_same_each_time_and_has_no_date() -> None:
    first, second = (svg(picture(by_hand.a_break()), title="t <&>", desc="d") for _ in range(2))
    assert first == second
    assert b">t &lt;&amp;&gt;</title>" in first
    assert b"dc:date" not in first


@pytest.mark.slow
def test_every_form_is_written(tmp_path: Path) -> None:
    starts = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF", ".txt": b"MODEL"}
    for suffix, start in starts.items():
        for dark in (False, True):
            path = tmp_path / f"picture{suffix}"
            draw(by_hand.a_break(), path, dark=dark)
            assert path.read_bytes().startswith(start)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "picture.pdf",
        "picture.png",
        "picture.svg",
        "picture.txt",
    ]


def test_the_ruler_measures_as_matplotlib_draws() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(dpi=100)
    renderer = FigureCanvasAgg(figure).get_renderer()
    for words in ("r0", "They wake in event order", "M0 blocked, timeout 30 ms", "+10 µs … ·"):
        for bold in (False, True):
            drawn = figure.text(
                0, 0, words, fontsize=12 * 0.72, weight="bold" if bold else "normal"
            ).get_window_extent(renderer)
            assert RULER(words, 12, bold=bold) == pytest.approx(drawn.width, rel=0.06, abs=2)


@pytest.mark.parametrize("name", ["picture", "picture.gif", "picture.svgz"])
def test_an_unknown_suffix_is_refused_with_those_that_are_known(name: str, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"must end in \.svg, \.png, \.pdf, \.txt"):
        draw(by_hand.a_break(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert issubclass(PictureError, NetpollError)


def test_a_folder_that_is_not_there_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="cannot be written: No such file or directory; name"):
        draw(by_hand.a_break(), tmp_path / "nowhere" / "picture.txt")


def test_a_folder_in_place_of_the_file_stays_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "picture.txt").mkdir()
    with pytest.raises(PictureError, match="cannot be written: Is a directory"):
        draw(by_hand.a_break(), tmp_path / "picture.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["picture.txt"]


def test_without_matplotlib_there_is_text_and_a_plain_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(PictureError, match="pictures need matplotlib, which is not installed"):
        draw(by_hand.a_break(), tmp_path / "picture.png")
    draw(by_hand.a_break(), tmp_path / "picture.txt")


def test_importing_the_timeline_does_not_import_matplotlib() -> None:
    import subprocess

    code = "import sys, timeline; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def texts_in(canvas: Canvas, lane: str) -> list[Text]:
    return [text for text in canvas.texts() if text.lane == lane]


def test_the_processor_lane_reads_as_the_run_order() -> None:
    texts = sorted(texts_in(picture(by_hand.batch(6)), "processors/P0"), key=lambda t: t.x)
    assert [text.words for text in texts] == ["r5", "r4", "r3", "r2", "r1", "r0"]
