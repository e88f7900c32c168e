"""One file of the Go runtime, and edits at places found by pattern, each with an exact count."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from realgo.toolchain import Toolchain
from scenario import Unavailable


class AnchorError(Unavailable):
    """A place that is not in this Go as often as it must be: release, file and anchor are named."""

    def __init__(self, release: str, file: str, anchor: str, problem: str) -> None:
        super().__init__(
            f"Go {release}: src/{file}: anchor {anchor!r}: {problem}; the overlay does not fit "
            "this Go. Use a release that `netpoll go install` installs"
        )
        self.release = release
        self.file = file
        self.anchor = anchor


@dataclass(frozen=True, slots=True)
class Anchor:
    """Replace ``pattern`` inside one top-level ``function`` of a ``file`` below GOROOT/src.

    The pattern must match exactly ``count`` times there. ``only_if`` and ``unless`` are texts that
    the file must, or must not, have for the anchor to apply at all: so a release shows by its own
    text which way it does a thing.
    """

    file: str
    function: str
    name: str
    pattern: str
    replacement: str
    count: int = 1
    only_if: str = ""
    unless: str = ""


class Source:
    """The text of one file, as it is being edited. Raises AnchorError where it cannot be read."""

    def __init__(self, toolchain: Toolchain, file: str) -> None:
        self.release = toolchain.version
        self.file = file
        self.path = toolchain.goroot / "src" / file
        try:
            self.text = self.path.read_text(encoding="utf-8")
        except OSError as error:
            raise AnchorError(
                self.release, file, "the file", error.strerror or str(error)
            ) from None
        except UnicodeDecodeError as error:
            raise AnchorError(self.release, file, "the file", f"no text: {error}") from None

    def edit(self, anchor: Anchor) -> None:
        """Perform one edit. Raises AnchorError."""
        if anchor.only_if not in self.text or (anchor.unless and anchor.unless in self.text):
            return
        start, end = self._function(anchor)
        pattern = re.compile(anchor.pattern, re.MULTILINE)
        body, found = pattern.subn(anchor.replacement, self.text[start:end])
        if found != anchor.count:
            raise self._error(anchor, f"expected {anchor.count}, found {found}")
        self.text = self.text[:start] + body + self.text[end:]

    def _function(self, anchor: Anchor) -> tuple[int, int]:
        """Where a top-level function begins and ends in gofmt's layout."""
        heads = re.compile(rf"^func (?:\([^)]*\) )?{anchor.function}\(", re.MULTILINE)
        starts = [match.start() for match in heads.finditer(self.text)]
        if len(starts) != 1:
            raise self._error(anchor, f"expected its function once, found it {len(starts)} times")
        end = self.text.find("\n}\n", starts[0])
        if end < 0:
            raise self._error(anchor, "its function has no end")
        return starts[0], end + len("\n}\n")

    def _error(self, anchor: Anchor, problem: str) -> AnchorError:
        name = f"{anchor.function}: {anchor.name}"
        return AnchorError(self.release, self.file, name, problem)

    def imported(self, pattern: str) -> str:
        """The one import path that matches ``pattern``. Raises AnchorError."""
        found = re.findall(rf'^\t"({pattern})"$', self.text, re.MULTILINE)
        if len(found) != 1:
            problem = f"expected 1, found {len(found)}"
            raise AnchorError(self.release, self.file, f"import {pattern}", problem)
        return str(found[0])


def edited(toolchain: Toolchain, anchors: Iterable[Anchor]) -> dict[str, Source]:
    """Every file that the anchors name, edited in their order, by its name. Raises AnchorError."""
    sources: dict[str, Source] = {}
    for anchor in anchors:
        if anchor.file not in sources:
            sources[anchor.file] = Source(toolchain, anchor.file)
        sources[anchor.file].edit(anchor)
    return sources
