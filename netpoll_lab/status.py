"""The exit statuses of the command, and the error that a command itself finds."""

from enum import IntEnum

from scenario import NetpollError


class Status(IntEnum):
    """What the command says to the shell."""

    AGREES = 0
    DIFFERS = 1
    BAD_INPUT = 2
    INCONCLUSIVE = 3
    BUG = 70  # EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
    PIPE_CLOSED = 141  # 128 + SIGPIPE, likewise


class CommandError(NetpollError):
    """A file that cannot be written, an unknown witness, a picture of an unknown kind."""


class Interrupted(Exception):
    """Ctrl-C, after what was done so far was said and kept: the message says what that is."""
