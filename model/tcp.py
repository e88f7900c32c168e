"""Linux net/ipv4/tcp*.c: one end of an established loopback connection, delivered at once."""

from enum import Enum

from model.file import File
from model.linux import (
    ANY_EVENT,
    EAGAIN,
    ECONNRESET,
    ENOTCONN,
    EPIPE,
    EPOLLERR,
    EPOLLHUP,
    EPOLLIN,
    EPOLLOUT,
    EPOLLRDHUP,
    RCV_SHUTDOWN,
    SEND_SHUTDOWN,
    SHUTDOWN_MASK,
)

__all__ = ["TcpStream", "tcp_pair"]

BUFFER_BYTES = 131_072
"""Each of the two buffers of a direction. Real ones tune themselves; nothing may depend on it."""


class Fin(Enum):
    """How far our own FIN has come."""

    UNSENT = "unsent"
    QUEUED = "queued behind data"
    ACKED = "acknowledged"


class TcpStream(File):
    """One end. ``received`` bytes can be read here; ``unsent`` wait until the peer has room.

    ``gone``: nobody has this end open. ``done``: the state is CLOSE (or TIME_WAIT).
    ``heard_fin``: the peer's FIN has come (SOCK_DONE). ``nospace``: SOCK_NOSPACE, somebody found
    the buffer full and wants to be told.
    """

    __slots__ = (
        "buffer", "done", "fin", "gone", "heard_fin", "linger", "nospace", "peer", "received",
        "shut", "sk_err", "unsent",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.peer = self
        self.buffer = BUFFER_BYTES
        self.received = 0
        self.unsent = 0
        self.shut = 0
        self.sk_err = 0
        self.fin = Fin.UNSENT
        self.heard_fin = False
        self.nospace = False
        self.linger = True
        self.gone = False
        self.done = False

    def _writable(self) -> bool:
        # __sk_stream_is_writeable: free space of at least half of what is queued.
        return self.buffer - self.unsent >= self.unsent >> 1

    def poll(self) -> int:
        """tcp_poll."""
        shut = self.shut
        mask = EPOLLIN if self.received else 0
        if shut & RCV_SHUTDOWN:
            mask |= EPOLLIN | EPOLLRDHUP
        if shut == SHUTDOWN_MASK or self.done:
            mask |= EPOLLHUP
        if self.sk_err:
            mask |= EPOLLERR
        if shut & SEND_SHUTDOWN or self._writable():
            return mask | EPOLLOUT
        self.nospace = True  # who asks and is told no will be told when there is room
        return mask

    def _take_error(self) -> int:
        error, self.sk_err = self.sk_err, 0
        return error

    def read(self, nbytes: int) -> int:
        """tcp_recvmsg. Data that came before a reset can still be read."""
        if self.received:
            count = min(nbytes, self.received)
            self.received -= count
            self.peer.push()
            return count
        if not nbytes or self.heard_fin:
            return 0
        if self.sk_err:
            return -self._take_error()
        return 0 if self.shut & RCV_SHUTDOWN else -EAGAIN

    def write(self, nbytes: int) -> int:
        """tcp_sendmsg."""
        if self.sk_err or self.shut & SEND_SHUTDOWN:
            return -(self._take_error() or EPIPE)
        peer = self.peer
        room = self.buffer - self.unsent + max(0, peer.buffer - peer.received)
        count = min(nbytes, room)
        if count < nbytes:
            self.nospace = True
        self.unsent += count
        if count:
            self.push()
        return count if count or not nbytes else -EAGAIN

    def push(self) -> None:
        """Deliver what fits, then a FIN that waits behind it; tell our side if there is room."""
        if self.done:
            return
        peer = self.peer
        count = min(self.unsent, max(0, peer.buffer - peer.received))
        if count and peer.gone:
            # tcp_rcv_state_process: data for a socket that nobody has open are answered by RST.
            peer.send_reset()
            return
        if count:
            self.unsent -= count
            peer.received += count
            peer.wake(EPOLLIN)
        if self.nospace and self._writable():
            self.nospace = False
            self.wake(EPOLLOUT)
        if self.fin is Fin.QUEUED and not self.unsent:
            self._deliver_fin()

    def _deliver_fin(self) -> None:
        peer = self.peer
        self.fin = Fin.ACKED
        peer.heard_fin = True
        peer.shut |= RCV_SHUTDOWN
        if peer.fin is Fin.ACKED:
            peer._finish()  # tcp_fin: FIN_WAIT2, now TIME_WAIT
        peer.wake(ANY_EVENT)
        if self.heard_fin:
            self._finish()  # tcp_rcv_state_process: LAST_ACK, now CLOSE
        self.wake(ANY_EVENT)

    def _finish(self) -> None:
        self.done = True
        self.unsent = 0
        self.shut = SHUTDOWN_MASK

    def send_reset(self) -> None:
        """tcp_send_active_reset: what this end had still to send is gone, too."""
        self._finish()
        self.peer.hear_reset()

    def hear_reset(self) -> None:
        """tcp_reset. After the peer's FIN the error is EPIPE."""
        if self.done:
            return
        close_wait = self.heard_fin and self.fin is Fin.UNSENT
        self.sk_err = EPIPE if close_wait else ECONNRESET
        self._finish()
        self.wake(ANY_EVENT)
        self.wake(EPOLLERR)

    def shutdown_write(self) -> int:
        """inet_shutdown: an edge at our own end each time, even where it fails."""
        error = -ENOTCONN if self.done else 0
        self.shut |= SEND_SHUTDOWN
        self._send_fin()
        self.wake(ANY_EVENT)
        return error

    def _send_fin(self) -> None:
        if not self.done and self.fin is Fin.UNSENT:
            self.fin = Fin.QUEUED
            self.push()

    def linger_zero(self) -> int:
        """The close that follows sends an RST in place of a FIN."""
        self.linger = False
        return 0

    def release(self) -> None:
        """tcp_close: unread data at the closer, or SO_LINGER of zero, are an RST for the peer."""
        self.gone = True
        if self.done:
            return
        if self.received or not self.linger:
            self.send_reset()
            return
        self.shut = SHUTDOWN_MASK
        self._send_fin()


def tcp_pair() -> tuple[TcpStream, TcpStream]:
    """Two connected ends, as connect(2) and accept(2) leave them."""
    one, other = TcpStream(), TcpStream()
    one.peer, other.peer = other, one
    return one, other
