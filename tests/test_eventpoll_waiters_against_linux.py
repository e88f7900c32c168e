"""Several waiters on one epoll instance: threads on Linux, names in the model, the same order."""

import os
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from linux_kernel import LinuxKernel
from model.kernel import Kernel
from model.linux import EPOLL_CTL_ADD, EPOLLET, EPOLLIN

pytestmark = pytest.mark.linux

WAITERS = ("m1", "m2", "m3")
SEEN_WITHIN_S = 10.0
EPOLL_WAIT_CALLS = {"x86_64": ("232", "281"), "aarch64": ("22",)}

Return = tuple[str, tuple[str, ...]]


class Modelled:
    """Waiters of the model: one that is woken looks once and does not come back."""

    def __init__(self, events: int) -> None:
        self.returned: list[Return] = []
        self.kernel = Kernel(self._look)
        self.epfd = self.kernel.epoll_create()
        self.peers = {}
        for name in "ab":
            fd, self.peers[name] = self.kernel.socketpair()
            self.kernel.epoll_ctl(self.epfd, EPOLL_CTL_ADD, fd, events, name)
        for waiter in WAITERS:
            self.kernel.block(self.epfd, waiter)

    def _look(self, waiter: object) -> None:
        names = tuple(str(data) for _, data in self.kernel.epoll_collect(self.epfd, 9))
        self.returned.append((str(waiter), names))

    def write(self, name: str) -> None:
        self.kernel.write(self.peers[name], 8)

    def next_return(self) -> Return:
        return self.returned.pop(0)

    def still_asleep(self) -> list[str]:
        asleep = [waiter for waiter in WAITERS if self._asleep(waiter)]
        assert not self.returned
        return asleep

    def _asleep(self, waiter: str) -> bool:
        return waiter in self.kernel._epoll(self.epfd).waiters


class Threads:
    """The same with threads, each of which sleeps in epoll_wait(2) before the next one starts."""

    def __init__(self, events: int) -> None:
        self.returned: SimpleQueue[Return] = SimpleQueue()
        self.kernel = LinuxKernel()
        self.ep = select.epoll()
        self.names: dict[int, str] = {}
        self.peers: dict[str, int] = {}
        for name in "ab":
            fd, self.peers[name] = self.kernel.socketpair()
            self.names[fd] = name
            self.ep.register(fd, events)
        self.threads: dict[str, threading.Thread] = {}
        for waiter in WAITERS:
            self.threads[waiter] = threading.Thread(target=self._wait, args=(waiter,))
            self.threads[waiter].start()
            deadline = time.monotonic() + SEEN_WITHIN_S
            while not self._asleep(waiter):
                assert time.monotonic() < deadline, f"{waiter} does not sleep"

    def _wait(self, waiter: str) -> None:
        names = tuple(self.names.get(fd, "end") for fd, _ in self.ep.poll())
        self.returned.put((waiter, names))

    def _asleep(self, waiter: str) -> bool:
        thread = self.threads[waiter]
        if not thread.is_alive():
            return False
        call = Path(f"/proc/self/task/{thread.native_id}/syscall").read_text().split()[0]
        return call in EPOLL_WAIT_CALLS[os.uname().machine]

    def write(self, name: str) -> None:
        self.kernel.write(self.peers[name], 8)

    def next_return(self) -> Return:
        return self.returned.get(timeout=SEEN_WITHIN_S)

    def still_asleep(self) -> list[str]:
        return [waiter for waiter in WAITERS if self._asleep(waiter)]

    def close(self) -> None:
        end = self.kernel.eventfd(1)
        self.ep.register(end, select.EPOLLIN)  # level-triggered: everybody comes back
        for thread in self.threads.values():
            thread.join(SEEN_WITHIN_S)
            assert not thread.is_alive()
        self.ep.close()
        self.kernel.close_all()


@pytest.fixture(params=["model", "linux"])
def witness(request: pytest.FixtureRequest) -> Iterator[type[Modelled] | type[Threads]]:
    made: list[Threads] = []

    class Kept(Threads):
        def __init__(self, events: int) -> None:
            made.append(self)
            super().__init__(events)

    yield Modelled if request.param == "model" else Kept
    for each in made:
        each.close()


Witness = type[Modelled] | type[Threads]


def test_the_last_to_block_returns_first(witness: Witness) -> None:
    waiters = witness(EPOLLIN | EPOLLET)
    returned = []
    for name in ("a", "b", "a"):
        waiters.write(name)
        returned.append(waiters.next_return())
    assert returned == [("m3", ("a",)), ("m2", ("b",)), ("m1", ("a",))]


def test_one_edge_brings_one_waiter_back(witness: Witness) -> None:
    waiters = witness(EPOLLIN | EPOLLET)
    waiters.write("a")
    assert waiters.next_return() == ("m3", ("a",))
    assert waiters.still_asleep() == ["m1", "m2"]


def test_a_level_brings_all_of_them_back(witness: Witness) -> None:
    waiters = witness(EPOLLIN)
    waiters.write("a")
    returned = sorted(waiters.next_return() for _ in WAITERS)
    assert returned == [("m1", ("a",)), ("m2", ("a",)), ("m3", ("a",))]
