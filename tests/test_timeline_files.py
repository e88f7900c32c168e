"""The files of pictures: each form, and what is said where one cannot be made."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, cast

import pytest

import timeline_by_hand as by_hand
from scenario.errors import NetpollError
from timeline import PictureError, draw, ink, svg
from timeline.captions import spoken
from timeline.story import story
from timeline_drawn import picture, ruler

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def matplotlib() -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: make picture-tools")


@pytest.mark.usefixtures("matplotlib")
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


@pytest.mark.usefixtures("matplotlib")
@pytest.mark.slow
def test_the_svg_is_the_same_each_time_and_has_no_date() -> None:
    first, second = (ink.svg(picture(by_hand.a_break()), title="t <&>", desc="d") for _ in range(2))
    assert first == second
    assert b">t &lt;&amp;&gt;</title>" in first
    assert b"dc:date" not in first


@pytest.mark.usefixtures("matplotlib")
@pytest.mark.slow
def test_an_svg_for_a_notebook_is_that_of_the_file(tmp_path: Path) -> None:
    draw(by_hand.a_break(), tmp_path / "a.svg", dark=True)
    text = svg(by_hand.a_break(), dark=True)
    assert text == (tmp_path / "a.svg").read_text()
    assert "<desc id=" in text


@pytest.mark.usefixtures("matplotlib")
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


@pytest.mark.usefixtures("matplotlib")
def test_the_ruler_measures_as_matplotlib_draws() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(dpi=100)
    renderer = cast(Any, FigureCanvasAgg(figure)).get_renderer()
    for words in ("r0", "They wake in event order", "M0 blocked, timeout 30 ms", "+10 µs … ·"):
        for bold in (False, True):
            drawn = figure.text(
                0, 0, words, fontsize=12 * 0.72, weight="bold" if bold else "normal"
            ).get_window_extent(renderer)
            assert ruler()(words, 12, bold=bold) == pytest.approx(drawn.width, rel=0.06, abs=2)


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
    with pytest.raises(PictureError, match="`make picture-tools` in a checkout, or `pip"):
        draw(by_hand.a_break(), tmp_path / "picture.png")
    draw(by_hand.a_break(), tmp_path / "picture.txt")


def test_importing_the_timeline_does_not_import_matplotlib() -> None:
    code = "import sys, timeline; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
