"""runtime/proc.go: the scheduler. Left out: garbage collection, tracing, cgo, locked threads."""

from collections.abc import Awaitable, Callable
from math import gcd
from typing import Any

from model.atomic import (
    choose,
    compute,
    fatal,
    gogo,
    look,
    mcall,
    nanotime,
    syscall,
    throw,
    usleep,
    world,
)
from model.costs import BUSY_SLICE_NS
from model.fd_unix import FDs
from model.runtime2 import (
    FORCE_GC_PERIOD_NS,
    FORCE_PREEMPT_NS,
    POLL_OVERDUE_NS,
    RUNQ_SIZE,
    STEAL_TRIES,
    SYSMON_MAX_NS,
    SYSMON_MIN_NS,
    G,
    Gdead,
    Gidle,
    GQueue,
    Grunnable,
    Grunning,
    Gscan,
    Gsyscall,
    Gwaiting,
    M,
    P,
    Pidle,
    Prunning,
)


class Proc(FDs):
    """The functions of proc.go, in Go's order."""

    # ---- parking and readying

    async def Gosched(self) -> None:
        """runtime.Gosched: step aside for the others."""
        await mcall(self.gosched_m)

    async def gopark(
        self, unlockf: Callable[[G, Any], Awaitable[bool]] | None, lock: Any, reason: str
    ) -> None:
        """Park the calling goroutine; ``unlockf`` is called when it is parked and may say no."""
        mp = world.m
        mp.waitunlockf = unlockf
        mp.waitlock = lock
        world.seen.parks(mp.curg, reason)
        await mcall(self.park_m)

    async def goready(self, gp: G) -> None:
        await self.ready(gp, True)

    async def ready(self, gp: G, next: bool) -> None:
        status = await gp.atomicstatus.load()
        if status & ~Gscan != Gwaiting:
            throw("bad g->status in ready")
        await gp.atomicstatus.become(Gwaiting, Grunnable)
        pp = world.m.p
        assert pp is not None
        await self.runqput(pp, gp, next)
        await self.wakep()

    # ---- threads

    async def mstart(self, mp: M) -> None:
        """The life of a thread: mstart1, then schedule and whatever goroutines call through mcall.

        In Go schedule never returns: each switch throws g0's stack away. Here g0 comes back from
        gogo when the goroutine calls mcall, and goes round.
        """
        pp = mp.nextp
        if pp is not None:
            await self.acquirep(pp)
            mp.nextp = None
        next: G | None = None
        inheritTime = True
        while True:
            if next is None:
                next, inheritTime = await self.schedule()
            await self.execute(next, inheritTime)
            fn = mp.mcallfn
            gp = mp.curg
            assert fn is not None
            assert gp is not None
            next = await fn(gp)
            inheritTime = True

    async def newm(self, pp: P | None, spinning: bool, id: int) -> None:
        """Start a thread that begins with pp."""
        await syscall()
        mp = M(id)
        mp.nextp = pp
        mp.spinning = spinning
        self.allm.append(mp)
        world.driver.start(mp, self.mstart(mp))

    def mcount(self) -> int:
        return self.sched.mnext

    async def stopm(self) -> None:
        """Stop this M until there is new work for it; comes back with a P."""
        mp = world.m
        if mp.p is not None:
            throw("stopm holding p")
        if mp.spinning:
            throw("stopm spinning")
        await self.sched.lock.lock()
        self.mput(mp)
        await self.sched.lock.unlock()
        await mp.park.sleep()
        pp = mp.nextp
        if pp is None:
            throw("stopm: woken without a P")
        await self.acquirep(pp)
        mp.nextp = None

    async def startm(self, pp: P | None, spinning: bool, lockheld: bool) -> None:
        """Let some M run pp (an idle one, or a new one); without pp, an idle P if there is one."""
        if not lockheld:
            await self.sched.lock.lock()
        if pp is None:
            if spinning:
                throw("startm: P required for spinning=true")
            pp = await self.pidleget()
            if pp is None:
                if not lockheld:
                    await self.sched.lock.unlock()
                return
        nmp = self.mget()
        if nmp is None:
            # Take the new M's number before the lock goes, so that checkdead counts it as running
            # (go.dev/issue/59600).
            id = self.sched.mnext
            self.sched.mnext += 1
            await self.sched.lock.unlock()
            await self.newm(pp, spinning, id)
            if lockheld:
                await self.sched.lock.lock()
            return
        if not lockheld:
            await self.sched.lock.unlock()
        if nmp.spinning:
            throw("startm: m is spinning")
        if nmp.nextp is not None:
            throw("startm: m has p")
        if spinning:
            empty = await self.runqempty(pp)
            if not empty:
                throw("startm: p has runnable gs")
        nmp.spinning = spinning
        nmp.nextp = pp
        await nmp.park.wakeup()

    async def handoffp(self, pp: P) -> None:
        """Hand pp on from a system call. Called without a P.

        An M must be started in each situation in which findRunnable would find something for pp.
        """
        sched = self.sched
        # If it has local work, start it straight away.
        empty = await self.runqempty(pp)
        if not empty:
            await self.startm(pp, False, False)
            return
        head = await sched.runq.head.load()
        if head is not None:
            await self.startm(pp, False, False)
            return
        # No local work: if nobody spins and nobody is idle, our help may be needed.
        nmspinning = await sched.nmspinning.load()
        npidle = await sched.npidle.load()
        if nmspinning + npidle == 0:
            if await sched.nmspinning.cas(0, 1):
                await sched.needspinning.store(0)
                await self.startm(pp, True, False)
                return
        await sched.lock.lock()
        head = await sched.runq.head.load()
        if head is not None:
            await sched.lock.unlock()
            await self.startm(pp, False, False)
            return
        # If this is the last running P and nobody polls the network, somebody must.
        npidle = await sched.npidle.load()
        lastpoll = await sched.lastpoll.load()
        if npidle == self.gomaxprocs - 1 and lastpoll != 0:
            await sched.lock.unlock()
            await self.startm(pp, False, False)
            return
        # wakeNetPoller may start an M, which needs the lock: so it comes after.
        when = await self.wakeTime(pp.timers)
        await self.pidleput(pp)
        await sched.lock.unlock()
        if when != 0:
            await self.wakeNetPoller(when)

    async def wakep(self) -> None:
        """Try to get one more P to work. Called when a G is made runnable."""
        sched = self.sched
        # Be conservative about spinning threads: start one only if there is none.
        nmspinning = await sched.nmspinning.load()
        if nmspinning != 0:
            return
        if not await sched.nmspinning.cas(0, 1):
            return
        await sched.lock.lock()
        pp = await self.pidlegetSpinning()
        if pp is None:
            nmspinning = await sched.nmspinning.add(-1)
            if nmspinning < 0:
                throw("wakep: negative nmspinning")
            await sched.lock.unlock()
            return
        await sched.lock.unlock()
        await self.startm(pp, True, False)

    async def execute(self, gp: G, inheritTime: bool) -> None:
        """Run gp on this M. Comes back when gp calls mcall."""
        mp = world.m
        pp = mp.p
        assert pp is not None
        # gp.m before the status, so that whoever sees Grunning finds an M.
        mp.curg = gp
        gp.m = mp
        await gp.atomicstatus.become(Grunnable, Grunning)
        await gp.preempt.store(False)
        if not inheritTime:
            await pp.schedtick.add(1)
        await gogo(gp)

    # ---- looking for work

    async def findRunnable(self) -> tuple[G, bool]:
        """Find a goroutine to run: (it, whether it goes on in the time slice of the one before).

        The order of looking: timers, the global queue once in 61 times, the local queue, the global
        queue, the network without blocking, the other Ps; then the P is given back, everything
        is looked at once more, and this M blocks in the poller if nobody does, else it stops.
        """
        mp = world.m
        sched = self.sched
        while True:
            pp = mp.p
            assert pp is not None
            now, pollUntil, _ = await self.check(pp.timers, 0)

            # Now and then the global queue comes first: two goroutines that wake each other
            # would keep the local queue busy for ever.
            schedtick = await pp.schedtick.load()
            if schedtick % 61 == 0:
                head = await sched.runq.head.load()
                if head is not None:
                    await sched.lock.lock()
                    gp = await self.globrunqget()
                    await sched.lock.unlock()
                    if gp is not None:
                        return gp, False

            # local runq
            gp, inheritTime = await self.runqget(pp)
            if gp is not None:
                return gp, inheritTime

            # global runq
            head = await sched.runq.head.load()
            if head is not None:
                await sched.lock.lock()
                gp, q = await self.globrunqgetbatch(RUNQ_SIZE // 2)
                await sched.lock.unlock()
                if gp is not None:
                    q = await self.runqputbatch(pp, q)
                    if q:
                        throw("Couldn't put Gs into empty local runq")
                    return gp, False

            # Poll network.
            gp = await self.findRunnablePoll()
            if gp is not None:
                return gp, False

            # Spinning Ms: steal work from other Ps, at most half as many Ms as there are busy Ps.
            steal = mp.spinning
            if not steal:
                nmspinning = await sched.nmspinning.load()
                npidle = await sched.npidle.load()
                steal = 2 * nmspinning < self.gomaxprocs - npidle
            if steal:
                if not mp.spinning:
                    await self.becomeSpinning(mp)
                gp, inheritTime, now, when, newWork = await self.stealWork(now)
                if gp is not None:
                    return gp, inheritTime
                if newWork:
                    continue  # a timer was run: there may be new work
                if when != 0 and (pollUntil == 0 or when < pollUntil):
                    pollUntil = when

            # return P and block
            await sched.lock.lock()
            head = await sched.runq.head.load()
            if head is not None:
                gp, q = await self.globrunqgetbatch(RUNQ_SIZE // 2)
                await sched.lock.unlock()
                if gp is None:
                    throw("global runq empty with non-zero runqsize")
                q = await self.runqputbatch(pp, q)
                if q:
                    throw("Couldn't put Gs into empty local runq")
                return gp, False
            if not mp.spinning:
                needspinning = await sched.needspinning.load()
                if needspinning == 1:
                    # See "Delicate dance" below.
                    await self.becomeSpinning(mp)
                    await sched.lock.unlock()
                    continue
            released = await self.releasep()
            if released is not pp:
                throw("findRunnable: wrong p")
            if now == 0:
                now = await nanotime()
            await self.pidleput(pp)
            await sched.lock.unlock()

            # Delicate dance: DOC: dance. First say that we no longer spin, then look at every
            # source of work once more. The other way round, somebody who sees us spin would hand
            # over work after we have looked, start nobody, and the work would lie there.
            wasSpinning = mp.spinning
            if mp.spinning:
                mp.spinning = False
                nmspinning = await sched.nmspinning.add(-1)
                if nmspinning < 0:
                    throw("findRunnable: negative nmspinning")
                found, gp = await self.findRunnableRecheck(mp)
                if gp is not None:
                    return gp, False
                if found:
                    continue
                pollUntil = await self.checkTimersNoP(pollUntil)

            # Poll network until next timer.
            gp, again = await self.findRunnableBlock(now, pollUntil, wasSpinning)
            if gp is not None:
                return gp, False
            if again:
                continue
            await self.stopm()

    async def findRunnablePoll(self) -> G | None:
        """findRunnable, at "Poll network.": one thread at a time polls without blocking."""
        sched = self.sched
        inited = await self.netpollInited.load()
        if inited == 0:
            return None
        if not await self.netpollAnyWaiters():
            return None
        lastpoll = await sched.lastpoll.load()
        if lastpoll == 0:
            return None  # somebody is blocked in netpoll
        pollingNet = await sched.pollingNet.swap(1)
        if pollingNet != 0:
            return None
        toRun, delta = await self.netpoll(0)
        await sched.pollingNet.store(0)
        if toRun is None:
            return None
        gp = toRun
        toRun = gp.schedlink
        gp.schedlink = None
        await self.injectglist(toRun)
        await self.netpollAdjustWaiters(delta)
        await gp.atomicstatus.become(Gwaiting, Grunnable)
        return gp

    async def findRunnableRecheck(self, mp: M) -> tuple[bool, G | None]:
        """findRunnable, at "Check global and P runqueues again.": (whether there is work, a G)."""
        sched = self.sched
        await sched.lock.lock()
        head = await sched.runq.head.load()
        if head is not None:
            pp = await self.pidlegetSpinning()
            if pp is not None:
                gp, q = await self.globrunqgetbatch(RUNQ_SIZE // 2)
                await sched.lock.unlock()
                if gp is None:
                    throw("global runq empty with non-zero runqsize")
                q = await self.runqputbatch(pp, q)
                if q:
                    throw("Couldn't put Gs into empty local runq")
                await self.acquirep(pp)
                await self.becomeSpinning(mp)
                return True, gp
        await sched.lock.unlock()
        return await self.findRunnableRecheckRunqs(mp)

    async def findRunnableRecheckRunqs(self, mp: M) -> tuple[bool, G | None]:
        """findRunnableRecheck, after the global queue: the local ones."""
        pp = await self.checkRunqsNoP()
        if pp is not None:
            await self.acquirep(pp)
            await self.becomeSpinning(mp)
            return True, None
        return False, None

    async def findRunnableBlock(
        self, now: int, pollUntil: int, wasSpinning: bool
    ) -> tuple[G | None, bool]:
        """findRunnable, at "Poll network until next timer.": (a G, whether to go to the top)."""
        sched = self.sched
        mp = world.m
        inited = await self.netpollInited.load()
        if inited == 0:
            return None, False
        wanted = pollUntil != 0
        if not wanted:
            wanted = await self.netpollAnyWaiters()
        lastpoll = 0
        if wanted:
            lastpoll = await sched.lastpoll.swap(0)  # DOC: block
        if lastpoll == 0:
            if pollUntil != 0:
                # Somebody else polls; perhaps for too long.
                pollerPollUntil = await sched.pollUntil.load()
                if pollerPollUntil == 0 or pollerPollUntil > pollUntil:
                    await self.netpollBreak()
            return None, False
        await sched.pollUntil.store(pollUntil)
        if mp.p is not None:
            throw("findRunnable: netpoll with p")
        if mp.spinning:
            throw("findRunnable: netpoll with spinning")
        delay = -1
        if pollUntil != 0:
            delay = max(pollUntil - now, 0)
        toRun, delta = await self.netpoll(delay)  # block until new work is available
        now = await nanotime()
        await sched.pollUntil.store(0)
        await sched.lastpoll.store(now)
        await sched.lock.lock()
        pp = await self.pidleget()
        await sched.lock.unlock()
        if pp is None:  # DOC: no P
            await self.injectglist(toRun)
            await self.netpollAdjustWaiters(delta)
            return None, False
        await self.acquirep(pp)
        if toRun is not None:  # DOC: pop the last
            gp = toRun
            toRun = gp.schedlink
            gp.schedlink = None
            await self.injectglist(toRun)
            await self.netpollAdjustWaiters(delta)
            await gp.atomicstatus.become(Gwaiting, Grunnable)
            return gp, False
        if wasSpinning:
            await self.becomeSpinning(mp)
        return None, True

    async def becomeSpinning(self, mp: M) -> None:
        mp.spinning = True
        await self.sched.nmspinning.add(1)
        await self.sched.needspinning.store(0)

    async def stealWork(self, now: int) -> tuple[G | None, bool, int, int, bool]:
        """Steal from any P: (a G, inheritTime, now, when to poll until, whether a timer ran)."""
        pp = world.m.p
        assert pp is not None
        pollUntil = 0
        ranTimer = False
        i = 0
        while i < STEAL_TRIES:
            stealTimersOrRunNextG = i == STEAL_TRIES - 1
            i += 1
            order = await self.stealOrder()
            k = 0
            while k < len(order):
                p2 = self.allp[order[k]]
                k += 1
                if p2 is pp:
                    continue
                # Timers on the last pass only, and before runnext, which is the last resort.
                if stealTimersOrRunNextG:
                    mask = await self.timerpMask.load()
                    if mask >> p2.id & 1:
                        now, when, ran = await self.check(p2.timers, now)
                        if when != 0 and (pollUntil == 0 or when < pollUntil):
                            pollUntil = when
                        if ran:
                            # Our own queue may have got something from the timers.
                            gp, inheritTime = await self.runqget(pp)
                            if gp is not None:
                                return gp, inheritTime, now, pollUntil, ranTimer
                            ranTimer = True
                mask = await self.idlepMask.load()
                if mask >> p2.id & 1 == 0:
                    gp = await self.runqsteal(pp, p2, stealTimersOrRunNextG)
                    if gp is not None:
                        return gp, False, now, pollUntil, ranTimer
        return None, False, now, pollUntil, ranTimer

    async def checkRunqsNoP(self) -> P | None:
        """A P to steal with, if some P has work. Called without a P."""
        i = 0
        while i < len(self.allp):
            p2 = self.allp[i]
            i += 1
            mask = await self.idlepMask.load()
            if mask >> p2.id & 1:
                continue
            empty = await self.runqempty(p2)
            if not empty:
                await self.sched.lock.lock()
                pp = await self.pidlegetSpinning()
                await self.sched.lock.unlock()
                return pp
        return None

    async def checkTimersNoP(self, pollUntil: int) -> int:
        """pollUntil, or the earliest timer of any P if that is earlier. Called without a P."""
        i = 0
        while i < len(self.allp):
            p2 = self.allp[i]
            i += 1
            mask = await self.timerpMask.load()
            if mask >> p2.id & 1:
                when = await self.wakeTime(p2.timers)
                if when != 0 and (pollUntil == 0 or when < pollUntil):
                    pollUntil = when
        return pollUntil

    async def wakeNetPoller(self, when: int) -> None:
        """Wake the thread in the poller if it would sleep past ``when``; or get one there."""
        lastpoll = await self.sched.lastpoll.load()
        if lastpoll == 0:
            # pollUntil is 0 for a poll without end, and for a moment before a poll begins: then
            # one break too many is written, never one too few.
            pollerPollUntil = await self.sched.pollUntil.load()
            if pollerPollUntil == 0 or pollerPollUntil > when:  # DOC: break
                await self.netpollBreak()
        else:
            await self.wakep()

    async def resetspinning(self) -> None:
        mp = world.m
        if not mp.spinning:
            throw("resetspinning: not a spinning m")
        mp.spinning = False
        nmspinning = await self.sched.nmspinning.add(-1)
        if nmspinning < 0:
            throw("findRunnable: negative nmspinning")
        await self.wakep()

    async def injectglist(self, glist: G | None) -> None:
        """Make the goroutines of a list runnable.

        Without a P all go to the global queue, and idle Ps are started for them. With one, as
        many go there as there are idle Ps, and the rest to the local queue.
        """
        if glist is None:
            return
        n = 0
        gp: G | None = glist
        q: tuple[G, ...] = ()
        while gp is not None:
            q = (*q, gp)
            n += 1
            await gp.atomicstatus.become(Gwaiting, Grunnable)
            gp = gp.schedlink
        pp = world.m.p
        if pp is None:
            await self.sched.lock.lock()
            await self.globrunqputbatch(q)
            await self.sched.lock.unlock()
            await self.startIdle(n)
            return
        npidle = await self.sched.npidle.load()
        n = min(npidle, n)
        if n > 0:
            await self.sched.lock.lock()
            await self.globrunqputbatch(q[:n])
            await self.sched.lock.unlock()
            await self.startIdle(n)
        q = await self.runqputbatch(pp, q[n:])
        if q:
            await self.sched.lock.lock()
            await self.globrunqputbatch(q)
            await self.sched.lock.unlock()
        # A P may have gone idle since npidle was read (go.dev/issue/63555).
        await self.wakep()

    async def startIdle(self, n: int) -> None:
        """injectglist's startIdle: start up to n idle Ps."""
        while n > 0:
            n -= 1
            await self.sched.lock.lock()
            pp = await self.pidlegetSpinning()
            if pp is None:
                await self.sched.lock.unlock()
                return
            await self.startm(pp, False, True)
            await self.sched.lock.unlock()

    async def schedule(self) -> tuple[G, bool]:
        """One round of the scheduler: what to execute next."""
        mp = world.m
        gp, inheritTime = await self.findRunnable()
        if mp.spinning:
            await self.resetspinning()
        return gp, inheritTime

    # ---- what goroutines call through mcall; each returns a G to go on with at once, or None

    async def park_m(self, gp: G) -> G | None:
        mp = world.m
        await gp.atomicstatus.become(Grunning, Gwaiting)
        gp.m = None
        mp.curg = None
        fn = mp.waitunlockf
        if fn is not None:
            lock = mp.waitlock
            ok = await fn(gp, lock)
            mp.waitunlockf = None
            mp.waitlock = None
            if not ok:
                await gp.atomicstatus.become(Gwaiting, Grunnable)
                return gp
        return None

    async def goschedImpl(self, gp: G, why: str) -> G | None:
        world.seen.leaves(gp, why)
        await gp.atomicstatus.become(Grunning, Grunnable)
        gp.m = None
        world.m.curg = None
        await self.sched.lock.lock()
        await self.globrunqput(gp)
        await self.sched.lock.unlock()
        await self.wakep()
        return None

    async def gosched_m(self, gp: G) -> G | None:
        return await self.goschedImpl(gp, "yield")

    async def gopreempt_m(self, gp: G) -> G | None:
        return await self.goschedImpl(gp, "preempted")

    async def goexit0(self, gp: G) -> G | None:
        world.seen.leaves(gp, "done")
        await gp.atomicstatus.become(Grunning, Gdead)
        gp.m = None
        world.m.curg = None
        return None

    async def busy(self, ns: int) -> None:
        """Compute until ``ns`` from now have gone by, stepping aside when sysmon asks for it."""
        until = await nanotime()
        until += ns
        gp = world.m.curg
        assert gp is not None
        while True:
            now = await nanotime()
            if now >= until:
                return
            await compute(min(BUSY_SLICE_NS, until - now))
            if await gp.preempt.load():
                await mcall(self.gopreempt_m)

    # ---- system calls

    async def entersyscall(self) -> None:
        """reentersyscall: from here on sysmon may take the P."""
        mp = world.m
        gp, pp = mp.curg, mp.p
        assert gp is not None
        assert pp is not None
        mp.syscalltick = pp.syscalltick.v
        mp.oldp = pp
        await gp.atomicstatus.become(Grunning, Gsyscall)
        if await self.sched.sysmonwait.load():
            await self.entersyscallWakeSysmon()

    async def entersyscallWakeSysmon(self) -> None:
        await self.sched.lock.lock()
        await self.wakeSysmon()
        await self.sched.lock.unlock()

    async def wakeSysmon(self) -> None:
        """Preconditions: sched.lock is held."""
        if await self.sched.sysmonwait.load():
            await self.sched.sysmonwait.store(False)
            await self.sched.sysmonnote.wakeup()

    async def entersyscallblock(self) -> None:
        """The same for a call that is known to block: give the P away at once."""
        mp = world.m
        gp, pp = mp.curg, mp.p
        assert gp is not None
        assert pp is not None
        world.seen.leaves(gp, "syscall")
        mp.syscalltick = await pp.syscalltick.load()
        await pp.syscalltick.add(1)
        pp = await self.releasep()
        await self.handoffp(pp)
        await gp.atomicstatus.become(Grunning, Gsyscall)

    async def exitsyscall(self) -> None:
        """Back from a system call: with the same P, another, or through the global queue."""
        mp = world.m
        gp = mp.curg
        assert gp is not None
        # Until this succeeds sysmon may take our P; it holds the scan bit while it does.
        await gp.atomicstatus.become(Gsyscall, Grunning)
        oldp = mp.oldp
        mp.oldp = None
        pp = mp.p
        if pp is None:
            pp = await self.exitsyscallTryGetP(oldp)
            if pp is not None:
                await self.acquirep(pp)
                world.seen.runs(gp)
        if pp is not None:
            await pp.syscalltick.add(1)
            return
        # We could not get a P, so call into the scheduler.
        await mcall(self.exitsyscallNoP)
        pp = world.m.p
        assert pp is not None
        await pp.syscalltick.add(1)

    async def exitsyscallTryGetP(self, oldp: P | None) -> P | None:
        # Try to get our old P back from whoever is in a system call on it.
        if oldp is not None:
            gp = await self.setBlockOnExitSyscall(oldp)
            if gp is not None:
                await self.takeP(gp, oldp)
                await gp.atomicstatus.become(Gsyscall | Gscan, Gsyscall)
                return oldp
        pidle = await self.sched.pidle.load()
        if pidle is None:
            return None
        await self.sched.lock.lock()
        pp = await self.pidleget()
        if pp is not None:
            await self.wakeSysmon()
        await self.sched.lock.unlock()
        return pp

    async def exitsyscallNoP(self, gp: G) -> G | None:
        await gp.atomicstatus.become(Grunning, Grunnable)
        gp.m = None
        world.m.curg = None
        await self.sched.lock.lock()
        pp = await self.pidleget()
        if pp is None:
            await self.globrunqput(gp)
        else:
            await self.wakeSysmon()
        await self.sched.lock.unlock()
        if pp is not None:
            await self.acquirep(pp)
            await pp.schedtick.add(1)  # a new time slice: execute(gp, false)
            return gp
        await self.stopm()
        return None

    async def newproc(self, gp: G) -> None:
        """What a go statement does: gp is new, and runs next."""
        world.seen.starts(gp)
        await gp.atomicstatus.become(Gidle, Grunnable)
        pp = world.m.p
        assert pp is not None
        await self.runqput(pp, gp, True)
        await self.wakep()

    # ---- Ps

    async def acquirep(self, pp: P) -> None:
        """Take pp for this M. Preconditions: nobody else has it."""
        mp = world.m
        if mp.p is not None:
            throw("wirep: already in go")
        status = await pp.status.load()
        if pp.m is not None or status != Pidle:
            throw("wirep: invalid p state")
        mp.p = pp
        pp.m = mp
        world.seen.acquires(mp, pp)
        await pp.status.store(Prunning)

    async def releasep(self) -> P:
        mp = world.m
        pp = mp.p
        if pp is None:
            throw("releasep: invalid arg")
        if pp.m is not mp:
            throw("releasep: invalid p state")
        pp.m = None
        mp.p = None
        world.seen.gives(mp, pp)
        await pp.status.store(Pidle)
        return pp

    async def incidlelocked(self, v: int) -> None:
        await self.sched.lock.lock()
        self.sched.nmidlelocked += v
        if v > 0:
            self.checkdead()
        await self.sched.lock.unlock()

    def checkdead(self) -> None:
        """Report a deadlock if no M runs. Preconditions: sched.lock is held."""
        sched = self.sched
        run = self.mcount() - sched.nmidle - sched.nmidlelocked - sched.nmsys
        if run > 0:
            return
        if run < 0:
            throw("checkdead: inconsistent counts")
        grunning = 0
        for gp in self.goroutines.values():
            status = gp.atomicstatus.v & ~Gscan
            if status == Gwaiting:
                grunning += 1
            elif status in (Grunnable, Grunning, Gsyscall):
                throw("checkdead: runnable g")
        if grunning == 0:
            fatal("no goroutines (main called runtime.Goexit) - deadlock!")
        for pp in self.allp:
            if len(pp.timers.heap) > 0:
                return
        fatal("all goroutines are asleep - deadlock!")

    # ---- sysmon

    async def sysmon(self, mp: M) -> None:
        """The monitor: polls when nobody has for 10 ms, takes Ps out of long system calls, and
        tells goroutines that have run for 10 ms to step aside. Runs without a P."""
        sched = self.sched
        await sched.lock.lock()
        sched.nmsys += 1
        self.checkdead()
        await sched.lock.unlock()
        idle = 0  # how many rounds in succession nobody was woken
        delay = 0
        while True:
            if idle == 0:
                delay = SYSMON_MIN_NS
            elif idle > 50:
                delay *= 2  # start doubling the sleep after 1 ms
            delay = min(delay, SYSMON_MAX_NS)
            await usleep(delay)
            # A deep sleep while every P is idle; a system call or a timer's poller ends it.
            now = await nanotime()
            npidle = await sched.npidle.load()
            if npidle == self.gomaxprocs:
                woken = await self.sysmonDeepSleep(now)
                if woken:
                    idle = 0
                    delay = SYSMON_MIN_NS
            await sched.sysmonlock.lock()
            now = await nanotime()
            world.seen.sysmon("looks")
            await self.sysmonPoll(now)
            n = await self.retake(now)
            idle = 0 if n != 0 else idle + 1
            await sched.sysmonlock.unlock()

    async def sysmonDeepSleep(self, now: int) -> bool:
        """sysmon, at "should not enter deep sleep": whether a system call ended the sleep."""
        sched = self.sched
        syscallWake = False
        await sched.lock.lock()
        npidle = await sched.npidle.load()
        if npidle == self.gomaxprocs:
            next = await self.timeSleepUntil()
            if next > now:
                await sched.sysmonwait.store(True)
                await sched.lock.unlock()
                sleep = min(FORCE_GC_PERIOD_NS // 2, next - now)
                world.seen.sysmon("sleeps")
                syscallWake = await sched.sysmonnote.tsleep(sleep)
                await sched.lock.lock()
                await sched.sysmonwait.store(False)
                await sched.sysmonnote.clear()
        await sched.lock.unlock()
        return syscallWake

    async def sysmonPoll(self, now: int) -> None:
        """sysmon, at "poll network if not polled for more than 10ms"."""
        inited = await self.netpollInited.load()
        lastpoll = await self.sched.lastpoll.load()
        if inited == 0 or lastpoll == 0 or lastpoll + POLL_OVERDUE_NS >= now:
            return
        await self.sched.lastpoll.cas(lastpoll, now)
        toRun, delta = await self.netpoll(0)
        if toRun is None:
            return
        # Pretend that one more M is running, or checkdead may see none while injectglist holds
        # the Ps but has not started Ms for them yet.
        await self.incidlelocked(-1)
        await self.injectglist(toRun)
        await self.incidlelocked(1)
        await self.netpollAdjustWaiters(delta)

    async def retake(self, now: int) -> int:
        """Take Ps out of system calls, preempt what has run for 10 ms; how many Ps were taken."""
        n = 0
        await self.allpLock.lock()
        i = 0
        while i < len(self.allp):
            pp = self.allp[i]
            i += 1
            status = await pp.status.load()
            if status != Prunning:
                continue
            tick = pp.sysmontick
            sysretake = False
            schedtick = await pp.schedtick.load()
            if tick.schedtick != schedtick:
                tick.schedtick = schedtick
                tick.schedwhen = now
            elif tick.schedwhen + FORCE_PREEMPT_NS <= now:
                await self.preemptone(pp)
                sysretake = True  # it may be in a system call, where no request is heard
            await self.allpLock.unlock()
            # Pretend that one more M is running, before its P is taken: it may come out of its
            # system call, find no P and stop, and checkdead would report a deadlock.
            await self.incidlelocked(-1)
            taken = await self.retakeSyscall(pp, now, sysretake)
            if taken:
                n += 1
            await self.incidlelocked(1)
            await self.allpLock.lock()
        await self.allpLock.unlock()
        return n

    async def retakeSyscall(self, pp: P, now: int, sysretake: bool) -> bool:
        """retake, from "Drop allpLock": take pp if it has been in a system call for long."""
        tick = pp.sysmontick
        gp = await self.setBlockOnExitSyscall(pp)
        if gp is None:
            return False
        syscalltick = await pp.syscalltick.load()
        if not sysretake and tick.syscalltick != syscalltick:
            tick.syscalltick = syscalltick
            tick.syscallwhen = now
            await gp.atomicstatus.become(Gsyscall | Gscan, Gsyscall)
            return False
        # Not while there is no other work, but in the end in any case, so that sysmon can sleep.
        empty = await self.runqempty(pp)
        nmspinning = await self.sched.nmspinning.load()
        npidle = await self.sched.npidle.load()
        if empty and nmspinning + npidle > 0 and tick.syscallwhen + FORCE_PREEMPT_NS > now:
            await gp.atomicstatus.become(Gsyscall | Gscan, Gsyscall)
            return False
        await self.takeP(gp, pp)
        await gp.atomicstatus.become(Gsyscall | Gscan, Gsyscall)
        await self.handoffp(pp)
        return True

    async def setBlockOnExitSyscall(self, pp: P) -> G | None:
        """The goroutine in a system call on pp, kept from leaving it by its scan bit; or None."""
        # These reads race with the owner on purpose; the swap below makes sure.
        await look()
        mp = pp.m
        if mp is None:
            return None
        await look()
        gp = mp.curg
        if gp is None:
            return None
        if not await gp.atomicstatus.cas(Gsyscall, Gsyscall | Gscan):
            return None
        # From here on that thread cannot leave its system call, so its M and P stay.
        if gp.m is not mp or mp.p is not pp:
            await gp.atomicstatus.become(Gsyscall | Gscan, Gsyscall)
            return None
        return gp

    async def takeP(self, gp: G, pp: P) -> None:
        """Take pp from gp's thread. Preconditions: gp's scan bit is ours."""
        mp = gp.m
        assert mp is not None
        pp.m = None
        mp.p = None
        world.seen.gives(mp, pp)
        await pp.status.store(Pidle)
        await pp.syscalltick.add(1)

    async def preemptone(self, pp: P) -> bool:
        """Ask the goroutine on pp to step aside. Best effort: it may be another one by then."""
        await look()
        mp = pp.m
        if mp is None:
            return False
        await look()
        gp = mp.curg
        if gp is None:
            return False
        status = await gp.atomicstatus.load()
        if status & ~Gscan == Gsyscall:
            return False
        await gp.preempt.store(True)
        return True

    # ---- queues. Those of idle Ms and Ps and the global one: sched.lock is held.

    def mput(self, mp: M) -> None:
        self.sched.midle = (mp, *self.sched.midle)
        self.sched.nmidle += 1
        self.checkdead()

    def mget(self) -> M | None:
        if not self.sched.midle:
            return None
        mp = self.sched.midle[0]
        self.sched.midle = self.sched.midle[1:]
        self.sched.nmidle -= 1
        return mp

    async def globrunqput(self, gp: G) -> None:
        await self.sched.runq.pushBack(gp)

    async def globrunqputbatch(self, batch: tuple[G, ...]) -> None:
        if not batch:
            return
        for gp, link in zip(batch, (*batch[1:], None), strict=True):
            gp.schedlink = link
        await self.sched.runq.pushBackAll(batch[0], batch[-1], len(batch))

    async def globrunqget(self) -> G | None:
        return await self.sched.runq.pop()

    async def globrunqgetbatch(self, n: int) -> tuple[G | None, tuple[G, ...]]:
        """A G, and more for the local queue: no more than this P's share."""
        runq: GQueue = self.sched.runq
        if runq.size == 0:
            return None, ()
        n = min(n, runq.size, runq.size // self.gomaxprocs + 1)
        gp = await runq.pop()
        n -= 1
        q: tuple[G, ...] = ()
        while n > 0:
            gp1 = await runq.pop()
            assert gp1 is not None
            q = (*q, gp1)
            n -= 1
        return gp, q

    async def pidleput(self, pp: P) -> None:
        empty = await self.runqempty(pp)
        if not empty:
            throw("pidleput: P has non-empty run queue")
        timers = await pp.timers.len.load()
        if timers == 0:
            await self.timerpMask.clear_bit(pp.id)
        await self.idlepMask.set_bit(pp.id)
        pp.link = self.sched.pidle.v
        await self.sched.pidle.store(pp)
        await self.sched.npidle.add(1)

    async def pidleget(self) -> P | None:
        pp = await self.sched.pidle.load()
        if pp is not None:
            # Timers may be added to it from now on.
            await self.timerpMask.set_bit(pp.id)
            await self.idlepMask.clear_bit(pp.id)
            link = pp.link
            pp.link = None
            await self.sched.pidle.store(link)
            await self.sched.npidle.add(-1)
        return pp

    async def pidlegetSpinning(self) -> P | None:
        """pidleget for somebody who has found work and must not lose it."""
        pp = await self.pidleget()
        if pp is None:
            # See "Delicate dance": an M that is about to drop its P will look again.
            await self.sched.needspinning.store(1)
        return pp

    async def runqempty(self, pp: P) -> bool:
        """Whether pp's queue is empty, seen in one instant."""
        # head == tail and then runnext empty would not do: runnext may be kicked to the queue
        # in between. So look whether the tail stood still.
        while True:
            head = await pp.runqhead.load()
            tail = await pp.runqtail.load()
            runnext = await pp.runnext.load()
            again = await pp.runqtail.load()
            if tail == again:
                return head == tail and runnext is None

    async def runqput(self, pp: P, gp: G, next: bool) -> None:
        """Put gp on pp's queue; with ``next`` into runnext, whose G goes to the tail instead."""
        if next:
            while True:
                oldnext = await pp.runnext.load()
                if await pp.runnext.cas(oldnext, gp):
                    break
            if oldnext is None:
                return
            gp = oldnext
        while True:
            h = await pp.runqhead.load()
            t = pp.runqtail.v  # only we write it
            if t - h < RUNQ_SIZE:
                pp.runq[t % RUNQ_SIZE] = gp
                await pp.runqtail.store(t + 1)  # publishes the slot
                return
            if await self.runqputslow(pp, gp, h, t):
                return

    async def runqputslow(self, pp: P, gp: G, h: int, t: int) -> bool:
        """Half of a full queue, and gp, to the global queue; False if the queue is not full now."""
        n = (t - h) // 2
        if n != RUNQ_SIZE // 2:
            throw("runqputslow: queue is not full")
        batch = tuple(queued for i in range(n) if (queued := pp.runq[(h + i) % RUNQ_SIZE]))
        if not await pp.runqhead.cas(h, h + n):
            return False
        for i in range(n):
            pp.runq[(h + i) % RUNQ_SIZE] = None
        await self.sched.lock.lock()
        await self.globrunqputbatch((*batch, gp))
        await self.sched.lock.unlock()
        return True

    async def runqputbatch(self, pp: P, q: tuple[G, ...]) -> tuple[G, ...]:
        """Put what fits of q on pp's queue; what does not fit."""
        if not q:
            return ()
        h = await pp.runqhead.load()
        t = pp.runqtail.v
        n = min(len(q), RUNQ_SIZE - (t - h))
        for i in range(n):
            q[i].schedlink = None
            pp.runq[(t + i) % RUNQ_SIZE] = q[i]
        await pp.runqtail.store(t + n)
        return q[n:]

    async def runqget(self, pp: P) -> tuple[G | None, bool]:
        """(the next G of our own queue or None, whether it inherits the time slice)."""
        # If the swap fails somebody has stolen it: only we set runnext, so there is no retry.
        next = await pp.runnext.load()
        if next is not None:
            if await pp.runnext.cas(next, None):
                return next, True
        while True:
            h = await pp.runqhead.load()
            t = pp.runqtail.v
            if t == h:
                return None, False
            gp = pp.runq[h % RUNQ_SIZE]
            if await pp.runqhead.cas(h, h + 1):
                pp.runq[h % RUNQ_SIZE] = None
                return gp, False

    async def runqgrab(self, p2: P, stealRunNextG: bool) -> tuple[G, ...]:
        """Half of p2's queue, taken off it; if it is empty, perhaps its runnext."""
        while True:
            h = await p2.runqhead.load()
            t = await p2.runqtail.load()
            n = t - h
            n -= n // 2
            if n == 0:
                if not stealRunNextG:
                    return ()
                next = await p2.runnext.load()
                if next is None:
                    return ()
                busy = await self.mayRunNext(p2)
                if busy:
                    await usleep(3_000)
                if await p2.runnext.cas(next, None):
                    return (next,)
                continue
            if n > RUNQ_SIZE // 2:
                continue  # head and tail did not belong together
            batch = tuple(gp for i in range(n) if (gp := p2.runq[(h + i) % RUNQ_SIZE]))
            if await p2.runqhead.cas(h, h + n):
                for i in range(n):
                    p2.runq[(h + i) % RUNQ_SIZE] = None
                return batch

    async def mayRunNext(self, p2: P) -> bool:
        """runqgrab: whether p2 is about to run its runnext itself, so that a thief should wait."""
        status = await p2.status.load()
        if status != Prunning:
            return False
        await look()
        mp = p2.m
        if mp is None:
            return False
        await look()
        gp = mp.curg
        if gp is None:
            return True
        gstatus = await gp.atomicstatus.load()
        return gstatus & ~Gscan != Gsyscall

    async def runqsteal(self, pp: P, p2: P, stealRunNextG: bool) -> G | None:
        """Steal half of p2's queue for pp; one of what was stolen, or None."""
        batch = await self.runqgrab(p2, stealRunNextG)
        if not batch:
            return None
        rest = await self.runqputbatch(pp, batch[:-1])
        if rest:
            throw("runqsteal: runq overflow")
        return batch[-1]

    async def stealOrder(self) -> tuple[int, ...]:
        """randomOrder: all Ps once, from a random one on, by a random coprime step."""
        count = self.gomaxprocs
        start = await choose(count)
        steps = tuple(step for step in range(1, count + 1) if gcd(step, count) == 1)
        chosen = await choose(len(steps))
        return tuple((start + i * steps[chosen]) % count for i in range(count))
