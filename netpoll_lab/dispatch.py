"""From a command line to an exit status: an error is one message on stderr, never a traceback."""

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from netpoll_lab.interrupt import CTRL_C
from netpoll_lab.output import forget, prepare_streams
from netpoll_lab.parser import parser
from netpoll_lab.status import Interrupted, Status
from scenario import NetpollError

UNWRITABLE = {
    errno.ENOSPC: "the disk is full; free some",
    errno.EDQUOT: "your quota is used up; free some",
    errno.EFBIG: "the file would be larger than allowed; see `ulimit -f`",
    errno.EBADF: "it is not open for writing; name another",
    errno.EIO: "the device fails; name another",
}
"""What a write to standard output may fail with, and what to do."""
TRACEBACK = "NETPOLL_TRACEBACK"


def dispatch(argv: Sequence[str] | None) -> int:
    """Perform one command; its exit status."""
    try:
        return _perform(argv)
    except NetpollError as error:
        return _stop(Status.BAD_INPUT, str(error))
    except Interrupted as error:
        return _stop(Status.INTERRUPTED, str(error))
    except BrokenPipeError:
        forget(sys.stdout)
        return Status.PIPE_CLOSED
    except OSError as error:
        if error.filename is not None or error.errno not in UNWRITABLE:
            return _bug(error)
        forget(sys.stdout)
        reason = UNWRITABLE[error.errno]
        return _stop(Status.BAD_INPUT, f"the output cannot be written: {reason}")
    except Exception as error:
        return _bug(error)


def _perform(argv: Sequence[str] | None) -> int:
    prepare_streams()
    args = parser().parse_args(argv)
    with CTRL_C.held():
        # Late, so that help needs no witness and a witness needs no picture.
        command = import_module(f"netpoll_lab.commands.{args.command}")
    status: int = command.perform(args)
    sys.stdout.flush()
    CTRL_C.check()
    return status


def _bug(error: Exception) -> int:
    """Nobody foresaw this: never 1, which would say that the witnesses differ."""
    told = "".join(traceback.format_exception(error)) if os.environ.get(TRACEBACK) else ""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return _stop(
        Status.BUG,
        f"a bug in netpoll: {what}; please report it with what the same command says"
        f" under {TRACEBACK}=1",
        first=told,
    )


def _stop(status: Status, message: str, *, first: str = "") -> int:
    """Say why there is nothing more to come."""
    try:
        print(f"{first}netpoll: {message}", file=sys.stderr)
    except OSError:  # nobody can be told, and the status still says of what kind it was
        forget(sys.stderr)
    return status
