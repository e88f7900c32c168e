"""An instrumented Go runtime, made from the user's own toolchain at build time."""

from realgo.overlay.make import contents, make, write
from realgo.overlay.source import Anchor, AnchorError

__all__ = ["Anchor", "AnchorError", "contents", "make", "write"]
