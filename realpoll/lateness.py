"""Lateness, measured: how far real instants are from the nominal ones of a scenario."""

from realpoll.timers import Timer

START_LIMIT_NS = 5_000_000
"""An entry, or the start of a timed step, may be this late."""
END_LIMIT_NS = 10_000_000
"""A timer, or the end of a `busy`, may be this late."""


class Lateness:
    """Compares instants with a nominal clock: an entry's ``at``, a timer's due time, a busy's end.

    The nominal clock stands at the last such instant, so a timed step ought to start then.
    ``reasons`` says in sentences what was too late. All times are ns, monotonic.
    """

    def __init__(self) -> None:
        self.timed = False
        self.reasons: list[str] = []
        self._nominal = 0
        self._due: dict[int, int] = {}

    def entry(self, text: str, at: int, now: int) -> None:
        """A script entry begins."""
        self._nominal = at
        self._check(f"the entry `{text}`", at, now, START_LIMIT_NS)

    def start(self, what: str, ns: int, now: int) -> int:
        """A step of ``ns`` begins; its nominal end."""
        self._check(f"the start of {what}", self._nominal, now, START_LIMIT_NS)
        return self._nominal + ns

    def end(self, what: str, due: int, now: int) -> None:
        """A step with the nominal end ``due`` ends."""
        self._check(f"the end of {what}", due, now, END_LIMIT_NS)
        self._nominal = due

    def timer(self, why: str, timer: Timer, now: int) -> None:
        """The loop set, stopped or fires a timer."""
        if not self.timed:
            return
        what = "a sleep" if timer.side is None else "a deadline"
        if why == "set":
            self._due[id(timer)] = self.start(what, timer.due - now, now)
        else:
            due = self._due.pop(id(timer))
            if why == "fire":
                self.end(what, due, now)

    def _check(self, what: str, nominal: int, now: int, limit: int) -> None:
        late = now - nominal
        if self.timed and late > limit:
            self.reasons.append(
                f"{what} was {late / 1e6:.1f} ms late (limit {limit // 1_000_000} ms)"
            )
