r"""Where the overlay puts its records: file, function, what is looked for, what stands there then.

An access to a shared word is replaced by a function of ours that performs the same access and
records it (words.go); everything else is a record before or after a line that stays. ``\g<0>`` is
what was found.
"""

from collections.abc import Iterator

from realgo.overlay.source import Anchor

NETPOLL = "runtime/netpoll.go"
EPOLL = "runtime/netpoll_epoll.go"
PROC = "runtime/proc.go"

Edit = tuple[str, str, str]
"""The anchor's name, what is looked for, what stands there then."""


def _in(
    file: str, function: str, *edits: Edit, only_if: str = "", unless: str = ""
) -> Iterator[Anchor]:
    for edit in edits:
        yield Anchor(file, function, *edit, 1, only_if, unless)


def _netpollblock() -> Iterator[Anchor]:
    yield from _in(
        NETPOLL,
        "netpollblock",
        (
            "consume",
            r"gpp\.CompareAndSwap\(pdReady, pdNil\)",
            "npCas(npkBlockConsume, gpp, pdReady, pdNil, pd, mode, 0)",
        ),
        (
            "announce",
            r"gpp\.CompareAndSwap\(pdNil, pdWait\)",
            "npCas(npkBlockAnnounce, gpp, pdNil, pdWait, pd, mode, 0)",
        ),
        ("check", r"gpp\.Load\(\)", "npLoad(npkBlockCheck, gpp, pd, mode, 0)"),
        ("collect", r"gpp\.Swap\(pdNil\)", "npSwap(npkBlockCollect, gpp, pdNil, pd, mode)"),
    )
    yield from _in(
        NETPOLL,
        "netpollblockcommit",
        (
            "commit",
            r"atomic\.Casuintptr\(\(\*uintptr\)\(gpp\), (pdWait, uintptr\(.*\))\)$",
            r"npCas(npkCommit, (*atomic.Uintptr)(gpp), \1, nil, 0, 0)",
        ),
    )


def _netpollunblock() -> Iterator[Anchor]:
    yield from _in(
        NETPOLL,
        "netpollunblock",
        ("load", r"gpp\.Load\(\)", "npLoad(npkUnblockLoad, gpp, pd, mode, npb(ioready))"),
        (
            "cas",
            r"gpp\.CompareAndSwap\(old, new\)",
            "npCas(npkUnblockCas, gpp, old, new, pd, mode, npb(ioready))",
        ),
    )


def _slots() -> Iterator[Anchor]:
    """The other accesses to ``rg`` and ``wg``: prepare, open, close."""
    for word, mode in (("rg", "'r'"), ("wg", "'w'")):
        load, store = rf"pd\.{word}\.Load\(\)", rf"pd\.{word}\.Store\(pdNil\)"
        swapped = f"npSwap(npk%s, &pd.{word}, pdNil, pd, {mode})"
        loaded = f"npLoad(npk%s, &pd.{word}, pd, {mode}, 0)"
        yield from _in(
            NETPOLL, "poll_runtime_pollReset", (f"reset {word}", store, swapped % "Reset")
        )
        yield from _in(
            NETPOLL,
            "poll_runtime_pollOpen",
            (f"check {word}", load, loaded % "OpenCheck"),
            (f"store {word}", store, swapped % "OpenStore"),
        )
        yield from _in(
            NETPOLL, "poll_runtime_pollClose", (f"check {word}", load, loaded % "CloseCheck")
        )


def _waiters() -> Iterator[Anchor]:
    """netpollWaiters: since 1.22 one function changes it, before that two."""
    added = r"netpollWaiters\.Add\((delta|1|-1)\)"
    one = "func netpollAdjustWaiters("
    edit = ("add", added, r"npWaitersAdd(\1)")
    yield from _in(NETPOLL, "netpollAdjustWaiters", edit, only_if=one)
    yield from _in(NETPOLL, "netpollblockcommit", edit, unless=one)
    yield from _in(NETPOLL, "netpollgoready", edit, unless=one)
    asked = r"netpollAnyWaiters\(\)|netpollWaiters\.Load\(\) > 0"
    before_blocking = rf"({asked})(?= \|\|)"
    yield from _in(
        PROC,
        "findRunnable",
        ("any waiters, blocking", before_blocking, "npAnyWaiters(npAtFindRunnableBlocking)"),
        ("any waiters", asked, "npAnyWaiters(npAtFindRunnable)"),
    )
    yield from _in(PROC, "pollWork", ("any waiters", asked, "npAnyWaiters(npAtPollWork)"))


def _lastpoll() -> Iterator[Anchor]:
    load = r"sched\.lastpoll\.Load\(\)"
    for function, place in (
        ("findRunnable", "FindRunnable"),
        ("pollWork", "PollWork"),
        ("sysmon", "Sysmon"),
        ("handoffp", "Handoff"),
        ("wakeNetPoller", "WakeNetPoller"),
    ):
        yield from _in(PROC, function, ("lastpoll load", load, f"npLastpollLoad(npAt{place})"))
    swapped = r"npLastpollSwap(npkLastpollSwap, \1, npAtFindRunnableBlocking)"
    yield from _in(
        PROC,
        "findRunnable",
        ("lastpoll swap", r"sched\.lastpoll\.Swap\((0)\)", swapped),
        ("lastpoll store", r"sched\.lastpoll\.Store\((now)\)", swapped),
    )
    yield from _in(
        PROC,
        "sysmon",
        (
            "lastpoll cas",
            r"sched\.lastpoll\.CompareAndSwap\((lastpoll, now)\)",
            r"npLastpollCas(npkLastpollCas, \1, npAtSysmon)",
        ),
    )


