"""Every value of a TOML text is found where it stands, however it is written."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenario.positions import Path, line_and_column, positions

TEXT = '''\
# a comment with ] and "
a = "x" # another
"b c" = 'y'
d.e = 1
d."f.g" = [ 1, # one
  [2], {h = 3, i.j = """
q""" } ]
[k]
l = 1979-05-27 07:32:00
[[m]]
n = \'\'\'a''b\'\'\'
[[m]]
n = "\\"]"
[m.o]
p = true
'''


def test_each_key_and_value_has_its_line_and_column() -> None:
    places = positions(TEXT)
    assert {path: line_and_column(TEXT, at) for path, at in places.values.items()} == {
        ("a",): (2, 5),
        ("b c",): (3, 9),
        ("d",): (4, 1),
        ("d", "e"): (4, 7),
        ("d", "f.g"): (5, 11),
        ("d", "f.g", 0): (5, 13),
        ("d", "f.g", 1): (6, 3),
        ("d", "f.g", 1, 0): (6, 4),
        ("d", "f.g", 2): (6, 8),
        ("d", "f.g", 2, "h"): (6, 13),
        ("d", "f.g", 2, "i"): (6, 16),
        ("d", "f.g", 2, "i", "j"): (6, 22),
        ("k",): (8, 1),
        ("k", "l"): (9, 5),
        ("m",): (10, 1),
        ("m", 0): (10, 1),
        ("m", 0, "n"): (11, 5),
        ("m", 1): (12, 1),
        ("m", 1, "n"): (13, 5),
        ("m", 1, "o"): (14, 1),
        ("m", 1, "o", "p"): (15, 5),
    }
    assert line_and_column(TEXT, places.keys[("d", "f.g", 2, "i", "j")]) == (6, 18)


def paths(value: object, here: Path = ()) -> set[Path]:
    """The paths of everything that tomllib found."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    found = {(*here, key) for key, _ in inner}
    return found.union(*(paths(item, (*here, key)) for key, item in inner))


def test_exactly_what_tomllib_finds_has_a_place() -> None:
    assert set(positions(TEXT).values) == paths(tomllib.loads(TEXT))


@pytest.mark.slow
@given(st.text(alphabet="a.=[]{}\"'\\#, \n1", max_size=24))
def test_whatever_tomllib_accepts_has_places(text: str) -> None:
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(positions(text).values) == paths(value)
