"""The Go program that a scenario is: goroutines with their steps, and the host that starts them."""

from model.atomic import mcall, outside, syscall, throw, world
from model.fd_unix import FD
from model.kernel import Kernel
from model.linux import EAGAIN, errorcode
from model.netpoll import modeR, modeW
from model.proc import Proc
from model.runtime2 import G, M
from scenario import HOST, Kind, Op, Scenario, Step

FILE_SIZE = 4096
"""Bytes in a scenario's regular file."""
FILL_CHUNK = 65536
OUTSIDE_GAP = 64
"""Numbers between the program's descriptors and the outside's, for what it opens for a moment."""

Result = tuple[int | str | None, str | None]

DEADLINE_MODES = {
    Op.SET_READ_DEADLINE: modeR,
    Op.SET_WRITE_DEADLINE: modeW,
    Op.SET_DEADLINE: modeR | modeW,
}


class Runtime(Proc):
    """The whole text: the modelled runtime and the scenario's program on it.

    ``files`` are Go's ends by name, ``peers`` the numbers of the outside's ends, ``names`` the
    scenario's name of each number. Override a method to model another runtime.
    """

    release = "1.27"

    def __init__(self, kernel: Kernel, scenario: Scenario, now: int) -> None:
        super().__init__(kernel, scenario.procs, now)
        self.scenario = scenario
        self.files: dict[str, FD] = {}
        self.peers: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.outsiders = 0

    def boot(self) -> tuple[M, M]:
        """What rt0_go and runtime.main leave behind: M0 with P0 and the host on it, and sysmon."""
        m0, monitor = M(0), M(1)
        self.sched.mnext = 2
        self.allm += [m0, monitor]
        m0.nextp = self.allp[0]
        host = self.newg(HOST)
        host.atomicstatus.v = 1
        self.allp[0].runnext.v = host
        return m0, monitor

    def newg(self, name: str) -> G:
        """newproc1: a new goroutine, with the text that it will run."""
        gp = G(len(self.goroutines) + 1, name)
        if name in self.goroutines:
            throw(f"goroutine {name} started twice")
        self.goroutines[name] = gp
        gp.coro = self.host(gp) if name == HOST else self.goroutine(gp)
        return gp

    async def host(self, gp: G) -> None:
        """Open the descriptors, then sit in a system call and start whom the script names."""
        fds = tuple(self.scenario.fds.items())
        i = 0
        while i < len(fds):
            name, kind = fds[i]
            i += 1
            await self.open(name, kind)
        while True:
            await self.entersyscallblock()
            started = await outside()
            await self.exitsyscall()
            await self.newproc(started)

    async def goroutine(self, gp: G) -> None:
        """The steps of one goroutine, one after the other."""
        steps = self.scenario.goroutines[gp.name]
        i = 0
        while i < len(steps):
            step = steps[i]
            world.seen.begins(gp, i, step)
            count, error = await self.step(step)
            world.seen.ends(gp, i, step, count, error)
            i += 1
        await mcall(self.goexit0)

    async def step(self, step: Step) -> Result:
        """Do one step: (count, error)."""
        op = step.op
        if op is Op.READ:
            return await self.fdRead(self.file(step), step.nbytes or 0)
        if op is Op.WRITE:
            return await self.fdWrite(self.file(step), step.nbytes or 0)
        if op is Op.FILL:
            error = await self.fill(self.file(step))
            return None, error
        if op in DEADLINE_MODES:
            mode = DEADLINE_MODES[op]
            error = await self.fdSetDeadline(self.file(step), step.ns or 0, mode)
            return None, error
        if op is Op.CLOSE:
            error = await self.fdClose(self.file(step))
            return None, error
        if op is Op.REOPEN:
            await self.reopen(step.fd or "")
        elif op is Op.SLEEP:
            await self.timeSleep(step.ns or 0)
        elif op is Op.BUSY:
            await self.busy(step.ns or 0)
        elif op is Op.YIELD:
            await self.Gosched()
        elif op is Op.GO:
            await self.newproc(self.newg(step.g or ""))
        else:
            return self.isPollDescriptor(step), None
        return None, None

    def file(self, step: Step) -> FD:
        assert step.fd is not None
        return self.files[step.fd]

    def isPollDescriptor(self, step: Step) -> str:
        """internal/poll.IsPollDescriptor."""
        own = {"epfd": self.epfd, "break": self.breakDescriptor()}
        fd = own[step.fd] if step.fd in own else self.file(step).Sysfd
        return "yes" if self.netpollIsPollDescriptor(fd) else "no"

    def breakDescriptor(self) -> int:
        return self.netpollEventFd

    async def fill(self, fd: FD) -> str | None:
        """Write until the kernel takes no more, without the poller; any error but EAGAIN."""
        while True:
            n = await self.syscallWrite(fd.Sysfd, FILL_CHUNK)
            if n == -EAGAIN:
                return None
            if n < 0:
                return errorcode[-n]

    async def open(self, name: str, kind: Kind) -> None:
        await syscall()
        mine, peer = self.pair(kind)
        await self.use(name, mine, peer)

    async def reopen(self, name: str) -> None:
        """A new descriptor with the old number and a new peer; the old peer is closed."""
        number = self.number(name)
        await self.entersyscall()
        await syscall()
        old = self.peers[name]
        mine, peer = self.pair(self.scenario.fds[name])
        if mine != number:
            self.kernel.dup2(mine, number)
            self.kernel.close(mine)
        if old >= 0:
            self.kernel.close(old)
        await self.exitsyscall()
        await self.use(name, number, peer)

    async def use(self, name: str, mine: int, peer: int) -> None:
        self.names[mine] = name
        self.peers[name] = peer
        fd = FD(mine)
        self.files[name] = fd
        await self.fdInit(fd)

    def number(self, name: str) -> int:
        return next(number for number, known in self.names.items() if known == name)

    def pair(self, kind: Kind) -> tuple[int, int]:
        """(Go's end, the outside's end or -1) of a new descriptor."""
        kernel = self.kernel
        if kind is Kind.FILE:
            return kernel.open_file(FILE_SIZE), -1
        if kind is Kind.EVENTFD:
            mine = kernel.eventfd()
            return mine, kernel.dup2(mine, self.outsideNumber())
        if kind is Kind.SOCKETPAIR:
            mine, peer = kernel.socketpair()
        elif kind is Kind.TCP:
            mine, peer = kernel.tcp_pair()
        else:
            mine, peer = kernel.pipe()
        if kind is Kind.PIPE_WRITE:
            mine, peer = peer, mine
        moved = kernel.dup2(peer, self.outsideNumber())
        kernel.close(peer)
        return mine, moved

    def outsideNumber(self) -> int:
        """A number out of the program's way: it must find the lowest one free, as in a real one."""
        self.outsiders += 1
        return OUTSIDE_GAP + len(self.scenario.fds) + self.outsiders
