"""Real Go as a witness: what it says of scenarios whose answers are known, and when it cannot."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from realgo import RealGo, witness
from realgo.process import environment
from realgo.toolchain import Toolchain
from scenario import Scenario, Trace, Unavailable, What, catalogue, channels, parse

HEAD = 'question = "What happens?"\nfinding = "This"\n'
INTERPRETER = witness.INTERPRETER


def asked(body: str, script: str = "", procs: int = 1) -> Scenario:
    return parse(f"{HEAD}procs = {procs}\nscript = [{script}]\n{body}", name="here", origin="here")


READER = asked('[fds]\nf0 = "socketpair"\n[goroutines]\nr0 = ["read f0 64"]\n', '"write f0.peer 8"')


def real(toolchain: Toolchain, scenario: Scenario) -> Trace:
    """A run that counts; of one that was measured to be late the test is skipped."""
    trace = RealGo(toolchain.release).run(scenario)
    if trace.inconclusive:
        assert all("ms late (limit" in reason for reason in trace.inconclusive), trace.inconclusive
        pytest.skip(f"the machine was late: {trace.inconclusive[0]}")
    return trace


@pytest.mark.go
@pytest.mark.slow
def test_a_trace_of_real_go_is_as_rich_as_one_of_the_model(toolchain: Toolchain) -> None:
    trace = real(toolchain, catalogue()["stale_event_after_reuse"])

    assert (trace.witness, trace.release) == ("go", f"Go {toolchain.version}")
    assert {event.what for event in trace.events} >= {
        *(What.SCRIPT, What.ENTRY, What.POLL, What.WAKE, What.RUN, What.STEP, What.BEGIN),
        *(What.ACTION, What.START, What.PARK, What.LEAVE, What.WAIT, What.SLOT, What.HOLD),
        *(What.RELEASE, What.ACQUIRE, What.GIVE),
    }
    close, ready = (event for event in trace.events if event.what is What.WAKE)
    parents = {event.seq: event for event in trace.events}
    assert parents[close.cause or 0].args["text"] == "close f0"
    assert parents[ready.cause or 0].args["text"] == "write f0.peer 8"
    assert parents[ready.via or 0].what is What.POLL


KINDS = """
[fds]
s = "socketpair"
t = "tcp"
pr = "pipe.read"
pw = "pipe.write"
e = "eventfd"
f = "file"
[goroutines]
rs = ["read s 64", "write s 8"]
rt = ["read t 64", "fill t"]
rp = ["read pr 64", "read pr 64"]
wp = ["fill pw", "write pw 8"]
re = ["read e 8"]
rf = ["read f 8192", "read f 8", "close f", "read f 8"]
q = ["is_poll_descriptor epfd", "is_poll_descriptor break", "is_poll_descriptor s"]
"""


@pytest.mark.go
@pytest.mark.slow
def test_every_kind_of_descriptor_and_every_action_works(toolchain: Toolchain) -> None:
    actions = [
        *("write s.peer 8", "read s.peer 8", "write t.peer 8", "drain t.peer", "write pr.peer 8"),
        *("close pr.peer", "drain pw.peer", "write e.peer 8", "shutdown s.peer", "fill t.peer"),
        "reset t.peer",
    ]
    script = ", ".join(f'"{action}"' for action in actions)
    steps = channels(real(toolchain, asked(KINDS, script))).step

    assert {g: [str(result) for result in results] for g, results in steps.items()} == {
        "rs": ["(read s 64: 8, ok)", "(write s 8: 8, ok)"],
        "rt": ["(read t 64: 8, ok)", "(fill t: ok)"],
        "rp": ["(read pr 64: 8, ok)", "(read pr 64: 0, eof)"],
        "wp": ["(fill pw: ok)", "(write pw 8: 8, ok)"],
        "re": ["(read e 8: 8, ok)"],
        "rf": [
            *("(read f 8192: 4096, ok)", "(read f 8: 0, eof)", "(close f: ok)"),
            "(read f 8: 0, closed)",
        ],
        "q": [
            *("(is_poll_descriptor epfd: yes, ok)", "(is_poll_descriptor break: yes, ok)"),
            "(is_poll_descriptor s: no, ok)",
        ],
    }


@pytest.mark.go
@pytest.mark.slow
def test_with_two_ps_a_batch_of_four_wakes_in_order(toolchain: Toolchain) -> None:
    seen = channels(real(toolchain, catalogue()["two_ps_one_batch"]))

    assert [wake.g for wake in seen.wake] == ["r0", "r1", "r2", "r3"]
    assert sorted(seen.run) == ["r0", "r1", "r2", "r3"]


@pytest.mark.go
@pytest.mark.slow
def test_nothing_in_the_users_environment_disturbs_a_run(
    toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = RealGo(toolchain.release)
    _ = go.program  # it is built with the cache that is there
    monkeypatch.setenv("GODEBUG", "schedtrace=1,gctrace=1")
    monkeypatch.setenv("GOMAXPROCS", "7")
    monkeypatch.delenv("HOME", raising=False)

    assert not go.run(READER).inconclusive


@pytest.mark.go
@pytest.mark.slow
def test_too_few_descriptors_are_named_with_the_limit(toolchain: Toolchain) -> None:
    go = RealGo(toolchain.release)
    text = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (150, 150))
from pathlib import Path
from realgo import RealGo
from scenario import Unavailable, catalogue
go = RealGo({toolchain.release!r})
go.__dict__["program"] = Path({str(go.program)!r})
try:
    go.run(catalogue()["more_than_128_at_once"])
except Unavailable as missing:
    print(missing)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("Real Go could not open f43, a pipe.read, as number 150: ")
    assert "200 descriptors" in done.stdout
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 150


@pytest.mark.go
def test_the_interpreter_is_formatted_as_go_formats(toolchain: Toolchain) -> None:
    gofmt = toolchain.goroot / "bin" / "gofmt"
    done = subprocess.run(
        [gofmt, "-l", INTERPRETER], capture_output=True, text=True, check=True, env=environment(1)
    )

    assert done.stdout == ""


# --- processes that are not the interpreter ------------------------------------------------------


@pytest.fixture
def told(tmp_path: Path) -> RealGo:
    """A witness whose program is the shell script ``program`` in the test's folder."""
    go = RealGo("1.27")
    root = Path("/nowhere")
    go.__dict__["toolchain"] = Toolchain(
        release="1.27", version="1.27.3", goroot=root, origin="cache"
    )
    go.__dict__["program"] = tmp_path / "program"
    return go


