"""How soon a blocked poller fetches what the outside has done."""

from realgo.lateness import Lateness


class Fetching:
    """Follows the outside's actions to the polls that bring their events.

    Who is blocked in a poll fetches at once when the gate is open. If its thread gets no core, what
    the outside does later comes in the same batch, or another poll brings it: the run was late. All
    times are ns from the start of the script.
    """

    def __init__(self, lateness: Lateness) -> None:
        self._lateness = lateness
        self._blocked: set[int] = set()  # Ms
        self._done: list[str] = []  # descriptors that the outside acted on while the gate was shut
        self._since: dict[str, int] = {}  # by descriptor: since when an event may be fetched
        self._doubtful: set[str] = set()  # of these, whose action may have made no event

    def enter(self, m: int) -> None:
        """A thread blocks in a poll."""
        self._blocked.add(m)

    def exit(self, m: int) -> None:
        """It is back."""
        self._blocked.discard(m)

    def looked(self, *, ready: bool) -> None:
        """The outside has asked epoll, before it acts, whether anything is left to be fetched.

        If not, all was fetched or made no event: a full pipe that is read makes one, others do not.
        A poll that has fetched may still be on its way to its record, so nothing is forgotten.
        """
        if not ready:
            self._doubtful.update(self._since)

    def acted(self, fd: str) -> None:
        """The outside has done something at a descriptor's peer; the gate is shut."""
        self._done.append(fd)

    def stopped(self) -> None:
        """The blocked poller has fetched that; what comes now is for another poll, at any time."""
        self._done.clear()
        self._blocked.clear()

    def released(self, t: int) -> None:
        """The gate is open."""
        for fd in self._done if self._blocked else ():
            if fd not in self._since or fd in self._doubtful:
                self._since[fd] = t
                self._doubtful.discard(fd)
        self._done.clear()

    def fetched(self, fd: str, t: int) -> None:
        """A poll that returned at ``t`` has brought an event of a descriptor."""
        since = self._since.get(fd)
        if since is not None:
            self._lateness.fetch(fd, since, t)
        self.forget(fd)

    def forget(self, fd: str) -> None:
        """The descriptor is another file's."""
        self._since.pop(fd, None)
        self._doubtful.discard(fd)
