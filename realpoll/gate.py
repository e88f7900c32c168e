"""The gate: a kernel whose blocked poll can be kept from fetching, or stopped afterwards."""

import select
import threading
from enum import Enum, auto

from realpoll.kernel import NS_PER_MS, Kernel, Mask


class Phase(Enum):
    """What a poll may do: everything; nothing; fetch and stop; stand with what it fetched."""

    OPEN = auto()
    HELD = auto()
    MAY_FETCH = auto()
    FETCHED = auto()


FETCH_LIMIT_S = 2.0


class NothingFetched(Exception):
    """A poller was let fetch, and none did."""


class GatedKernel(Kernel):
    """A kernel that blocks in poll(2) on the epoll descriptor, which takes nothing out.

    Only when the gate is open does it fetch, with an epoll_wait(2) that does not block. While the
    gate is held, a poll that may not block finds nothing. ``standing`` while a
    poller is stopped.
    """

    def __init__(self, *, pipe: bool = False) -> None:
        super().__init__(pipe=pipe)
        self._poll = select.poll()
        self._poll.register(self.epoll.fileno(), select.POLLIN)
        self._moves = threading.Condition()
        self.phase = Phase.OPEN
        self.standing = False

    def wait(self, timeout_ns: int | None) -> tuple[list[Mask], int]:
        """As ``Kernel.wait``, through the gate."""
        if timeout_ns != 0:
            self._poll.poll(None if timeout_ns is None else -(-timeout_ns // NS_PER_MS))
        with self._moves:
            if timeout_ns == 0 and self.phase is not Phase.OPEN:
                return [], self.registrations
            self._stand_while(Phase.HELD)
            found = super().wait(0)
            if self.phase is Phase.MAY_FETCH and timeout_ns != 0:
                self.phase = Phase.FETCHED
                self.standing = True
                self._moves.notify_all()
                self._stand_while(Phase.FETCHED)
            return found

    def _stand_while(self, phase: Phase) -> None:
        while self.phase is phase:
            self.standing = True
            self._moves.wait()
        self.standing = False

    def move(self, phase: Phase) -> None:
        """Let the gate go over to a phase."""
        with self._moves:
            self.phase = phase
            self._moves.notify_all()

    def let_fetch(self) -> None:
        """Let whoever stands here fetch, and return when it stands with what it fetched.

        Raises NothingFetched when nobody stands here, or after two seconds.
        """
        with self._moves:
            if not self.standing:
                raise NothingFetched("no blocked poller fetched anything")
            self.phase = Phase.MAY_FETCH
            self._moves.notify_all()
            if not self._moves.wait_for(self._has_fetched, FETCH_LIMIT_S):
                raise NothingFetched("no blocked poller fetched anything in two seconds")

    def _has_fetched(self) -> bool:
        return self.phase is Phase.FETCHED and self.standing

    def holds_back(self) -> bool:
        """Whether a poller stands here and stays. (One that was let go may not have moved yet.)"""
        with self._moves:
            return self.standing and self.phase in (Phase.HELD, Phase.FETCHED)

    def anything_ready(self) -> bool:
        """Whether the next fetch would find something. Takes nothing out."""
        return bool(select.select([self.epoll.fileno()], [], [], 0)[0])
