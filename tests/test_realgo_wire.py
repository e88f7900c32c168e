"""A scenario as the Go program is told of it."""

import json
from typing import Any

from realgo.wire import QUIET_LIMIT_NS, longest_ns, wire
from scenario import Scenario, parse

TEXT = """
question = "What happens?"
finding = "This"
script = [
  {hold = ["write f1.peer 8"], hold_fetched = ["go c"], at = "0ms", nowait = true},
  {do = "close f0.peer", at = "20ms"},
  {do = "go d", at = "40ms"},
]
[fds]
f0 = "socketpair"
f1 = "pipe.read"
[goroutines]
r = ["read f1 64", "is_poll_descriptor epfd", "set_deadline f0 past"]
c = ["close f1", "reopen f1"]
d = ["set_read_deadline f0 30ms", "sleep 90ms"]
"""


def scenario() -> Scenario:
    return parse(TEXT, name="here", origin="here")


def told() -> Any:
    return json.loads(wire(scenario()))


def test_names_become_places() -> None:
    steps = [g["Steps"] for g in told()["Goroutines"]]

    assert told()["Descriptors"][1] == {"Name": "f1", "Kind": "pipe.read"}
    assert steps[0][0] == {"Op": "read", "Fd": 1, "Bytes": 64, "Ns": 0, "G": -1}
    assert steps[0][1]["Fd"] == -2  # the poller's own
    assert steps[0][2]["Ns"] == -1  # the past
    assert steps[2][1] == {"Op": "sleep", "Fd": -1, "Bytes": 0, "Ns": 90_000_000, "G": -1}


def test_whom_a_go_starts_the_set_up_does_not() -> None:
    assert [g["Later"] for g in told()["Goroutines"]] == [False, True, True]


def test_an_entry_says_what_is_done_when_and_how() -> None:
    batch, close, plain = told()["Script"]

    assert batch["Held"] == [{"Op": "write", "Fd": 1, "Bytes": 8, "G": -1}]
    assert batch["Fetched"] == [{"Op": "go", "Fd": -1, "Bytes": 0, "G": 1}]
    assert (batch["At"], batch["Nowait"], batch["Plain"]) == (0, True, None)
    assert (close["At"], close["Nowait"], close["Fetched"]) == (20_000_000, False, [])
    assert (plain["Plain"]["G"], plain["Held"]) == (2, [])


def test_an_entry_without_a_time_has_none() -> None:
    untimed = parse(
        'question = "Q?"\nfinding = "F"\nscript = ["write f0.peer 8"]\n'
        '[fds]\nf0 = "socketpair"\n[goroutines]\nr = ["read f0 8"]\n',
        name="here",
        origin="here",
    )

    assert json.loads(wire(untimed))["Script"][0]["At"] == -1


def test_things_may_take_as_long_to_become_quiet_as_the_scenario_lasts() -> None:
    assert longest_ns(scenario()) == (30 + 90 + 40) * 1_000_000
    assert told()["QuietNs"] == QUIET_LIMIT_NS + longest_ns(scenario())
