"""runtime/time.go: timers, one heap for each P."""

from collections.abc import Awaitable, Callable
from typing import Any

from model.atomic import Count, Mutex, Word, nanotime, throw, world
from model.runtime2 import G, Text

timerHeaped, timerModified, timerZombie = 1, 2, 4
maxWhen = (1 << 63) - 1
timerHeapN = 4


class Timer:
    """A timer. ``when`` is a nanotime in ns, 0 for a stopped timer.

    A stopped or changed timer stays in its heap; its bits in ``state`` say that it has to be
    taken out (timerZombie) or moved (timerModified) by whoever comes across it.
    """

    __slots__ = ("arg", "astate", "f", "lock", "seq", "state", "ts", "when")

    def __init__(self) -> None:
        self.lock = Mutex()
        self.astate = Count(0)  # atomic copy of state at the last unlock
        self.state = 0
        self.when = 0
        self.f: Callable[[Any, int], Awaitable[None]] | None = None
        self.arg: Any = None
        self.seq = 0
        self.ts: Timers | None = None


class Timers:
    """The timers of one P."""

    __slots__ = ("heap", "len", "lock", "minWhenHeap", "minWhenModified", "zombies")

    def __init__(self) -> None:
        self.lock = Mutex()
        self.heap: tuple[tuple[int, Timer], ...] = ()  # a heap of (when, timer), four children each
        self.len = Count(0)  # atomic copy of the heap's length
        self.zombies = Count(0)
        self.minWhenHeap = Word(0)
        self.minWhenModified = Word(0)


