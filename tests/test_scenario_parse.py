"""Scenarios that can be run become values; for all others there is one message with a place."""

from pathlib import Path

import pytest

from scenario import (
    NO_DEADLINE_NS,
    PAST_NS,
    Action,
    Entry,
    Kind,
    Op,
    Outside,
    Scenario,
    ScenarioError,
    Step,
    find,
    load,
    parse,
)

HEAD = 'question = "q"\nfinding = "f"\n'


def whole(
    script: str = "",
    *,
    fds: str = 'f0 = "socketpair"',
    goroutines: str = 'r0 = ["read f0 64"]',
    head: str = "procs = 1",
) -> str:
    """A scenario whose script stands in line 4 from column 12, fds in line 6, goroutines in 8."""
    lines = (head, f"script = [{script}]", "[fds]", fds, "[goroutines]", goroutines)
    return HEAD + "\n".join(lines) + "\n"


def refused(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        parse(text, name="x", origin="x.toml")
    return str(caught.value)


EVERY_PART = """
question = "q"
finding = "f"
procs = 2
witnesses = ["model"]
reason = "only a model can"
script = [
  "write f0.peer 8",
  {do = "go t"},
  {hold = ["drain f0.peer"], hold_fetched = ["go c"]},
]
[fds]
f0 = "tcp"
[goroutines]
t = ["read f0 64"]
c = ["set_deadline f0 past", "set_deadline f0 none", "is_poll_descriptor epfd"]
"""


def test_every_part_of_a_scenario_becomes_a_value() -> None:
    assert parse(EVERY_PART, name="n", origin="o") == Scenario(
        name="n",
        question="q",
        finding="f",
        procs=2,
        fds={"f0": Kind.TCP},
        goroutines={
            "t": (Step(op=Op.READ, text="read f0 64", fd="f0", nbytes=64),),
            "c": (
                Step(op=Op.SET_DEADLINE, text="set_deadline f0 past", fd="f0", ns=PAST_NS),
                Step(op=Op.SET_DEADLINE, text="set_deadline f0 none", fd="f0", ns=NO_DEADLINE_NS),
                Step(op=Op.IS_POLL_DESCRIPTOR, text="is_poll_descriptor epfd", fd="epfd"),
            ),
        },
        script=(
            Entry(held=(Action(op=Outside.WRITE, text="write f0.peer 8", fd="f0", nbytes=8),)),
            Entry(plain=Action(op=Outside.GO, text="go t", g="t")),
            Entry(
                held=(Action(op=Outside.DRAIN, text="drain f0.peer", fd="f0"),),
                fetched=(Action(op=Outside.GO, text="go c", g="c"),),
            ),
        ),
        witnesses=("model",),
        reason="only a model can",
    )


def test_times_are_in_nanoseconds() -> None:
    script = '{do = "go t", at = "1s", nowait = true}, {do = "write f0.peer 8", at = "2000000us"}'
    scenario = parse(whole(script, goroutines='t = ["sleep 30ms"]'), name="n", origin="o")
    assert [(entry.at_ns, entry.nowait) for entry in scenario.script] == [
        (1_000_000_000, True),
        (2_000_000_000, False),
    ]
    assert scenario.goroutines["t"][0].ns == 30_000_000


def test_blanks_between_the_words_of_a_step_do_not_matter() -> None:
    scenario = parse(whole(goroutines='r0 = ["  read   f0  64 "]'), name="n", origin="o")
    assert scenario.goroutines["r0"][0].text == "read f0 64"


def test_windows_line_ends_are_line_ends() -> None:
    windows = whole('"raed f0.peer 8"').replace("\n", "\r\n")
    assert refused(windows) == refused(whole('"raed f0.peer 8"'))


WORDS = {
    "misspelt action": (
        whole('"raed f0.peer 8"'),
        "x.toml:4:12: unknown action 'raed'; write, read, fill, drain, shutdown, close, reset, go"
        " may stand here; did you mean 'read'?",
    ),
    "misspelt step": (
        whole(goroutines='r0 = ["read f0 64", "raed f0 64"]'),
        "x.toml:8:22: unknown step 'raed'; read, write, fill, sleep, set_read_deadline,"
        " set_write_deadline, set_deadline, close, reopen, busy, yield, go, is_poll_descriptor may"
        " stand here; did you mean 'read'?",
    ),
    "step in the script": (whole('"sleep 20ms"'), "x.toml:4:12: sleep belongs into a goroutine"),
    "action as a step": (
        whole(goroutines='r0 = ["reset f0"]'),
        "x.toml:8:8: reset belongs into the script",
    ),
    "misspelt kind": (
        whole(fds='f0 = "socketpiar"'),
        "x.toml:6:7: unknown kind 'socketpiar'; socketpair, tcp, pipe.read, pipe.write, eventfd,"
        " file may stand here; did you mean 'socketpair'?",
    ),
    "misspelt key": (HEAD + "scirpt = []\n", "x.toml:3:1: did you mean 'script'?"),
    "misspelt key of an entry": (
        whole('{do = "go r0", nowiat = true}'),
        "x.toml:4:26: unknown key 'nowiat'; did you mean 'nowait'?",
    ),
    "unknown unit": (
        whole(goroutines='r0 = ["sleep 5m"]'),
        "x.toml:8:14: unknown unit 'm'; units are ns, us, ms, s; write 5ms, say",
    ),
    "no unit": (whole(goroutines='r0 = ["sleep 5"]'), "x.toml:8:14: 5 without a unit"),
    "no duration": (whole(goroutines='r0 = ["sleep f0"]'), "x.toml:8:14: 'f0'; a duration"),
    "too long": (whole(goroutines='r0 = ["sleep 99s"]'), "x.toml:8:14: it must be 1ns to 60s"),
    "no time at all": (whole(goroutines='r0 = ["sleep 0ms"]'), "x.toml:8:14: 0ms"),
    "undeclared descriptor": (
        whole(goroutines='r0 = ["read f1 64"]'),
        "x.toml:8:13: 'f1' is not declared; f0 may stand here; declare it under [fds]",
    ),
    "undeclared peer": (
        whole('"write g.peer 8"'),
        "x.toml:4:18: 'g.peer' is no peer; f0.peer may stand here; did you mean 'f0.peer'?"
        " Otherwise declare it under [fds]",
    ),
    "undeclared goroutine": (
        whole('"go w0"'),
        "x.toml:4:15: 'w0' is not declared; r0 may stand here; declare it under [goroutines]",
    ),
    "Go's end in the script": (whole('"write f0 8"'), "x.toml:4:18: write f0.peer"),
    "peer in a goroutine": (
        whole(goroutines='r = ["read f0.peer 8"]'),
        "x.toml:8:12: without .peer",
    ),
    "word missing": (
        whole('"write f0.peer"'),
        "x.toml:4:12: 'write f0.peer' is not whole; 'write FD.peer BYTES' is the form; add BYTES",
    ),
    "word too many": (whole('"close f0.peer 9"'), "x.toml:4:26: '9' too many; remove it"),
    "negative size": (
        whole('"write f0.peer -8"'),
        "x.toml:4:26: '-8' is no size; it must be 1 to 1048576 bytes; write a whole number",
    ),
    "size of nothing": (whole('"write f0.peer 0"'), "x.toml:4:26: '0' is no size"),
    "huge size": (whole('"write f0.peer 9999999999"'), "x.toml:4:26: 1 to 1048576 bytes"),
    "odd digits": (whole('"write f0.peer ²"'), "x.toml:4:26: is no size"),
    "size of an eventfd": (
        whole(fds='f0 = "eventfd"'),
        "x.toml:8:16: 64 bytes of an eventfd; it must be 8",
    ),
    "empty step": (whole(goroutines='r0 = [" "]'), "x.toml:8:8: an empty string"),
    "action on a file": (
        whole('"write f0.peer 8"', fds='f0 = "file"'),
        "x.toml:4:12: write at the peer of a file; nothing may",
    ),
    "reset of a pipe": (
        whole('"reset f0.peer"', fds='f0 = "pipe.read"'),
        "x.toml:4:12: reset at the peer of a pipe.read; write, fill, close may",
    ),
    "write into a pipe's reader": (
        whole('"write f0.peer 8"', fds='f0 = "pipe.write"'),
        "x.toml:4:12: write at the peer of a pipe.write; read, drain, close may",
    ),
    "fill of an eventfd": (
        whole(fds='f0 = "eventfd"', goroutines='w = ["fill f0"]'),
        "x.toml:8:7: fill on an eventfd; read, write",
    ),
    "deadline of a file": (
        whole(fds='f0 = "file"', goroutines='d = ["set_deadline f0 past"]'),
        "x.toml:8:7: set_deadline on a file",
    ),
}

SHAPES = {
    "broken TOML": (HEAD + "script = \n", "x.toml:3:10: broken TOML: Invalid value"),
    "open string": ('question = "a', "x.toml:1:14: broken TOML: Unterminated string"),
    "name twice": (whole(fds='f0 = "tcp"\nf0 = "tcp"'), "x.toml:7:11: a key may stand only once"),
    "nested": ("x = " + "[" * 3000, "x.toml:1:1: nested too deeply"),
    "long key": (".".join("abcdefghijk") + " = 1", "x.toml:1:1: a key of more than 8 parts"),
    "long number": ("procs = " + "9" * 5000, "x.toml:1:1: a number of thousands of digits"),
    "large": ("#" * (1 << 20) + "\n", "x.toml:1:1: 1048577 characters; at most 1048576"),
    "no question": ("", 'x.toml:1:1: no question; add question = "..."'),
    "empty finding": ('question = "q"\nfinding = ""\n', "x.toml:2:12: 1 to 200 characters"),
    "two lines": ('question = "a\\nb"\n', "x.toml:1:12: one line of 1 to 200 characters"),
    "number for a kind": (
        whole(fds="f0 = 3"),
        "x.toml:6:6: the number 3 stands here; a string",
    ),
    "string for a list": (whole(goroutines='r0 = "yield"'), "x.toml:8:7: it must be a list"),
    "date for a step": (whole(goroutines="r0 = [1979-05-27]"), "x.toml:8:7: date or time 1979"),
    "list for fds": (
        "fds = []\n" + HEAD,
        "x.toml:1:7: a list of 0 stands here; be a table",
    ),
    "no Ps": (whole(head="procs = 0"), "x.toml:3:9: 0 Ps; 1 to 64 may stand here"),
    "too many Ps": (whole(head="procs = 65"), "x.toml:3:9: 65 Ps"),
    "true Ps": (whole(head="procs = true"), "x.toml:3:9: the truth value true stands here"),
    "witnesses alone": (whole(head='witnesses = ["go"]'), "x.toml:3:1: witnesses without reason"),
    "reason alone": (whole(head='reason = "r"'), "x.toml:3:1: reason without witnesses"),
    "no witness": (
        whole(head='witnesses = []\nreason = "r"'),
        "x.toml:3:13: no usable list of witnesses",
    ),
    "name with a dot": (whole(fds='"a.b" = "tcp"'), "x.toml:6:1: 'a.b' is no name"),
    "reserved descriptor": (whole(fds='epfd = "tcp"'), "x.toml:6:1: 'epfd' is reserved"),
    "reserved goroutine": (whole(goroutines='host = ["yield"]'), "x.toml:8:1: 'host' is reserved"),
    "name of both": (whole(goroutines='f0 = ["yield"]'), "x.toml:8:1: 'f0' is a descriptor"),
    "too many descriptors": (
        whole(fds="\n".join(f'f{i} = "tcp"' for i in range(401))),
        "x.toml:5:1: 401 descriptors; at most 400",
    ),
    "number as an entry": (whole("3"), "x.toml:4:11: the number 3 stands here"),
    "entry of nothing": (whole("{}"), "x.toml:4:11: an entry that does nothing"),
    "do and hold": (whole('{do = "go r0", hold = []}'), "x.toml:4:26: hold beside do"),
    "hold of nothing": (whole("{hold = []}"), "x.toml:4:19: an empty list"),
    "fetched alone": (
        whole('{hold_fetched = ["go r0"]}'),
        "x.toml:4:12: hold_fetched without hold",
    ),
    "step in a hold": (whole('{hold = ["yield"]}'), "x.toml:4:21: yield belongs into a goroutine"),
    "number as a time": (whole('{do = "go r0", at = 3}'), "x.toml:4:31: the number 3 stands here"),
    "nowait 1": (whole('{do = "go r0", nowait = 1}'), "x.toml:4:35: it must be true or false"),
}

WHOLES = {
    "nothing to see": (HEAD, "x.toml:1:1: no goroutine, so nothing can be seen"),
    "no step": (whole(goroutines="r0 = []"), "x.toml:8:6: r0 has no step"),
    "two starts": (
        whole('"go r0", "go r0"'),
        "x.toml:4:21: r0 is started twice; only one go may name it; remove this one or"
        " declare another goroutine",
    ),
    "start by two": (
        whole(goroutines='a = ["go c"]\nb = ["go c"]\nc = ["yield"]'),
        "x.toml:9:7: c is started twice",
    ),
    "circle": (
        whole(goroutines='a = ["go b"]\nb = ["go a"]'),
        "x.toml:8:1: a is never started; the script or a goroutine that is started must start it;"
        ' add "go a" to the script',
    ),
    "reopen of an open one": (
        whole(goroutines='c = ["reopen f0"]'),
        "x.toml:8:7: 'reopen f0' without a close",
    ),
    "go after nowait": (
        whole('{do = "write f0.peer 8", nowait = true}, {hold = ["go r0"]}'),
        "x.toml:4:52: go after an entry with nowait, when the host has no P",
    ),
    "write after close": (
        whole('"close f0.peer", "write f0.peer 8"'),
        "x.toml:4:29: 'write f0.peer 8' after 'close f0.peer'; the peer must not be closed before",
    ),
    "two closes in a hold": (
        whole('{hold = ["close f0.peer", "close f0.peer"]}'),
        "x.toml:4:38: 'close f0.peer' after 'close f0.peer'",
    ),
    "write after shutdown": (
        whole('"shutdown f0.peer", "write f0.peer 8"'),
        "x.toml:4:32: 'write f0.peer 8' after 'shutdown f0.peer'; must not be shut down before",
    ),
}


@pytest.mark.parametrize(
    ("text", "message"), [case for cases in (WORDS, SHAPES, WHOLES) for case in cases.values()],
    ids=[*WORDS, *SHAPES, *WHOLES],
)  # fmt: skip
def test_bad_input_is_named_with_its_place_and_a_remedy(text: str, message: str) -> None:
    told = refused(text)
    place, _, first = message.partition(": ")
    assert told.startswith(place + ": ")
    assert all(part in told for part in first.split("; "))
    assert told.count("; ") >= 2
    assert "\n" not in told


REOPENS = 'c = ["close f0", "reopen f0", "read f0 64"]'
REOPENS_LATER = 'c = ["read f0 64", "close f0", "reopen f0", "read f0 64"]'


def test_a_peer_may_be_written_after_a_reopen() -> None:
    script = '"close f0.peer", "go c", "write f0.peer 8"'
    assert len(parse(whole(script, goroutines=REOPENS), name="n", origin="o").script) == 3


def test_a_peer_may_be_written_after_a_reopen_that_only_a_run_can_see() -> None:
    script = '"close f0.peer", "write f0.peer 8"'
    assert len(parse(whole(script, goroutines=REOPENS_LATER), name="n", origin="o").script) == 2


@pytest.mark.parametrize("goroutines", [REOPENS, REOPENS_LATER])
def test_a_peer_may_be_closed_once_more_than_its_descriptor_is_reopened(goroutines: str) -> None:
    script = '"close f0.peer", "go c", "close f0.peer", "write f0.peer 8"'
    told = refused(whole(script, goroutines=goroutines))
    assert told.startswith("x.toml:4:54: 'write f0.peer 8' after 'close f0.peer'")


@pytest.mark.parametrize("script", ['"close f0.peer", {}', '"go c", "close f0.peer", {}'])
def test_a_reopen_before_the_close_makes_no_new_peer(script: str) -> None:
    told = refused(whole(script.replace("{}", '"write f0.peer 8"'), goroutines=REOPENS))
    assert "'write f0.peer 8' after 'close f0.peer'" in told


def test_a_shut_down_peer_may_be_shut_down_again_and_read_and_close() -> None:
    script = '"shutdown f0.peer", "shutdown f0.peer", "drain f0.peer", "close f0.peer"'
    assert len(parse(whole(script), name="n", origin="o").script) == 4


def test_a_scenario_is_named_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(whole('"write f0.peer 8"'))
    assert load(path) == parse(whole('"write f0.peer 8"'), name="mine", origin=str(path))


def test_a_binary_file_is_refused_at_its_first_odd_byte(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"ab\nc\xff")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path}:2:2: the byte 0xff, which is not UTF-8; it must be a TOML text;"
        " save the file as UTF-8, or name another file"
    )


@pytest.mark.parametrize(("name", "reason"), [("absent", "No such file"), ("", "Is a directory")])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(ScenarioError, match=f":1:1: cannot be read \\({reason}"):
        load(tmp_path / name)


def test_a_name_with_a_null_byte_is_refused() -> None:
    with pytest.raises(ScenarioError, match="null byte"):
        load("a\0b")


def test_a_file_over_the_limit_is_not_read_to_its_end(tmp_path: Path) -> None:
    with open(tmp_path / "large.toml", "wb") as file:
        file.truncate(1 << 40)  # a hole, which takes no room
    with pytest.raises(ScenarioError, match="more than 1048576 bytes"):
        load(tmp_path / "large.toml")


def test_an_unknown_scenario_brings_the_nearest_name() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'a_read_that_waits'"):
        find("read_that_waits")
