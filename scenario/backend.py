"""What every witness is: something that runs a scenario and says what it saw."""

from typing import Protocol

from scenario.trace import Trace
from scenario.words import Scenario

CHANNELS = ("wake", "run", "batch", "break", "step")


class Backend(Protocol):
    """A witness. ``channels`` are those of ``CHANNELS`` that it can see.

    ``name`` is the word used on the command line (model, epoll, go); ``title`` the badge on
    pictures (MODEL, REAL EPOLL, REAL GO).
    """

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def channels(self) -> frozenset[str]: ...

    def run(self, scenario: Scenario) -> Trace:
        """What this witness saw. Raises Unavailable where it cannot run at all."""
        ...
