"""The drawn form: where things stand, so that every word can be read, whatever the trace."""

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib: make picture-tools")

import timeline_by_hand as by_hand
from model import simulate
from scenario import catalogue
from timeline import text
from timeline.canvas import Circle
from timeline.palette import DARK, LIGHT, Palette
from timeline.story import story
from timeline_drawn import (
    TRACES,
    clipped,
    contrast,
    corners,
    outside,
    overlaps,
    picture,
    unreadable,
)


@pytest.mark.parametrize("name", TRACES)
def test_no_word_is_clipped_and_no_two_overlap(name: str) -> None:
    canvas = picture(TRACES[name]())
    assert clipped(canvas) == []
    assert overlaps(canvas) == []


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_word_stands_on_a_ground_that_it_can_be_read_on(name: str, palette: Palette) -> None:
    assert unreadable(picture(TRACES[name](), palette)) == []


@pytest.mark.parametrize("name", TRACES)
def test_nothing_is_drawn_outside_the_sheet(name: str) -> None:
    assert outside(picture(TRACES[name]())) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(catalogue()))
def test_the_models_traces_are_drawn_without_overlap(name: str) -> None:
    trace = simulate(catalogue()[name])
    canvas = picture(trace)
    assert overlaps(canvas) == []
    circles = [c.gid for c in canvas.items if isinstance(c, Circle) and c.gid]
    assert sum(gid.startswith("wake-") for gid in circles) == len(story(trace).wakeups)
    footer = " ".join(t.words for t in canvas.texts() if t.lane == "footer")
    assert "close to another" not in footer
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
