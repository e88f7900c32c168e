"""read(2) and write(2) of one descriptor, with None for EAGAIN."""

import io


class Calls(io.FileIO):
    """The two calls. ``os.read`` would raise: that takes a third longer, and leaves 200 bytes in
    each frame that has seen it.

    It does not own the descriptor. It has no name, since a dictionary for one takes 180 bytes.
    """

    __slots__ = ()

    def __init__(self, fd: int) -> None:
        super().__init__(fd, "r+b", closefd=False)

    @property
    def name(self) -> str:
        """Not kept."""
        return "a connection"

    @name.setter
    def name(self, _: object) -> None:
        """FileIO sets it."""
