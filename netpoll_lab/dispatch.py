"""From a command line to an exit status: an error is one message on stderr, never a traceback."""

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from netpoll_lab.parser import parser
from netpoll_lab.status import Interrupted, Status
from scenario import NetpollError


def dispatch(argv: Sequence[str] | None) -> int:
    """Perform one command; its exit status."""
    try:
        args = parser().parse_args(argv)
        # Late, so that help needs no witness and a witness needs no picture.
        command = import_module(f"netpoll_lab.commands.{args.command}")
        status: int = command.perform(args)
        sys.stdout.flush()
    except NetpollError as error:
        return _stop(Status.BAD_INPUT, str(error))
    except Interrupted as error:
        return _stop(Status.INTERRUPTED, str(error))
    except BrokenPipeError:
        _forget_stdout()
        return Status.PIPE_CLOSED
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _forget_stdout()
        return _stop(Status.BAD_INPUT, "the output cannot be written: the disk is full; free some")
    return status


def _stop(status: Status, message: str) -> int:
    """Say why there is nothing more to come."""
    print(f"netpoll: {message}", file=sys.stderr)
    return status


def _forget_stdout() -> None:
    """What is still buffered can go nowhere; the interpreter's flush at exit must not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
