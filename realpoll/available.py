"""Whether real epoll can be asked here. Can be imported anywhere."""

import os
import platform
import sys

from scenario.errors import Unavailable

WAITING_CALLS = {
    # epoll_wait, epoll_pwait, poll, ppoll: asm/unistd_64.h and asm-generic/unistd.h
    "x86_64": frozenset({232, 281, 7, 271}),
    "aarch64": frozenset({22, 73}),
    "riscv64": frozenset({22, 73}),
}
"""The numbers of the system calls in which a poller may sleep, by machine."""


def check_available() -> None:
    """Raise Unavailable where threads cannot be seen in their system calls."""
    if not sys.platform.startswith("linux"):
        raise Unavailable(
            f"Real epoll needs Linux, and this is {platform.system()}. The model runs everywhere."
        )
    if platform.machine() not in WAITING_CALLS:
        known = ", ".join(sorted(WAITING_CALLS))
        raise Unavailable(
            f"Real epoll knows the system calls of {known}, but not of {platform.machine()}. "
            "The model runs everywhere."
        )
    try:
        system_call(os.getpid())
    except OSError as error:
        raise Unavailable(
            f"Real epoll needs {error.filename} to see which thread is blocked, and it cannot be "
            "read here. The model runs everywhere."
        ) from error


def system_call(tid: int) -> int | None:
    """The number of the system call in which a thread sleeps, or None if it runs (proc(5))."""
    path = f"/proc/self/task/{tid}/syscall"
    with open(path, encoding="ascii") as file:
        word = file.read().split()[0]
    return int(word) if word.isdigit() else None
