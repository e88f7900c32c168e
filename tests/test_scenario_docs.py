"""What the reference pages show is true: every example is read, every word is explained."""

import re
from pathlib import Path

import pytest

import scenario
from scenario import (
    Event,
    Kind,
    Op,
    Outside,
    ScenarioError,
    Trace,
    What,
    channels,
    parse,
    read_trace,
)
from scenario.grammar import IMPOSSIBLE_STEPS, MAX_SIZE_BYTES, POSSIBLE_ACTIONS, UNITS_NS
from scenario.parse import ENTRY_KEYS, KEYS, MAX_FDS, MAX_PROCS

PAGES = Path(__file__).parent.parent / "docs" / "reference"
SCENARIOS = (PAGES / "scenario-format.md").read_text(encoding="utf-8")
TRACES = (PAGES / "trace-format.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def explained(page: str) -> set[str]:
    """The first words of what stands as code in the first columns of the tables."""
    cells = re.findall(r"^\| (.*?) \|", page, re.MULTILINE)
    code = [text for cell in cells for text in re.findall(r"`(.*?)`", cell)]
    return {text.strip("[]").split()[0] for text in code}


@pytest.mark.parametrize("text", blocks(SCENARIOS, "toml"))
def test_each_example_is_read_or_gives_the_message_beside_it(text: str) -> None:
    if text.startswith("# wrong\n"):
        with pytest.raises(ScenarioError) as caught:
            parse(text, name="wrong", origin="wrong.toml")
        assert f"{caught.value}\n" in blocks(SCENARIOS, "text")
    else:
        assert parse(text, name="example", origin="example.toml").script


def test_every_word_of_a_scenario_is_explained() -> None:
    assert {*KEYS, *ENTRY_KEYS, *Kind, *Op, *Outside} <= explained(SCENARIOS)


def test_the_limits_on_the_page_are_the_limits() -> None:
    for limit in (f"1 to {MAX_PROCS};", f"At most {MAX_FDS} ", f"1 to {MAX_SIZE_BYTES:,} bytes"):
        assert limit in SCENARIOS
    assert f"({', '.join(f'`{unit}`' for unit in UNITS_NS)})" in SCENARIOS


@pytest.mark.parametrize("kind", Kind)
def test_the_page_says_what_can_be_done_with_a_kind(kind: Kind) -> None:
    row = next(line for line in SCENARIOS.splitlines() if line.startswith(f"| `{kind}` |"))
    told = set(re.findall(r"`(\w+)`", row.rsplit(" | ", 1)[1]))
    assert told == set(POSSIBLE_ACTIONS[kind])


def test_the_page_says_which_steps_a_kind_cannot_do() -> None:
    assert {
        (op.value, kind.value) for kind, ops in IMPOSSIBLE_STEPS.items() for op in ops
    } == {
        ("fill", "pipe.read"), ("fill", "eventfd"), ("fill", "file"), ("write", "pipe.read"),
        *((f"set_{which}deadline", "file") for which in ("", "read_", "write_")),
    }  # fmt: skip
    assert "`fill` is not for `pipe.read`, `eventfd` and `file`; `write` not for `pipe.read`;" in (
        SCENARIOS
    )


def test_every_word_of_a_trace_is_explained() -> None:
    fields = {*Event.__dataclass_fields__, *Trace.__dataclass_fields__} - {"events"}
    assert fields | set(What) <= explained(TRACES)


def test_the_trace_on_the_page_is_a_trace(tmp_path: Path) -> None:
    (text,) = blocks(TRACES, "jsonl")
    (tmp_path / "t").write_text(text, encoding="utf-8")
    seen = channels(read_trace(tmp_path / "t"))
    assert [str(wake) for wake in seen.wake] == ["(r0, f0, r, ready)"]
    assert seen.run == ("r0",)
    assert [[str(ready) for ready in batch] for batch in seen.batch] == [["f0 rw"]]
    assert seen.brk == ()
    assert [str(result) for result in seen.step["r0"]] == ["(read f0 64: 8, ok)"]


@pytest.mark.parametrize("page", [SCENARIOS, TRACES])
def test_what_a_page_imports_is_there(page: str) -> None:
    for names in re.findall(r"^from scenario import (.*)$", page, re.MULTILINE):
        assert set(names.split(", ")) <= set(scenario.__all__)