def _break() -> Iterator[Anchor]:
    yield from _in(EPOLL, "netpollinit", ("start", r"^func .*\n", r"\g<0>\tnpStart()\n"))
    yield from _in(
        EPOLL,
        "netpollBreak",
        ("cas", r"netpollWakeSig\.CompareAndSwap\(0, 1\)", "npWakeSigCas()"),
        (
            "write",
            r"^\t\tif n == (?:1|oneSize) \{\n",
            r"\g<0>\t\t\tnpRec(npkBreakWrite, 0, 0, 0, 0, 0, 0)\n",
        ),
    )
    yield from _in(
        EPOLL,
        "netpoll",
        (
            "break event",
            r"^\t\t\tif delay != 0 \{\n",
            r"\t\t\tnpRec(npkBreakEvent, uint64(delay), 0, 0, 0, 0, 0)\n\g<0>",
        ),
        (
            "drain",
            r"^\t+read\(int32\(netpoll(?:EventFd|BreakRd)\), .*\n",
            r"\t\t\t\tnpBefore := npNowOr0()\n\g<0>\t\t\t\tnpDrained(npBefore)\n",
        ),
        ("clear", r"netpollWakeSig\.Store\(0\)", "npWakeSigClear()"),
    )


def _poll() -> Iterator[Anchor]:
    yield from _in(
        EPOLL,
        "netpoll",
        (
            "wait",
            r"^(\tn, errno := )(?:syscall|linux)\.EpollWait\(",
            r"\tnpRec(npkEnter, uint64(delay), uint64(waitms), 0, 0, 0, 0)\n\1npEpollWait(",
        ),
        (
            "exit",
            r"^\tif errno != 0 \{\n",
            r"\tnpRec(npkExit, uint64(n), uint64(errno), 0, 0, 0, 0)\n\g<0>",
        ),
        (
            "event",
            r"^\t\t\tif pd\.fdseq\.Load\(\) == tag \{\n",
            r"\t\t\tnpEvent(pd, ev.Events, tag)\n\g<0>",
        ),
    )
    call = r"^(\t+)(?:if )?list(?:, delta)? := netpoll\(%s\)"
    record = r"\1npRec(npkCaller, npAt%s, 0, 0, 0, 0, 0)\n\g<0>"
    for function, delay, place in (
        ("startTheWorldWithSema", "0", "StartTheWorld"),
        ("findRunnable", "0", "FindRunnable"),
        ("findRunnable", "delay", "FindRunnableBlocking"),
        ("pollWork", "0", "PollWork"),
        ("sysmon", "0", "Sysmon"),
    ):
        name = f"call netpoll({delay})"
        yield from _in(PROC, function, (name, call % delay, record % place))


def _descriptors() -> Iterator[Anchor]:
    first = r"^func .*\n"
    seen = r"^\trd0, wd0 := pd\.rd, pd\.wd\n"
    for function, name, pattern, before, after in (
        ("poll_runtime_pollOpen", "opened", r"^\treturn pd, 0\n", "npOpened(fd, pd)", ""),
        ("poll_runtime_pollClose", "closed", r"^\tnetpollclose\(pd\.fd\)\n", "npClosed(pd)", ""),
        ("poll_runtime_pollUnblock", "evict", r"^\tpd\.closing = true\n", "", "npEvicted(pd)"),
        ("poll_runtime_pollSetDeadline", "set", seen, "", "npDeadlineSet(pd, d, mode)"),
        (
            "netpolldeadlineimpl",
            "fire",
            r"^\tif seq != currentSeq \{\n",
            "npDeadlineFired(pd, read, write, seq, currentSeq)",
            "",
        ),
    ):
        yield from _in(NETPOLL, function, (name, pattern, _around(before, after)))
    for function, call in (
        ("ready", "npReadied(gp, next)"),
        ("execute", "npExecuted(gp, inheritTime)"),
        ("wakeNetPoller", "npPollerWoken(when)"),
        ("handoffp", "npRec(npkHandoff, uint64(pp.id), 0, 0, 0, 0, 0)"),
        ("preemptone", "npRec(npkPreempt, uint64(pp.id), 0, 0, 0, 0, 0)"),
        ("injectglist", "npInjected(glist)"),
        ("retake", r"if npMonitorRests() {\n\t\treturn 0\n\t}"),
    ):
        yield from _in(PROC, function, ("entry", first, _around("", call)))


def _around(before: str, after: str) -> str:
    """The replacement that keeps a line and puts a call before or after it."""
    above = f"\\t{before}\\n" if before else ""
    below = f"\\t{after}\\n" if after else ""
    return f"{above}\\g<0>{below}"


ANCHORS: tuple[Anchor, ...] = (
    *_netpollblock(),
    *_netpollunblock(),
    *_slots(),
    *_waiters(),
    *_lastpoll(),
    *_break(),
    *_poll(),
    *_descriptors(),
)
"""All of them, in the order in which they are performed."""
