"""Lateness, measured: how far the instants of a run are from the nominal ones of its scenario."""

START_LIMIT_NS = 5_000_000
"""An entry, the start of a timed step, or what a blocked poller fetches, may be this late."""
END_LIMIT_NS = 10_000_000
"""A timer, or the end of a `busy`, may be this late."""

MONITOR_NAP_NS = 10_000_000
"""Between two looks of sysmon while a P is in use (runtime/proc.go:sysmon)."""


class Lateness:
    """Compares instants with a nominal clock: an entry's ``at``, a timer's due time, a busy's end.

    The nominal clock stands at the last such instant, so a timed step ought to begin then.
    ``reasons`` says in sentences what was too late. All times are ns from the start of the script.
    In a scenario that is not ``timed`` nothing can be late.
    """

    def __init__(self, *, timed: bool) -> None:
        self.reasons: list[str] = []
        self._timed = timed
        self._nominal = 0

    def entry(self, text: str, at: int, t: int) -> None:
        """A script entry, nominally ``at``, begins."""
        self._nominal = at
        self._check(f"the entry `{text}`", at, t, START_LIMIT_NS)

    def start(self, what: str, ns: int, t: int) -> int:
        """A step of ``ns`` begins; its nominal end."""
        self._check(f"the start of {what}", self._nominal, t, START_LIMIT_NS)
        return self._nominal + ns

    def end(self, what: str, due: int, t: int) -> None:
        """A step or a timer with the nominal end ``due`` ends."""
        self._check(f"the end of {what}", due, t, END_LIMIT_NS)
        self._nominal = due

    def fetch(self, fd: str, since: int, t: int) -> None:
        """A poll at ``t`` brings what a blocked poller could have fetched ``since`` then."""
        self._check(f"the fetch of {fd}'s event", since, t, START_LIMIT_NS)

    def look(self, before: int, t: int) -> None:
        """sysmon looks at ``t``, or a busy goroutine ends then; the last time before that it
        looked, or the goroutine began, at ``before``. It naps for MONITOR_NAP_NS at most."""
        self._check("a look of the monitor", before + MONITOR_NAP_NS, t, START_LIMIT_NS)

    def _check(self, what: str, nominal: int, t: int, limit: int) -> None:
        late = t - nominal
        if self._timed and late > limit:
            self.reasons.append(
                f"{what} was {late / 1e6:.1f} ms late (limit {limit // 1_000_000} ms)"
            )
