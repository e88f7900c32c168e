"""A witness made by hand, and a scenario for it: for the tests of what stands above witnesses."""

from collections.abc import Callable

import pytest

from scenario import CHANNELS, Event, Scenario, Trace, What

GOOD = """\
question = "Which of two readers runs first?"
finding = "The one of the last event"
script = [{hold = ["write f0.peer 8", "write f1.peer 8"]}]
[fds]
f0 = "socketpair"
f1 = "socketpair"
[goroutines]
r0 = ["read f0 64"]
r1 = ["read f1 64"]
"""


class ByHand:
    """A witness that runs two readers in the order it was told to; ``before`` may raise.

    ``of``: only of that Go release (None: of any).
    """

    channels = frozenset(CHANNELS)

    def __init__(
        self,
        name: str,
        *,
        runs: str = "r1 r0",
        inconclusive: tuple[str, ...] = (),
        before: Callable[[int], None] = lambda number: None,
        of: str | None = None,
    ) -> None:
        self.name = name
        self.title = name.upper()
        self.asked = 0
        self._runs = runs.split()
        self._inconclusive = inconclusive
        self._before = before
        self.of = of

    def run(self, scenario: Scenario) -> Trace:
        self.asked += 1
        self._before(self.asked)
        return Trace.of(
            scenario,
            tuple(self._events()),
            witness=self.name,
            release="by hand" if self.of is None else f"Go {self.of}",
            clock="wall",
            inconclusive=self._inconclusive,
        )

    def _events(self) -> list[Event]:
        ready = [{"fd": fd, "modes": "rw", "err": False, "stale": False} for fd in ("f0", "f1")]
        entry = {"index": 0, "text": "write", "plain_go": False, "blocked": True}
        words: list[dict[str, object]] = [
            {"what": What.SCRIPT, "t": 0},
            {"what": What.ENTRY, "t": 1_000, "args": entry},
            {"what": What.POLL, "t": 2_000, "args": {"events": ready, "timeout_ns": None}},
            *(
                {"what": What.WAKE, "t": 3_000, "g": g, "fd": fd, "mode": "r", "why": "ready"}
                for g, fd in (("r0", "f0"), ("r1", "f1"))
            ),
            *({"what": What.RUN, "t": 4_000, "g": g, "m": "M0", "p": "P0"} for g in self._runs),
        ]
        return [Event(seq=seq, **word) for seq, word in enumerate(words)]  # type: ignore[arg-type]


def one_message(capsys: pytest.CaptureFixture[str]) -> str:
    """The single line on stderr; nothing stands on stdout."""
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    assert len(lines) == 1, told.err
    assert lines[0].startswith("netpoll: ")
    return lines[0]
