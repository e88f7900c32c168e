"""A witness as ``compare`` asks it: what it cannot run, and whether it can run anything."""

import errno
from collections.abc import Callable, Iterator

from conformance.racy import Repeats
from netpoll_lab.interrupt import CTRL_C
from scenario import Backend, Scenario, Trace, Unavailable

SCARCE = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.ENOSPC, errno.EAGAIN}
)
"""What the system says when it has no more of something: another scenario may need less."""
NO_THREAD = "can't start new thread"  # CPython's words; the errno is lost there


class Guarded:
    """A witness that says Unavailable, too, when the system has too little for a scenario.

    ``label`` is its name in this comparison, such as ``go 1.21``.
    ``absent``: it said Unavailable, had run nothing before, and was not short of anything.
    """

    def __init__(self, backend: Backend, label: str | None = None) -> None:
        self.name = backend.name if label is None else label
        self.title = backend.title
        self.channels = backend.channels
        self.absent = False
        self._backend = backend
        self._has_run = False

    def run(self, scenario: Scenario) -> Trace:
        """What the witness saw. Raises Unavailable; KeyboardInterrupt if Ctrl-C came before."""
        (trace,) = self._guarded(lambda: (self._backend.run(scenario),))
        return trace

    def runs(self, scenario: Scenario, times: int) -> tuple[Trace, ...]:
        """What several runs gave; none where the witness cannot say that."""
        backend = self._backend
        if not isinstance(backend, Repeats):
            return ()
        return self._guarded(lambda: backend.runs(scenario, times))

    def _guarded(self, ask: Callable[[], tuple[Trace, ...]]) -> tuple[Trace, ...]:
        CTRL_C.check()
        try:
            traces = ask()
        except Unavailable as missing:
            self.absent = not self._has_run and shortage(missing) is None
            raise
        except (OSError, RuntimeError) as error:
            short_of = shortage(error)
            if short_of is None:
                raise
            raise Unavailable(f"the system has too little for it: {short_of}") from error
        self._has_run = True
        if any(trace.inconclusive for trace in traces):
            CTRL_C.check()  # the terminal interrupts a witness's processes too: no finding
        return traces


def shortage(error: BaseException) -> str | None:
    """What the system had too little of, if that is what lies behind an error."""
    for each in _chain(error):
        if isinstance(each, OSError) and each.errno in SCARCE:
            return str(each.strerror)
        if isinstance(each, RuntimeError) and str(each) == NO_THREAD:
            return NO_THREAD
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
