"""How a step ended, and what an event of epoll means, in the words of a trace."""

import errno
from typing import Any

from scenario import Op, Step

ENDED = ("ok", "eof", "timeout", "closed", "not pollable", "not pollable", "unknown")
"""interpreter/steps.go: its small numbers. A deadline on what cannot be polled has no word of its
own."""
FIRST_ERRNO = 1000
"""What stands before an errno (same source)."""

# epoll_ctl(2); Go takes these for readable and writable (netpoll_epoll.go:netpoll).
EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP = 0x1, 0x4, 0x8, 0x10, 0x2000
READABLE = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR
WRITABLE = EPOLLOUT | EPOLLHUP | EPOLLERR


def count_of(step: Step, number: int) -> int | str | None:
    """What stands in a step's ``count``: bytes, yes or no, or nothing."""
    if step.op in (Op.READ, Op.WRITE):
        return number
    if step.op is Op.IS_POLL_DESCRIPTOR:
        return "yes" if number else "no"
    return None


def error_of(number: int) -> str:
    """``ok``, ``eof``, ``timeout``, ``closed``, ``EPIPE``, ..."""
    if number < FIRST_ERRNO:
        return ENDED[number]
    return errno.errorcode.get(number - FIRST_ERRNO, f"errno {number - FIRST_ERRNO}")


def ready_item(fd: str, mask: int, *, stale: bool) -> dict[str, Any]:
    """One event of a poll."""
    modes = ("r" if mask & READABLE else "") + ("w" if mask & WRITABLE else "")
    return {"fd": fd, "modes": modes, "err": mask == EPOLLERR, "stale": stale}


def break_item() -> dict[str, Any]:
    """The event of the descriptor that breaks a poll."""
    return {"fd": "break", "modes": "r", "err": False, "stale": False}
