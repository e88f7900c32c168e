"""Other eyes on real Go: a build that nothing was added to, watched by strace and by its tracer.

So the overlay is not the only witness of what real Go does. ``StraceEye`` and ``TraceEye`` are
backends; ``order_only`` is another witness's trace as far as a tracer could see it; ``why_not``
says of a scenario why nobody outside can perform it.
"""

from realgo.eyes.applicable import why_not
from realgo.eyes.witness import EYES, Eye, StraceEye, TraceEye, order_only

__all__ = ["EYES", "Eye", "StraceEye", "TraceEye", "order_only", "why_not"]
