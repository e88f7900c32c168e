"""The catalogue: many questions, each asked once, in files that an editor can check too."""

import json
import re
import tomllib
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import scenario
from scenario import Event, Kind, Op, Outside, Trace, What, catalogue, find, trace_lines
from scenario.files import CATALOGUE

SCENARIOS = catalogue()
PACKAGE = Path(scenario.__file__).parent


def schema(name: str) -> Any:
    return json.loads((PACKAGE / f"{name}.schema.json").read_text(encoding="utf-8"))


def words(patterns: list[dict[str, str]]) -> set[str]:
    """The first words of a schema's patterns."""
    found = [re.match(r"\^\\s\*\(\?:([a-z_|]+)\)", item["pattern"]) for item in patterns]
    return {word for match in found if match for word in match[1].split("|")}


def test_the_catalogue_has_a_scenario_for_each_file_in_order() -> None:
    assert list(SCENARIOS) == sorted(path.stem for path in CATALOGUE.iterdir())
    assert len(SCENARIOS) >= 30


def test_each_scenario_is_found_under_its_name() -> None:
    assert all(find(name) == one and one.name == name for name, one in SCENARIOS.items())


def test_a_caller_cannot_change_the_catalogue() -> None:
    catalogue().clear()
    assert catalogue() == SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_one_question_and_one_finding(name: str) -> None:
    one = SCENARIOS[name]
    assert re.fullmatch(r"[A-Z][^?]*\?", one.question)
    assert re.fullmatch(r"[A-Z].*[^.?!]", one.finding)
    assert len(one.finding) <= 100  # it is the title of a picture


def test_no_question_is_asked_twice() -> None:
    asked = Counter(one.question for one in SCENARIOS.values())
    assert [question for question, times in asked.items() if times > 1] == []


def test_no_two_scenarios_do_the_same() -> None:
    done = Counter(
        repr((one.procs, one.fds, one.goroutines, one.script)) for one in SCENARIOS.values()
    )
    assert max(done.values()) == 1


def used(kind: type[StrEnum]) -> set[str]:
    found: set[str] = set()
    for one in SCENARIOS.values():
        found |= {fd.value for fd in one.fds.values()}
        found |= {"step " + step.op for steps in one.goroutines.values() for step in steps}
        for entry in one.script:
            plain = (entry.plain,) if entry.plain else ()
            found |= {"action " + act.op for act in (*entry.held, *entry.fetched, *plain)}
    prefix = {Op: "step ", Outside: "action "}.get(kind, "")
    return {word.removeprefix(prefix) for word in found if word.startswith(prefix)}


@pytest.mark.parametrize("kind", [Kind, Op, Outside])
def test_the_catalogue_uses_every_word(kind: type[StrEnum]) -> None:
    assert used(kind) >= set(kind)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_schema_accepts_the_file(name: str) -> None:
    value = tomllib.loads((CATALOGUE / f"{name}.toml").read_text(encoding="utf-8"))
    Draft202012Validator(schema("scenario")).validate(value)


def test_the_schema_knows_the_words_of_scenarios() -> None:
    one = schema("scenario")
    assert set(one["properties"]["fds"]["additionalProperties"]["enum"]) == set(Kind)
    assert words(one["$defs"]["step"]["anyOf"]) == set(Op)
    assert words(one["$defs"]["action"]["anyOf"]) == set(Outside)


@pytest.mark.parametrize(
    "change",
    [
        {"procs": 0},
        {"scirpt": []},
        {"fds": {"f0": "socketpiar"}},
        {"fds": {"host": "tcp"}},
        {"goroutines": {"script": ["yield"]}},
        {"goroutines": {"r0": ["raed f0 64"]}},
        {"goroutines": {"r0": ["sleep 5m"]}},
        {"script": ["write f0 8"]},
        {"script": [{"do": "go r0", "hold": ["go r0"]}]},
        {"script": [{"hold_fetched": ["go r0"]}]},
        {"witnesses": ["go"]},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(change: dict[str, object]) -> None:
    value = {"question": "q", "finding": "f", "goroutines": {"r0": ["read f0 64"]}}
    assert Draft202012Validator(schema("scenario")).is_valid(value)
    assert not Draft202012Validator(schema("scenario")).is_valid(value | change)


def test_the_schema_accepts_each_line_of_a_trace() -> None:
    events = [Event(seq=i, what=what, t=i, g="r0", args={"x": i}) for i, what in enumerate(What)]
    trace = Trace.of(
        find("a_read_that_waits"), tuple(events), witness="model", release="x", clock="virtual"
    )
    validator = Draft202012Validator(schema("trace"))
    for line in trace_lines(trace):
        validator.validate(json.loads(line))


def test_the_schema_knows_the_words_of_traces() -> None:
    one = schema("trace")["$defs"]
    assert set(one["event"]["properties"]["what"]["enum"]) == set(What)
    assert list(one["event"]["properties"]) == list(Event.__dataclass_fields__)
    fields = ["netpoll_trace", *(name for name in Trace.__dataclass_fields__ if name != "events")]
    assert sorted(one["head"]["properties"]) == sorted(fields)
    assert not Draft202012Validator(schema("trace")).is_valid({"seq": 1, "what": "woke"})
