"""The contract: each rule is whole, and its wrong implementation is told from the right one."""

import dataclasses
import inspect
import re

import pytest
from _pytest.mark import ParameterSet

from conformance import Agrees, compare, diagnosis, diagnosis_step, diagnosis_wake
from conformance.check import RuleCheck, check, check_rules, right
from conformance.contract import RULES, UNTESTABLE, rule
from conformance.rule import Rule
from conformance.wrong import wrong
from conformance.wrong.netpoll_in_parts import NetpollInParts
from model import Runtime, simulate
from scenario import catalogue

BY_ID = pytest.mark.parametrize("one", RULES, ids=lambda one: one.id)


def timed(one: Rule, name: str) -> ParameterSet:
    """Two hundred goroutines take over a quarter of a second."""
    slow = "128" in name
    return pytest.param(one, name, id=f"{one.id}-{name}", marks=pytest.mark.slow if slow else ())


def test_rules_are_numbered_without_a_gap() -> None:
    assert [one.id for one in RULES] == [f"R{number:02}" for number in range(1, len(RULES) + 1)]
    assert len(RULES) >= 24


def test_the_seventh_rule_is_the_one_that_everybody_cites() -> None:
    assert rule("R07").text == (
        "With one P, the goroutines of one poll run last event first; of one event, the writer "
        "before the reader."
    )


@BY_ID
def test_a_rule_names_its_source_its_releases_and_its_scenarios(one: Rule) -> None:
    assert re.match(r"(runtime|internal/poll)/\w+\.go(:\w+|, )", one.source), one.source
    assert re.match(r"1\.2\d-1\.27( \(.+\))?$", one.releases), one.releases
    assert one.scenarios
    assert set(one.scenarios) <= set(catalogue())
    assert one.text.endswith(".")


def test_no_two_rules_share_a_wrong_implementation() -> None:
    names = [one.wrong for one in RULES]

    assert len(set(names)) == len(names)


@BY_ID
def test_a_wrong_implementation_overrides_little_and_says_which_rule_it_breaks(one: Rule) -> None:
    kind = wrong(one.wrong)
    own = [name for name, value in vars(kind).items() if inspect.isfunction(value)]

    assert len(own) <= 2, own
    assert all(hasattr(NetpollInParts, name) for name in own), own
    assert (kind.__doc__ or "").startswith(f"{one.id}: ")


SHOWN = [timed(one, name) for one in RULES for name in one.scenarios]


@pytest.mark.parametrize(("one", "name"), SHOWN)
def test_a_wrong_implementation_is_caught_and_named_by_each_scenario_of_its_rule(
    one: Rule, name: str
) -> None:
    found = check(dataclasses.replace(one, scenarios=(name,)))

    assert found.caught, str(found)
    assert found.scenario == name
    assert found.verdict is not None
    assert one.id in found.verdict.rules, f"{one.id} is not named: {found.verdict}"


def test_a_right_implementation_is_not_caught() -> None:
    """The check can fail: netpoll in parts is not wrong."""
    right_one = dataclasses.replace(rule("R07"), wrong="NetpollInParts")

    assert check(right_one) == RuleCheck(rule=right_one, tried=right_one.scenarios)
    assert str(check(right_one)) == (
        "R07  NetpollInParts: not caught by six_in_one_batch, writer_before_reader"
    )


def test_an_unknown_wrong_implementation_is_an_error() -> None:
    with pytest.raises(LookupError, match="no wrong implementation 'Nothing'"):
        wrong("Nothing")


def test_the_check_tells_what_it_does_and_answers_in_order() -> None:
    told: list[str] = []

    checks = check_rules(told.append, RULES[1:3])

    assert told == ["R02  LastEventFirst", "R03  HangUpIsNotForReaders"]
    assert [one.rule.id for one in checks] == ["R02", "R03"]


@pytest.mark.parametrize("name", [name for name in catalogue() if "128" not in name])
def test_netpoll_in_parts_is_the_models_own_netpoll(name: str) -> None:
    seen = simulate(catalogue()[name], runtime=NetpollInParts)

    assert isinstance(compare(right(name), seen), Agrees)


def test_every_rule_that_a_difference_may_name_exists() -> None:
    parts = (diagnosis, diagnosis_step, diagnosis_wake)
    named = set(re.findall(r'"(R\d\d)"', "".join(map(inspect.getsource, parts))))

    assert named
    assert named <= {one.id for one in RULES}


def test_what_cannot_be_tested_says_why() -> None:
    assert UNTESTABLE
    assert all(one.reason.endswith(".") and ".go:" in one.source for one in UNTESTABLE)


def test_the_right_model_is_not_one_of_the_wrong_ones() -> None:
    assert Runtime not in {wrong(one.wrong) for one in RULES}
