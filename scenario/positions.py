"""Where keys and values stand in a TOML text, which tomllib tells for syntax errors only."""

import re
import tomllib
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

# No possessive groups, (?:...)*+: Python 3.11.2 gets them wrong (3.11.7 does not).
STRING = re.compile(
    r'"""[^"\\]*+(?:(?:\\.|"{1,2}(?!"))[^"\\]*+)*"{3,5}'
    r"|'''[^']*+(?:'{1,2}(?!')[^']*+)*'{3,5}"
    r'|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*"'
    r"|'[^'\n]*+'",
    re.DOTALL,
)
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
BARE_VALUE = re.compile(r"[^,\]}\n#]*+")
BLANKS = re.compile(r"[ \t]*+")
BLANKS_AND_LINES = re.compile(r"(?:[ \t\n]++|#[^\n]*+)*")


@dataclass(frozen=True, slots=True)
class Places:
    """Offsets into the text (from 0) of each key and each value, by path."""

    keys: dict[Path, int] = field(default_factory=dict)
    values: dict[Path, int] = field(default_factory=dict)


def positions(text: str) -> Places:
    """The places of a text.

    Preconditions: tomllib accepts the text, and its lines end in a newline alone.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.places


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1, columns in characters."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class _Scanner:
    """A walk over a text that is known to be good, so it never has to say what is wrong."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places = Places()
        self.table: Path = ()
        self.sizes: dict[Path, int] = {}

    def document(self) -> None:
        while self.skip(BLANKS_AND_LINES):
            if self.text[self.at] == "[":
                self.header()
            else:
                self.pair(self.table)

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Whether anything stands behind what the pattern covers."""
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return self.at < len(self.text)

    def header(self) -> None:
        """``[table]`` or ``[[array of tables]]``."""
        start = self.at
        brackets = 2 if self.text.startswith("[[", start) else 1
        self.at += brackets
        *above, (last, _) = self.key()
        path = (*self.resolve(tuple(name for name, _ in above)), last)
        self.at += brackets
        self.places.keys.setdefault(path, start)
        self.places.values.setdefault(path, start)
        if brackets == 2:
            index = self.sizes.get(path, 0)
            self.sizes[path] = index + 1
            path = (*path, index)
            self.places.values[path] = start
        self.table = path

    def resolve(self, names: tuple[str, ...]) -> Path:
        """The path of a header's outer tables: of an array of tables, the last one is meant."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            if path in self.sizes:
                path = (*path, self.sizes[path] - 1)
        return path

    def pair(self, base: Path) -> None:
        path = base
        for name, offset in self.key():
            path = (*path, name)
            self.places.keys.setdefault(path, offset)
            self.places.values.setdefault(path, offset)
        self.at += 1  # the equals sign
        self.skip(BLANKS)
        self.value(path)

    def key(self) -> list[tuple[str, int]]:
        """The parts of a dotted key with their offsets; the scanner then stands behind it."""
        parts = []
        while True:
            self.skip(BLANKS)
            parts.append((self.simple_key(), self.at))
            self.skip(BARE_KEY if self.text[self.at] not in "\"'" else STRING)
            self.skip(BLANKS)
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def simple_key(self) -> str:
        if (found := BARE_KEY.match(self.text, self.at)) is not None:
            return found.group()
        found = STRING.match(self.text, self.at)
        assert found is not None, "tomllib accepted a key that is neither bare nor quoted"
        return str(tomllib.loads(f"key = {found.group()}")["key"])

    def value(self, path: Path) -> None:
        self.places.values[path] = self.at
        match self.text[self.at]:
            case '"' | "'":
                self.skip(STRING)
            case "[":
                self.array(path)
            case "{":
                self.inline_table(path)
            case _:
                self.skip(BARE_VALUE)

    def array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self.skip(BLANKS_AND_LINES) and self.text[self.at] != "]":
            self.value((*path, index))
            index += 1
            self.comma()
        self.at += 1

    def inline_table(self, path: Path) -> None:
        self.at += 1
        while self.skip(BLANKS_AND_LINES) and self.text[self.at] != "}":
            self.pair(path)
            self.comma()
        self.at += 1

    def comma(self) -> None:
        self.skip(BLANKS_AND_LINES)
        if self.text[self.at] == ",":
            self.at += 1
