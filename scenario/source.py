"""A scenario's text with its values, each of which knows where it stands."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from scenario.errors import ScenarioError
from scenario.positions import Path, Places, line_and_column, positions

MAX_BYTES = 1 << 20
MAX_KEY_PARTS = 8

_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
# tomllib's time grows with the square of a key's parts, so they are counted first.
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MAX_KEY_PARTS}}}")
_AT = re.compile(r"\(at line (\d+), column (\d+)\)$")
_CURLY = "\u201c\u201d\u201e\u2018\u2019"
_BARE = re.compile(rf"[^\W\d{_CURLY}][^,\]}}\n#\"'=]*+|[{_CURLY}][^,\]}}\n#\"'=]*+")
_AFTER_DIGITS = re.compile(r"(?<![\w.:+-])\d[\w.]*+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A text and the name by which messages call it."""

    origin: str
    text: str
    places: Places

    def error(self, offset: int, message: str) -> ScenarioError:
        line, column = line_and_column(self.text, offset)
        return ScenarioError(f"{self.origin}:{line}:{column}: {message}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value of the text. Its readers return it as a type, or raise ScenarioError at its place."""

    source: Source
    path: Path
    value: object

    def fail(self, message: str, *, word_at: int = 0) -> ScenarioError:
        """An error here, or in a string at its character ``word_at``."""
        offset = self.source.places.values.get(self.path, 0)
        if isinstance(self.value, str) and self.source.text.startswith(self.value, offset + 1):
            offset += 1 + word_at
        return self.source.error(offset, message)

    def fail_key(self, message: str) -> ScenarioError:
        """An error at the key in front of this value."""
        return self.source.error(self.source.places.keys.get(self.path, 0), message)

    def wrong_type(self, wanted: str, example: str) -> ScenarioError:
        return self.fail(
            f"{describe(self.value)} stands here; it must be {wanted}; write {example}"
        )

    def child(self, key: str | int, value: object) -> "Node":
        return Node(source=self.source, path=(*self.path, key), value=value)

    def at(self, path: Path) -> "Node":
        """The node at a path from here that exists."""
        node = self
        for key in path:
            node = node.child(key, node.value[key])  # type: ignore[index]
        return node

    def table(self, example: str) -> "dict[str, Node]":
        if not isinstance(self.value, dict):
            raise self.wrong_type("a table", example)
        return {str(key): self.child(str(key), value) for key, value in self.value.items()}

    def known(self, keys: Collection[str], example: str) -> "dict[str, Node]":
        """The table, whose keys must be among ``keys``."""
        table = self.table(example)
        for key, node in table.items():
            if key not in keys:
                hint = suggestion(key, keys, otherwise="remove it")
                raise node.fail_key(f"unknown key {key!r}; known are {', '.join(keys)}; {hint}")
        return table

    def array(self, example: str) -> "list[Node]":
        if not isinstance(self.value, list):
            raise self.wrong_type("a list", example)
        return [self.child(index, value) for index, value in enumerate(self.value)]

    def string(self, example: str) -> str:
        if not isinstance(self.value, str):
            raise self.wrong_type("a string", example)
        return self.value


def read(text: str, *, origin: str) -> Node:
    """The whole text as a node. Raises ScenarioError where it is no TOML."""
    text = text.replace("\r\n", "\n")
    empty = Source(origin=origin, text=text, places=Places())
    _check_size(empty)
    try:
        value = tomllib.loads(text)
        places = positions(text)
    except RecursionError:
        raise empty.error(0, "nested too deeply; a scenario has four levels; flatten it") from None
    except ValueError as error:
        raise _syntax(empty, error) from None
    return Node(source=Source(origin=origin, text=text, places=places), path=(), value=value)


def describe(value: object) -> str:
    """What stands there, in words."""
    match value:
        case bool():
            return f"the truth value {str(value).lower()}"
        case int() | float():
            return f"the number {str(value)[:40]}"
        case str():
            return f"the string {value[:40]!r}"
        case list():
            return f"a list of {len(value)}"
        case Mapping():
            return "a table"
        case _:
            return f"the date or time {value}"


def suggestion(word: str, known: Collection[str], *, otherwise: str) -> str:
    """``did you mean 'read'?`` where a known word is near, else another remedy."""
    spelt = {_plain(name): name for name in known}
    near = get_close_matches(_plain(word), spelt, n=1, cutoff=0.6)
    return f"did you mean '{spelt[near[0]]!s}'?" if near else otherwise


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")


def _check_size(source: Source) -> None:
    if len(source.text) > MAX_BYTES:
        raise source.error(
            0, f"{len(source.text)} characters; at most {MAX_BYTES} may stand; shorten the file"
        )
    if (found := _LONG_KEY.search(source.text)) is not None:
        raise source.error(
            found.start(),
            f"a key of more than {MAX_KEY_PARTS} parts; a scenario's keys have at most two;"
            " shorten it",
        )


def _syntax(source: Source, error: ValueError) -> ScenarioError:
    if not isinstance(error, tomllib.TOMLDecodeError):  # int() has a limit of its own
        return source.error(
            0, "a number of thousands of digits; it must be a small one; shorten it"
        )
    message = str(error)
    offset = len(source.text.rstrip())
    if (found := _AT.search(message)) is not None:
        line, column = int(found[1]), int(found[2])
        lines = source.text.split("\n")
        offset = sum(len(text) + 1 for text in lines[: line - 1]) + column - 1
    what = re.sub(r" \(at .*\)$", "", message)
    if "overwrite" in what or "twice" in what or "mutate" in what:
        return source.error(offset, f"broken TOML: {what}; a key may stand only once; remove one")
    bare = _bare(source.text, offset, what)
    if bare is not None and (word := bare.group().strip()).isprintable():
        return source.error(bare.start(), _unquoted(word))
    return source.error(offset, f"broken TOML: {what}; this must be TOML 1.0; correct this line")


def _bare(text: str, offset: int, what: str) -> re.Match[str] | None:
    """A value without quotes, where tomllib stumbled over its start or behind its digits."""
    if what == "Invalid value":
        return _BARE.match(text, offset)
    if not text[offset : offset + 1].isalpha():
        return None
    digits = re.search(r"[\d.]+$", text[max(offset - 40, 0) : offset])
    return digits and _AFTER_DIGITS.match(text, offset - len(digits.group()))


def _unquoted(word: str) -> str:
    if word.lower() in ("true", "false"):
        return f"{word}; truth values must be in small letters; write {word.lower()}"
    quotes = "straight quotes" if word[0] in _CURLY else "quotes"
    straight = word.strip(_CURLY)[:40]
    return f'{word[:40]} without {quotes}; a string must stand in {quotes}; write "{straight}"'
