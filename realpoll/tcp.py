"""Whether TCP has something under way: even over loopback it arrives a little later than sent."""

import contextlib
import errno
import fcntl
import os
import socket
import struct
import time
from collections.abc import Iterator

SIOCOUTQ = 0x5411
"""ioctl: the bytes that were sent and not acknowledged (tcp(7))."""
UNACKED = 24
"""Offset of tcpi_unacked, a 32-bit count of segments, in struct tcp_info (linux/tcp.h)."""
SO_MEMINFO = 55
"""asm-generic/socket.h; Python's socket does not name it."""
MEMINFO = struct.Struct("9I")
"""What SO_MEMINFO gives (linux/sock_diag.h); [3] is the limit of the send buffer, [5] its use."""
ARRIVAL_LIMIT_S = 1.0
"""How long to wait for what was written to arrive; over loopback an acknowledgement takes up to
40 ms, and 200 ms when the kernel dropped something for want of room and sends it again."""
ARRIVAL_PAUSE_S = 50e-6
GONE = frozenset({errno.EBADF, errno.ENOTTY, errno.ENOTSOCK})


class StillInFlight(Exception):
    """What was written to a TCP socket did not arrive in time."""


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

    Before the buffer is nearly full, all that was written arrives. So the first refusal is the
    last: were anything in flight then, its arrival would make room again, and an event. Raises
    StillInFlight.
    """
    done = 0
    ends = [fd] if peer is None else [fd, peer]
    while True:
        if not _has_room(fd):
            _wait_for_arrival(ends)
        try:
            done += os.write(fd, chunk)
        except BlockingIOError:
            return done


def _has_room(fd: int) -> bool:
    """Whether less than half of the send buffer is in use."""
    with _socket(fd) as tcp:
        words = tcp.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size)
    (_, _, _, limit, _, queued, *_) = MEMINFO.unpack(words)
    return bool(queued < limit / 2)


def _wait_for_arrival(ends: list[int]) -> None:
    limit = time.monotonic() + ARRIVAL_LIMIT_S
    while not settled(_open_ones(ends)):
        if time.monotonic() > limit:
            raise StillInFlight(
                f"what a fill wrote over TCP had not arrived after {ARRIVAL_LIMIT_S:g} s"
            )
        time.sleep(ARRIVAL_PAUSE_S)


def _open_ones(fds: list[int]) -> list[int]:
    """Without those that somebody has closed: nothing more arrives there."""
    found = []
    for fd in fds:
        try:
            fcntl.ioctl(fd, SIOCOUTQ, bytes(4))
        except OSError as error:
            if error.errno not in GONE:
                raise
        else:
            found.append(fd)
    return found


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
