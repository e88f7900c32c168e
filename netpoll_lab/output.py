"""Files that the command writes: whole or not at all, and never a traceback when they cannot be."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from netpoll_lab.status import CommandError


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` make a file, which takes the place of ``path`` only when it is complete.

    Raises CommandError when that is not possible; whatever stood at ``path`` is then still there.
    """
    with _said(path):
        if path.exists() and not path.is_file():
            if path.is_dir():
                raise IsADirectoryError(None, "is a directory")
            write(path)  # a pipe or a terminal cannot be replaced
            return
        # The suffix stays last, since writers choose the format by it.
        part = path.with_name(f".part-{os.getpid()}-{path.name}")
        try:
            write(part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise CommandError now rather than after a long run."""
    with _said(path):
        if path.is_dir():
            raise IsADirectoryError(None, "is a directory")
        if not path.parent.is_dir():
            raise NotADirectoryError(None, f"there is no directory {str(path.parent)!r}")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise PermissionError(None, "no permission to write there")


@contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(
            f"{path}: cannot be written: {error.strerror or error}; name another file after -o"
        ) from error
