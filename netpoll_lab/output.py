"""Files that the command writes: whole or not at all, and never a traceback when they cannot be."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from netpoll_lab.status import CommandError


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` make a file, which takes the place of ``path`` only when it is complete.

    Raises CommandError when that is not possible; whatever stood at ``path`` is then still there.
    """
    with _said(path):
        target = path.resolve()  # of a link, what it points to is replaced
        if target.is_dir():
            raise IsADirectoryError(None, "is a directory")
        replaceable = target.is_file() or not target.exists()
        # The suffix stays last, since writers choose the format by it.
        with TemporaryDirectory(dir=target.parent if replaceable else None) as beside:
            part = Path(beside) / path.name
            write(part)
            if replaceable:
                os.replace(part, target)
            else:  # a pipe or a terminal cannot be replaced
                target.write_bytes(part.read_bytes())


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
            f"{path}: cannot be written: {error.strerror or error}; name another file"
        ) from error
