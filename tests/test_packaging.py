"""What holds for the whole checkout: nothing of a machine, small files, one version."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("netpoll_lab", "conformance", "timeline", "model", "realpoll", "realgo", "scenario")
MAX_LINES = 400
MAX_FUNCTION_LINES = 40

MIRRORS = frozenset(
    f"model/{stem}.py"
    for stem in (
        "runtime2",
        "netpoll",
        "netpoll_epoll",
        "proc",
        "time",
        "sema",
        "fd_mutex",
        "fd_unix",
    )
)
"""Text that mirrors Go's, function by function, may be as long as Go's own."""

MACHINE_PATH = re.compile(r"/(?:home/(?!you/|gopher)|(?:root|work|Users)/)[\w.]")  # but examples
REGISTRY = re.compile(
    r"https?://\S*(?:/simple\b|/packages/|registry\.|proxy\.|pypi\.)|file:///"
    r"|(?:--|_)?(?:extra-)?index-url|--find-links"
)


def tracked() -> list[Path]:
    """The files of the checkout that git knows, or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout, so there is no list of its files")
    names = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in names if path.is_file()]


def texts() -> list[tuple[str, str]]:
    """Name and text of each tracked text file but this one, which holds the patterns."""
    found = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data and path != Path(__file__):
            found.append((str(path.relative_to(ROOT)), data.decode()))
    return found


def python_files() -> list[tuple[str, str]]:
    return [(name, text) for name, text in texts() if name.endswith(".py")]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_tracked_file_tells_about_a_machine(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]

    assert found == []


def test_every_python_file_has_at_most_400_lines() -> None:
    sizes = {name: len(text.splitlines()) for name, text in python_files()}

    assert {name: n for name, n in sizes.items() if n > MAX_LINES and name not in MIRRORS} == {}


def test_every_function_has_at_most_40_lines() -> None:
    found = [
        f"{name}:{node.lineno}: {node.name} has {lines(node)} lines"
        for name, text in python_files()
        if name not in MIRRORS
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and lines(node) > MAX_FUNCTION_LINES
    ]

    assert found == []


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_every_python_file_says_in_its_first_line_what_it_is() -> None:
    silent = [name for name, text in python_files() if not ast.get_docstring(ast.parse(text))]

    assert silent == []


def test_the_version_stands_the_same_everywhere() -> None:
    version = project()["version"]

    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_package_says_that_it_is_typed_and_is_shipped() -> None:
    definitions = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shipped = definitions["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert sorted(shipped) == sorted(PACKAGES)
    assert [name for name in PACKAGES if not (ROOT / name / "py.typed").is_file()] == []


def test_every_requirement_is_pinned() -> None:
    pinned = {
        normal(line.partition("==")[0])
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    extras = project()["optional-dependencies"]
    wanted = {
        normal(re.split(r"[<>=\[;~! ]", requirement)[0])
        for group in (project()["dependencies"], ["hatchling"], *extras.values())
        for requirement in group
    }

    assert wanted - pinned == set()


def test_pins_are_names_and_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]

    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.+!]+", line)] == []


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
