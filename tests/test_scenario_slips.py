"""The slips that everybody makes in TOML and in names get a message that says how to mend them."""

import os
from pathlib import Path

import pytest

from scenario import NetpollError, ScenarioError, find, load, parse, read_trace

WHOLE = """question = "q"
finding = "f"
script = ["write f0.peer 8"]
[fds]
f0 = "tcp"
[goroutines]
r0 = ["read f0 64"]
"""


def refused(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        parse(text, name="mine", origin="mine.toml")
    return str(caught.value)


OWN_KEYS = {
    "question": ('question = "q"', "[goroutines]"),
    "script": ('script = ["write f0.peer 8"]', "[goroutines]"),
    "procs": ("procs = 2", "[fds]"),
}


@pytest.mark.parametrize(("line", "table"), OWN_KEYS.values(), ids=list(OWN_KEYS))
def test_a_key_below_a_table_is_told_to_move_up(line: str, table: str) -> None:
    text = WHOLE.replace(line + "\n", "").replace(f"{table}\n", f"{table}\n{line}\n")
    key, at = line.split()[0], text.split("\n").index(line) + 1
    assert refused(text) == (
        f"mine.toml:{at}:1: {key} stands under {table}; a scenario's own keys must stand above all"
        " tables; move it above the first [table], or choose another name"
    )


def test_a_key_below_a_table_of_the_script_is_told_to_move_up() -> None:
    text = 'finding = "f"\n[goroutines]\nr0 = ["yield"]\n[[script]]\ndo = "go r0"\nquestion = "q"\n'
    assert refused(text).startswith("mine.toml:6:1: question stands in an entry of the script;")


QUOTES = {
    "a kind": ('"tcp"', "tcp", '5:6: tcp without quotes; *; write "tcp"'),
    "a step": (
        '"read f0 64"',
        "read f0 64 ",
        '7:7: read f0 64 without quotes; *; write "read f0 64"',
    ),
    "in curly quotes": (
        '"tcp"',
        "\u201ctcp\u201d # one",
        '5:6: \u201ctcp\u201d without straight quotes; *; write "tcp"',
    ),
    "a time": (
        '"write f0.peer 8"',
        '{do = "write f0.peer 8", at = 20ms}',
        '3:41: 20ms without quotes; *; write "20ms"',
    ),
    "a time with a point": (
        '"write f0.peer 8"',
        '{at = 1.5s}',
        '3:17: 1.5s without quotes; *; write "1.5s"',
    ),
    "a truth value": (
        '"write f0.peer 8"',
        '{do = "write f0.peer 8", nowait = True}',
        "3:45: True; truth values must be in small letters; write true",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("good", "slip", "message"), QUOTES.values(), ids=list(QUOTES))
def test_a_value_without_quotes_is_told_to_have_them(good: str, slip: str, message: str) -> None:
    before, _, after = message.partition("*")
    told = refused(WHOLE.replace(good, slip))
    assert told.startswith(f"mine.toml:{before}")
    assert told.endswith(after)
    assert told.count("; ") == 2


@pytest.mark.parametrize("slip", ["1979-05-27x", "\x1btcp", "=", "3 tcp", "9" * 50 + "x"])
def test_other_broken_values_are_not_told_about_quotes(slip: str) -> None:
    told = refused(WHOLE.replace('"tcp"', slip))
    assert told.startswith("mine.toml:5:")
    assert ": broken TOML: " in told


@pytest.mark.parametrize("name", ["A-READ-THAT-WAITS", "a-read-that-waits", "A_Read_that_wait"])
def test_names_are_compared_without_case_and_dashes(name: str) -> None:
    with pytest.raises(ScenarioError, match=r"; did you mean 'a_read_that_waits'\?$"):
        find(name)


def test_words_are_compared_without_case_and_dashes() -> None:
    told = refused(WHOLE.replace("read f0 64", "SET-READ-DEADLINE f0 past"))
    assert told.endswith("; did you mean 'set_read_deadline'?")


FETCHED = '{hold = ["write f0.peer 8"], hold_fetched = ["drain f0.peer"]}'
NOBODY_WAITS = {
    "nobody who waits": 'r0 = ["yield"]',
    "a reader of a file": 'r0 = ["read f1 64"]',
    "a deadline that is past": 'r0 = ["set_deadline f0 past"]',
    "a reader who is started later": 'r0 = ["yield"]\nr1 = ["read f0 64"]',
}


def with_fetched(goroutines: str, before: str = "", after: str = "") -> str:
    script = f"script = [{before}{FETCHED}{after}]"
    text = WHOLE.replace('script = ["write f0.peer 8"]', script)
    text = text.replace('f0 = "tcp"', 'f0 = "tcp"\nf1 = "file"')
    return text.replace('r0 = ["read f0 64"]', goroutines)


@pytest.mark.parametrize("goroutines", NOBODY_WAITS.values(), ids=list(NOBODY_WAITS))
def test_hold_fetched_needs_somebody_who_may_wait(goroutines: str) -> None:
    after = ', "go r1"' if "r1" in goroutines else ""
    assert refused(with_fetched(goroutines, after=after)) == (
        "mine.toml:3:40: hold_fetched where no goroutine can wait yet, so that no poller is"
        " blocked; one must wait for a descriptor or a timer by then; start one before, or put"
        " these actions into hold"
    )


SOMEBODY_WAITS = {
    "a reader": ('r0 = ["read f0 64"]', ""),
    "a writer": ('r0 = ["write f0 64"]', ""),
    "a reader who is started before": ('r0 = ["yield"]\nr1 = ["read f0 64"]', '"go r1", '),
    "a reader whom one of them starts": (
        'r0 = ["yield"]\nr1 = ["go r2"]\nr2 = ["read f0 64"]',
        '"go r1", ',
    ),
}


@pytest.mark.parametrize(
    ("goroutines", "before"), SOMEBODY_WAITS.values(), ids=list(SOMEBODY_WAITS)
)
def test_hold_fetched_may_stand_where_somebody_may_wait(goroutines: str, before: str) -> None:
    text = with_fetched(goroutines, before)
    assert parse(text, name="mine", origin="mine.toml").script[-1].fetched


def test_hold_fetched_may_stand_while_somebody_sleeps() -> None:
    entry = FETCHED.replace("{", '{at = "20ms", ')
    text = with_fetched('t = ["sleep 60ms"]', '{do = "go t", at = "0ms"}, ').replace(FETCHED, entry)
    assert parse(text, name="mine", origin="mine.toml").script[-1].fetched


@pytest.mark.parametrize("read", [load, read_trace])
@pytest.mark.timeout(20)
def test_a_pipe_without_a_writer_is_refused_at_once(tmp_path: Path, read: object) -> None:
    assert callable(read)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NetpollError, match=r"cannot be read \(Not a regular file\); it must be"):
        read(tmp_path / "pipe")


def test_a_device_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"cannot be read \(Not a regular file\)"):
        load("/dev/zero")
