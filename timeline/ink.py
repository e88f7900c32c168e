"""From a canvas to a file's bytes, with matplotlib (imported late: it takes most of a second)."""

import io
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast
from zlib import crc32

from timeline.canvas import Canvas, Circle, Item, Layer, Line, Polygon, Rect, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS_PER_PX = 0.72
PNG_DPI = 150
_DPI = 100
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "netpoll-lab",
    "pdf.fonttype": 42,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Geneva", "sans-serif"],
    "hatch.linewidth": 1.1,
    "path.simplify": False,
}


class Ruler:
    """Measures words in DejaVu Sans, the font that the pictures use, without drawing them."""

    def __init__(self) -> None:
        from matplotlib.font_manager import FontProperties, findfont
        from matplotlib.ft2font import FT2Font

        self._fonts = {
            bold: FT2Font(
                findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal"))
            )
            for bold in (False, True)
        }
        for font in self._fonts.values():
            font.set_size(100, 72)
        self._advance: dict[tuple[str, bool], float] = {}

    def __call__(self, words: str, size: float, *, bold: bool = False) -> float:
        return sum(self._letter(letter, bold) for letter in words) * size / 100

    def _letter(self, letter: str, bold: bool) -> float:
        key = (letter, bold)
        if key not in self._advance:
            glyph = self._fonts[bold].load_char(ord(letter))
            self._advance[key] = glyph.linearHoriAdvance / 65536
        return self._advance[key]


def svg(canvas: Canvas, *, title: str, desc: str) -> bytes:
    """The canvas as SVG: text as text, no date, a title and a description for those who listen."""
    raw = _saved(canvas, "svg", metadata={"Date": None, "Creator": None}).decode()
    head, rest = raw.split("<svg ", 1)
    attributes, body = rest.split(">", 1)
    # In a notebook or a narrow page the picture shrinks; two in one page must not share names.
    key = f"{crc32((title + desc).encode()):08x}"
    spoken = (
        f'<title id="title-{key}">{escape(title)}</title>\n'
        f' <desc id="desc-{key}">{escape(desc)}</desc>'
    )
    return (
        f'{head}<svg {attributes} style="max-width: 100%; height: auto"'
        f' role="img" aria-labelledby="title-{key} desc-{key}">'
        f"\n {spoken}{body}"
    ).encode()


def png(canvas: Canvas) -> bytes:
    return _saved(canvas, "png", dpi=PNG_DPI, metadata={"Software": None})


def pdf(canvas: Canvas, *, title: str) -> bytes:
    metadata = {"Title": title, "CreationDate": None, "Creator": None, "Producer": None}
    return _saved(canvas, "pdf", metadata=metadata)


def _saved(canvas: Canvas, form: str, **options: Any) -> bytes:
    import matplotlib

    out = io.BytesIO()
    with matplotlib.rc_context(cast(Any, _STYLE)):
        _figure(canvas).savefig(out, format=form, **options)
    return out.getvalue()


def _figure(canvas: Canvas) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(
        figsize=(canvas.width / _DPI, canvas.height / _DPI), dpi=_DPI, facecolor=canvas.background
    )
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(canvas.height, 0)
    axes.set_axis_off()
    order = sorted(canvas.items, key=lambda item: item.layer)
    for layer, items in groupby(order, key=lambda item: item.layer):
        _draw_layer(axes, layer, list(items))
    return figure


def _draw_layer(axes: "Axes", layer: Layer, items: Sequence[Item]) -> None:
    z = 1 + int(layer)
    rects = [item for item in items if isinstance(item, Rect)]
    _draw_rects(axes, [rect for rect in rects if not rect.round], z)
    for rect in rects:
        if rect.round:
            _draw_rounded(axes, rect, z)
    _draw_lines(axes, [item for item in items if isinstance(item, Line)], z)
    for item in items:
        if isinstance(item, Circle):
            _draw_circle(axes, item, z)
        elif isinstance(item, Polygon):
            _draw_polygon(axes, item, z)
        elif isinstance(item, Text):
            _draw_text(axes, item, z)


