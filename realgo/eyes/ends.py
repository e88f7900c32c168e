"""The descriptors of a scenario, opened outside: Go inherits its ends, the peers are kept."""

import errno
import fcntl
import os
import resource
import socket
import struct
from collections.abc import Callable
from contextlib import ExitStack

from scenario import Action, Kind, Op, Outside, Scenario, Unavailable

SNDBUF_BYTES = 16_384
FILE_BYTES = 4_096
CHUNK_BYTES = 4_096
ONE = (1).to_bytes(8, "little")
"""What is written to an eventfd."""
HIGH = 512
"""Go's ends have numbers from here on, where the limit allows it: nobody else takes those."""
REFUSED = frozenset({errno.EAGAIN, errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN})
"""What the kernel says of an action at a peer that can have no effect now."""
NO_LINGER = struct.pack("ii", 1, 0)
"""socket(7): with SO_LINGER on and no time, closing a TCP socket sends a reset."""


class Link:
    """One descriptor: Go's ends (one for each time that it is opened) and their peers.

    ``ports`` are (Go's, the peer's) where it is TCP. ``generation`` counts the reopenings so far.
    """

    def __init__(self, name: str, kind: Kind) -> None:
        self.name = name
        self.kind = kind
        self.ours: list[int] = []
        self.ports: list[tuple[int, int]] = []
        self.generation = 0
        self._peers: list[int | None] = []

    def open(self) -> None:
        """One more pair of ends."""
        ours, peer = _OPENERS[self.kind]()
        with ExitStack() as stack:
            stack.callback(os.close, ours)
            if peer is not None:
                os.set_blocking(peer, False)
                stack.callback(os.close, peer)
            # A file too: only of a nonblocking one Go asks the poller, and epoll refuses it.
            os.set_blocking(ours, False)
            if self.kind is Kind.TCP and peer is not None:
                self.ports.append((_port(ours), _port(peer)))
            self.ours.append(fcntl.fcntl(ours, fcntl.F_DUPFD_CLOEXEC, _high()))
            self._peers.append(None if peer is None else os.dup(peer))

    @property
    def peer(self) -> int | None:
        """The outside's end; None once it is closed, or where there is none."""
        return self._peers[self.generation]

    def reopened(self, times: int) -> None:
        """Go's end was reopened so often by now: the outside turns to the newest peer."""
        while self.generation < times:
            self.close_peer()
            self.generation += 1

    def close_peer(self) -> None:
        """Close the outside's end, if it is open."""
        peer, self._peers[self.generation] = self.peer, None
        if peer is not None:
            os.close(peer)

    def close_ours(self) -> None:
        """Give Go's ends up; whoever inherited them has them alone from then on."""
        while self.ours:
            os.close(self.ours.pop())

    def close(self) -> None:
        """Close whatever is open here."""
        self.close_ours()
        for peer in self._peers:
            if peer is not None:
                os.close(peer)


def open_links(scenario: Scenario, stack: ExitStack) -> dict[str, Link]:
    """All descriptors, by name. Raises Unavailable where the system allows too few."""
    links = {}
    for name, kind in scenario.fds.items():
        links[name] = Link(name, kind)
        stack.callback(links[name].close)
        for _ in range(1 + _reopenings(scenario, name)):
            try:
                links[name].open()
            except OSError as error:
                raise Unavailable(
                    f"could not open {name}: {error.strerror}; see `ulimit -n`"
                ) from error
    return links


def _reopenings(scenario: Scenario, fd: str) -> int:
    steps = (step for steps in scenario.goroutines.values() for step in steps)
    return sum(step.op is Op.REOPEN and step.fd == fd for step in steps)


def _high() -> int:
    return min(HIGH, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


def _port(fd: int) -> int:
    with socket.socket(fileno=os.dup(fd)) as end:
        return int(end.getsockname()[1])


def _socketpair() -> tuple[int, int]:
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SNDBUF_BYTES)
    return ends[0].detach(), ends[1].detach()


def _tcp() -> tuple[int, int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        peer = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    for end in (ours, peer):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SNDBUF_BYTES)
    return ours.detach(), peer.detach()


def _pipe_write() -> tuple[int, int]:
    read_end, write_end = os.pipe()
    return write_end, read_end


def _eventfd() -> tuple[int, int]:
    fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    return fd, os.dup(fd)


def _file() -> tuple[int, None]:
    fd = os.memfd_create("file")
    os.pwrite(fd, bytes(FILE_BYTES), 0)
    return fd, None


_OPENERS: dict[Kind, Callable[[], tuple[int, int | None]]] = {
    Kind.SOCKETPAIR: _socketpair,
    Kind.TCP: _tcp,
    Kind.PIPE_READ: os.pipe,
    Kind.PIPE_WRITE: _pipe_write,
    Kind.EVENTFD: _eventfd,
    Kind.FILE: _file,
}


def perform(action: Action, link: Link) -> None:
    """Do an outside action at a link's peer.

    It has no effect when the peer is gone, or when the kernel refuses it because a buffer is full
    or empty, or Go's end is gone.
    """
    if link.peer is None:
        return
    try:
        _ACTIONS[action.op](link, link.peer, action.nbytes or 0)
    except OSError as error:
        if error.errno not in REFUSED:
            raise


def _write(link: Link, peer: int, nbytes: int) -> None:
    os.write(peer, ONE if link.kind is Kind.EVENTFD else bytes(nbytes))


def _read(link: Link, peer: int, nbytes: int) -> None:
    os.read(peer, nbytes)


def _fill(link: Link, peer: int, nbytes: int) -> None:
    for size in (CHUNK_BYTES, 1):
        _repeat(lambda data=bytes(size): os.write(peer, data))  # type: ignore[misc]


def _drain(link: Link, peer: int, nbytes: int) -> None:
    _repeat(lambda: len(os.read(peer, CHUNK_BYTES)))


def _repeat(act: Callable[[], int]) -> None:
    """Until it says 0 (the end of the stream) or EAGAIN."""
    try:
        while act():
            pass
    except BlockingIOError:
        return


def _shutdown(link: Link, peer: int, nbytes: int) -> None:
    with socket.socket(fileno=os.dup(peer)) as end:
        end.shutdown(socket.SHUT_WR)


def _close(link: Link, peer: int, nbytes: int) -> None:
    link.close_peer()


def _reset(link: Link, peer: int, nbytes: int) -> None:
    if link.kind in (Kind.SOCKETPAIR, Kind.TCP):
        with socket.socket(fileno=os.dup(peer)) as end:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    link.close_peer()


_ACTIONS: dict[Outside, Callable[[Link, int, int], None]] = {
    Outside.WRITE: _write,
    Outside.READ: _read,
    Outside.FILL: _fill,
    Outside.DRAIN: _drain,
    Outside.SHUTDOWN: _shutdown,
    Outside.CLOSE: _close,
    Outside.RESET: _reset,
}
