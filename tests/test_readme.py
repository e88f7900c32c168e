"""What the README claims is so: its counts, its table, its links, and the output that it shows."""

import re
from pathlib import Path

import pytest

from conformance.contract import RULES
from conformance.report import is_for
from netpoll_lab.__main__ import main
from scenario import catalogue

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if path.name != "CHANGELOG.md"
)


def test_the_counts_are_those_of_the_catalogue_and_the_contract() -> None:
    counts = dict.fromkeys(re.findall(r"(\d+) (scenarios|rules|wrong implementations)", TEXT))

    assert set(counts) == {
        (str(len(catalogue())), "scenarios"),
        (str(len(RULES)), "rules"),
        (str(len(RULES)), "wrong implementations"),
    }


def test_the_table_asks_the_questions_of_the_catalogue() -> None:
    rows = re.findall(r"^\| [^|]*\| ([^|]*\?) \| `(\w+)` \|$", TEXT, re.MULTILINE)

    assert len(rows) > 5
    assert [(question, name) for question, name in rows] == [
        (catalogue()[name].question, name) for _, name in rows
    ]


def compared(*names: str) -> int:
    """How many scenarios are for all of these witnesses."""
    return sum(all(is_for(one, name) for name in names) for one in catalogue().values())


def test_the_totals_are_those_of_the_catalogue() -> None:
    """That they agree is held by test_conformance and test_compare_go; here only how many."""
    shown = re.findall(r"^(?:(\w+) and (\w+) +)?(\d+) agree, 0 differ, 0 inc", TEXT, re.MULTILINE)
    left_out = re.findall(
        r"^(\w+) and (\w+) .*inconclusive, (\d+) not for both$", TEXT, re.MULTILINE
    )
    pairs = [("model", "epoll"), ("model", "go"), ("epoll", "go")]

    assert shown == [
        ("", "", str(compared("model", "epoll"))),
        *((*pair, str(compared(*pair))) for pair in pairs),
    ]
    assert left_out == [(*pair, str(len(catalogue()) - compared(*pair))) for pair in pairs]


@pytest.mark.linux
def test_the_explained_comparison_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = re.search(r"\$ \.venv/bin/netpoll compare (\w+)\n(.*?)```", TEXT, re.DOTALL)
    assert shown is not None

    assert main(["compare", shown[1]]) == 0

    assert any_kernel(capsys.readouterr().out) == any_kernel(shown[2])


def test_the_picture_is_of_the_scenario_that_it_names() -> None:
    shown = re.search(r"^!\[(.*)\]\((docs/pictures/(\w+)\.svg)\)$", TEXT, re.MULTILINE)
    assert shown is not None
    finding, path, name = shown.groups()

    assert catalogue()[name].finding == finding
    assert f">{finding}</title>" in (ROOT / path).read_text()


def any_kernel(text: str) -> str:
    """The text without what depends on the machine."""
    return re.sub(r"Linux \d+\.\d+", "Linux", text)


def test_every_target_of_make_that_a_page_names_is_there() -> None:
    pages = "\n".join(page.read_text() for page in PAGES)
    named = set(re.findall(r"(?:^\$ |`|&& )make ([a-z-]+)", pages, re.MULTILINE))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {"compare", "test", "picture-tools"} <= named
    assert named - targets == set()


def test_the_readme_begins_with_the_picture_and_is_short() -> None:
    assert TEXT.splitlines()[2].startswith("![")
    assert len(TEXT.splitlines()) < 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    inside = [link for link in links if not link.startswith("https://")]

    assert [link for link in inside if not (page.parent / link).exists()] == []
