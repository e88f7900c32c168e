"""runtime/runtime2.go: what a G, an M, a P and the scheduler are made of."""

from typing import TYPE_CHECKING, Any

from model.atomic import Count, Mutex, Note, Status, Uint32, Word

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from model.kernel import Kernel
    from model.time import Timer, Timers

# G status (runtime2.go). Gscan is a bit beside the others: whoever set it owns the G for a moment.
Gidle, Grunnable, Grunning, Gsyscall, Gwaiting, Gdead = 0, 1, 2, 3, 4, 6
Gscan = 0x1000

# P status (runtime2.go).
Pidle, Prunning = 0, 1

RUNQ_SIZE = 256
FORCE_PREEMPT_NS = 10_000_000
FORCE_GC_PERIOD_NS = 120_000_000_000
SYSMON_MIN_NS = 20_000
SYSMON_MAX_NS = 10_000_000
POLL_OVERDUE_NS = 10_000_000
STEAL_TRIES = 4


class G:
    """A goroutine. ``name`` is the scenario's; ``coro`` its suspended text."""

    __slots__ = (
        "atomicstatus", "coro", "goid", "m", "name", "preempt", "schedlink",
        "sleepWhen", "timer",
    )  # fmt: skip

    def __init__(self, goid: int, name: str) -> None:
        self.goid = goid
        self.name = name
        self.atomicstatus = Status(Gidle)
        self.m: M | None = None
        self.coro: Coroutine[str, None, None] | None = None
        self.schedlink: G | None = None  # the next one on a gList or gQueue
        self.preempt = Word(False)
        self.timer: Timer | None = None
        self.sleepWhen = 0

    def __repr__(self) -> str:
        return self.name


class M:
    """A thread of the operating system. The last group belongs to the driver."""

    __slots__ = (
        "counted",
        "cur",
        "curg",
        "event",
        "g0",
        "id",
        "interrupted",
        "mcallfn",
        "nextp",
        "oldp",
        "p",
        "park",
        "resume",
        "spinning",
        "syscalltick",
        "timedout",
        "waitlock",
        "waitunlockf",
        "wakeseq",
    )  # fmt: skip

    def __init__(self, id: int) -> None:
        self.id = id
        self.p: P | None = None
        self.nextp: P | None = None
        self.oldp: P | None = None  # the P that was there before a system call
        self.curg: G | None = None
        self.spinning = False
        self.park = Note()
        self.syscalltick = 0
        self.waitunlockf: Callable[[G, Any], Awaitable[bool]] | None = None
        self.waitlock: Any = None
        self.mcallfn: Callable[[G], Awaitable[G | None]] | None = None
        self.g0: Coroutine[str, None, None] | None = None
        self.cur: Coroutine[str, None, None] | None = None
        self.event: Any = None
        self.resume: Any = None
        self.wakeseq = 0
        self.timedout = False
        self.interrupted = False
        self.counted = False

    def __repr__(self) -> str:
        return f"M{self.id}"


class Sysmontick:
    """What sysmon saw of a P the last time it looked (proc.go:sysmontick)."""

    __slots__ = ("schedtick", "schedwhen", "syscalltick", "syscallwhen")

    def __init__(self) -> None:
        self.schedtick = 0
        self.schedwhen = 0
        self.syscalltick = 0
        self.syscallwhen = 0


class P:
    """The right to run Go code, with its own run queue and timers."""

    __slots__ = (
        "id", "link", "m", "runnext", "runq", "runqhead", "runqtail", "schedtick", "status",
        "syscalltick", "sysmontick", "timers",
    )  # fmt: skip

    def __init__(self, id: int, timers: "Timers") -> None:
        self.id = id
        self.status = Count(Pidle)
        self.link: P | None = None
        self.m: M | None = None
        self.runqhead = Count(0)
        self.runqtail = Count(0)
        self.runq: list[G | None] = [None] * RUNQ_SIZE
        # Made ready by the running G, to run next in its time slice.
        self.runnext: Word[G | None] = Word(None)
        # Not 0: a P has had turns before main, and turn 0 would ask the global queue first.
        self.schedtick = Count(1)
        self.syscalltick = Count(0)
        self.sysmontick = Sysmontick()
        self.timers = timers

    def __repr__(self) -> str:
        return f"P{self.id}"


