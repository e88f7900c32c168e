"""What the command writes to: files, whole or not at all, and streams that may be closed."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from netpoll_lab.status import CommandError
from netpoll_lab.terminal import degrade

STANDARD = 3
"""The descriptors 0, 1 and 2."""


def prepare_streams() -> None:
    """Make printing safe: a closed stream swallows, and one that lacks a character has another."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _fill_gaps()
    # Not closed by us: the process has them to its end.
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    degrade(sys.stdout)
    degrade(sys.stderr)


def _fill_gaps() -> None:
    """Open what is closed of 0, 1 and 2: else a socket would get the number and be printed to."""
    while (fd := os.open(os.devnull, os.O_RDWR)) < STANDARD:
        pass
    os.close(fd)


def forget(stream: TextIO) -> None:
    """What is still buffered can go nowhere; the interpreter's flush at exit must not complain."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


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
