"""Wrong implementations of the rules about deadlines."""

from typing import Any

from model import Runtime
from model.atomic import nanotime
from model.netpoll import PollDesc, modeR, modeW, pollErrClosing, pollErrTimeout, pollNoError
from model.runtime2 import G


class ReadDeadlineFreesNobody(Runtime):
    """R17: the deadline is noted, but the reader sleeps on."""

    async def netpollReadDeadline(self, arg: Any, seq: int) -> None:
        """Nobody."""


class WriteDeadlineFreesNobody(Runtime):
    """R18: the deadline is noted, but the writer sleeps on."""

    async def netpollWriteDeadline(self, arg: Any, seq: int) -> None:
        """Nobody."""


class CombinedDeadlineFreesWriterFirst(Runtime):
    """R19: looks at ``wg`` before ``rg`` when a deadline for both fires."""

    async def netpollDeadline(self, arg: Any, seq: int) -> None:
        """netpolldeadlineimpl with the two directions in the other order."""
        pd: PollDesc = arg
        await pd.lock.lock()
        if seq != pd.rseq:
            await pd.lock.unlock()
            return
        pd.rd = pd.wd = -1
        await self.publishInfo(pd)
        wg, delta = await self.netpollunblock(pd, modeW, False)
        rg, more = await self.netpollunblock(pd, modeR, False)
        await pd.lock.unlock()
        if wg is not None:
            await self.netpollgoready(wg)
        if rg is not None:
            await self.netpollgoready(rg)
        await self.netpollAdjustWaiters(delta + more)


class PastDeadlineFreesNobody(Runtime):
    """R20: a deadline in the past holds only for what begins after it."""

    _past = False

    async def pollSetDeadline(self, pd: PollDesc, d: int, mode: int) -> None:
        """Without the last part, that frees who waits."""
        self._past = d < 0
        await super().pollSetDeadline(pd, d, mode)
        self._past = False

    async def netpollunblock(self, pd: PollDesc, mode: int, ioready: bool) -> tuple[G | None, int]:
        """Nobody, while a deadline in the past is being set."""
        if self._past and not ioready:
            return None, 0
        return await super().netpollunblock(pd, mode, ioready)


class EarlierDeadlineIgnored(Runtime):
    """R21: a timer that runs is not set anew to an earlier time."""

    async def pollSetDeadline(self, pd: PollDesc, d: int, mode: int) -> None:
        """Return where the new time is before the old one."""
        now = await nanotime()
        if d > 0 and any(old > now + d for old in deadlines(pd, mode)):
            return
        await super().pollSetDeadline(pd, d, mode)


class LaterDeadlineIgnored(Runtime):
    """R22: a timer that runs is neither moved to a later time nor stopped."""

    async def pollSetDeadline(self, pd: PollDesc, d: int, mode: int) -> None:
        """Return where the new time is after the old one, or there is none."""
        now = await nanotime()
        if d >= 0 and any(old > 0 and (d == 0 or old < now + d) for old in deadlines(pd, mode)):
            return
        await super().pollSetDeadline(pd, d, mode)


class DataBeatDeadlines(Runtime):
    """R23: a read tries before it looks at its deadline."""

    async def pollReset(self, pd: PollDesc, mode: int) -> int:
        """A timeout is no reason not to try."""
        errcode = await super().pollReset(pd, mode)
        return pollNoError if errcode == pollErrTimeout else errcode


class TimeoutsAreForEver(Runtime):
    """R24: a descriptor whose deadline has passed stays so."""

    async def pollSetDeadline(self, pd: PollDesc, d: int, mode: int) -> None:
        """Return where the old deadline has passed."""
        if any(old < 0 for old in deadlines(pd, mode)):
            return
        await super().pollSetDeadline(pd, d, mode)


class FreedMeansTimeout(Runtime):
    """R42: takes whoever is freed without news for timed out."""

    async def pollWait(self, pd: PollDesc, mode: int) -> int:
        """Without looking at the deadline again."""
        errcode = await self.netpollcheckerr(pd, mode)
        if errcode != pollNoError:
            return errcode
        if await self.netpollblock(pd, mode, False):
            return pollNoError
        errcode = await self.netpollcheckerr(pd, mode)
        return pollErrClosing if errcode == pollErrClosing else pollErrTimeout


def deadlines(pd: PollDesc, mode: int) -> tuple[int, ...]:
    """The deadlines of ``mode`` that pd has now: a time in ns, 0 for none, -1 when passed."""
    reads = (pd.rd,) if mode & modeR else ()
    return (*reads, pd.wd) if mode & modeW else reads