def _alike(rects: Iterable[Rect]) -> Iterator[tuple[Rect, list[Rect]]]:
    """Rectangles of one look together: one collection draws quicker than many patches."""
    groups: dict[tuple[object, ...], list[Rect]] = {}
    for r in rects:
        look = (r.fill, r.edge, r.lw, r.dash, r.hatch, r.hatch_color)
        groups.setdefault(look, []).append(r)
    for group in groups.values():
        yield group[0], group


def _draw_rects(axes: "Axes", rects: Iterable[Rect], z: float) -> None:
    from matplotlib.collections import PolyCollection

    for look, group in _alike(rects):
        corners = [
            [(r.x, r.y), (r.x + r.w, r.y), (r.x + r.w, r.y + r.h), (r.x, r.y + r.h)] for r in group
        ]
        if look.fill is not None or look.hatch is not None:
            filled = PolyCollection(
                corners,
                facecolors=look.fill or "none",
                edgecolors=look.hatch_color or "none",
                linewidths=0,
                zorder=z,
            )
            if look.hatch is not None:
                filled.set_hatch(look.hatch)
            axes.add_collection(filled, autolim=False)
        if look.edge is not None:
            outline = PolyCollection(
                corners,
                facecolors="none",
                edgecolors=look.edge,
                linewidths=look.lw * POINTS_PER_PX,
                linestyles=[_dashes(look.dash)],
                zorder=z + 0.1,
            )
            axes.add_collection(outline, autolim=False)


def _draw_rounded(axes: "Axes", rect: Rect, z: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(
        FancyBboxPatch(
            (rect.x, rect.y),
            rect.w,
            rect.h,
            boxstyle=f"round,pad=0,rounding_size={rect.round}",
            facecolor=rect.fill or "none",
            edgecolor=rect.edge or "none",
            linewidth=rect.lw * POINTS_PER_PX,
            zorder=z,
        )
    )


def _draw_lines(axes: "Axes", lines: Iterable[Line], z: float) -> None:
    from matplotlib.collections import LineCollection

    groups: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.color, line.lw, line.dash), []).append(line)
    for group in groups.values():
        look = group[0]
        axes.add_collection(
            LineCollection(
                [list(line.points) for line in group],
                colors=look.color,
                linewidths=look.lw * POINTS_PER_PX,
                linestyles=[_dashes(look.dash)],
                zorder=z + 0.2,
                capstyle="butt",
            ),
            autolim=False,
        )


def _dashes(dash: tuple[float, ...]) -> Any:
    return "solid" if not dash else (0, tuple(d * POINTS_PER_PX for d in dash))


def _draw_circle(axes: "Axes", circle: Circle, z: float) -> None:
    from matplotlib.patches import Circle as Patch

    patch = Patch(
        (circle.x, circle.y),
        circle.r,
        facecolor=circle.fill,
        edgecolor=circle.edge or "none",
        linewidth=circle.lw * POINTS_PER_PX,
        zorder=z + 0.3,
    )
    if circle.gid:
        patch.set_gid(circle.gid)
    axes.add_patch(patch)


def _draw_polygon(axes: "Axes", polygon: Polygon, z: float) -> None:
    from matplotlib.patches import Polygon as Patch

    patch = Patch(
        cast(Any, polygon.points),
        closed=True,
        facecolor=polygon.fill or "none",
        edgecolor=polygon.edge or "none",
        linewidth=polygon.lw * POINTS_PER_PX,
        zorder=z + 0.3,
    )
    if polygon.gid:
        patch.set_gid(polygon.gid)
    axes.add_patch(patch)


def _draw_text(axes: "Axes", text: Text, z: float) -> None:
    axes.text(
        text.x,
        # Letters without descenders look centred when their middle is at a third of the size.
        text.y + text.size * 0.36,
        text.words,
        fontsize=text.size * POINTS_PER_PX,
        color=text.color,
        weight="bold" if text.bold else "normal",
        style="italic" if text.italic else "normal",
        ha=text.anchor,
        va="baseline",
        zorder=z + 0.4,
        parse_math=False,
    )
