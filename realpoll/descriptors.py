"""Real descriptors for the kinds of a scenario, and what the outside does at their peers."""

import errno
import fcntl
import os
import resource
import socket
import struct
import tempfile
from collections.abc import Callable

from realpoll import tcp
from scenario.errors import Unavailable
from scenario.words import Action, Kind, Outside

SNDBUF_BYTES = 16_384
FILE_BYTES = 4_096
CHUNK_BYTES = 4_096
ONE = (1).to_bytes(8, "little")
HIGH = min(512, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
"""Scenarios use descriptor numbers from here on: an open elsewhere takes the lowest free one, so it
cannot take a number between a close and a reopen."""


REFUSED = frozenset({errno.EAGAIN, errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN})
"""What the kernel says of an action at a peer that can have no effect now."""
SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What it says when it is short of something."""


class NumberTaken(Exception):
    """A descriptor's old number was taken by somebody else before it could be reopened."""


class Link:
    """A descriptor of a scenario: ``fd`` is our end, ``peer`` the outside's (None once closed)."""

    def __init__(self, name: str, kind: Kind) -> None:
        self.name = name
        self.kind = kind
        self.fd, self.peer = _open(kind)

    def reopen(self) -> None:
        """The same number with a new file behind it and a new peer; the old peer is closed.

        Precondition: our end is closed. Raises NumberTaken.
        """
        number, old_peer = self.fd, self.peer
        self.fd, self.peer = _open(self.kind, number)
        if old_peer is not None:
            os.close(old_peer)
        if self.fd != number:
            raise NumberTaken(f"{self.name} was to be reopened as {number} and became {self.fd}")

    def close_peer(self) -> None:
        """Close the outside's end, if it is open."""
        if self.peer is not None:
            os.close(self.peer)
            self.peer = None

    @property
    def message(self) -> Callable[[int], bytes]:
        """What a write of n bytes writes: an eventfd takes a number of eight bytes, here 1."""
        return (lambda nbytes: ONE) if self.kind is Kind.EVENTFD else (lambda nbytes: b"x" * nbytes)


def _open(kind: Kind, number: int | None = None) -> tuple[int, int | None]:
    ours, peer = _OPENERS[kind]()
    try:
        fd = fcntl.fcntl(ours, fcntl.F_DUPFD_CLOEXEC, HIGH if number is None else number)
    except OSError:
        if peer is not None:
            os.close(peer)
        raise
    finally:
        os.close(ours)
    if kind is not Kind.FILE:
        os.set_blocking(fd, False)
    if peer is not None:
        os.set_blocking(peer, False)
    return fd, peer


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


def _pipe_read() -> tuple[int, int]:
    return os.pipe()


def _pipe_write() -> tuple[int, int]:
    read_end, write_end = os.pipe()
    return write_end, read_end


def _eventfd() -> tuple[int, int]:
    fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    return fd, os.dup(fd)


def _file() -> tuple[int, None]:
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * FILE_BYTES)
        file.seek(0)
        return os.dup(file.fileno()), None


_OPENERS: dict[Kind, Callable[[], tuple[int, int | None]]] = {
    Kind.SOCKETPAIR: _socketpair,
    Kind.TCP: _tcp,
    Kind.PIPE_READ: _pipe_read,
    Kind.PIPE_WRITE: _pipe_write,
    Kind.EVENTFD: _eventfd,
    Kind.FILE: _file,
}


def fill(fd: int, kind: Kind, peer: int | None) -> int:
    """Write until not even the smallest write is taken; the number of bytes. Never parks."""
    if kind is Kind.TCP:
        return sum(tcp.fill(fd, peer, data) for data in (b"x" * CHUNK_BYTES, b"x"))
    if kind is Kind.EVENTFD:
        sizes = [(1 << bit).to_bytes(8, "little") for bit in reversed(range(64))]
    else:
        sizes = [b"x" * CHUNK_BYTES, b"x"]
    return sum(_until_refused(fd, data) for data in sizes)


def _until_refused(fd: int, data: bytes) -> int:
    done = 0
    while True:
        try:
            done += os.write(fd, data)
        except BlockingIOError:
            return done


def drain(fd: int) -> None:
    """Read until there is nothing left."""
    try:
        while os.read(fd, CHUNK_BYTES):
            pass
    except BlockingIOError:
        return


def perform(action: Action, link: Link) -> None:
    """Do an outside action at a link's peer.

    It has no effect when the peer is gone, or when the kernel refuses it because a buffer is full
    or empty, or our end is gone. Raises Unavailable when the kernel is short of something.
    """
    if link.peer is None:
        return
    try:
        _ACTIONS[action.op](link, link.peer, action.nbytes or 0)
    except OSError as error:
        if error.errno in SCARCE:
            raise shortage(f"do `{action.text}`", error) from error
        if error.errno not in REFUSED:
            raise


def shortage(what: str, error: OSError) -> Unavailable:
    """What to raise when the system has too little of something."""
    return Unavailable(f"Real epoll could not {what}: {error.strerror}; see `ulimit -n`.")


def errno_name(error: OSError) -> str:
    """EPIPE, ECONNRESET, ..."""
    return errno.errorcode.get(error.errno or 0, str(error))


def _reset(link: Link, peer: int) -> None:
    if link.kind in (Kind.SOCKETPAIR, Kind.TCP):
        with socket.socket(fileno=os.dup(peer)) as end:
            # socket(7): with SO_LINGER on and no time, a TCP close sends a reset.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close_peer()


def _shutdown(peer: int) -> None:
    with socket.socket(fileno=os.dup(peer)) as end:
        end.shutdown(socket.SHUT_WR)


_ACTIONS: dict[Outside, Callable[[Link, int, int], object]] = {
    Outside.WRITE: lambda link, peer, nbytes: os.write(peer, link.message(nbytes)),
    Outside.READ: lambda link, peer, nbytes: os.read(peer, nbytes),
    Outside.FILL: lambda link, peer, nbytes: fill(peer, link.kind, link.fd),
    Outside.DRAIN: lambda link, peer, nbytes: drain(peer),
    Outside.SHUTDOWN: lambda link, peer, nbytes: _shutdown(peer),
    Outside.CLOSE: lambda link, peer, nbytes: link.close_peer(),
    Outside.RESET: lambda link, peer, nbytes: _reset(link, peer),
}
