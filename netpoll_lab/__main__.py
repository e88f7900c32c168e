"""The command ``netpoll``: which goroutine wakes, in which order, and why."""

import sys
from collections.abc import Sequence

INTERRUPTED = 130  # Status.INTERRUPTED, before it is loaded


def main(argv: Sequence[str] | None = None) -> int:
    """Perform one command; the exit status. An error is one message on stderr."""
    try:
        # Here, so that Ctrl-C while modules are loaded is no traceback either.
        from netpoll_lab.interrupt import CTRL_C

        with CTRL_C.listening(last=argv is None):
            from netpoll_lab.dispatch import dispatch

            return dispatch(argv)
    except KeyboardInterrupt:
        print("netpoll: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
