"""Faults that can be built into Go's runtime, to see that a check of it finds them.

Each is an edit of the user's own Go at build time, made before the overlay's. What it leaves is
wrong on purpose: nobody should run anything on it but this check.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from realgo.overlay import Anchor
from scenario import NetpollError

NETPOLL = "runtime/netpoll.go"
EPOLL = "runtime/netpoll_epoll.go"
PROC = "runtime/proc.go"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An edit, and in one line what Go does wrong with it."""

    what: str
    edit: Anchor


FAULTS: Mapping[str, Fault] = {
    "lost-wake": Fault(
        what="about one time in a thousand netpollunblock frees a goroutine and hands it to nobody",
        edit=Anchor(
            NETPOLL,
            "netpollunblock",
            "fault: lost wake",
            r"if old == pdWait \{",
            "if old == pdWait || old > pdWait && nanotime()&1023 == 0 {",
        ),
    ),
    "clear-before-drain": Fault(
        what="a poll clears netpollWakeSig before it drains the break descriptor",
        edit=Anchor(
            EPOLL,
            "netpoll",
            "fault: clear before drain",
            r"^(\t+read\(int32\(netpoll.*\n)(\t+netpollWakeSig\.Store\(0\)\n)",
            r"\2\1",
        ),
    ),
    "uncounted": Fault(
        what="findRunnable does not take those off netpollWaiters whom its polls freed",
        edit=Anchor(
            PROC,
            "findRunnable",
            "fault: uncounted",
            r"netpollAdjustWaiters\(delta\)",
            "_ = delta",
            count=3,
        ),
    ),
    "lastpoll-stays-0": Fault(
        what="a poll that blocked does not say afterwards that nobody is blocked any more",
        edit=Anchor(
            PROC,
            "findRunnable",
            "fault: lastpoll stays 0",
            r"^\t+sched\.lastpoll\.Store\(now\)\n",
            "\t\tif now < 0 {\n\\g<0>\t\t}\n",
        ),
    ),
}


def fault(name: str) -> Fault:
    """The fault of that name. Raises NetpollError, which lists them."""
    if name not in FAULTS:
        known = "; ".join(f"{each}: {is_.what}" for each, is_ in FAULTS.items())
        raise NetpollError(f"there is no fault {name!r}; there are {known}")
    return FAULTS[name]
