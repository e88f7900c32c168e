"""The numbers of Linux's epoll(7) and errno(3) that the kernel's half of the model speaks in.

Literal values (include/uapi/linux/eventpoll.h, include/uapi/asm-generic/errno-base.h), so that the
model runs where neither ``select`` nor Linux is.
"""

EPOLLIN = 0x001
EPOLLPRI = 0x002
EPOLLOUT = 0x004
EPOLLERR = 0x008
EPOLLHUP = 0x010
EPOLLRDHUP = 0x2000
EPOLLEXCLUSIVE = 1 << 28
EPOLLWAKEUP = 1 << 29
EPOLLONESHOT = 1 << 30
EPOLLET = 1 << 31

EP_PRIVATE_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE
"""What steers a registration and is no event (Linux fs/eventpoll.c)."""

ANY_EVENT = 0x0FFF_FFFF
"""The key of a wakeup without a key: it reaches whatever ONESHOT has not disabled."""

EPOLL_CTL_ADD = 1
EPOLL_CTL_DEL = 2
EPOLL_CTL_MOD = 3

EPERM = 1
ENOENT = 2
EINTR = 4
EINTR = 4
EBADF = 9
EAGAIN = 11
EEXIST = 17
EINVAL = 22
EPIPE = 32
ENOTSOCK = 88
ECONNRESET = 104
ENOTCONN = 107

errorcode = {
    number: name
    for name, number in list(globals().items())
    if name.startswith("E") and not name.startswith("EPOLL") and name.isalpha()
}
"""The name of each errno above."""

RCV_SHUTDOWN = 1
SEND_SHUTDOWN = 2
SHUTDOWN_MASK = RCV_SHUTDOWN | SEND_SHUTDOWN
