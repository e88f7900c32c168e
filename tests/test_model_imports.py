"""The model is pure: it imports what is listed here and nothing else; so it runs everywhere."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

MODEL = Path(__file__).parent.parent / "model"
ALLOWED = {
    *("__future__", "ast", "collections", "dataclasses", "enum", "functools"),
    *("heapq", "importlib.abc", "math", "random", "sys", "types", "typing"),
    *("simpy", "scenario", "model"),
}
"""``ast``, ``sys``, ``importlib.abc``: model.inline reads the text's own source."""


def imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("__import__"):
            yield "__import__"


def strangers(source: str) -> list[str]:
    """Imports of a text that the model may not have."""
    return [
        name
        for name in imports(source)
        if name not in ALLOWED and name.split(".")[0] not in ALLOWED - {"importlib"}
    ]


@pytest.mark.parametrize("path", sorted(MODEL.rglob("*.py")), ids=lambda path: path.stem)
def test_a_module_of_the_model_imports_nothing_else(path: Path) -> None:
    assert strangers(path.read_text()) == []


@pytest.mark.parametrize(
    "wrong",
    ["import asyncio", "from os import read", "import importlib", "def f():\n    import time"],
)
def test_a_clock_a_descriptor_or_a_thread_is_found(wrong: str) -> None:
    assert strangers(wrong) != []
