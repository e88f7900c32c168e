"""What the pages beside the reference show is so: their code runs, their words are explained."""

import re
from pathlib import Path

import pytest

from conformance.glossary import GLOSSARY
from conformance.report import is_for
from model import simulate
from netpoll_lab.__main__ import main
from realgo.toolchain import RELEASES
from scenario import catalogue, find, parse, trace_lines

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parent.parent / "docs"
JUDGE = (DOCS / "how-to" / "judge-your-own-poller.md").read_text(encoding="utf-8")
NOTEBOOKS = (DOCS / "notebooks.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def test_the_trace_of_the_reference_is_what_the_model_writes() -> None:
    (shown,) = blocks((DOCS / "reference" / "trace-format.md").read_text(), "jsonl")

    assert shown.splitlines() == list(trace_lines(simulate(find("a_read_that_waits"))))


def test_every_word_that_an_explanation_explains_is_in_the_glossary() -> None:
    page = (DOCS / "glossary.md").read_text(encoding="utf-8")
    explained = " ".join(re.findall(r"^\| (.*?) \| ", page, re.MULTILINE))

    assert [word for word in GLOSSARY if not re.search(rf"\b{word}\b", explained)] == []


def test_the_notebooks_are_listed_with_their_questions() -> None:
    rows = re.findall(r"^\| \[\d+\]\(\.\./(notebooks/\S+)\) \| (.*) \|$", NOTEBOOKS, re.MULTILINE)
    found = sorted(path.name for path in (DOCS.parent / "notebooks").glob("*.ipynb"))

    assert [Path(path).name for path, _ in rows] == found
    for path, question in rows:
        assert f"**{question}**" in (DOCS.parent / path).read_text(encoding="utf-8")


def test_the_scenario_to_start_from_can_be_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (text,) = blocks(NOTEBOOKS, "toml")
    mine = tmp_path / "mine.toml"
    mine.write_text(text, encoding="utf-8")

    assert main(["show", str(mine)]) == 0

    assert parse(text, name="mine", origin="mine.toml").question in capsys.readouterr().out


def test_the_commands_on_the_pages_are_commands() -> None:
    pages = [path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")]
    typed = {
        words
        for page in pages
        for words in re.findall(r"^\$ \.venv/bin/netpoll (\w+)", page, re.MULTILINE)
    }
    commands = DOCS.parent / "netpoll_lab" / "commands"

    assert {word for word in typed if not (commands / f"{word}.py").exists()} == set()


class TestJudgingAPoller:
    """The page's own files, in the directory of somebody who follows it."""

    @pytest.fixture
    def project(self, pytester: pytest.Pytester) -> pytest.Pytester:
        toy, own, alone = blocks(JUDGE, "python")
        pytester.syspathinsert()
        for name, text in (("toy", toy), ("test_own", own), ("alone", alone)):
            (pytester.path / f"{name}.py").write_text(text, encoding="utf-8")
        return pytester

    @pytest.mark.slow
    def test_the_toy_differs_as_the_page_says(self, project: pytest.Pytester) -> None:
        result = project.runpytest(
            "-m", "netpoll", "--netpoll-backend=toy:Toy", "--netpoll-scenario=six_in_one_batch"
        )

        result.assert_outcomes(failed=1, deselected=1)
        for text in blocks(JUDGE, "text"):
            assert text in result.stdout.str()

    @pytest.mark.slow
    def test_the_mended_toy_agrees_wherever_it_can_run(self, project: pytest.Pytester) -> None:
        toy = project.path / "toy.py"
        wrong, right = "for fd, g, step in freed:", "for fd, g, step in reversed(freed):"
        assert right in JUDGE
        toy.write_text(toy.read_text().replace(wrong, right))

        outcomes = project.runpytest("--netpoll-backend=toy:Toy").parseoutcomes()

        assert set(outcomes) == {"passed", "skipped"}
        assert outcomes["passed"] + outcomes["skipped"] == len(catalogue()) + 1

    @pytest.mark.slow
    def test_the_fixture_and_the_lines_without_pytest_work(self, project: pytest.Pytester) -> None:
        project.runpytest("test_own.py").assert_outcomes(passed=1)

        told = project.runpython(project.path / "alone.py").stdout.str()

        for text in blocks(JUDGE, "text"):
            assert text in told


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}

    assert pages - set(re.findall(r"\]\(([^)#]+\.md)", index)) == {"README.md"}


def rows_of(page: str) -> dict[str, list[str]]:
    """The cells of a page's table by the scenario in front of them."""
    text = (DOCS / "reference" / page).read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    return {name: cells.split(" | ") for name, cells in rows}


def test_the_matrix_has_every_scenario_on_every_release_and_no_difference() -> None:
    rows = rows_of("matrix.md")

    assert set(rows) == set(catalogue())
    assert {len(cells) for cells in rows.values()} == {len(RELEASES) + 1}
    assert {word for cells in rows.values() for word in cells} <= {"same", "other", "-"}


def test_the_repetitions_have_every_scenario_of_go_and_explain_each_that_varies() -> None:
    page = (DOCS / "reference" / "repetitions.md").read_text(encoding="utf-8")
    rows = rows_of("repetitions.md")
    varies = {name for name, cells in rows.items() if any(not one(cell) for cell in cells)}

    assert set(rows) == {name for name, each in catalogue().items() if is_for(each, "go")}
    assert varies <= set(re.findall(r"two sequences is `(\w+)`", page))


def one(cell: str) -> bool:
    """Whether the runs of a cell came to one sequence."""
    return cell.split(",")[0] == "1"
