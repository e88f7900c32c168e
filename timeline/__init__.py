"""Pictures of traces: text, SVG, PNG, PDF. They see traces and nothing else."""

from timeline.picture import PictureError, draw, svg
from timeline.plain import text

__all__ = ["PictureError", "draw", "svg", "text"]
