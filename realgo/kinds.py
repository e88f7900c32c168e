"""The kinds of records, one table for both sides: the overlay's Go constants are made from it."""

from enum import IntEnum, IntFlag


class Kind(IntEnum):
    """What a record says happened; docs/reference/record-format.md has the arguments of each."""

    START = 1
    """netpollinit begins, and with it the record."""

    # rg and wg, by the place in Go's text
    BLOCK_CONSUME = 10
    BLOCK_ANNOUNCE = 11
    BLOCK_CHECK = 12
    BLOCK_COLLECT = 13
    COMMIT = 14
    UNBLOCK_LOAD = 15
    UNBLOCK_CAS = 16
    RESET = 17
    OPEN_CHECK = 18
    OPEN_STORE = 19
    CLOSE_CHECK = 20

    # netpollWakeSig
    BREAK_CAS = 30
    BREAK_CLEAR = 31

    # sched.lastpoll
    LASTPOLL_LOAD = 40
    LASTPOLL_SWAP = 41
    LASTPOLL_CAS = 42

    # netpollWaiters
    WAITERS_LOAD = 50
    WAITERS_ADD = 51

    # the poller and its descriptors
    CALLER = 60
    ENTER = 61
    EXIT = 62
    EVENT = 63
    BREAK_EVENT = 64
    BREAK_DRAIN = 65
    BREAK_WRITE = 66
    OPEN = 67
    CLOSE = 68
    EVICT = 69
    SET_DEADLINE = 70
    DEADLINE_FIRE = 71

    # the scheduler
    READY = 80
    EXECUTE = 81
    INJECT = 82
    HANDOFF = 83
    PREEMPT = 84
    WAKE_POLLER = 85

    # the interpreter and its host
    USER = 100
    STIMULUS = 101
    QUIET = 102
    ENTRY = 103
    ACTION = 104
    HOLD = 105
    FETCH = 106
    RELEASE = 107
    SCRIPT = 108


class Flag(IntFlag):
    """What was so as a record was made: a slot's ``flags``."""

    SPINNING = 1
    """The M was looking for work."""
    POLLING = 2
    """sched.lastpoll was 0: somebody was blocked in a poll."""
    FAILED = 8
    """A compare-and-swap that found another value than ``b``."""


class Place(IntEnum):
    """The function of Go that an access to lastpoll or netpollWaiters, or a poll, stands in."""

    START_THE_WORLD = 1
    FIND_RUNNABLE = 2
    FIND_RUNNABLE_BLOCKING = 3
    POLL_WORK = 4
    SYSMON = 5
    HANDOFF = 6
    WAKE_NET_POLLER = 7
    HOST = 8
    """Not Go: the host of a scenario, which sets the time of the last poll."""


SLOT_WORDS = frozenset(kind for kind in Kind if Kind.BLOCK_CONSUME <= kind <= Kind.CLOSE_CHECK)
"""Accesses to ``rg`` or ``wg``."""
WAKE_SIG = frozenset({Kind.BREAK_CAS, Kind.BREAK_CLEAR})
LASTPOLL = frozenset({Kind.LASTPOLL_LOAD, Kind.LASTPOLL_SWAP, Kind.LASTPOLL_CAS})
WAITERS = frozenset({Kind.WAITERS_LOAD, Kind.WAITERS_ADD})
ACCESSES = SLOT_WORDS | WAKE_SIG | LASTPOLL | WAITERS
"""Records of one access to one shared word: ``a`` its address, ``b`` old, ``c`` new."""

NIL, READY, WAIT, GOROUTINE = 0, 1, 2, 1000
"""What ``rg`` or ``wg`` holds: pdNil, pdReady, pdWait, or a goroutine's number + GOROUTINE."""
