"""A regular file: always ready, so it has no poll method and epoll refuses it."""

from model.file import File

__all__ = ["Regular"]


class Regular(File):
    """``size`` bytes, of which ``position`` are behind us."""

    __slots__ = ("position", "size")

    pollable = False

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.position = 0

    def read(self, nbytes: int) -> int:
        """Never EAGAIN: open(2) says that O_NONBLOCK means nothing here."""
        count = min(nbytes, max(0, self.size - self.position))
        self.position += count
        return count

    def write(self, nbytes: int) -> int:
        """Overwrite from the position on, and grow."""
        self.position += nbytes
        self.size = max(self.size, self.position)
        return nbytes
