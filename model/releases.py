"""The Go releases that the model knows, newest first: read from the top it is a changelog."""

from dataclasses import dataclass

from model.older import Go121, Go122, Go123, Go124, Go125, Go126
from model.program import Runtime
from scenario import Unavailable

__all__ = ["NEWEST", "RELEASES", "Release", "runtime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release of Go: its text, and what is new in it as far as that is modelled.

    Where each can be seen stands in docs/reference/releases.md.
    """

    runtime: type[Runtime]
    new: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As in ``go1.27``: ``1.27``."""
        return self.runtime.release


_NEWEST_FIRST = (
    Release(runtime=Runtime),
    Release(
        runtime=Go126,
        new=("a P stays with its M in a system call; whoever takes it holds the scan bit",),
    ),
    Release(
        runtime=Go125,
        new=(
            "one P at a time polls without blocking (pollingNet)",
            "a batch leaves the global queue before it is put on a local one",
            "injectglist itself puts what does not fit on the global queue",
            "a pollDesc's fdseq repeats after 16,777,215 uses, not after 524,287",
        ),
    ),
    Release(runtime=Go124),
    Release(
        runtime=Go123,
        new=(
            "the break is an eventfd",
            "a new timer tells the poller only if its heap has none that is earlier",
            "a new timer sweeps stopped ones off both ends of its heap",
            "a timer that is moved to later leaves a hint as well",
            "injectglist ends with a wakep",
            "pidleput looks for timers without a lock",
        ),
    ),
    Release(
        runtime=Go122,
        new=(
            "netpollWaiters falls with every wakeup, after the goroutine is runnable",
            "an M that stops spinning looks at the global queue once more",
            "a yield wakes an idle P",
        ),
    ),
    Release(runtime=Go121),
)

RELEASES: dict[str, Release] = {release.name: release for release in _NEWEST_FIRST}
NEWEST = _NEWEST_FIRST[0].name


def runtime(release: str) -> type[Runtime]:
    """The text of a release such as ``1.21``. Raises Unavailable for one that is not known."""
    if release not in RELEASES:
        known = ", ".join(RELEASES)
        raise Unavailable(f"the model has no Go {release}; it has {known}; choose one of them")
    return RELEASES[release].runtime
