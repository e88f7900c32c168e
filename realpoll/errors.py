"""What reading, writing and closing can say besides an errno."""


class Trouble(Exception):
    """Waiting is over, or of no use. ``done`` is how many bytes a write had written by then."""

    def __init__(self, done: int = 0) -> None:
        super().__init__(f"{self.__doc__} ({done} bytes were written)" if done else self.__doc__)
        self.done = done


class Closed(Trouble):
    """The connection was closed before or meanwhile."""


class Timeout(Trouble):
    """The deadline passed."""


class NotPollable(Trouble):
    """The last event was an error and nothing else: there is nothing to wait for."""


class NoDeadline(Trouble):
    """The kernel does not poll this kind of file, so it cannot have a deadline."""


class PartialWrite(OSError):
    """A write failed with an errno after it had written ``done`` bytes."""

    def __init__(self, error: OSError, done: int) -> None:
        super().__init__(error.errno, error.strerror)
        self.done = done
