"""runtime/proc.go up to Go 1.25: a P in a system call has a status of its own, and no M."""

from model.atomic import look, mcall, throw, world
from model.older.go126 import Go126
from model.runtime2 import (
    FORCE_PREEMPT_NS,
    G,
    Grunnable,
    Grunning,
    Gsyscall,
    M,
    P,
    Pidle,
    Prunning,
)

Psyscall = 2
"""runtime2.go:_Psyscall, which 1.26 took out."""


class Go125(Go126):
    """Go 1.25. Since 1.26 a P stays with its M in a system call, and whoever wants it takes the
    goroutine's scan bit first."""

    release = "1.25"

    async def entersyscall(self) -> None:
        """reentersyscall: from the last store on sysmon may take the P."""
        mp = world.m
        gp, pp = mp.curg, mp.p
        assert gp is not None
        assert pp is not None
        await gp.atomicstatus.become(Grunning, Gsyscall)
        if await self.sched.sysmonwait.load():
            await self.entersyscallWakeSysmon()
        mp.syscalltick = await pp.syscalltick.load()
        pp.m = None
        mp.oldp = pp
        mp.p = None
        await pp.status.store(Psyscall)

    async def entersyscallblock(self) -> None:
        """The status first, then the P: since 1.26 the other way round."""
        mp = world.m
        gp, pp = mp.curg, mp.p
        assert gp is not None
        assert pp is not None
        world.seen.leaves(gp, "syscall")
        mp.syscalltick = await pp.syscalltick.load()
        await pp.syscalltick.add(1)
        await gp.atomicstatus.become(Grunning, Gsyscall)
        pp = await self.releasep()
        await self.handoffp(pp)

    async def exitsyscall(self) -> None:
        mp = world.m
        gp = mp.curg
        assert gp is not None
        if await self.exitsyscallfast(mp.oldp):
            mp.oldp = None
            pp = mp.p
            assert pp is not None
            await pp.syscalltick.add(1)
            await gp.atomicstatus.become(Gsyscall, Grunning)
            return
        mp.oldp = None
        # Call the scheduler.
        await mcall(self.exitsyscall0)
        pp = world.m.p
        assert pp is not None
        await pp.syscalltick.add(1)

    async def exitsyscallfast(self, oldp: P | None) -> bool:
        """Whether there was a P: the last one, if nobody took it, or an idle one."""
        mp = world.m
        gp = mp.curg
        assert gp is not None
        if oldp is not None:
            if await oldp.status.cas(Psyscall, Pidle):
                await self.wirep(oldp)
                await self.exitsyscallfast_reacquired(oldp)
                return True
        pidle = await self.sched.pidle.load()
        if pidle is None:
            return False
        ok = await self.exitsyscallfast_pidle()
        if ok:
            world.seen.runs(gp)
        return ok

    async def wirep(self, pp: P) -> None:
        """The part of acquirep that is for a P which has never been anybody else's."""
        mp = world.m
        if mp.p is not None:
            throw("wirep: already in go")
        status = await pp.status.load()
        if pp.m is not None or status != Pidle:
            throw("wirep: invalid p state")
        mp.p = pp
        pp.m = mp
        await pp.status.store(Prunning)

    async def exitsyscallfast_reacquired(self, pp: P) -> None:
        tick = await pp.syscalltick.load()
        if world.m.syscalltick != tick:
            await pp.syscalltick.add(1)  # it was taken, and has entered another system call

    async def exitsyscallfast_pidle(self) -> bool:
        await self.sched.lock.lock()
        pp = await self.pidleget()
        if pp is not None:
            await self.wakeSysmon()
        await self.sched.lock.unlock()
        if pp is None:
            return False
        await self.acquirep(pp)
        return True

    async def exitsyscall0(self, gp: G) -> G | None:
        """The slow path, on g0: no P was to be had."""
        await gp.atomicstatus.become(Gsyscall, Grunnable)
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

    async def retake(self, now: int) -> int:
        """Take Ps out of system calls, preempt what has run for 10 ms; how many Ps were taken."""
        n = 0
        await self.allpLock.lock()
        i = 0
        while i < len(self.allp):
            pp = self.allp[i]
            i += 1
            tick = pp.sysmontick
            status = await pp.status.load()
            sysretake = False
            if status in (Prunning, Psyscall):
                schedtick = await pp.schedtick.load()
                if tick.schedtick != schedtick:
                    tick.schedtick = schedtick
                    tick.schedwhen = now
                elif tick.schedwhen + FORCE_PREEMPT_NS <= now:
                    await self.preemptone(pp)
                    sysretake = True  # in a system call there is no M on pp that could be asked
            if status == Psyscall:
                wanted = await self.wantsRetake(pp, now, sysretake)
                if not wanted:
                    continue
                await self.allpLock.unlock()
                # Pretend that one more M is running, before the swap: the thread may come out of
                # its system call, find no P and stop, and checkdead would report a deadlock.
                await self.incidlelocked(-1)
                if await pp.status.cas(Psyscall, Pidle):
                    world.seen.gives(self.threadInSyscall(pp), pp)
                    n += 1
                    await pp.syscalltick.add(1)
                    await self.handoffp(pp)
                await self.incidlelocked(1)
                await self.allpLock.lock()
        await self.allpLock.unlock()
        return n

    async def wantsRetake(self, pp: P, now: int, sysretake: bool) -> bool:
        """retake, at "Retake P from syscall if it's there for more than 1 sysmon tick"."""
        tick = pp.sysmontick
        syscalltick = await pp.syscalltick.load()
        if not sysretake and tick.syscalltick != syscalltick:
            tick.syscalltick = syscalltick
            tick.syscallwhen = now
            return False
        # Not while there is no other work, but in the end in any case, so that sysmon can sleep.
        empty = await self.runqempty(pp)
        nmspinning = await self.sched.nmspinning.load()
        npidle = await self.sched.npidle.load()
        lately = tick.syscallwhen + FORCE_PREEMPT_NS > now
        return not (empty and nmspinning + npidle > 0 and lately)

    def threadInSyscall(self, pp: P) -> M:
        """The thread whose system call left pp behind; only the pictures want to know it."""
        tick = pp.syscalltick.v  # others may have left it behind before, and be in theirs still
        return next(mp for mp in self.allm if mp.oldp is pp and mp.syscalltick == tick)

    async def preemptone(self, pp: P) -> bool:
        """Since 1.26 a goroutine in a system call is not asked; then none could be reached."""
        await look()
        mp = pp.m
        if mp is None:
            return False
        await look()
        gp = mp.curg
        if gp is None:
            return False
        await gp.preempt.store(True)
        return True

    async def mayRunNext(self, p2: P) -> bool:
        """runqgrab: whether p2 is about to run its runnext itself, so that a thief should wait."""
        status = await p2.status.load()
        return status == Prunning
