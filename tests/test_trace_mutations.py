"""Whatever happens to a trace's text, the reader answers with a trace or one message."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenario import Event, Trace, TraceError, What, channels, find, read_trace, trace_lines

STEPS = [("write f0 8", 3, "timeout"), ("read f0 64", 8, "ok"), ("fill f0", None, "ok")]
EVENTS = (
    Event(seq=0, what=What.SCRIPT, t=0),
    Event(
        seq=1,
        what=What.ENTRY,
        args={"index": 0, "text": "go r0", "plain_go": True, "blocked": True},
    ),
    Event(
        seq=2,
        what=What.POLL,
        args={"events": [{"fd": "f0", "modes": "rw", "err": False, "stale": False}]},
    ),
    Event(seq=3, what=What.WAKE, g="r0", fd="f0", mode="r", why="ready", cause=1, via=2),
    Event(seq=4, what=What.BREAK, why="written"),
    *(
        Event(
            seq=5 + index,
            what=What.STEP,
            g="r0",
            args={"index": index, "text": text, "count": count, "error": error},
        )
        for index, (text, count, error) in enumerate(STEPS)
    ),
)
TRACE = Trace.of(
    find("a_read_that_waits"), EVENTS, witness="model", release="x", clock="virtual", seed=0
)
TEXT = "\n".join(trace_lines(TRACE)) + "\n"
TOKENS = [*re.finditer(r'"[^"]*"|[0-9]+|[a-z]+|[^\s\w]', TEXT)]
OTHERS = [
    '"x"', "0", "-1", "1e9", "null", "true", "[]", "{}", '"args"', '"r0"', '"write"', '"step"',
    '"poll"', '""', "NaN", "9" * 5000, "\\", "\n", "",
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.sampled_from(TOKENS), other=st.sampled_from([*OTHERS]))
def test_a_damaged_trace_is_read_or_refused_with_its_line(
    tmp_path: Path, token: re.Match[str], other: str
) -> None:
    path = tmp_path / "t"
    path.write_text(TEXT[: token.start()] + other + TEXT[token.end() :], encoding="utf-8")
    told = f"{path}:1: read"
    try:
        assert channels(read_trace(path)).step.keys() <= {"r0", "x", "args", "write", "step", ""}
    except TraceError as error:
        told = str(error)
    assert re.match(r":\d+: [^\n]*\Z", told.removeprefix(str(path)))
