"""A trace survives its file; a file that is not a whole trace is refused with its line."""

import gc
import gzip
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scenario import Event, NetpollError, Trace, TraceError, What, parse, read_trace, write_trace
from scenario.tracefile import trace_lines

POLL = {"events": [{"fd": "f0", "modes": "rw", "err": False, "stale": False}], "timeout_ns": None}
STEP = {"index": 0, "text": "read f0 64", "count": 8, "error": "ok"}
TEXT = """
question = "Who wakes a reader?"
finding = "The poller"
fds = {f0 = "socketpair"}
goroutines = {r0 = ["read f0 64"]}
"""
TRACE = Trace.of(
    parse(TEXT, name="a_question", origin="a_question.toml"),
    (
        Event(seq=0, what=What.SCRIPT, t=0),
        Event(seq=1, what=What.POLL, t=-5, m="m1", args=POLL),
        Event(seq=2, what=What.WAKE, g="r0", fd="f0", mode="r", why="ready", cause=1, via=1),
        Event(seq=3, what=What.STEP, g="r0", p="p0", tag="netpollblock:park", args=STEP),
    ),
    witness="model",
    release="Go 1.27",
    clock="virtual",
    inconclusive=("the entry was 6ms late",),
    seed=7,
)
LINES = [
    '{"netpoll_trace":1,"witness":"model","release":"Go 1.27","clock":"virtual",'
    '"scenario":"a_question","question":"Who wakes a reader?","finding":"The poller",'
    '"procs":1,"fds":{"f0":"socketpair"},'
    '"goroutines":{"r0":["read f0 64"]},"inconclusive":["the entry was 6ms late"],"seed":7}',
    '{"seq":0,"what":"script","t":0}',
    '{"seq":1,"what":"poll","t":-5,"m":"m1","args":{"events":'
    '[{"fd":"f0","modes":"rw","err":false,"stale":false}],"timeout_ns":null}}',
    '{"seq":2,"what":"wake","g":"r0","fd":"f0","mode":"r","why":"ready","cause":1,"via":1}',
    '{"seq":3,"what":"step","g":"r0","p":"p0","tag":"netpollblock:park","args":'
    '{"index":0,"text":"read f0 64","count":8,"error":"ok"}}',
    '{"end":4}',
]


def test_a_trace_is_a_head_its_events_and_an_end() -> None:
    assert list(trace_lines(TRACE)) == LINES


