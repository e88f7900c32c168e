"""Two texts side by side: what says the same stands on the same row."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import log
from typing import NamedTuple

from netpoll_lab.passage import Kind, Line

NARROW = 90
"""Below so many columns the two stand one after the other."""
WIDE = 160
"""From so many columns on a step inwards is as wide as in an editor."""
BETWEEN = " │ "
SAME = " ═ "

LEAST = 0.22
"""How alike two lines must be, from 0 to 1, to stand on one row."""

# What is called differently in the two languages and is the same.
SYNONYMS = {
    "compareandswap": "cas",
    "nil": "none",
    "getg": "world",
    "epollwait": "epoll_wait",
    "casgstatus": "become",
    "switch": "if",
    "case": "if",
    "elif": "if",
    "func": "def",
    "notewakeup": "wakeup",
    "notesleep": "sleep",
    "noteclear": "clear",
    "r": "moder",
    "w": "modew",
}
# Words that carry no meaning of their own.
EMPTY = frozenset(
    {"self", "await", "async", "the", "a", "of", "is", "to", "and", "not", "or", "in"}
    | {"int32", "int64", "uint32", "uint64", "uintptr", "int", "bool", "unsafe", "pointer"}
    | {"assert", "as", "it", "var", "get", "ptr", "str"}
)


class Row(NamedTuple):
    """A line of the page: what stands left and right, and whether they say the same."""

    left: Line | None
    right: Line | None
    same: bool


class Block(NamedTuple):
    """A line of code with the comments and blank lines that stand before it."""

    before: tuple[Line, ...]
    code: Line | None


def blocks(lines: Sequence[Line]) -> list[Block]:
    """The lines, cut behind each line of code."""
    found: list[Block] = []
    before: list[Line] = []
    for line in lines:
        if line.kind is Kind.CODE:
            found.append(Block(tuple(before), line))
            before = []
        else:
            before.append(line)
    return [*found, Block(tuple(before), None)] if before else found


def aligned(left: Sequence[Line], right: Sequence[Line]) -> Iterator[Row]:
    """The rows of both texts, in order."""
    ours, theirs = blocks(left), blocks(right)
    i = j = 0
    for a, b in [*_first_and_rest(ours, theirs), (len(ours), len(theirs))]:
        yield from _unlike(ours[i:a], theirs[j:b])
        if a < len(ours) and b < len(theirs):
            yield from _alike(ours[a], theirs[b])
        i, j = a + 1, b + 1


def _unlike(left: Sequence[Block], right: Sequence[Block]) -> Iterator[Row]:
    for a, b in zip_longest(_flat(left), _flat(right)):
        yield Row(a, b, False)


def _flat(found: Sequence[Block]) -> list[Line]:
    return [line for block in found for line in (*block.before, block.code) if line is not None]


def _alike(left: Block, right: Block) -> Iterator[Row]:
    """Comments end where the code begins."""
    height = max(len(left.before), len(right.before))
    above_left = (None,) * (height - len(left.before)) + left.before
    above_right = (None,) * (height - len(right.before)) + right.before
    for a, b in zip(above_left, above_right, strict=True):
        yield Row(a, b, False)
    yield Row(left.code, right.code, True)


def _pairs(left: Sequence[Block], right: Sequence[Block]) -> list[tuple[int, int]]:
    """Which blocks belong together, in order: those that have the most in common in total."""
    ours, theirs = [_words(b.code) for b in left], [_words(b.code) for b in right]
    weight = _weights([*ours, *theirs])
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in range(len(ours) - 1, -1, -1):
        for j in range(len(theirs) - 1, -1, -1):
            take = _gain(ours[i], theirs[j], weight) + best[i + 1][j + 1]
            best[i][j] = max(take, best[i + 1][j], best[i][j + 1])
    return _walked(best)


def _first_and_rest(left: Sequence[Block], right: Sequence[Block]) -> list[tuple[int, int]]:
    """The pairs, the first line of each text among them: they name the two that are compared."""
    if not (left and right and left[0].code and right[0].code):
        return _pairs(left, right)
    return [(0, 0), *((i + 1, j + 1) for i, j in _pairs(left[1:], right[1:]))]


def _walked(best: list[list[float]]) -> list[tuple[int, int]]:
    pairs = []
    i = j = 0
    while i < len(best) - 1 and j < len(best[0]) - 1:
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            pairs.append((i, j))
            i, j = i + 1, j + 1
    return pairs


def _gain(ours: Counter[str], theirs: Counter[str], weight: dict[str, float]) -> float:
    """What it is worth to have two lines on one row; 0 if they are not alike enough."""
    if ours.keys().isdisjoint(theirs):
        return 0.0
    common = sum(weight[word] * n for word, n in (ours & theirs).items())
    every = sum(weight[word] * n for word, n in (ours | theirs).items())
    return common * common / every if common and common / every >= LEAST else 0.0


def _words(line: Line | None) -> Counter[str]:
    """What a line of code speaks of, in the words that both languages have."""
    if line is None:
        return Counter()
    words = (_plain(word) for word in _WORD.findall(line.text))
    return Counter(SYNONYMS.get(word, word) for word in words if word not in EMPTY)


_WORD = re.compile(r"[^\W\d]\w*|10\*\*\d+|\d+e\d+|\d[\d_]*")


def _plain(word: str) -> str:
    """Small letters; of a number its digits: 1e3, 10**3 and 1_000 are 1000."""
    if word.startswith("10**"):
        return "1" + "0" * int(word[4:])
    digits, _, power = word.lower().partition("e")
    if digits.isdecimal() and power.isdecimal():
        return digits + "0" * int(power)
    return word.lower() if word[0].isalpha() else word.replace("_", "").lower()


def _weights(lines: Sequence[Counter[str]]) -> dict[str, float]:
    """A word that stands on few lines says much."""
    spread = Counter(word for line in lines for word in line)
    return {word: log(1 + len(lines) / count) for word, count in spread.items()}