class Time(Text):
    """The functions of time.go. A method of Go's ``timer`` or ``timers`` takes it first."""

    async def timersUnlock(self, ts: Timers) -> None:
        await ts.len.store(len(ts.heap))
        await ts.lock.unlock()

    async def timerUnlock(self, t: Timer) -> None:
        await t.astate.store(t.state)
        await t.lock.unlock()

    async def updateHeap(self, t: Timer) -> bool:
        """Put the heap's first timer right. Preconditions: t.lock and t.ts.lock are held."""
        ts = t.ts
        if ts is None or ts.heap[0][1] is not t:
            throw("timer data corruption")
        if t.state & timerZombie:
            t.state &= ~(timerHeaped | timerZombie | timerModified)
            await ts.zombies.add(-1)
            await self.deleteMin(ts)
            return True
        if t.state & timerModified:
            t.state &= ~timerModified
            ts.heap = siftDown(((t.when, t), *ts.heap[1:]), 0)
            await self.updateMinWhenHeap(ts)
            return True
        return False

    async def timeSleep(self, ns: int) -> None:
        """time.Sleep."""
        if ns <= 0:
            return
        gp = world.m.curg
        assert gp is not None
        if gp.timer is None:
            gp.timer = Timer()
            gp.timer.f = self.goroutineReady
            gp.timer.arg = gp
        now = await nanotime()
        gp.sleepWhen = min(now + ns, maxWhen)
        # The timer is set when the goroutine is parked for good: it may fire at once.
        await self.gopark(self.resetForSleep, None, "sleep")

    async def resetForSleep(self, gp: G, _: Any) -> bool:
        assert gp.timer is not None
        await self.modify(gp.timer, gp.sleepWhen, None, None, 0)
        return True

    async def goroutineReady(self, gp: G, _: int) -> None:
        world.seen.slept(gp)
        await self.goready(gp)

    async def addHeap(self, ts: Timers, t: Timer) -> None:
        """Preconditions: ts.lock and t.lock are held."""
        # Timers rely on the network poller, so make sure that it has been started.
        inited = await self.netpollInited.load()
        if inited == 0:
            await self.netpollGenericInit()
        if t.ts is not None:
            throw("ts set in timer")
        t.ts = ts
        ts.heap = siftUp((*ts.heap, (t.when, t)), len(ts.heap))
        if ts.heap[0][1] is t:
            await self.updateMinWhenHeap(ts)

    async def stop(self, t: Timer) -> bool:
        """timer.stop: whether it was still to come."""
        await t.lock.lock()
        if t.state & timerHeaped:
            t.state |= timerModified
            if not t.state & timerZombie:
                t.state |= timerZombie
                assert t.ts is not None
                await t.ts.zombies.add(1)
        pending = t.when > 0
        if pending:
            world.seen.timer(t, "stop")
        t.when = 0
        await self.timerUnlock(t)
        return pending

    async def deleteMin(self, ts: Timers) -> None:
        t = ts.heap[0][1]
        if t.ts is not ts:
            throw("wrong timers")
        t.ts = None
        heap = ts.heap
        ts.heap = siftDown((heap[-1], *heap[1:-1]), 0) if len(heap) > 1 else ()
        await self.updateMinWhenHeap(ts)
        if len(ts.heap) == 0:
            # A stale hint would make findRunnable poll in a circle (go.dev/issue/51654).
            await ts.minWhenModified.store(0)

    async def modify(
        self,
        t: Timer,
        when: int,
        f: Callable[[Any, int], Awaitable[None]] | None,
        arg: Any,
        seq: int,
    ) -> bool:
        """timer.modify: set a timer, whether it runs or not; whether it was still to come."""
        if when <= 0:
            throw("timer when must be positive")
        await t.lock.lock()
        if f is not None:
            t.f = f
            t.arg = arg
            t.seq = seq
        wake = False
        pending = t.when > 0
        t.when = when
        world.seen.timer(t, "set")
        if t.state & timerHeaped:
            ts = t.ts
            assert ts is not None
            t.state |= timerModified
            if t.state & timerZombie:
                # In the heap but marked for removal (by stop). Unmark it.
                await ts.zombies.add(-1)
                t.state &= ~timerZombie
            least = await ts.minWhenModified.load()
            if least == 0 or when < least:
                wake = True
                # astate before the hint: whoever sees the hint must find the timer marked.
                await t.astate.store(t.state)
                await self.updateMinWhenModified(ts, when)
        add = self.needsAdd(t)
        await self.timerUnlock(t)
        if add:
            await self.maybeAdd(t)
        if wake:
            await self.wakeNetPoller(when)
        return pending

    def needsAdd(self, t: Timer) -> bool:
        """Preconditions: t.lock is held."""
        return t.state & timerHeaped == 0 and t.when > 0

    async def maybeAdd(self, t: Timer) -> None:
        """timer.maybeAdd: into the heap of the P that runs us, if it is still needed."""
        pp = world.m.p
        assert pp is not None
        ts = pp.timers
        await ts.lock.lock()
        await self.cleanHead(ts)
        await t.lock.lock()
        when = 0
        wake = False
        if self.needsAdd(t):
            t.state |= timerHeaped
            when = t.when
            wakeTime = await self.wakeTime(ts)
            wake = wakeTime == 0 or when < wakeTime
            await self.addHeap(ts, t)
        await self.timerUnlock(t)
        await self.timersUnlock(ts)
        if wake:
            await self.wakeNetPoller(when)

    async def cleanHead(self, ts: Timers) -> None:
        """Take stopped and moved timers off the heap's ends. Preconditions: ts.lock is held."""
        while True:
            if len(ts.heap) == 0:
                return
            # The tail first: a heap full of stopped timers is then dropped one by one, cheaply.
            t = ts.heap[-1][1]
            astate = await t.astate.load()
            if astate & timerZombie:
                await t.lock.lock()
                if t.state & timerZombie:
                    t.state &= ~(timerHeaped | timerZombie | timerModified)
                    t.ts = None
                    await ts.zombies.add(-1)
                    ts.heap = ts.heap[:-1]
                await self.timerUnlock(t)
                continue
            t = ts.heap[0][1]
            if t.ts is not ts:
                throw("bad ts")
            astate = await t.astate.load()
            if astate & (timerModified | timerZombie) == 0:
                return
            await t.lock.lock()
            updated = await self.updateHeap(t)
            await self.timerUnlock(t)
            if not updated:
                return

    async def adjust(self, ts: Timers, now: int, force: bool) -> None:
        """Move the changed timers and take out the stopped ones. Preconditions: ts.lock is held."""
        if not force:
            first = await ts.minWhenModified.load()
            if first == 0 or first > now:
                return
        # Lower minWhenHeap before the hint is cleared, so that wakeTime is never too late
        # (go.dev/issue/47329); and clear it before the scan, so that no later hint is lost.
        when = await self.wakeTime(ts)
        await ts.minWhenHeap.store(when)
        await ts.minWhenModified.store(0)
        changed = False
        i = 0
        while i < len(ts.heap):
            t = ts.heap[i][1]
            if t.ts is not ts:
                throw("bad ts")
            astate = await t.astate.load()
            if astate & (timerModified | timerZombie) == 0:
                i += 1
                continue
            await t.lock.lock()
            if t.state & timerHeaped == 0:
                throw("timer data corruption")
            if t.state & timerZombie:
                await ts.zombies.add(-1)
                t.state &= ~(timerHeaped | timerZombie | timerModified)
                ts.heap = replaced(ts.heap, i, ts.heap[-1])[:-1]
                t.ts = None
                changed = True
            elif t.state & timerModified:
                ts.heap = replaced(ts.heap, i, (t.when, t))
                t.state &= ~timerModified
                changed = True
                i += 1
            else:
                i += 1
            await self.timerUnlock(t)
        if changed:
            ts.heap = initHeap(ts.heap)
        await self.updateMinWhenHeap(ts)

    async def wakeTime(self, ts: Timers) -> int:
        """When ts needs its P: not later than its earliest timer; 0 if it has none."""
        # minWhenModified first: adjust stores into minWhenHeap before it clears the hint.
        nextWhen = await ts.minWhenModified.load()
        when = await ts.minWhenHeap.load()
        if when == 0 or (nextWhen != 0 and nextWhen < when):
            when = nextWhen
        return when

    async def check(self, ts: Timers, now: int) -> tuple[int, int, bool]:
        """timers.check: run what is due: (now, when to poll until or 0, whether any ran)."""
        next = await self.wakeTime(ts)
        if next == 0:
            return now, 0, False
        if now == 0:
            now = await nanotime()
        force = await self.manyZombies(ts)
        if now < next and not force:
            # Nothing is due, and the heap is clean enough.
            return now, next, False
        pollUntil = 0
        ran = False
        await ts.lock.lock()
        if len(ts.heap) > 0:
            await self.adjust(ts, now, False)
            while len(ts.heap) > 0:
                tw = await self.run(ts, now)
                if tw != 0:
                    pollUntil = max(tw, 0)
                    break
                ran = True
            force = await self.manyZombies(ts)
            if force:
                await self.adjust(ts, now, True)
        await self.timersUnlock(ts)
        return now, pollUntil, ran

    async def manyZombies(self, ts: Timers) -> bool:
        """Whether ts is our own P's and over a quarter of it is stopped timers."""
        zombies = await ts.zombies.load()
        if zombies < 0:
            throw("timer data corruption")
        pp = world.m.p
        if pp is None or ts is not pp.timers:
            return False
        length = await ts.len.load()
        return zombies > length // 4

    async def run(self, ts: Timers, now: int) -> int:
        """Run the first timer if it is due: 0; else when it is due, -1 for none.

        Preconditions: ts.lock is held; it is let go while the timer's function runs.
        """
        while True:
            if len(ts.heap) == 0:
                return -1
            when, t = ts.heap[0]
            if t.ts is not ts:
                throw("bad ts")
            astate = await t.astate.load()
            if astate & (timerModified | timerZombie) == 0 and when > now:
                return when
            await t.lock.lock()
            updated = await self.updateHeap(t)
            if updated:
                await self.timerUnlock(t)
                continue
            if t.state & timerHeaped == 0 or t.state & timerModified:
                throw("timer data corruption")
            if t.when > now:
                when = t.when
                await self.timerUnlock(t)
                return when
            await self.unlockAndRun(t)
            return 0

    async def unlockAndRun(self, t: Timer) -> None:
        """Take t out of its heap and call its function, with no lock held meanwhile."""
        if t.state & (timerModified | timerZombie):
            throw("timer data corruption")
        f, arg, seq, ts = t.f, t.arg, t.seq, t.ts
        assert f is not None
        assert ts is not None
        world.seen.timer(t, "fire")
        t.when = 0
        if t.state & timerHeaped:
            t.state |= timerModified | timerZombie
            await ts.zombies.add(1)
            await self.updateHeap(t)
        await self.timerUnlock(t)
        # The function may take pd.lock, and whoever holds pd.lock may want ts.lock
        # (go.dev/issue/35532).
        await self.timersUnlock(ts)
        await f(arg, seq)
        await ts.lock.lock()

    async def updateMinWhenHeap(self, ts: Timers) -> None:
        await ts.minWhenHeap.store(ts.heap[0][0] if ts.heap else 0)

    async def updateMinWhenModified(self, ts: Timers, when: int) -> None:
        while True:
            old = await ts.minWhenModified.load()
            if old != 0 and old < when:
                return
            if await ts.minWhenModified.cas(old, when):
                return

    async def timeSleepUntil(self) -> int:
        """When the next timer of any P is due; maxWhen if there is none."""
        next = maxWhen
        await self.allpLock.lock()
        i = 0
        while i < len(self.allp):
            when = await self.wakeTime(self.allp[i].timers)
            if when != 0:
                next = min(next, when)
            i += 1
        await self.allpLock.unlock()
        return next


