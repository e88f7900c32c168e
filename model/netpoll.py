"""runtime/netpoll.go: the half of the poller that every system shares."""

from typing import TYPE_CHECKING, Any

from model.atomic import Mutex, Word, nanotime, throw, world
from model.runtime2 import G
from model.time import Time, Timer

# What pollReset and pollWait answer.
pollNoError = 0
pollErrClosing = 1
pollErrTimeout = 2
pollErrNotPollable = 3

# A pollDesc holds two binary semaphores, rg for its reader and wg for its writer. Each is
#
#   pdNil    nothing of the below
#   pdReady  news is there; a goroutine consumes it by changing the word to pdNil
#   pdWait   a goroutine is about to park. It commits by changing the word to itself; or news
#            comes first (pdReady), or a timeout or close does (pdNil)
#   a G      that goroutine is parked; news makes it pdReady, a timeout or close pdNil, and
#            whoever changes the word makes the goroutine runnable
pdNil, pdReady, pdWait = 0, 1, 2

# Go's modes are 'r', 'w' and their sum; a bit for each says the same.
modeR, modeW = 1, 2

pollClosing = 1
pollEventErr = 2
pollExpiredReadDeadline = 4
pollExpiredWriteDeadline = 8
pollFDSeq = 4  # where the low 20 bits of fdseq begin
pollFDSeqMask = (1 << 20) - 1

TAG_BITS = 24
"""Bits of fdseq that fit beside a pollDesc's address (tagptr_64bit.go, amd64, Go 1.25 to 1.27)."""

POLL_BLOCK = 8
"""pollDescs made at once: 4 KiB in steps of 512 bytes (Go 1.25 to 1.27)."""


class PollDesc:
    """What the poller knows of one open descriptor. Type-stable: never given back, only reused."""

    __slots__ = (
        "atomicInfo", "closing", "fd", "fdseq", "link", "lock", "rd", "rg", "rrun", "rseq", "rt",
        "wd", "wg", "wrun", "wseq", "wt",
    )  # fmt: skip

    def __init__(self) -> None:
        self.link: PollDesc | None = None  # in pollcache, guarded by its lock
        self.fd = -1  # constant while the pollDesc is in use
        self.fdseq = Word(0)  # tells this use of the pollDesc from an earlier one
        # The bits that netpollcheckerr needs, which cannot take the lock: closing, and whether rd
        # and wd have expired. publishInfo copies them here, and must have done so before
        # netpollunblock is called, since this is what keeps a goroutine from parking anew.
        self.atomicInfo = Word(0)
        self.rg: Word[G | int] = Word(pdNil)
        self.wg: Word[G | int] = Word(pdNil)
        self.lock = Mutex()  # guards the following
        self.closing = False
        self.rrun = False  # whether rt is running
        self.wrun = False
        self.rseq = 0  # tells this deadline from an earlier one
        self.rt: Timer | None = None  # made when it is first needed, to save memory
        self.rd = 0  # read deadline: a nanotime, 0 for none, -1 when expired
        self.wseq = 0
        self.wt: Timer | None = None
        self.wd = 0


class PollCache:
    """The free pollDescs, a stack."""

    __slots__ = ("first", "lock")

    def __init__(self) -> None:
        self.lock = Mutex()
        self.first: PollDesc | None = None


