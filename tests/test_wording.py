"""A scenario in words: what `netpoll show` says to somebody who does not know the notation."""

import pytest

from netpoll_lab.wording import action_words, entry_words, scenario_lines, step_words
from scenario import Op, Outside, Scenario, find, parse

STEPS = {
    "read f0 64": "reads up to 64 bytes from f0",
    "write f0 1": "writes 1 byte to f0",
    "fill f0": "writes to f0 until it takes no more",
    "sleep 30ms": "sleeps 30 ms",
    "set_read_deadline f0 30ms": "sets the read deadline of f0 to 30 ms from now",
    "set_write_deadline f0 past": "sets the write deadline of f0 to a moment that is over",
    "set_deadline f0 none": "removes the deadline of f0",
    "busy 60ms": "computes for 60 ms",
    "yield": "lets others run",
    "is_poll_descriptor epfd": "asks whether the epoll descriptor is the poller's own",
    "go r1": "starts r1",
    "close f0": "closes f0",
    "reopen f0": "opens a new f0 with the same number",
}
ACTIONS = {
    "write f0.peer 8": "the peer of f0 writes 8 bytes",
    "read f0.peer 8": "the peer of f0 reads up to 8 bytes",
    "fill f0.peer": "the peer of f0 writes until it can no more",
    "drain f0.peer": "the peer of f0 reads all there is",
    "shutdown f0.peer": "the peer of f0 says that it will write no more",
    "reset f0.peer": "the peer of f0 resets the connection",
    "go r2": "r2 starts",
    "close f0.peer": "the peer of f0 closes",
}


def scenario(steps: list[str], script: str, *, more: str = "") -> Scenario:
    text = f"""
question = "q"
finding = "f"
script = {script}
{more}
[fds]
f0 = "tcp"
[goroutines]
r0 = {steps}
r1 = ["yield"]
r2 = ["yield"]
"""
    return parse(text, name="words", origin="words.toml")


@pytest.mark.parametrize("text", STEPS)
def test_a_step_is_said_in_words(text: str) -> None:
    timed = '[{do = "go r0", at = "0ms"}]'
    before = ["close f0"] if text.startswith("reopen") else []
    *_, step = scenario([*before, text], timed).goroutines["r0"]

    assert step_words(step) == STEPS[text]


def test_every_step_and_every_action_has_words() -> None:
    assert {text.split()[0] for text in STEPS} == set(Op)
    assert {text.split()[0] for text in ACTIONS} == set(Outside)


@pytest.mark.parametrize("text", ACTIONS)
def test_an_action_is_said_in_words(text: str) -> None:
    (entry,) = scenario(["read f0 64"], f'["{text}"]').script

    assert action_words(entry.plain or entry.held[0]) == ACTIONS[text]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('"write f0.peer 8"', "the peer of f0 writes 8 bytes"),
        (
            '{do = "go r1", at = "20ms", nowait = true}',
            "at 20 ms: r1 starts; without waiting for quiet, on to the next",
        ),
        (
            '{hold = ["write f0.peer 8", "shutdown f0.peer"]}',
            "held: the peer of f0 writes 8 bytes and the peer of f0 says that it will write no"
            " more, so that they come in one poll of up to 128 events",
        ),
        (
            '{hold = ["write f0.peer 8"], hold_fetched = ["go r1"]}',
            "the peer of f0 writes 8 bytes; the poller fetches it, and before it handles it"
            " r1 starts",
        ),
    ],
)
def test_an_entry_is_said_in_words(entry: str, words: str) -> None:
    assert entry_words(scenario(["read f0 64"], f"[{entry}]").script[0]) == words


def test_a_whole_scenario_is_said_in_words() -> None:
    found = scenario(
        ["read f0 64", "close f0"],
        '["write f0.peer 8", "go r2"]',
        more='procs = 2\nwitnesses = ["model"]\nreason = "it is short"',
    )

    assert list(scenario_lines(found)) == [
        "There are 2 Ps (GOMAXPROCS).",
        "",
        "Descriptors",
        "  f0  one end of a TCP connection",
        "",
        "Goroutines",
        "  r0          reads up to 64 bytes from f0, then closes f0",
        "  r1          lets others run",
        "  r2 (later)  lets others run",
        "",
        "What happens outside, each entry when everything is quiet again",
        "  1  the peer of f0 writes 8 bytes",
        "  2  r2 starts",
        "",
        "Only for model: it is short",
    ]


def test_long_lists_are_thinned_out_and_long_lines_wrapped() -> None:
    told = list(scenario_lines(find("more_than_128_at_once"), width=80))

    assert "  … 194 more" in told
    assert len(told) < 30
    assert max(map(len, told)) <= 80
    assert told[-3:] == [
        "  1  held: the peer of f0 writes 8 bytes, the peer of f1 writes 8 bytes, … 197",
        "     more … and the peer of f199 writes 8 bytes, so that they come in one poll",
        "     of up to 128 events",
    ]


def test_entries_with_times_do_not_wait_for_quiet() -> None:
    told = list(scenario_lines(find("busy_goroutine_and_sysmon")))

    assert "What happens outside, each entry at its time" in told
