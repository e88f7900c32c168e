"""The notebooks keep to their form. That they run and that their claims hold: `make notebooks`."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
MOST_CELLS = 20
LONGEST_DEFINITION = 5


def cells_of(path: Path, kind: str) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text())["cells"]
    return [cell for cell in cells if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestEachNotebook:
    def test_it_is_stored_without_outputs(self, path: Path) -> None:
        for cell in cells_of(path, "code"):
            assert (cell["outputs"], cell["execution_count"]) == ([], None)

    def test_it_is_short(self, path: Path) -> None:
        assert len(cells_of(path, "code")) + len(cells_of(path, "markdown")) <= MOST_CELLS

    def test_it_defines_nothing_long(self, path: Path) -> None:
        for cell in cells_of(path, "code"):
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    assert node.end_lineno is not None
                    assert node.end_lineno - node.lineno < LONGEST_DEFINITION

    def test_its_last_cell_asserts_what_the_text_claims(self, path: Path) -> None:
        last = ast.parse("".join(cells_of(path, "code")[-1]["source"]))
        assert any(isinstance(node, ast.Assert) for node in last.body)


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["01-a-read-that-waits", "02-a-batch-and-its-order"]