class Netpoll(Time):
    """The functions of netpoll.go. A method of Go's ``pollDesc`` or ``pollCache`` takes it first.

    Each system supplies the functions declared here; for Linux they are in netpoll_epoll.
    """

    tagBits = TAG_BITS

    if TYPE_CHECKING:

        async def netpollinit(self) -> None: ...
        async def netpollopen(self, fd: int, pd: PollDesc) -> int: ...
        async def netpollclose(self, fd: int) -> int: ...
        def netpollIsPollDescriptor(self, fd: int) -> bool: ...

    async def publishInfo(self, pd: PollDesc) -> None:
        """Copy the state of pd into pd.atomicInfo. Preconditions: pd.lock is held."""
        info = 0
        if pd.closing:
            info |= pollClosing
        if pd.rd < 0:
            info |= pollExpiredReadDeadline
        if pd.wd < 0:
            info |= pollExpiredWriteDeadline
        fdseq = await pd.fdseq.load()
        info |= (fdseq & pollFDSeqMask) << pollFDSeq
        while True:
            x = await pd.atomicInfo.load()
            # pollEventErr lives here only: keep it.
            if await pd.atomicInfo.cas(x, (x & pollEventErr) | info):
                return

    async def setEventErr(self, pd: PollDesc, b: bool, seq: int) -> None:
        """Set the bit that says that an event of pd was an error.

        Only for the use of pd that ``seq`` belongs to (go.dev/issue/59545); 0 is for any.
        """
        mSeq = seq & pollFDSeqMask
        while True:
            x = await pd.atomicInfo.load()
            xSeq = (x >> pollFDSeq) & pollFDSeqMask
            if seq != 0 and xSeq != mSeq:
                return
            if (x & pollEventErr != 0) == b:
                return
            if await pd.atomicInfo.cas(x, x ^ pollEventErr):
                return

    async def netpollGenericInit(self) -> None:
        inited = await self.netpollInited.load()
        if inited == 0:
            await self.netpollInitLock.lock()
            inited = await self.netpollInited.load()
            if inited == 0:
                await self.netpollinit()
                # Last: whoever sees it may use epfd (go.dev/issue/35353).
                await self.netpollInited.store(1)
            await self.netpollInitLock.unlock()

    async def pollOpen(self, fd: int) -> tuple[PollDesc | None, int]:
        """poll_runtime_pollOpen: a pollDesc for fd, registered; or None and an errno."""
        pd = await self.pollCacheAlloc()
        await pd.lock.lock()
        wg = await pd.wg.load()
        if wg not in (pdNil, pdReady):
            throw("runtime: blocked write on free polldesc")
        rg = await pd.rg.load()
        if rg not in (pdNil, pdReady):
            throw("runtime: blocked read on free polldesc")
        pd.fd = fd
        fdseq = await pd.fdseq.load()
        if fdseq == 0:
            await pd.fdseq.store(1)  # 0 means "any" to setEventErr
        pd.closing = False
        await self.setEventErr(pd, False, 0)
        pd.rseq += 1
        await pd.rg.store(pdNil)
        pd.rd = 0
        pd.wseq += 1
        await pd.wg.store(pdNil)
        pd.wd = 0
        await self.publishInfo(pd)
        await pd.lock.unlock()
        world.seen.opened(pd)
        errno = await self.netpollopen(fd, pd)
        if errno != 0:
            await self.pollCacheFree(pd)
            return None, errno
        return pd, 0

    async def pollClose(self, pd: PollDesc) -> None:
        """poll_runtime_pollClose. Preconditions: pollUnblock was called, and nobody uses pd."""
        if not pd.closing:
            throw("runtime: close polldesc w/o unblock")
        wg = await pd.wg.load()
        if wg not in (pdNil, pdReady):
            throw("runtime: blocked write on closing polldesc")
        rg = await pd.rg.load()
        if rg not in (pdNil, pdReady):
            throw("runtime: blocked read on closing polldesc")
        await self.netpollclose(pd.fd)
        await self.pollCacheFree(pd)

    async def pollCacheFree(self, pd: PollDesc) -> None:
        await pd.lock.lock()
        # A poll that is under way must not find pd ready any more.
        fdseq = await pd.fdseq.load()
        await pd.fdseq.store((fdseq + 1) & ((1 << self.tagBits) - 1))
        await self.publishInfo(pd)  # with the new fdseq (go.dev/issue/60133)
        await pd.lock.unlock()
        await self.pollcache.lock.lock()
        pd.link = self.pollcache.first
        self.pollcache.first = pd
        await self.pollcache.lock.unlock()

    async def pollReset(self, pd: PollDesc, mode: int) -> int:
        """poll_runtime_pollReset: make pd ready for an attempt in mode; an error of the above."""
        errcode = await self.netpollcheckerr(pd, mode)
        if errcode != pollNoError:
            return errcode
        if mode == modeR:
            await pd.rg.store(pdNil)
        else:
            await pd.wg.store(pdNil)
        world.seen.slot(pd, mode, pdNil)
        return pollNoError

    async def pollWait(self, pd: PollDesc, mode: int) -> int:
        """poll_runtime_pollWait: wait for news in mode; an error of the above."""
        errcode = await self.netpollcheckerr(pd, mode)
        if errcode != pollNoError:
            return errcode
        while True:
            if await self.netpollblock(pd, mode, False):
                return pollNoError
            errcode = await self.netpollcheckerr(pd, mode)
            if errcode != pollNoError:
                return errcode
            # A deadline freed us, but was moved before we ran: as if it had not (issue 6103).

    async def pollSetDeadline(self, pd: PollDesc, d: int, mode: int) -> None:
        """poll_runtime_pollSetDeadline: ``d`` in ns from now, 0 for none, below 0 in the past."""
        await pd.lock.lock()
        if pd.closing:
            await pd.lock.unlock()
            return
        rd0, wd0 = pd.rd, pd.wd
        combo0 = rd0 > 0 and rd0 == wd0
        if d > 0:
            now = await nanotime()
            d = min(d + now, (1 << 63) - 1)
        if mode & modeR:
            pd.rd = d
        if mode & modeW:
            pd.wd = d
        await self.publishInfo(pd)
        combo = pd.rd > 0 and pd.rd == pd.wd
        rtf = self.netpollDeadline if combo else self.netpollReadDeadline
        if pd.rt is None:
            pd.rt = Timer()
        if pd.wt is None:
            pd.wt = Timer()
        if not pd.rrun:
            if pd.rd > 0:
                # The timer carries rseq: if that has changed when it fires, the descriptor
                # was reused or its deadline moved.
                await self.modify(pd.rt, pd.rd, rtf, pd, pd.rseq)
                pd.rrun = True
        elif pd.rd != rd0 or combo != combo0:
            pd.rseq += 1  # invalidate the current timer
            if pd.rd > 0:
                await self.modify(pd.rt, pd.rd, rtf, pd, pd.rseq)
            else:
                await self.stop(pd.rt)
                pd.rrun = False
        if not pd.wrun:
            if pd.wd > 0 and not combo:
                await self.modify(pd.wt, pd.wd, self.netpollWriteDeadline, pd, pd.wseq)
                pd.wrun = True
        elif pd.wd != wd0 or combo != combo0:
            pd.wseq += 1
            if pd.wd > 0 and not combo:
                await self.modify(pd.wt, pd.wd, self.netpollWriteDeadline, pd, pd.wseq)
            else:
                await self.stop(pd.wt)
                pd.wrun = False
        # A deadline in the past frees whoever is parked. publishInfo came first, above.
        rg: G | None = None
        wg: G | None = None
        delta = 0
        if pd.rd < 0:
            rg, dl = await self.netpollunblock(pd, modeR, False)
            delta += dl
        if pd.wd < 0:
            wg, dl = await self.netpollunblock(pd, modeW, False)
            delta += dl
        await pd.lock.unlock()
        if rg is not None:
            await self.netpollgoready(rg)
        if wg is not None:
            await self.netpollgoready(wg)
        await self.netpollAdjustWaiters(delta)

    async def pollUnblock(self, pd: PollDesc) -> None:
        """poll_runtime_pollUnblock: the descriptor is about to close; free whoever is parked."""
        await pd.lock.lock()
        if pd.closing:
            throw("runtime: unblock on closing polldesc")
        pd.closing = True
        pd.rseq += 1
        pd.wseq += 1
        await self.publishInfo(pd)
        rg, delta = await self.netpollunblock(pd, modeR, False)
        wg, dl = await self.netpollunblock(pd, modeW, False)
        delta += dl
        if pd.rrun:
            assert pd.rt is not None
            await self.stop(pd.rt)
            pd.rrun = False
        if pd.wrun:
            assert pd.wt is not None
            await self.stop(pd.wt)
            pd.wrun = False
        await pd.lock.unlock()
        if rg is not None:
            await self.netpollgoready(rg)
        if wg is not None:
            await self.netpollgoready(wg)
        await self.netpollAdjustWaiters(delta)

    async def netpollready(self, toRun: G | None, pd: PollDesc, mode: int) -> tuple[G | None, int]:
        """Declare pd ready in mode: (toRun with its goroutines pushed, loss of netpollWaiters)."""
        delta = 0
        rg: G | None = None
        wg: G | None = None
        if mode & modeR:
            rg, dl = await self.netpollunblock(pd, modeR, True)
            delta += dl
        if mode & modeW:
            wg, dl = await self.netpollunblock(pd, modeW, True)
            delta += dl
        if rg is not None:
            rg.schedlink = toRun
            toRun = rg
        if wg is not None:
            wg.schedlink = toRun
            toRun = wg
        return toRun, delta

    async def netpollcheckerr(self, pd: PollDesc, mode: int) -> int:
        info = await pd.atomicInfo.load()
        if info & pollClosing:
            return pollErrClosing
        if mode == modeR and info & pollExpiredReadDeadline:
            return pollErrTimeout
        if mode == modeW and info & pollExpiredWriteDeadline:
            return pollErrTimeout
        # Only for a reader: a write will meet the error itself, and know it better.
        if mode == modeR and info & pollEventErr:
            return pollErrNotPollable
        return pollNoError

    async def netpollblockcommit(self, gp: G, gpp: Word[G | int]) -> bool:
        """Park gp for good, unless somebody came in between. Called on g0, gp already waiting."""
        r = await gpp.cas(pdWait, gp)
        if r:
            world.seen.committed(gp, gpp)
            # The scheduler blocks in a poll only while somebody waits for one.
            await self.netpollAdjustWaiters(1)
        return r

    async def netpollgoready(self, gp: G) -> None:
        await self.goready(gp)

    async def netpollblock(self, pd: PollDesc, mode: int, waitio: bool) -> bool:
        """Park the calling G until pd is ready; False means closed or timed out.

        Every ``await`` is one atomic access: another thread may run just before it. Whatever
        stands between two awaits happens at once. Two callers in one mode are forbidden.
        """
        gpp = pd.rg if mode == modeR else pd.wg

        while True:  # DOC: announce
            if await gpp.cas(pdReady, pdNil):
                world.seen.slot(pd, mode, pdNil)
                return True  # the news came before we asked; consume it
            if await gpp.cas(pdNil, pdWait):
                break
            v = await gpp.load()
            if v not in (pdReady, pdNil):
                throw("runtime: double wait")
        world.seen.slot(pd, mode, pdWait)

        # DOC: recheck. Closers publish `closing` first and look at gpp second; we do it the
        # other way round, so at least one side sees the other (go.dev/issue/45211).
        errcode = pollNoError
        if not waitio:
            errcode = await self.netpollcheckerr(pd, mode)
        if errcode == pollNoError:
            await self.gopark(self.netpollblockcommit, gpp, "io")  # DOC: park

        old = await gpp.swap(pdNil)  # DOC: collect. pdReady may have come meanwhile.
        world.seen.slot(pd, mode, pdNil)
        if isinstance(old, G):
            throw("runtime: corrupted polldesc")
        return old == pdReady

    async def netpollunblock(self, pd: PollDesc, mode: int, ioready: bool) -> tuple[G | None, int]:
        """Free whoever is parked on pd in mode: (the goroutine, what netpollWaiters loses).

        The loss is applied only when the goroutine is runnable: else a deadlock would be
        reported while it is on nobody's queue (go.dev/issue/61454).
        """
        gpp = pd.rg if mode == modeR else pd.wg
        while True:
            old = await gpp.load()
            if old == pdReady:
                return None, 0
            if old == pdNil and not ioready:
                # pollWait asks for timeouts and closing before it parks.
                return None, 0
            new = pdReady if ioready else pdNil
            if await gpp.cas(old, new):  # DOC: free
                world.seen.unblocked(pd, mode, old, ioready)
                if isinstance(old, G):
                    return old, -1
                return None, 0

    async def netpolldeadlineimpl(self, pd: PollDesc, seq: int, read: bool, write: bool) -> None:
        await pd.lock.lock()
        currentSeq = pd.rseq if read else pd.wseq
        if seq != currentSeq:
            # The descriptor was reused, or its deadline was moved.
            await pd.lock.unlock()
            return
        delta = 0
        rg: G | None = None
        if read:
            if pd.rd <= 0 or not pd.rrun:
                throw("runtime: inconsistent read deadline")
            pd.rd = -1
            await self.publishInfo(pd)
            rg, dl = await self.netpollunblock(pd, modeR, False)
            delta += dl
        wg: G | None = None
        if write:
            if pd.wd <= 0 or (not pd.wrun and not read):
                throw("runtime: inconsistent write deadline")
            pd.wd = -1
            await self.publishInfo(pd)
            wg, dl = await self.netpollunblock(pd, modeW, False)
            delta += dl
        await pd.lock.unlock()
        if rg is not None:
            await self.netpollgoready(rg)
        if wg is not None:
            await self.netpollgoready(wg)
        await self.netpollAdjustWaiters(delta)

    async def netpollDeadline(self, arg: Any, seq: int) -> None:
        await self.netpolldeadlineimpl(arg, seq, True, True)

    async def netpollReadDeadline(self, arg: Any, seq: int) -> None:
        await self.netpolldeadlineimpl(arg, seq, True, False)

    async def netpollWriteDeadline(self, arg: Any, seq: int) -> None:
        await self.netpolldeadlineimpl(arg, seq, False, True)

    async def netpollAnyWaiters(self) -> bool:
        waiters = await self.netpollWaiters.load()
        return waiters > 0

    async def netpollAdjustWaiters(self, delta: int) -> None:
        if delta != 0:
            await self.netpollWaiters.add(delta)

    async def pollCacheAlloc(self) -> PollDesc:
        await self.pollcache.lock.lock()
        if self.pollcache.first is None:
            for _ in range(POLL_BLOCK):
                new = PollDesc()
                new.link = self.pollcache.first
                self.pollcache.first = new
        pd = self.pollcache.first
        assert pd is not None
        self.pollcache.first = pd.link
        await self.pollcache.lock.unlock()
        return pd
