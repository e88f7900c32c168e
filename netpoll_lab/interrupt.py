"""Ctrl-C: asked once, netpoll ends in good order; asked twice, at once.

An interrupt that lands anywhere may land where threads are made or locks are held. So while a
witness runs it is only noted, and raised between two runs, or where the witness itself lets it
in. A run that goes on for over ``PATIENCE_S`` computes: that is then interrupted where it is.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PATIENCE_S = 1.0
"""How long a run may take to end by itself."""
INTERRUPTED = 130  # Status.INTERRUPTED, before it is loaded
AT_ONCE = b"\nnetpoll: interrupted twice; the run was not cleaned up\n"


class CtrlC:
    """Whether Ctrl-C came, and whether it may raise KeyboardInterrupt now."""

    def __init__(self) -> None:
        self.asked = False
        self._held = 0
        self._impatient = False
        self._broken_off = False

    @contextmanager
    def listening(self, *, last: bool) -> Iterator[None]:
        """Take Ctrl-C over. ``last``: nothing comes after this, so then it is ignored.

        Only in the main thread, and not where somebody ignores it for us, as nohup does.
        """
        before, unraisable = signal.getsignal(signal.SIGINT), sys.unraisablehook
        main = threading.current_thread() is threading.main_thread()
        if not main or before in (signal.SIG_IGN, None):
            yield
            return
        self.asked = self._impatient = self._broken_off = False
        signal.signal(signal.SIGINT, self._come)
        sys.unraisablehook = lambda lost: self._find(lost) or unraisable(lost)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN if last else before)
            sys.unraisablehook = unraisable
            if self.asked:
                signal.setitimer(signal.ITIMER_REAL, 0)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Only note it meanwhile. Raises KeyboardInterrupt at the end if it came."""
        self._held += 1
        try:
            yield
        except Exception as error:
            if self._broken_off:  # what a run that was broken off says of that is no finding
                raise KeyboardInterrupt from error
            raise
        finally:
            self._held -= 1
        self.check()

    def check(self) -> None:
        """Raise KeyboardInterrupt if it came: here everything is in order."""
        if self.asked:
            raise KeyboardInterrupt

    def _find(self, lost: "sys.UnraisableHookArgs") -> bool:
        """Whether what was raised where nothing can be (in a destructor, say) is a Ctrl-C.

        It is not lost: ``asked`` says that it came.
        """
        return isinstance(lost.exc_value, KeyboardInterrupt)

    def _come(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        # A witness with a handler of its own hands Ctrl-C on only where it does no harm.
        handed_on = signal.getsignal(signal.SIGINT) != self._come
        if handed_on or not self._held or self._impatient:
            self._impatient = False
            self._broken_off = True
            raise KeyboardInterrupt
        if again:
            os.write(2, AT_ONCE)
            os._exit(INTERRUPTED)
        signal.signal(signal.SIGALRM, self._lose_patience)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)

    def _lose_patience(self, number: int, frame: FrameType | None) -> None:
        if self._held:
            self._impatient = True
            signal.raise_signal(signal.SIGINT)


CTRL_C = CtrlC()
"""The one of this process."""
