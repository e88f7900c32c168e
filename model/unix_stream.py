"""Linux net/unix/af_unix.c: one end of a unix stream pair, with its accounting by message."""

from model.file import File
from model.linux import (
    ANY_EVENT,
    EAGAIN,
    ECONNRESET,
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

__all__ = ["MESSAGE_MAX_BYTES", "SNDBUF_BYTES", "UnixStream", "charge"]

SNDBUF_BYTES = 212_992
"""net.core.wmem_default: what the queued messages of one sender may be charged."""
PAGE_BYTES = 4096
HEAD_MAX_BYTES = 3776
"""SKB_MAX_HEAD(0): a page without struct skb_shared_info; what is longer goes into pages."""
MESSAGE_MAX_BYTES = HEAD_MAX_BYTES + 32_768
"""unix_stream_sendmsg: a longer write is several messages."""
SMALL_BYTES = 192
SMALL_CHARGE_BYTES = 768
OVERHEAD_BYTES = 256
"""struct sk_buff; the head's own size is the next power of two from 512 (measured by SIOCOUTQ)."""


def charge(nbytes: int) -> int:
    """What a message of ``nbytes`` (at most MESSAGE_MAX_BYTES) is charged: skb->truesize."""
    if nbytes <= SMALL_BYTES:
        return SMALL_CHARGE_BYTES
    beyond = max(0, nbytes - HEAD_MAX_BYTES)
    pages = -(-beyond // PAGE_BYTES) * PAGE_BYTES
    head = max(0, nbytes - pages)
    shared_info = 320
    return max(512, 1 << (head + shared_info - 1).bit_length()) + OVERHEAD_BYTES + pages


class UnixStream(File):
    """One end. ``sizes``: the messages to be read, ``taken`` bytes of the first already were.

    ``wmem`` is what this end's own messages, unread at the other, are charged. ``sk_err`` is the
    error to be told once (an errno, or 0); ``shut`` holds RCV_SHUTDOWN and SEND_SHUTDOWN.
    """

    __slots__ = ("peer", "shut", "sizes", "sk_err", "taken", "wmem")

    def __init__(self) -> None:
        super().__init__()
        self.peer = self
        # A parked goroutine's two ends never get a message: a million of them need no lists.
        self.sizes: list[int] | tuple[()] = ()
        self.taken = 0
        self.wmem = 0
        self.shut = 0
        self.sk_err = 0

    @staticmethod
    def pair() -> "tuple[UnixStream, UnixStream]":
        """Two connected ends, as socketpair(2) makes them."""
        one, other = UnixStream(), UnixStream()
        one.peer, other.peer = other, one
        return one, other

    def poll(self) -> int:
        """unix_poll."""
        # unix_writable: a quarter of the buffer. sk_wmem_alloc counts from 1.
        mask = EPOLLOUT if (self.wmem + 1) << 2 <= SNDBUF_BYTES else 0
        if self.sizes:
            mask |= EPOLLIN
        shut = self.shut
        if shut:
            if shut & RCV_SHUTDOWN:
                mask |= EPOLLRDHUP | EPOLLIN
            if shut == SHUTDOWN_MASK:
                mask |= EPOLLHUP
            if self.sk_err:
                mask |= EPOLLERR
        return mask

    def write(self, nbytes: int) -> int:
        """unix_stream_sendmsg. Each message is an edge for the reader, pending data or not."""
        if self.shut & SEND_SHUTDOWN:
            return -EPIPE
        peer = self.peer
        sent = 0
        while sent < nbytes:
            # sock_alloc_send_pskb asks only whether the line is passed: the last may overshoot.
            if self.wmem >= SNDBUF_BYTES:
                return sent or -EAGAIN
            size = nbytes - sent
            if size > MESSAGE_MAX_BYTES:
                size = MESSAGE_MAX_BYTES
            self.wmem += SMALL_CHARGE_BYTES if size <= SMALL_BYTES else charge(size)
            if peer.sizes:
                peer.sizes.append(size)
            else:
                peer.sizes = [size]
            sent += size
            peer.wake(EPOLLIN)
        return sent

    def read(self, nbytes: int) -> int:
        """unix_stream_read_generic."""
        sizes = self.sizes
        if not sizes:
            return self._nothing_to_read(nbytes)
        copied = 0
        while sizes and copied < nbytes:
            left = sizes[0] - self.taken
            if nbytes - copied < left:
                self.taken += nbytes - copied
                return nbytes
            copied += left
            self.taken = 0
            self.peer.freed(sizes.pop(0))
        return copied

    def _nothing_to_read(self, nbytes: int) -> int:
        if not nbytes:
            return 0
        if self.sk_err:
            error, self.sk_err = self.sk_err, 0
            return -error
        return 0 if self.shut & RCV_SHUTDOWN else -EAGAIN

    def freed(self, size: int) -> None:
        """sock_wfree: a message of ours was read whole, an OUT edge even if we were never full."""
        self.wmem -= SMALL_CHARGE_BYTES if size <= SMALL_BYTES else charge(size)
        # sock_wfree holds one byte back until its unix_write_space has looked.
        if (self.wmem + 2) << 2 <= SNDBUF_BYTES:
            self.wake(EPOLLOUT)

    def shutdown_write(self) -> int:
        """unix_shutdown: an edge at both ends, each time, whether or not a bit changes."""
        self.shut |= SEND_SHUTDOWN
        self.wake(ANY_EVENT)
        self.peer.shut |= RCV_SHUTDOWN
        self.peer.wake(ANY_EVENT)
        return 0

    def linger_zero(self) -> int:
        """SO_LINGER means nothing to a unix socket."""
        return 0

    def release(self) -> None:
        """unix_release_sock: unread data at the closer are an error at its peer."""
        peer = self.peer
        self.shut = peer.shut = SHUTDOWN_MASK
        if self.sizes:
            peer.sk_err = ECONNRESET
        peer.wake(ANY_EVENT)
        while self.sizes:
            peer.freed(self.sizes.pop(0))