def reasons(go: RealGo, script: str) -> tuple[str, ...]:
    go.program.write_text(f"#!/bin/sh\n{script}\n")
    go.program.chmod(0o755)
    trace = go.run(READER)
    assert trace.events == ()
    return trace.inconclusive


def test_a_crash_is_inconclusive_with_what_the_process_wrote(told: RealGo) -> None:
    assert reasons(told, "echo 'fatal error: all is lost' >&2; kill -ABRT $$") == (
        "the process of real Go did not come to its end: it was killed by SIGABRT",
        "it wrote: fatal error: all is lost",
    )


def test_a_hang_is_inconclusive_with_where_the_goroutines_stood(
    told: RealGo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness, "LIMIT_S", 0.05)
    dump = 'trap "echo goroutine 7 >&2; exit 2" QUIT; while :; do :; done'

    assert reasons(told, dump) == (
        "the process of real Go did not come to its end: it had not ended in time and was killed",
        "it wrote: goroutine 7",
    )


def test_what_the_interpreter_itself_says_goes_first(told: RealGo) -> None:
    script = "echo 'inconclusive things were not quiet in time (2)'; echo stacks >&2; exit 3"

    assert reasons(told, script) == ("things were not quiet in time (2)", "it wrote: stacks")


def test_a_record_that_stops_is_inconclusive_although_the_process_ended_well(told: RealGo) -> None:
    assert reasons(told, "exit 0") == (
        "the record of real Go stops before the run's end; 0 were lost",
    )


def test_a_shortage_that_the_interpreter_names_is_unavailable(told: RealGo) -> None:
    with pytest.raises(Unavailable, match=r"^Real Go could not open f0$"):
        reasons(told, "echo 'unavailable could not open f0'; exit 3")


def test_a_program_that_is_gone_is_unavailable(told: RealGo) -> None:
    with pytest.raises(Unavailable, match=r"could not be run: No such file or directory: .*"):
        told.run(READER)


def test_no_run_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        RealGo("1.27", runs=0)
