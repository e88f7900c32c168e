"""Go's own text in an installed toolchain: where a function stands, and when it has changed.

Read by Go's lexical grammar (go.dev/ref/spec, "Lexical elements"), so where a declaration ends is
known and not guessed: at the semicolon, written or implied, that stands outside all brackets.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from realgo.toolchain import WITNESS
from scenario import Unavailable

FINGERPRINT_DIGITS = 16
"""Hexadecimal digits of a fingerprint: two of some thousand functions agree by chance never."""

_TOKEN = re.compile(
    r"""
    (?P<space>    [ \t\r]+ )
  | (?P<newline>  \n )
  | (?P<comment>  //[^\n]* | /\*(?:.|\n)*?\*/ )
  | (?P<text>     `[^`]*` | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)+' )
  | (?P<word>     [^\W\d]\w* )
  | (?P<number>   0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]+)?i?
                | 0[bBoO][\d_]+i?
                | (?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?i? )
  | (?P<mark>     <<= | >>= | &\^= | \.\.\. | && | \|\| | <- | \+\+ | -- | == | != | <= | >= | :=
                | \+= | -= | \*= | /= | %= | &= | \|= | \^= | << | >> | &\^
                | [-+*/%&|^<>=!()\[\]{},;.:~] )
    """,
    re.VERBOSE,
)
# What a line must end in for a semicolon to be implied there ("Semicolons", rule 1).
_ENDING_MARKS = frozenset({"++", "--", ")", "]", "}"})
_OTHER_KEYWORDS = frozenset(
    {"case", "chan", "const", "default", "defer", "else", "for", "func", "go", "goto", "if"}
    | {"import", "interface", "map", "package", "range", "select", "struct", "switch", "type"}
    | {"var"}
)
_OPEN, _CLOSED = frozenset("([{"), frozenset(")]}")
_DECLARES = frozenset({"func", "type", "var", "const"})


class Token(NamedTuple):
    """One token; ``kind`` is comment, text, word, number, mark, or end (an implied semicolon)."""

    kind: str
    text: str
    start: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A declaration at top level. ``line`` is that of its keyword, from 1 on.

    ``names`` has one name, or all of a group ``const ( ... )``; ``receiver`` is the type's name
    without star and parameters, empty for what is no method. ``comment`` stands directly above.
    """

    kind: str
    receiver: str
    names: tuple[str, ...]
    file: str
    line: int
    text: str
    comment: str

    @property
    def name(self) -> str:
        """``pollDesc.publishInfo``, ``netpoll``."""
        return ".".join(filter(None, (self.receiver, self.names[0])))

    @property
    def fingerprint(self) -> str:
        """Changes with the tokens, not with comments or layout."""
        stream = "\0".join(normalised(tokens(self.text, self.file)))
        return sha256(stream.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def tokens(text: str, file: str) -> Iterator[Token]:
    """The tokens of a text of Go, comments and implied semicolons included.

    Raises Unavailable, with file and line, for what is not Go.
    """
    at, line = 0, 1
    before = Token("end", ";", 0, 1)
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unavailable(f"{file}:{line}: not Go: {text[at : at + 20]!r}")
        kind, found = match.lastgroup or "", match.group()
        ends_line = kind == "newline" or (kind == "comment" and "\n" in found)
        if ends_line and _ends_statement(before):
            before = Token("end", ";", at, line)
            yield before
        if kind not in ("space", "newline"):
            token = Token(kind, found, at, line)
            yield token
            if kind != "comment":
                before = token
        line += found.count("\n")
        at = match.end()
    if _ends_statement(before):
        yield Token("end", ";", at, line)


def _ends_statement(token: Token) -> bool:
    if token.kind == "word":
        return token.text not in _OTHER_KEYWORDS
    return token.kind in ("number", "text") or token.text in _ENDING_MARKS


def normalised(stream: Iterable[Token]) -> Iterator[str]:
    """The tokens' texts without what only the layout asks for.

    No comments; no comma or semicolon before a closing bracket, since breaking a line puts one
    there; no semicolon at the end.
    """
    pending = ""
    for token in stream:
        if token.kind == "comment":
            continue
        if pending and token.text not in _CLOSED:
            yield pending
        pending = token.text if token.text in (",", ";") else ""
        if not pending:
            yield token.text


def declarations(text: str, file: str) -> Iterator[Declaration]:
    """What is declared at top level, in order; package clause and imports are left out."""
    comments: list[Token] = []
    body: list[Token] = []
    depth = 0
    for token in tokens(text, file):
        if token.kind == "comment" and not body:
            if comments and _gap(comments[-1], token):
                comments = []
            comments.append(token)
            continue
        depth += (token.text in _OPEN) - (token.text in _CLOSED)
        if depth == 0 and token.text == ";":
            if body and body[0].text in _DECLARES:
                yield _declaration(text, file, comments, body, token.start)
            comments, body = [], []
        else:
            body.append(token)


def _gap(comment: Token, token: Token) -> bool:
    """Whether a blank line stands between."""
    return token.line > comment.line + comment.text.count("\n") + 1


def _declaration(
    text: str, file: str, comments: list[Token], body: list[Token], end: int
) -> Declaration:
    first = body[0]
    code = [token for token in body if token.kind != "comment"]
    receiver, names = _receiver_and_name(code) if first.text == "func" else ("", _names(code))
    above = bool(comments) and not _gap(comments[-1], first)
    return Declaration(
        kind=first.text,
        receiver=receiver,
        names=names,
        file=file,
        line=first.line,
        text=text[first.start : end].rstrip(),
        comment=text[comments[0].start : first.start].rstrip() if above else "",
    )


def _receiver_and_name(code: list[Token]) -> tuple[str, tuple[str, ...]]:
    """Of ``func (pd *pollDesc) info() ...`` pollDesc and info; no receiver is empty."""
    if code[1].text != "(":
        return "", (code[1].text,)
    close = next(i for i, token in enumerate(code) if token.text == ")")
    inside = [token.text for token in code[2:close]]
    plain = inside[: inside.index("[")] if "[" in inside else inside
    return plain[-1], (code[close + 1].text,)


def _names(code: list[Token]) -> tuple[str, ...]:
    """The names that a type, var or const declares, of a group those of all its lines."""
    if len(code) < 2 or code[1].text != "(":
        return tuple(_listed(code[1:]))
    names: list[str] = []
    depth = 0
    for i, token in enumerate(code):
        depth += (token.text in _OPEN) - (token.text in _CLOSED)
        if depth == 1 and token.text in ("(", ";"):
            names += _listed(code[i + 1 :])
    return tuple(names) or ("_",)


def _listed(code: list[Token]) -> Iterator[str]:
    """``a, b`` of ``a, b = 1, 2``."""
    for name, after in zip(code, [*code[1:], Token("end", ";", 0, 0)], strict=True):
        if name.kind == "word":
            yield name.text
        if name.text != "," and after.text != ",":
            return


class GoSource:
    """The library of one GOROOT; a file is read when it is first asked for."""

    def __init__(self, goroot: Path) -> None:
        self.goroot = goroot
        self._src = goroot / "src"
        self.declarations = cache(self._declarations)
        self._package = cache(self._texts)

    def path(self, file: str) -> Path:
        """Of ``runtime/netpoll.go``, where it stands."""
        return self._src / file

    def _declarations(self, file: str) -> tuple[Declaration, ...]:
        """All of a file such as ``runtime/netpoll.go``. Raises Unavailable if it cannot be read."""
        try:
            text = self.path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(
                f"{self.path(file)}: cannot be read: {error}; is the toolchain whole?"
            ) from error
        return tuple(declarations(text, file))

    def find(self, name: str, file: str) -> Declaration | None:
        """``pollDesc.publishInfo`` or ``netpoll``; a member of a group finds the group.

        Looked for in ``file`` first, then in the rest of its package, since functions move; None
        if it is nowhere, or outside ``file`` more than once (one for each system).
        """
        if self.path(file).exists():
            for found in self._named(name, file):
                return found
        elsewhere = [
            found for other in self._beside(name, file) for found in self._named(name, other)
        ]
        return elsewhere[0] if len(elsewhere) == 1 else None

    def _named(self, name: str, file: str) -> Iterator[Declaration]:
        for each in self.declarations(file):
            if each.name == name or (not each.receiver and name in each.names):
                yield each

    def _beside(self, name: str, file: str) -> Iterator[str]:
        """The files of the same package that may declare the name: few, so that it is quick."""
        package = str(Path(file).parent)
        last = re.escape(name.rpartition(".")[2])
        declares = re.compile(rf"^(?:func (?:\([^)]*\) ?)?|type |var |const |\t){last}\b", re.M)
        for other, text in self._package(package).items():
            if other != file and declares.search(text):
                yield other

    def _texts(self, package: str) -> dict[str, str]:
        """The files of a package without its tests: their texts."""
        paths = sorted((self._src / package).glob("*.go"))
        return {
            f"{package}/{path.name}": path.read_text(encoding="utf-8")
            for path in paths
            if not path.name.endswith("_test.go")
        }


def version_of(goroot: Path) -> str:
    """``1.27.3``, as the toolchain itself says. Raises Unavailable if this is no GOROOT."""
    try:
        named = (goroot / "VERSION").read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(
            f"{goroot}: no Go toolchain: {error}; name the folder that `go env GOROOT` prints"
        ) from error
    found = re.match(r"go(1\.\d+(?:\.\d+)?)", named)
    if found is None:
        raise Unavailable(f"{goroot}: its file VERSION says {named!r}, which is no release of Go")
    if not (goroot / WITNESS).is_file():  # or else all of Go would seem to be gone
        raise Unavailable(f"{goroot}: it has no {WITNESS}; name a Go with its sources")
    return found[1]
