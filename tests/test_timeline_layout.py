"""The drawn form: where things stand, so that every word can be read, whatever the trace."""

from itertools import combinations

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib: make picture-tools")

import timeline_by_hand as by_hand
from model import simulate
from scenario import catalogue
from timeline import text
from timeline.canvas import Canvas, Circle, Layer, Polygon, Rect
from timeline.palette import DARK, LIGHT, Palette
from timeline.story import story
from timeline_drawn import TRACES, corners, picture


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


@pytest.mark.parametrize("name", TRACES)
def test_each_wakeup_has_one_circle_at_its_goroutine(name: str) -> None:
    trace = TRACES[name]()
    circles = [c.gid for c in picture(trace).items if isinstance(c, Circle) and c.gid]
    wakes = [gid for gid in circles if gid.startswith("wake-")]
    expected = [f"wake-{w.number}" for w in story(trace).wakeups]
    assert sorted(wakes) == sorted(expected)


def test_both_themes_are_the_same_picture() -> None:
    for trace in by_hand.by_name().values():
        light, dark = picture(trace), picture(trace, DARK)
        assert [corners(i) for i in light.items] == [corners(i) for i in dark.items]
        assert [t.words for t in light.texts()] == [t.words for t in dark.texts()]


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


def contrast(a: str, b: str) -> float:
    """WCAG 2's ratio of two colours."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)
