"""A small language of descriptor operations, performed on any kernel: the model's or Linux's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from model import linux
from model.kernel import Kernel

CHUNK_BYTES = 65_536
CROWD_BYTES = 30_000
MANY = 64
BITS = {
    "in": linux.EPOLLIN,
    "out": linux.EPOLLOUT,
    "rdhup": linux.EPOLLRDHUP,
    "err": linux.EPOLLERR,
    "hup": linux.EPOLLHUP,
    "et": linux.EPOLLET,
    "oneshot": linux.EPOLLONESHOT,
}
GO = "in,out,rdhup,et"
"""The mask of runtime/netpoll_epoll.go:netpollopen."""

Report = tuple[tuple[str, str], ...]


class AnyKernel(Protocol):
    """What a machine drives: ``model.kernel.Kernel`` or ``linux_kernel.LinuxKernel``."""

    def socketpair(self) -> tuple[int, int]: ...
    def tcp_pair(self) -> tuple[int, int]: ...
    def pipe(self) -> tuple[int, int]: ...
    def eventfd(self, value: int = 0) -> int: ...
    def open_file(self, size: int) -> int: ...
    def dup2(self, old: int, new: int) -> int: ...
    def read(self, fd: int, nbytes: int) -> int: ...
    def write(self, fd: int, nbytes: int) -> int: ...
    def shutdown_write(self, fd: int) -> int: ...
    def close(self, fd: int) -> int: ...
    def reset(self, fd: int) -> int: ...
    def epoll_create(self) -> int: ...
    def epoll_ctl(
        self, epfd: int, op: int, fd: int, events: int = 0, data: object = None
    ) -> int: ...
    def epoll_collect(self, epfd: int, maxevents: int) -> tuple[tuple[int, object], ...]: ...
    def epoll_ready(self, epfd: int) -> bool: ...


class SettledModel(Kernel):
    """The model, in which everything has always arrived."""

    __slots__ = ()

    def settle(self) -> None:
        """Nothing is on its way."""


def mask(words: str) -> int:
    """``in,et`` as a number; ``none`` is 0."""
    return 0 if words == "none" else sum(BITS[word] for word in words.split(","))


def names(events: int) -> str:
    """A number as ``in,out``; a bit without a name stays a number."""
    known = [name for name, bit in BITS.items() if events & bit]
    rest = events & ~sum(BITS.values())
    return ",".join([*known, *([hex(rest)] if rest else [])])


@dataclass
class Machine:
    """One kernel with one epoll instance, whose descriptors have the script's names.

    A name stands for a descriptor number, also when the number is closed or means another file.
    """

    kernel: AnyKernel
    settle: Callable[[], None]
    fds: dict[str, int] = field(default_factory=dict)
    tcp: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.epfd = self.kernel.epoll_create()

    def perform(self, line: str) -> object:
        """What an operation such as ``write a 8`` returned, in words that do not depend on a size
        of TCP's buffers."""
        word, *args = line.split()
        result: object = getattr(self, "do_" + word)(*args)
        self.settle()
        return result

    # -- opening

    def _open(self, kind: str) -> tuple[int, ...]:
        if kind == "eventfd":
            return (self.kernel.eventfd(),)
        makers = {
            "socketpair": self.kernel.socketpair,
            "tcp": self.kernel.tcp_pair,
            "pipe": self.kernel.pipe,
        }
        return makers[kind]()

    def do_open(self, kind: str, *names: str) -> None:
        self.fds.update(zip(names, self._open(kind), strict=True))
        if kind == "tcp":
            self.tcp.update(names)

    def do_file(self, name: str, size: str) -> None:
        self.fds[name] = self.kernel.open_file(int(size))

    def do_counter(self, name: str, value: str) -> None:
        self.fds[name] = self.kernel.eventfd(int(value))

    def do_reopen(self, name: str, kind: str, *peers: str) -> None:
        """The number of ``name`` means the first descriptor of something new."""
        first, *others = self._open(kind)
        self.kernel.dup2(first, self.fds[name])
        self.kernel.close(first)
        self.fds.update(zip(peers, others, strict=True))
        (self.tcp.update if kind == "tcp" else self.tcp.difference_update)({name, *peers})

    def do_dup(self, name: str, new: str) -> None:
        """``new`` may be a number that is in use, or that was."""
        if new not in self.fds:
            (self.fds[new],) = self._open("eventfd")  # a number nobody else will take
        if self.kernel.dup2(self.fds[name], self.fds[new]) >= 0:
            (self.tcp.add if name in self.tcp else self.tcp.discard)(new)

    # -- using

    def do_read(self, name: str, nbytes: str) -> int:
        return self.kernel.read(self.fds[name], int(nbytes))

    def do_write(self, name: str, nbytes: str) -> int:
        return self.kernel.write(self.fds[name], int(nbytes))

    def do_fill(self, name: str, nbytes: str = str(CHUNK_BYTES)) -> object:
        return self._until_it_fails(name, lambda fd: self.kernel.write(fd, int(nbytes)))

    def do_crowd(self, name: str) -> None:
        """Write until poll says that there is no room, which no write has been told yet."""
        while self._has_room(name):
            assert self.kernel.write(self.fds[name], CROWD_BYTES) == CROWD_BYTES
            self.settle()

    def _has_room(self, name: str) -> bool:
        asker = self.kernel.epoll_create()
        self.kernel.epoll_ctl(asker, linux.EPOLL_CTL_ADD, self.fds[name], linux.EPOLLOUT)
        reports = self.kernel.epoll_collect(asker, 1)
        self.kernel.epoll_ctl(asker, linux.EPOLL_CTL_DEL, self.fds[name])
        self.kernel.close(asker)
        return any(events & linux.EPOLLOUT for events, _ in reports)

    def do_drain(self, name: str, nbytes: str = str(CHUNK_BYTES)) -> object:
        return self._until_it_fails(name, lambda fd: self.kernel.read(fd, int(nbytes)))

    def _until_it_fails(self, name: str, step: Callable[[int], int]) -> object:
        total, last = self._burst(name, step)
        if name not in self.tcp:
            return total, last
        more = total
        while more:  # what was on its way makes room, or something to read
            self.settle()
            more, last = self._burst(name, step)
        return last

    def _burst(self, name: str, step: Callable[[int], int]) -> tuple[int, int]:
        total = 0
        while (count := step(self.fds[name])) > 0:
            total += count
        return total, count

    def do_shutdown(self, name: str) -> int:
        return self.kernel.shutdown_write(self.fds[name])

    def do_close(self, name: str) -> int:
        return self.kernel.close(self.fds[name])

    def do_reset(self, name: str) -> int:
        return self.kernel.reset(self.fds[name])

    # -- epoll

    def _ctl(self, op: int, name: str, events: int) -> int:
        fd = self.fds[name]
        return self.kernel.epoll_ctl(self.epfd, op, fd, events, fd)

    def do_add(self, name: str, events: str = GO) -> int:
        return self._ctl(linux.EPOLL_CTL_ADD, name, mask(events))

    def do_mod(self, name: str, events: str = GO) -> int:
        return self._ctl(linux.EPOLL_CTL_MOD, name, mask(events))

    def do_del(self, name: str) -> int:
        return self._ctl(linux.EPOLL_CTL_DEL, name, 0)

    def do_wait(self, maxevents: str = str(MANY)) -> Report:
        """What epoll_wait reports, as (name, events)."""
        called = {fd: name for name, fd in reversed(self.fds.items())}
        reports = self.kernel.epoll_collect(self.epfd, int(maxevents))
        return tuple((called[fd], names(events)) for events, fd in reports if isinstance(fd, int))

    def do_ready(self) -> bool:
        return self.kernel.epoll_ready(self.epfd)


def perform_all(machine: Machine, script: str) -> list[tuple[str, object]]:
    """Each operation of ``a; b + c; d`` with its result; ``;`` waits unless a wait is there."""
    results: list[tuple[str, object]] = []
    for step in script.split(";"):
        lines = [line.strip() for line in step.split("+")]
        if not lines[-1].startswith("wait"):
            lines.append("wait")
        results += [(line, machine.perform(line)) for line in lines]
    return results
