"""The text keeps its grammar, so that a driver and a compiler can both step it."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import model
from text_grammar import faults, tags

FILES = (
    *("runtime2", "netpoll", "netpoll_epoll", "time", "sema", "fd_mutex", "fd_unix"),
    *("proc", "program", "older.go125", "older.go124", "older.go122", "older.go121"),
)
ROOT = Path(model.__file__).parents[1]


def text(name: str) -> str:
    return inspect.getsource(importlib.import_module(f"model.{name}"))


WRONG = {
    "two awaits in a statement": (
        "x = (await a.load()) + (await b.load())",
        ["3: more than one await", "3: the result is neither bound nor tested at once"],
    ),
    "an await within an await": (
        "await a.store(await b.load())",
        ["3: more than one await", "3: the result is neither bound nor tested at once"],
    ),
    "a result in an expression": (
        "x = 1 + await a.load()",
        ["3: the result is neither bound nor tested at once"],
    ),
    "a result compared": (
        "if await a.load() == 1: pass",
        ["3: the result is neither bound nor tested at once"],
    ),
    "a result returned in a tuple": (
        "return 0, await a.load()",
        ["3: the result is neither bound nor tested at once"],
    ),
    "a while test": ("while await a.load(): pass", ["3: an await in the test of a while"]),
    "a for": ("for x in y: await a.load()", ["3: an await inside a for"]),
    "a with": ("with y: await a.load()", ["3: an await inside a with"]),
    "a try": ("try: await a.load()\n        finally: pass", ["3: an await inside a try"]),
    "an async for": ("async for x in y: pass", ["3: an async for or with"]),
    "a comprehension": (
        "x = tuple(await a.load() for a in y)",
        ["3: the result is neither bound nor tested at once", "3: an await inside a comprehension"],
    ),
    "a list": ("x = []", ["3: f makes a mutable container"]),
    "a set made by call": ("x = set()", ["3: f makes a mutable container"]),
    "a list given": ("x: list[int] = y", ["3: f shares a mutable container"]),
    "a generator kept": ("x = (a for a in y)", ["3: f makes a mutable container"]),
    "a foreign awaitable": (
        "await asyncio.sleep(1)",
        ["3: awaits something that is not of model.atomic"],
    ),
    "a stored awaitable": ("await x", ["3: awaits something that is not of model.atomic"]),
    "a yield": ("yield 1", ["3: a yield"]),
    "a word read without an access": ("x = a.v", ["3: f reads a.v without an access"]),
}


@pytest.mark.parametrize("name", FILES)
def test_the_text_keeps_the_grammar(name: str) -> None:
    assert faults(text(name)) == []


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_text_is_caught(wrong: str) -> None:
    body, found = WRONG[wrong]

    assert faults(f"class Text:\n    async def f(self, a, b, y):\n        {body}\n") == found


def test_a_text_that_suspends_by_itself_is_caught() -> None:
    assert faults("from model.atomic import BLOCK") == ["1: suspends by itself"]


def test_the_grammar_lets_through_what_the_text_is_made_of() -> None:
    right = """
from model.atomic import nanotime
class Text:
    async def f(self, a, fn):
        x = await nanotime()
        a.x, y = await self.f(a, fn)
        while True:
            if not await a.cas(x, y):
                return await fn(a)
            if await a.load():
                await a.store(tuple(z for z in x))
"""
    assert faults(right) == []


ALL_TAGS = [tag for name in FILES for tag in tags(text(name))]


def test_no_two_lines_have_the_same_tag() -> None:
    assert len(ALL_TAGS) == len({tag.split(":")[1] for tag in ALL_TAGS}) >= 12


def test_the_tags_of_netpollblock_stand_in_the_order_of_its_steps() -> None:
    assert [tag for tag in ALL_TAGS if tag.startswith("netpollblock:")] == [
        f"netpollblock:{step}" for step in ("announce", "recheck", "park", "collect")
    ]


def cited() -> list[str]:
    """Every ``function:tag`` that code or prose cites, for functions that have tags."""
    pages = [*ROOT.glob("*/*.py"), *ROOT.glob("docs/**/*.md"), ROOT / "README.md"]
    functions = "|".join({tag.split(":")[0] for tag in ALL_TAGS})
    pattern = re.compile(rf"[\"`]((?:{functions}):[A-Za-z][A-Za-z ]*)[\"`]")
    return [tag for page in pages for tag in pattern.findall(page.read_text("utf-8"))]


def test_every_tag_of_a_recorded_event_exists() -> None:
    recorded = re.findall(r'tag"?\]? ?= ?"(.*?)"', text("observe"))

    assert len(recorded) >= 3
    assert set(recorded) <= set(ALL_TAGS)


def test_every_cited_tag_exists() -> None:
    found = set(cited())

    assert found <= set(ALL_TAGS), found - set(ALL_TAGS)
    assert found >= {"netpollunblock:free", "netpollblock:park", "wakeNetPoller:break"}
