"""From a trace to a file: the suffix says which form."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from scenario.errors import NetpollError
from scenario.trace import Trace
from timeline.captions import spoken, title
from timeline.palette import DARK, LIGHT
from timeline.plain import text
from timeline.story import story


class PictureError(NetpollError):
    """A picture that cannot be made or written. The message says what may be asked for instead."""


def draw(trace: Trace, path: str | Path, *, dark: bool = False) -> None:
    """Writes the timeline of a trace to ``path``: ``.svg``, ``.png``, ``.pdf`` or ``.txt``.

    The file appears whole or not at all. Raises PictureError for another suffix, where matplotlib
    is missing, and where the file cannot be written.
    """
    path = Path(path)
    _FORMS = {".svg": _svg, ".png": _png, ".pdf": _pdf, ".txt": _txt}
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        raise PictureError(
            f"{path}: a timeline cannot be written as {path.suffix or 'a file without a suffix'}; "
            f"the name must end in {', '.join(_FORMS)}"
        )
    _write(path, _content(form, trace, dark))


def svg(trace: Trace, *, dark: bool = False) -> str:
    """The timeline of a trace as the text of an SVG, with a title and a description in it.

    For notebooks: ``IPython.display.SVG(data=svg(trace))``. Raises PictureError where matplotlib is
    missing.
    """
    return _content(_svg, trace, dark).decode()


Form = Callable[[Trace, bool], bytes]


def _content(form: Form, trace: Trace, dark: bool) -> bytes:
    try:
        return form(trace, dark)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("matplotlib"):
            raise
        raise PictureError(
            "pictures need matplotlib, which is not installed: `make picture-tools` in a checkout, "
            "or `pip install matplotlib`; .txt needs nothing"
        ) from None


def _txt(trace: Trace, dark: bool) -> bytes:
    return text(trace).encode()


def _svg(trace: Trace, dark: bool) -> bytes:
    from timeline import ink
    from timeline.figure import compose

    tale = story(trace)
    canvas = compose(trace, DARK if dark else LIGHT, ink.Ruler())
    return ink.svg(canvas, title=title(tale), desc=spoken(tale))


def _png(trace: Trace, dark: bool) -> bytes:
    from timeline import ink
    from timeline.figure import compose

    return ink.png(compose(trace, DARK if dark else LIGHT, ink.Ruler()))


def _pdf(trace: Trace, dark: bool) -> bytes:
    from timeline import ink
    from timeline.figure import compose

    canvas = compose(trace, DARK if dark else LIGHT, ink.Ruler())
    return ink.pdf(canvas, title=title(story(trace)))


def _write(path: Path, content: bytes) -> None:
    """Through a temporary file beside it, so that nobody ever sees half a picture."""
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise PictureError(
            f"{path}: cannot be written: {error.strerror}; name a file in a folder that can be "
            "written to"
        ) from None
