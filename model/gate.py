"""The gate at epoll_wait: a scenario keeps pollers from fetching, or stops one after it."""

from typing import TYPE_CHECKING, Any

from model.runtime2 import M

if TYPE_CHECKING:
    from model.kernel import Kernel
    from model.simulate import Driver


class Gate:
    """Open, held (nobody fetches), or letting one poller fetch and stopping it behind the fetch.

    ``blocked`` are the Ms in a blocking epoll_wait, ``woken`` those of them that the kernel has
    woken while the gate was held, ``stopped`` whoever stands between a fetch and its first event.
    """

    def __init__(self, driver: "Driver") -> None:
        self.driver = driver
        self.held = False
        self.fetching = False
        self.blocked: list[M] = []
        self.woken: list[M] = []
        self.stopped: list[M] = []

    # ---- what epoll_wait asks

    def open_to(self, mp: M) -> bool:
        return not self.held or self.fetching

    def enter(self, mp: M, kernel: "Kernel", epfd: int) -> None:
        """mp blocks. A readiness that is there already is as good as one that comes."""
        self.blocked.append(mp)
        if self.held and kernel.epoll_ready(epfd):
            self.woken.append(mp)
        else:
            kernel.block(epfd, mp)

    def leave(self, mp: M, kernel: "Kernel", epfd: int) -> None:
        self.blocked.remove(mp)
        if mp in self.woken:
            self.woken.remove(mp)
        kernel.unblock(epfd, mp)

    def stops(self, mp: M, events: tuple[Any, ...]) -> bool:
        if not (self.fetching and events):
            return False
        self.fetching = False
        self.stopped.append(mp)
        return True

    def keeps(self, mp: M) -> bool:
        """The kernel wakes mp: whether the gate keeps it."""
        if not self.held or self.fetching:
            return False
        if mp not in self.woken:
            self.woken.append(mp)
        return True

    # ---- what the script does

    def hold(self) -> None:
        self.held = True

    def let_fetch(self) -> None:
        self.fetching = True
        self.wake(self.woken)

    def release(self) -> None:
        self.held = self.fetching = False
        self.wake(self.woken + self.stopped)
        self.stopped.clear()

    def wake(self, ms: list[M]) -> None:
        for mp in list(ms):
            self.driver.wake_later(mp)
