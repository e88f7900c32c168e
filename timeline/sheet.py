"""What every part of the drawing shares; and how labels find room."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from timeline.canvas import Canvas, Layer
from timeline.clock import Clock
from timeline.palette import Palette
from timeline.plan import Box, Plan
from timeline.story import Story

WIDTH = 1280.0
LEFT = 24.0
LANE_X = 112.0
RIGHT = 1256.0
SPAN_SIZE = 12.0
STRIP_SIZE = 10.5
CIRCLE_R = 9.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Something that labels must not touch: a vertical line, a circle, another label."""

    x0: float
    x1: float
    y0: float
    y1: float


@dataclass(slots=True)
class Sheet:
    """The state of one drawing."""

    canvas: Canvas
    palette: Palette
    tale: Story
    plan: Plan
    axis: Clock
    plot_x: float
    obstacles: list[Obstacle] = field(default_factory=list)

    def avoid(self, x0: float, x1: float, y0: float, y1: float) -> None:
        self.obstacles.append(Obstacle(x0=x0, x1=x1, y0=min(y0, y1), y1=max(y0, y1)))

    def room(self, x0: float, x1: float, box: Box) -> list[tuple[float, float]]:
        """The stretches of a lane between two pixels that nothing stands in."""
        free = [(x0, x1)]
        for o in self.obstacles:
            if o.y1 > box.y + 2 and o.y0 < box.bottom - 2 and o.x1 > x0 and o.x0 < x1:
                free = [
                    part
                    for a, b in free
                    for part in ((a, min(b, o.x0)), (max(a, o.x1), b))
                    if part[1] > part[0]
                ]
        return free

    def label(
        self,
        x0: float,
        x1: float,
        box: Box,
        forms: Sequence[str],
        color: str,
        *,
        size: float = SPAN_SIZE,
        bold: bool = False,
        y: float | None = None,
    ) -> bool:
        """Writes the longest form that fits the widest free part of a span; False if none does."""
        free = self.room(x0 + 3, x1 - 3, box)
        if not free:
            return False
        a, b = max(free, key=lambda part: part[1] - part[0])
        for words in forms:
            if self.canvas.measure(words, size, bold=bold) <= b - a:
                self.write((a + b) / 2, box, words, color, size=size, bold=bold, y=y)
                return True
        return False

    def beside(
        self,
        x: float,
        limit: float,
        box: Box,
        forms: Sequence[str],
        color: str,
        *,
        size: float = SPAN_SIZE,
        bold: bool = False,
    ) -> bool:
        """Writes the longest form that fits between ``x`` and ``limit`` or the next obstacle."""
        free = [part for part in self.room(x, limit, box) if part[0] - x < 14]
        for words in forms:
            width = self.canvas.measure(words, size, bold=bold)
            for a, b in free:
                if width + 8 <= b - a:
                    self.write(a + 4 + width / 2, box, words, color, size=size, bold=bold)
                    return True
        return False

    def write(
        self,
        x: float,
        box: Box,
        words: str,
        color: str,
        *,
        size: float,
        bold: bool = False,
        y: float | None = None,
    ) -> None:
        """Centred words in a lane; other labels keep away from them."""
        middle = box.middle if y is None else y
        width = self.canvas.text(
            x,
            middle,
            words,
            size,
            color,
            bold=bold,
            anchor="center",
            lane=lane_name(box),
            layer=Layer.WORD,
        )
        self.avoid(x - width / 2 - 2, x + width / 2 + 2, middle - size / 2, middle + size / 2)

    def window_end(self, x: float) -> float:
        """The right edge of the window that a pixel is in."""
        return next((w.x1 for w in self.axis.windows if w.x0 <= x <= w.x1), RIGHT)

    def window_start(self, x: float) -> float:
        return next((w.x0 for w in self.axis.windows if w.x0 <= x <= w.x1), self.plot_x)


def lane_name(box: Box) -> str:
    return f"{box.group}/{box.name}"
