"""The real Go runtime as a witness: a toolchain, an overlay that records, an interpreter.

``RealGo().run(scenario)`` gives a trace of what the newest installed Go did. Everything inside Go's
own process is in ``overlay`` (what it records) and ``interpreter`` (the Go program).
"""

from realgo.witness import RealGo

__all__ = ["RealGo"]