def test_each_field_of_an_event_is_written_in_its_order() -> None:
    values: dict[str, Any] = {name: f'a "{name}" é' for name in Event.__dataclass_fields__}
    values |= {"seq": 1, "t": -2, "cause": 3, "via": 4, "what": "run", "args": {"x": [None, "é"]}}
    event = Event(**values | {"what": What.RUN})
    lines = list(trace_lines(replace(TRACE, events=(event,))))
    assert lines[1] == json.dumps(values, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("enabled", [True, False])
def test_a_reader_leaves_the_garbage_collector_as_it_was(tmp_path: Path, enabled: bool) -> None:
    write_trace(TRACE, tmp_path / "t")
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        read_trace(tmp_path / "t")
        refused(tmp_path / "t", changed(3, lambda line: line.replace("wake", "woke")))
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.parametrize("name", ["t.jsonl", "t.jsonl.gz"])
def test_what_was_written_is_read_back(tmp_path: Path, name: str) -> None:
    write_trace(TRACE, tmp_path / name)
    assert read_trace(tmp_path / name) == TRACE
    assert os.listdir(tmp_path) == [name]


def test_the_same_trace_gives_the_same_bytes_compressed_too(tmp_path: Path) -> None:
    write_trace(TRACE, tmp_path / "a.gz")
    write_trace(TRACE, tmp_path / "b.gz")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_a_trace_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("older")
    write_trace(TRACE, path)
    assert path.read_text().splitlines() == LINES


def test_a_trace_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    write_trace(TRACE, tmp_path / "t.jsonl")
    (tmp_path / "other").touch()
    assert (tmp_path / "t.jsonl").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_trace(TRACE, "/dev/null")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("absent/t", "No such file or directory"), ("", "Is a directory"), ("a\0b", "null")],
)
def test_an_unwritable_output_is_one_message(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(NetpollError, match=f"cannot be written \\(.*{reason}.*choose another"):
        write_trace(TRACE, f"{tmp_path}/{name}")
    assert os.listdir(tmp_path) == []


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(TraceError) as caught:
        read_trace(path)
    told = str(caught.value)
    assert "\n" not in told
    return told.removeprefix(str(path))


def changed(number: int, change: Callable[[str], str]) -> bytes:
    lines = [*LINES]
    lines[number] = change(lines[number])
    return "".join(line + "\n" for line in lines).encode()


@pytest.mark.slow
def test_every_cut_of_a_trace_is_refused(tmp_path: Path) -> None:
    whole = "".join(line + "\n" for line in LINES).encode()
    for size in range(len(whole)):
        refused(tmp_path / "t", whole[:size])


def test_a_trace_cut_between_two_lines_is_told_by_its_missing_end(tmp_path: Path) -> None:
    data = "".join(line + "\n" for line in LINES[:3]).encode()
    assert refused(tmp_path / "t", data) == (
        ":3: no end line that counts 1 events stands here; the trace was cut; run the scenario"
        " again with -o"
    )


def test_a_trace_cut_inside_a_line_is_told_by_the_line(tmp_path: Path) -> None:
    data = "\n".join(LINES[:3]).encode()
    assert refused(tmp_path / "t", data).startswith(":3: a line that does not end stands here")


def test_a_lost_line_is_told_by_the_count(tmp_path: Path) -> None:
    data = "".join(line + "\n" for line in LINES[:2] + LINES[3:]).encode()
    assert refused(tmp_path / "t", data).startswith(":5: no end line that counts 3 events")


def test_every_cut_of_a_compressed_trace_is_refused(tmp_path: Path) -> None:
    write_trace(TRACE, tmp_path / "whole.gz")
    whole = (tmp_path / "whole.gz").read_bytes()
    for size in range(0, len(whole), 16):
        refused(tmp_path / "t", whole[:size])


ODD = {
    "another version": (0, ("_trace\":1", "_trace\":2"), ":1: version 2 stands here; version 1"),
    "no version": (0, ("netpoll_trace", "x"), ":1: no head with 'netpoll_trace'"),
    "a part missing": (0, (',"seed":7', ""), ":1: a head that lacks, or should lack, seed"),
    "a wrong head": (0, ('"procs":1', '"procs":"1"'), ":1: a wrong value for 'procs'"),
    "an unknown event": (3, ("wake", "woke"), ":4: the unknown event 'woke'"),
    "an unknown field": (3, ('"g"', '"goroutine"'), ":4: the unknown field 'goroutine'"),
    "a wrong field": (3, ('"r0"', "3"), ":4: a wrong value for 'g'"),
    "a true number": (3, ('"via":1', '"via":true'), ":4: a wrong value for 'via'"),
    "a poll of nothing": (2, ('"fd"', '"df"'), ":3: a wrong value for the args of poll"),
    "a step of nothing": (4, ('"text"', '"txet"'), ":5: a wrong value for the args of step"),
    "no JSON": (3, ("{", "["), ":4: something that is not JSON"),
    "no object": (3, (LINES[3], "3"), ":4: JSON that is no object"),
    "no name": (1, ('"what":"script",', ""), ":2: the unknown event None"),
}  # fmt: skip


@pytest.mark.parametrize(("number", "change", "message"), ODD.values(), ids=list(ODD))
def test_an_odd_line_is_named(
    tmp_path: Path, number: int, change: tuple[str, str], message: str
) -> None:
    data = changed(number, lambda line: line.replace(*change))
    told = refused(tmp_path / "t", data)
    assert told.startswith(message)
    assert told.count("; ") == 2


def test_a_binary_file_is_no_trace(tmp_path: Path) -> None:
    assert refused(tmp_path / "t", b"a\n\xff\n").startswith(":2: a byte that is not UTF-8")
    assert refused(tmp_path / "t", b"").startswith(":1: an empty file")


def test_what_is_no_file_is_no_trace(tmp_path: Path) -> None:
    for name in ("absent", "", "a\0b"):
        with pytest.raises(TraceError, match=":1: cannot be read"):
            read_trace(f"{tmp_path}/{name}")


def test_a_compressed_trace_is_known_by_its_content(tmp_path: Path) -> None:
    write_trace(TRACE, tmp_path / "t.gz")
    (tmp_path / "t.gz").rename(tmp_path / "t")
    assert read_trace(tmp_path / "t") == TRACE
    assert json.loads(gzip.decompress((tmp_path / "t").read_bytes()).split(b"\n")[1])["seq"] == 0
