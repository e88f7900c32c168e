"""Ctrl-C, let in only where it can do no harm: while the calling thread waits."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Self


class Interrupts:
    """Keeps SIGINT back inside a ``with`` block, but for chosen points.

    Python may raise KeyboardInterrupt between any two lines: after a descriptor was opened and
    before it was noted, after a thread was taken from the resting ones and before it was given
    its token. Here that happens in ``wait`` and ``let_in``, or when the block is over. It is done
    by the handler that was there before, so it may raise something else, or nothing. In a thread
    that is not the main one, and where SIGINT is ignored or kills, nothing changes.
    """

    def __init__(self) -> None:
        self._before: Callable[[int, FrameType | None], object] | None = None
        self._waiting = False
        self._kept_back = False

    def __enter__(self) -> Self:
        before = signal.getsignal(signal.SIGINT)
        if callable(before) and threading.current_thread() is threading.main_thread():
            self._before = before
            signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        before, self._before = self._before, None
        if before is None:
            return
        signal.signal(signal.SIGINT, before)
        # A second Ctrl-C, in the clean-up after the first, has nothing more to say.
        if self._kept_back and (kind is None or issubclass(kind, Exception)):
            before(signal.SIGINT, None)

    def let_in(self) -> None:
        """Call the handler if something was kept back."""
        if self._kept_back:
            self._call_handler(None)

    def wait(self, call: Callable[[], object]) -> None:
        """Call something that waits and may be left at any point by what the handler raises."""
        self._waiting = True
        try:
            self.let_in()
            call()
        finally:
            self._waiting = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._waiting:
            self._call_handler(frame)
        else:
            self._kept_back = True

    def _call_handler(self, frame: FrameType | None) -> None:
        self._waiting = self._kept_back = False
        if self._before is not None:
            self._before(signal.SIGINT, frame)
