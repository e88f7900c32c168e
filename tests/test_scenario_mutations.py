"""Whatever happens to a scenario's text, the reader answers with a scenario or one message."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenario import Kind, Op, Outside, ScenarioError, parse
from scenario.files import CATALOGUE

TEXTS = [
    path.read_bytes()
    for path in sorted(CATALOGUE.glob("*.toml"))
    if path.stat().st_size < 2000  # the two hundred pipes say nothing new, slowly
]
WORDS: list[str] = [
    *Op, *Outside, *Kind, "f0", "r0", "f0.peer", "8", "-1", "20ms", "past", "hold", "at", "nowait",
    "[[script]]", "[fds]", '"', "'''", "{", "]", ",", "=", ".", "\\", "#", "\0", "é",
]  # fmt: skip


def flip(text: bytes, where: int, what: int) -> bytes:
    where %= len(text)
    return text[:where] + bytes([text[where] ^ (what % 255 + 1)]) + text[where + 1 :]


def drop_line(text: bytes, where: int, what: int) -> bytes:
    lines = text.split(b"\n")
    del lines[where % len(lines)]
    return b"\n".join(lines) or b"#"


def repeat_line(text: bytes, where: int, what: int) -> bytes:
    lines = text.split(b"\n")
    lines.insert(what % (len(lines) + 1), lines[where % len(lines)])
    return b"\n".join(lines)


def replace_word(text: bytes, where: int, what: int) -> bytes:
    found = [*re.finditer(rb"[\w.]+|[^\w\s]", text)]
    if not found:
        return text
    match = found[where % len(found)]
    return text[: match.start()] + WORDS[what % len(WORDS)].encode() + text[match.end() :]


CHANGES = st.lists(
    st.tuples(
        st.sampled_from([flip, drop_line, repeat_line, replace_word]),
        st.integers(0, 9999),
        st.integers(0, 9999),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.slow
@settings(max_examples=400, deadline=1000)
@given(st.sampled_from(TEXTS), CHANGES)
def test_a_damaged_scenario_is_read_or_refused_with_its_place(text: bytes, changes) -> None:  # type: ignore[no-untyped-def]
    for change, where, what in changes:
        text = change(text, where, what)
    damaged = text.decode(errors="surrogateescape")
    try:
        parse(damaged, name="x", origin="x.toml")
    except ScenarioError as error:
        found = re.match(r"x\.toml:(\d+):(\d+): ", str(error))
        assert found
        lines = damaged.replace("\r\n", "\n").split("\n")
        assert int(found[1]) <= len(lines)
        assert int(found[2]) <= len(lines[int(found[1]) - 1]) + 1


LONG = {
    "deep lists": "x = " + "[" * 100_000,
    "deep tables": "x = " + "{a=" * 100_000,
    "a long dotted key": "a." * 200_000 + "a = 1",
    "a long spaced key": "a . " * 200_000 + "a = 1",
    "a long header": "[" + "a." * 200_000 + "a]",
    "many quotes": '"' * 300_000,
    "many keys": "\n".join(f"a{i} = 1" for i in range(50_000)),
    "a long word": "a" * 1_000_000,
    "many blanks": "a" + " " * 1_000_000,
    "a long string": 'question = "' + "a" * 1_000_000 + '"',
    "many steps": 'question="q"\nfinding="f"\n[fds]\nf="tcp"\n[goroutines]\ng=['
    + '"close f",' * 80_000 + "]",
    "many sleeps": 'question="q"\nfinding="f"\nscript=[{do="go g",at="0ms"}]\n[fds]\nf="tcp"\n'
    + "[goroutines]\ng=[" + '"sleep 20ms",' * 60_000 + "]",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", LONG.values(), ids=list(LONG))
def test_a_long_text_takes_no_long_time(text: str) -> None:
    told = ""
    try:
        parse(text, name="x", origin="x.toml")
    except ScenarioError as error:
        told = str(error)
    assert told.startswith("x.toml:") != ("goroutines" in text)
