"""The running Linux behind the interface of ``model.kernel.Kernel``: one script drives both."""

import fcntl
import os
import select
import socket
import struct
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from model import unix_stream

TCP_CLOSE = 7
NEVER_HEARD_OF_A_CLOSE = (1, 4, 5)
"""ESTABLISHED, FIN_WAIT1, FIN_WAIT2 (include/net/tcp_states.h)."""
SETTLE_MAX_S = 10.0
SNDBUF_BYTES = 1 << 19
RCVBUF_BYTES = 65_536
SIOCOUTQ = termios.TIOCOUTQ
FIONREAD = termios.FIONREAD
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def _count(call: Callable[[], int]) -> int:
    try:
        return call()
    except OSError as error:
        if error.errno is None:
            raise
        return -error.errno


def _done(call: Callable[[], object]) -> int:
    def counted() -> int:
        call()
        return 0

    return _count(counted)


@contextmanager
def borrowed(fd: int) -> Iterator[socket.socket]:
    """The descriptor as a socket object, which does not close it. ENOTSOCK is raised."""
    end = socket.socket(fileno=fd)
    try:
        yield end
    finally:
        end.detach()


class LinuxKernel:
    """Real descriptors, all of them O_NONBLOCK. ``close_all`` leaves none behind."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._epolls: dict[int, select.epoll] = {}
        self._tcp_end: dict[int, int] = {}  # by descriptor; the peer's end is this ^ 1
        self._tcp_ends = 0
        self._closed_behind_data: set[int] = set()

    def close_all(self) -> None:
        for ep in self._epolls.values():
            ep.close()
        for fd in self._open:
            os.close(fd)
        self._open.clear()

    def _keep(self, *fds: int) -> tuple[int, ...]:
        for fd in fds:
            os.set_blocking(fd, False)
            self._open.add(fd)
        return fds

    def socketpair(self) -> tuple[int, int]:
        one, other = socket.socketpair()
        for end in (one, other):  # socket(7): Linux doubles it. The host's default may be another.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, unix_stream.SNDBUF_BYTES // 2)
        fds = one.detach(), other.detach()
        self._keep(*fds)
        return fds

    def tcp_pair(self) -> tuple[int, int]:
        one = socket.socket()
        with socket.socket() as server:
            # A small window before a large buffer: with a small SO_SNDBUF, acknowledgements that
            # come after a write failed free a third of it, and fill itself makes an OUT edge.
            for end in (server, one):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RCVBUF_BYTES)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SNDBUF_BYTES)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.bind(("127.0.0.1", 0))
            server.listen()
            one.connect(server.getsockname())
            other, _ = server.accept()
        fds = one.detach(), other.detach()
        self._keep(*fds)
        self._tcp_end |= {fds[0]: self._tcp_ends, fds[1]: self._tcp_ends + 1}
        self._tcp_ends += 2
        self.settle()
        return fds

    def pipe(self) -> tuple[int, int]:
        fds = os.pipe()
        self._keep(*fds)
        return fds

    def eventfd(self, value: int = 0) -> int:
        fd = os.eventfd(0)
        self._keep(fd)
        if value:  # eventfd(2) itself takes only 32 bits
            os.write(fd, value.to_bytes(8, "little"))
        return fd

    def open_file(self, size: int) -> int:
        with tempfile.TemporaryFile() as file:
            file.truncate(size)
            fd = os.dup(file.fileno())
        self._keep(fd)
        return fd

    def dup2(self, old: int, new: int) -> int:
        if old in self._open and old != new:
            self._forget_end(new)
        result = _count(lambda: os.dup2(old, new))
        if result >= 0 and old != new:
            self._open.add(new)
            if old in self._tcp_end:
                self._tcp_end[new] = self._tcp_end[old]
        return result

    def read(self, fd: int, nbytes: int) -> int:
        return _count(lambda: len(os.read(fd, nbytes)))

    def write(self, fd: int, nbytes: int) -> int:
        # The first byte is 1, so that eight of them are an eventfd's 1.
        return _count(lambda: os.write(fd, (b"\1" + bytes(nbytes))[:nbytes]))

    def shutdown_write(self, fd: int) -> int:
        def shutdown() -> None:
            with borrowed(fd) as end:
                end.shutdown(socket.SHUT_WR)

        return _done(shutdown)

    def reset(self, fd: int) -> int:
        def linger() -> None:
            with borrowed(fd) as end:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

        return _done(linger) or self.close(fd)

    def close(self, fd: int) -> int:
        if fd in self._epolls:
            return _done(self._epolls.pop(fd).close)
        self._forget_end(fd)
        result = _done(lambda: os.close(fd))
        self._open.discard(fd)
        return result

    def _forget_end(self, fd: int) -> None:
        end = self._tcp_end.pop(fd, None)
        if end is not None and self._queued(fd, SIOCOUTQ):
            self._closed_behind_data.add(end)

    # -- epoll

    def epoll_create(self) -> int:
        ep = select.epoll()
        self._epolls[ep.fileno()] = ep
        return ep.fileno()

    def epoll_ctl(self, epfd: int, op: int, fd: int, events: int = 0, data: object = None) -> int:
        """As the model's; ``data`` can only be the number here."""
        ep = self._epolls[epfd]
        calls: dict[int, Callable[[], object]] = {
            1: lambda: ep.register(fd, events),
            2: lambda: ep.unregister(fd),
            3: lambda: ep.modify(fd, events),
        }
        assert data in (None, fd)
        return _done(calls[op])

    def epoll_collect(self, epfd: int, maxevents: int) -> tuple[tuple[int, object], ...]:
        return tuple((events, fd) for fd, events in self._epolls[epfd].poll(0, maxevents))

    def epoll_ready(self, epfd: int) -> bool:
        asker = select.poll()
        asker.register(epfd, select.POLLIN)
        return bool(asker.poll(0))

    # -- TCP takes its time, and it can be watched

    def settle(self) -> None:
        """Return when everything that TCP has sent has arrived, as far as there is room."""
        deadline = time.monotonic() + SETTLE_MAX_S
        while [fd for fd in self._tcp_end if not self._settled(fd)]:
            assert time.monotonic() < deadline, "TCP did not settle"
            os.sched_yield()

    def _queued(self, fd: int, request: int) -> int:
        answer: int = struct.unpack("i", fcntl.ioctl(fd, request, bytes(4)))[0]
        return answer

    def _state_and_send_now(self, fd: int) -> int:
        with borrowed(fd) as end:
            # tcp(7): this also sends an acknowledgement that was to be delayed.
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            return end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]

    def _settled(self, fd: int) -> bool:
        state = self._state_and_send_now(fd)
        if state == TCP_CLOSE:
            return True
        peer = self._tcp_end[fd] ^ 1
        if peer not in self._tcp_end.values() and state in NEVER_HEARD_OF_A_CLOSE:
            return peer in self._closed_behind_data and self._queued(fd, FIONREAD) > 0
        return not self._queued(fd, SIOCOUTQ) or self._window_is_shut(fd)

    def _window_is_shut(self, fd: int) -> bool:
        with borrowed(fd) as end:
            _, port = end.getsockname()
            _, peer_port = end.getpeername()
        with open("/proc/net/tcp", encoding="ascii") as table:
            for line in table:
                words = line.split()
                if words[1].endswith(f":{port:04X}") and words[2].endswith(f":{peer_port:04X}"):
                    # proc(5), net/ipv4/tcp_ipv4.c:get_tcp4_sock: timer 4 is the window's probe.
                    return words[5].startswith("04:")
        return False
