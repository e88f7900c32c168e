"""The five channels as the records of real Go have them."""

from typing import Any

from scenario import Channels


def as_recorded(seen: Channels, procs: int) -> dict[str, Any]:
    """The channels in words; with several Ps who runs first is open, so as a multiset."""
    run = list(seen.run)
    return {
        "wake": [str(wake) for wake in seen.wake],
        "run": run if procs == 1 else sorted(run),
        "batch": [", ".join(map(str, batch)) for batch in seen.batch],
        "break": [str(brk) for brk in seen.brk],
        "step": {g: [str(result) for result in results] for g, results in seen.step.items()},
    }