class GQueue:
    """runtime.gQueue: a queue of Gs linked through schedlink.

    ``head`` is a word, since findRunnable asks whether the global queue is empty without its lock.
    The three methods are called with the lock held (or on a queue that nobody else knows).
    """

    __slots__ = ("head", "size", "tail")

    def __init__(self) -> None:
        self.head: Word[G | None] = Word(None)
        self.tail: G | None = None
        self.size = 0

    async def pushBack(self, gp: G) -> None:
        gp.schedlink = None
        self.size += 1
        tail = self.tail
        self.tail = gp
        if tail is None:
            await self.head.store(gp)
        else:
            tail.schedlink = gp

    async def pushBackAll(self, head: G, tail: G, size: int) -> None:
        old = self.tail
        self.tail = tail
        self.size += size
        if old is None:
            await self.head.store(head)
        else:
            old.schedlink = head

    async def pop(self) -> G | None:
        gp = await self.head.load()
        if gp is None:
            return None
        self.size -= 1
        if gp.schedlink is None:
            self.tail = None
        link = gp.schedlink
        gp.schedlink = None
        await self.head.store(link)
        return gp


class Schedt:
    """runtime.schedt: what all Ms share."""

    __slots__ = (
        "lastpoll", "lock", "midle", "mnext", "needspinning", "nmidle", "nmidlelocked",
        "nmspinning", "nmsys", "npidle", "pidle", "pollUntil", "pollingNet", "runq",
        "sysmonlock", "sysmonnote", "sysmonwait",
    )  # fmt: skip

    def __init__(self, now: int) -> None:
        # When the network was polled last; 0 while somebody is blocked in a poll.
        self.lastpoll = Word(now)
        # The time to which the current poll sleeps; 0 for ever, or nobody polls.
        self.pollUntil = Word(0)
        self.pollingNet = Count(0)  # 1 while a P polls without blocking
        self.lock = Mutex()  # guards what follows, up to runq
        self.midle: tuple[M, ...] = ()  # idle Ms waiting for work, the last one first
        self.nmidle = 0
        self.nmidlelocked = 0
        self.mnext = 0  # number of Ms that have been made
        self.nmsys = 0  # Ms that do not count for a deadlock
        self.pidle: Word[P | None] = Word(None)
        self.npidle = Count(0)
        self.runq = GQueue()
        self.nmspinning = Count(0)
        self.needspinning = Count(0)
        self.sysmonwait = Word(False)
        self.sysmonnote = Note()
        self.sysmonlock = Mutex()


class Text:
    """The runtime's variables, and the functions that are called before the file that has them.

    The text of the model is one class, ``Runtime``, put together from a class for each file. Its
    initial state is what schedinit and procresize leave behind in proc.go.
    """

    def __init__(self, kernel: "Kernel", procs: int, now: int) -> None:
        from model.netpoll import PollCache
        from model.time import Timers

        self.kernel = kernel
        self.gomaxprocs = procs
        self.sched = Schedt(now)
        self.allp = tuple(P(id, Timers()) for id in range(procs))
        self.allm: list[M] = []
        self.allglen = 0
        self.goroutines: dict[str, G] = {}
        self.allpLock = Mutex()
        self.idlepMask = Count(0)
        # p.init sets the bit of every P; pidleput clears it for those that start idle. P 0 never
        # goes through pidleget, so a sleeper on it would be lost without this bit.
        self.timerpMask = Count(1)
        self.epfd = -1
        self.netpollEventFd = -1
        self.netpollWakeSig = Count(0)
        self.netpollInitLock = Mutex()
        self.netpollInited = Count(0)
        self.netpollWaiters = Uint32(0)
        self.pollcache: PollCache = PollCache()
        for pp in self.allp[:0:-1]:
            pp.link = self.sched.pidle.v
            self.sched.pidle.v = pp
            self.sched.npidle.v += 1
            self.idlepMask.v |= 1 << pp.id

    if TYPE_CHECKING:
        # proc.go
        async def gopark(
            self, unlockf: "Callable[[G, Any], Awaitable[bool]] | None", lock: Any, reason: str
        ) -> None: ...
        async def goready(self, gp: G) -> None: ...
        async def wakeNetPoller(self, when: int) -> None: ...
        async def entersyscall(self) -> None: ...
        async def exitsyscall(self) -> None: ...
        # netpoll.go
        async def netpollGenericInit(self) -> None: ...
