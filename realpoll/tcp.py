"""Whether TCP has something under way: even over loopback it arrives a little later than sent."""

import contextlib
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterator

SIOCOUTQ = 0x5411
"""ioctl: the bytes that were sent and not acknowledged (tcp(7))."""
UNACKED = 24
"""Offset of tcpi_unacked, a 32-bit count of segments, in struct tcp_info (linux/tcp.h)."""
FILL_LOOKS = 1_000
GONE = frozenset({errno.EBADF, errno.ENOTTY, errno.ENOTSOCK})


def settled(fds: list[int]) -> bool:
    """Whether nothing is in flight from any of these sockets. False also when one is just closed.

    What is in flight is acknowledged at once from then on, and not after up to 40 ms.
    """
    try:
        if not any(map(_in_flight, fds)):
            return True
        for fd in fds:
            _acknowledge(fd)
    except OSError as error:
        if error.errno not in GONE:
            raise
    return False


def fill(fd: int, peer: int | None, chunk: bytes) -> int:
    """Write until nothing more is taken; the number of bytes.

    Each chunk arrives before the next is written. So the first refusal is the last: were anything
    still in flight then, its arrival would make room again, and an event.
    """
    done = 0
    ends = [fd] if peer is None else [fd, peer]
    while True:
        try:
            done += os.write(fd, chunk)
        except BlockingIOError:
            return done
        for _ in range(FILL_LOOKS):
            if settled(ends):
                break


def _in_flight(fd: int) -> bool:
    (unsent,) = struct.unpack("i", fcntl.ioctl(fd, SIOCOUTQ, bytes(4)))
    if not unsent:
        return False
    with _socket(fd) as tcp:
        info = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 64)
    # What is left when nothing is unacknowledged has to wait until the peer reads.
    return bool(struct.unpack_from("I", info, UNACKED)[0])


def _acknowledge(fd: int) -> None:
    with _socket(fd) as tcp:
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


@contextlib.contextmanager
def _socket(fd: int) -> Iterator[socket.socket]:
    """A socket object over a descriptor, which stays open."""
    tcp = socket.socket(fileno=fd)
    try:
        yield tcp
    finally:
        tcp.detach()
