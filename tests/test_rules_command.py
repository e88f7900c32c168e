"""``netpoll rules``: every rule is listed, and one that nobody can tell broken is told."""

from dataclasses import replace

import pytest

from by_hand import one_message
from conformance.contract import RULES
from netpoll_lab.__main__ import main
from netpoll_lab.commands import rules


def test_every_rule_is_listed_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0

    lines = capsys.readouterr().out.splitlines()
    numbers = [line.split()[0] for line in lines if line.startswith("R") and line[1].isdigit()]
    assert numbers == [rule.id for rule in RULES]
    assert all(any(rule.source.split(":")[0] in line for line in lines) for rule in RULES)


@pytest.mark.parametrize("words", [["R07", "R28"], ["r28", "7", "R7"]])
def test_only_the_rules_that_were_asked_for_are_listed(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rules", *words]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == ["R07", "R28"]


def test_an_unknown_rule_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "R07", "R99"]) == 2

    assert one_message(capsys) == (
        f"netpoll: there is no rule 'R99'; there are R01 to {RULES[-1].id}"
    )


def test_only_the_rules_that_were_asked_for_are_checked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["rules", "--check", "r7"]) == 0

    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("R07  ListIsAQueue: six_in_one_batch differs: ")
    assert last == "1 of 1 wrong implementations are found out"


def test_a_wrong_implementation_that_is_found_out_exits_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rules, "RULES", RULES[:1])

    assert main(["rules", "--check"]) == 0

    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{RULES[0].id}  {RULES[0].wrong}: {RULES[0].scenarios[0]} differs: ")
    assert last == "1 of 1 wrong implementations are found out"


def test_a_wrong_implementation_that_nobody_notices_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A scenario that has nothing to do with the rule cannot tell the two apart.
    blind = replace(RULES[0], scenarios=("sleep_alone",))
    monkeypatch.setattr(rules, "RULES", (blind,))

    assert main(["rules", "--check"]) == 1

    assert capsys.readouterr().out.splitlines() == [
        f"{blind.id}  {blind.wrong}: not caught by sleep_alone",
        "0 of 1 wrong implementations are found out",
    ]
