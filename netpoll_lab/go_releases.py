"""What stands behind ``--go``: releases of Go, oldest first."""

from collections.abc import Sequence

from netpoll_lab.status import CommandError
from realgo import toolchain

ALL = "all"
NEWEST = toolchain.RELEASES[-1]
"""The release that the model and real epoll are of by themselves."""


def releases_of(word: str) -> tuple[str, ...]:
    """The releases of ``1.27,1.21`` or ``all``, oldest first. Raises CommandError."""
    known = toolchain.RELEASES
    asked = list(known) if word == ALL else [part.strip() for part in word.split(",")]
    unknown = [part for part in asked if part not in known]
    if unknown:
        raise CommandError(
            f"--go {word}: {unknown[0]!r} is no release of Go that is known here;"
            f" write one or more of {','.join(known)}, or {ALL}"
        )
    return tuple(release for release in known if release in asked)


def there() -> tuple[str, ...]:
    """The releases of which a toolchain is there, oldest first. Raises Unavailable for none."""
    toolchain.find()
    found = {one.release for one in toolchain.installed()}
    return tuple(release for release in toolchain.RELEASES if release in found)


def newest_there() -> str:
    """The newest release of which a toolchain is there. Raises Unavailable for none."""
    return toolchain.find().release


def versions(releases: Sequence[str]) -> tuple[str, ...]:
    """The versions (1.27.3) of these releases' toolchains.

    Raises Unavailable, saying what to type, where one is missing.
    """
    return tuple(toolchain.find(release).version for release in releases)
