"""Regular files only: to open a pipe may wait for its writer for ever."""

import errno
import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: str) -> BinaryIO:
    """A file, open for reading. Raises OSError for a pipe, a device, and what cannot be opened."""
    mode = Path(path).stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a directory has an error of its own
        raise OSError(errno.EINVAL, "Not a regular file")
    return open(path, "rb")
