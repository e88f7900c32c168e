"""A record of real Go in the model's words: which access of which function of the model it is."""

from conformance.validate.stepping import Access
from conformance.validate.transitions import IO, NO_IO
from realgo.kinds import GOROUTINE, NIL, READY, WAIT, Flag, Kind, Place
from realgo.records import Record

SLOT_PLACES = {
    Kind.BLOCK_CONSUME: ("netpollblock", "cas"),
    Kind.BLOCK_ANNOUNCE: ("netpollblock", "cas"),
    Kind.BLOCK_CHECK: ("netpollblock", "load"),
    Kind.BLOCK_COLLECT: ("netpollblock", "swap"),
    Kind.COMMIT: ("netpollblockcommit", "cas"),
    Kind.UNBLOCK_LOAD: ("netpollunblock", "load"),
    Kind.UNBLOCK_CAS: ("netpollunblock", "cas"),
    Kind.RESET: ("pollReset", "store"),
    Kind.OPEN_CHECK: ("pollOpen", "load"),
    Kind.OPEN_STORE: ("pollOpen", "store"),
    Kind.CLOSE_CHECK: ("pollClose", "load"),
}
"""Where the accesses of a slot stand in the model, and what they are there."""

LASTPOLL_PLACES = {
    Place.FIND_RUNNABLE: "findRunnablePoll",
    Place.FIND_RUNNABLE_BLOCKING: "findRunnableBlock",
    Place.SYSMON: "sysmonPoll",
    Place.WAKE_NET_POLLER: "wakeNetPoller",
}

BREAKS = {
    Kind.BREAK_CAS: ("netpollWakeSig", "netpollBreak", "cas"),
    Kind.BREAK_CLEAR: ("netpollWakeSig", "netpoll", "store"),
    Kind.BREAK_WRITE: ("break", "netpollBreak", "write"),
    Kind.BREAK_DRAIN: ("break", "netpoll", "read"),
}

GO_NAMES = {
    "pollOpen": "poll_runtime_pollOpen",
    "pollClose": "poll_runtime_pollClose",
    "pollReset": "poll_runtime_pollReset",
    "findRunnablePoll": "findRunnable",
    "findRunnableBlock": "findRunnable",
    "sysmonPoll": "sysmon",
}
"""What a function of the model is called in Go, where that differs."""

VALUES = {NIL: "nil", READY: "ready", WAIT: "wait"}


def slot_value(v: int) -> str:
    """What rg or wg holds, as the table has it; an unknown number as itself."""
    return "g" if v >= GOROUTINE else VALUES.get(v, str(v))


def spelled(record: Record, word: str) -> Access | None:
    """The access in the model's words; None where the model has no such function (pollWork)."""
    if record.kind in SLOT_PLACES:
        where, op = SLOT_PLACES[Kind(record.kind)]
        ask = (IO if record.f else NO_IO) if where == "netpollunblock" else ""
        return _access(record, word, where, op, slot_value(record.b), slot_value(record.c), ask)
    if record.kind in BREAKS:
        word, where, op = BREAKS[Kind(record.kind)]
        if word == "break":
            return Access(word=word, where=where, op=op, old="", new="")
        return _access(record, word, where, op, str(record.b), str(record.c))
    if Place(record.f) not in LASTPOLL_PLACES:
        return None
    op = {Kind.LASTPOLL_LOAD: "load", Kind.LASTPOLL_CAS: "cas"}.get(Kind(record.kind), "swap")
    if record.kind == Kind.LASTPOLL_SWAP and record.c:
        op = "store"
    old, new = ("time" if v else "0" for v in (record.b, record.c))
    return _access(record, word, LASTPOLL_PLACES[Place(record.f)], op, old, new)


def _access(
    record: Record, word: str, where: str, op: str, old: str, new: str, ask: str = ""
) -> Access:
    if record.flags & Flag.FAILED:
        old = new = f"not {old}"
    return Access(word=word, where=where, op=op, old=old, new=new, ask=ask)