Heap = tuple[tuple[int, Timer], ...]


def replaced(heap: Heap, i: int, tw: tuple[int, Timer]) -> Heap:
    """The heap with its i-th place taken by ``tw``, in no order."""
    return (*heap[:i], tw, *heap[i + 1 :])


def siftUp(heap: Heap, i: int) -> Heap:
    """timers.siftUp: place ``i`` moved towards the root as far as it must."""
    places = list(heap)
    tw = places[i]
    while i > 0:
        parent = (i - 1) // timerHeapN
        if tw[0] >= places[parent][0]:
            break
        places[i] = places[parent]
        i = parent
    places[i] = tw
    return tuple(places)


def siftDown(heap: Heap, i: int) -> Heap:
    """timers.siftDown: place ``i`` moved away from the root as far as it must."""
    places = list(heap)
    tw = places[i]
    while i * timerHeapN + 1 < len(places):
        first = i * timerHeapN + 1
        children = range(first, min(first + timerHeapN, len(places)))
        child = min(children, key=lambda c: places[c][0])
        if places[child][0] >= tw[0]:
            break
        places[i] = places[child]
        i = child
    places[i] = tw
    return tuple(places)


def initHeap(heap: Heap) -> Heap:
    """timers.initHeap: the order established from nothing."""
    for i in range((len(heap) - 2) // timerHeapN, -1, -1):
        heap = siftDown(heap, i)
    return heap
