"""Building a Go program: once for the same content, by one builder, in one step."""

import errno
import fcntl
import json
import multiprocessing
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from realgo import overlay
from realgo.build import KEPT, UNFINISHED, build, environment
from realgo.toolchain import Toolchain
from scenario import Unavailable

GO_BY_HAND = """\
#!/bin/sh
echo "$@" >> "$CALLS"
case $1 in
list) cat "$LISTING" ;;
build)
    while [ "$1" != -o ]; do shift; done
    mkdir -p "${2%/*}"
    printf half > "$2"
    if [ -e "$STUCK" ]; then echo building >> "$CALLS"; exec sleep 100; fi
    if [ -e "$WRONG" ]; then echo "main.go:3:1: syntax error" >&2; exit 1; fi
    cat main.go > "$2"
    chmod 755 "$2"
    ;;
esac
"""
"""A go command that is quick: its programs are their own source."""

Build = Callable[[], Path]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A main package, which the go command by hand lists and builds."""
    folder = tmp_path / "hello"
    folder.mkdir()
    (folder / "main.go").write_text("package main\n")
    (folder / "go.mod").write_text("module hello\n")
    listing = [
        {"Dir": "/nowhere", "Standard": True, "GoFiles": ["fmt.go"], "DepOnly": True},
        {
            "Dir": str(folder),
            "Name": "main",
            "Module": {"GoMod": str(folder / "go.mod")},
            "GoFiles": ["main.go"],
        },
    ]
    (tmp_path / "listing").write_text("\n".join(json.dumps(each, indent=1) for each in listing))
    for name in ("CALLS", "LISTING", "WRONG", "STUCK"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("NETPOLL_LAB_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def by_hand(tmp_path: Path) -> Toolchain:
    go = tmp_path / "goroot" / "bin" / "go"
    go.parent.mkdir(parents=True)
    go.write_text(GO_BY_HAND)
    go.chmod(0o755)
    return Toolchain(release="1.27", version="1.27.3", goroot=tmp_path / "goroot", origin="cache")


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().split()


def on_the_shelf(tmp_path: Path) -> list[str]:
    (shelf,) = (tmp_path / "cache" / "build" / "1.27.3").iterdir()
    return sorted(each.name for each in shelf.iterdir() if each.name != "lock")


def test_the_same_content_is_built_once_and_said_once(
    package: Path, by_hand: Toolchain, tmp_path: Path
) -> None:
    said: list[str] = []

    first = build(by_hand, package, overlay=False, say=said.append)
    second = build(by_hand, package, overlay=False, say=said.append)

    assert first == second
    assert first.read_text() == "package main\n"
    assert calls(tmp_path).count("build") == calls(tmp_path).count("-buildvcs=false") == 1
    assert said == ["building hello for Go 1.27.3 (about 20 s, once)"]


@pytest.mark.parametrize("name", ["main.go", "go.mod"])
def test_another_content_is_another_build(package: Path, by_hand: Toolchain, name: str) -> None:
    first = build(by_hand, package, overlay=False)
    (package / name).write_text("package main // changed\n")

    assert build(by_hand, package, overlay=False) != first


def test_only_the_builds_used_last_are_kept(
    package: Path, by_hand: Toolchain, tmp_path: Path
) -> None:
    made = []
    for number in range(KEPT + 2):
        (package / "main.go").write_text(f"package main // {number}\n")
        made.append(build(by_hand, package, overlay=False))

    assert on_the_shelf(tmp_path) == sorted(path.parent.name for path in made[-KEPT:])


def test_a_build_error_is_shown_with_the_compilers_text_and_leaves_nothing(
    package: Path, by_hand: Toolchain, tmp_path: Path
) -> None:
    (tmp_path / "wrong").touch()

    with pytest.raises(Unavailable, match=r"hello: go build .* says:\nmain.go:3:1: syntax error"):
        build(by_hand, package, overlay=False)

    assert on_the_shelf(tmp_path) == []


def test_a_package_that_is_no_program_is_refused(
    package: Path, by_hand: Toolchain, tmp_path: Path
) -> None:
    (tmp_path / "listing").write_text(json.dumps({"Dir": str(package), "Name": "parse"}))

    with pytest.raises(Unavailable, match="package parse is no program"):
        build(by_hand, package, overlay=False)


def test_a_folder_that_is_not_there_is_named(by_hand: Toolchain, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nowhere: No such file or directory"):
        build(by_hand, tmp_path / "nowhere", overlay=False)


def test_builders_at_the_same_time_build_once(
    package: Path, by_hand: Toolchain, tmp_path: Path
) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        made = pool.starmap(build_plain, [(by_hand, package)] * 4)

    assert len(set(made)) == 1
    assert calls(tmp_path).count("build") == 1


def build_plain(toolchain: Toolchain, package: Path) -> Path:
    return build(toolchain, package, overlay=False)


BUILDER = """\
import sys
from pathlib import Path
from realgo.build import build
from realgo.toolchain import Toolchain
root = Path(sys.argv[1])
go = Toolchain(release="1.27", version="1.27.3", goroot=root / "goroot", origin="cache")
build(go, root / "hello", overlay=False)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_builder_that_is_stopped_leaves_nothing_that_is_taken_for_a_build(
    package: Path, by_hand: Toolchain, tmp_path: Path, how: signal.Signals
) -> None:
    (tmp_path / "stuck").touch()
    builder = subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(tmp_path)],
        cwd=Path(__file__).parent.parent,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until(lambda: (tmp_path / "calls").exists() and "building" in calls(tmp_path))
    os.killpg(builder.pid, how)
    builder.communicate(timeout=10)
    (tmp_path / "stuck").unlink()

    left = on_the_shelf(tmp_path)
    made = build(by_hand, package, overlay=False)

    assert all(name.startswith(UNFINISHED) for name in left)
    assert bool(left) == (how == signal.SIGKILL)
    assert made.read_text() == "package main\n"
    assert on_the_shelf(tmp_path) == [made.parent.name]


@pytest.mark.slow
def test_an_interrupt_of_the_whole_terminal_ends_go_and_all_that_it_started(
    package: Path, by_hand: Toolchain, tmp_path: Path
) -> None:
    (tmp_path / "stuck").touch()
    compiler = f'sleep 100 & echo $! > "{tmp_path}/pid"; wait'
    by_hand.go.write_text(GO_BY_HAND.replace("exec sleep 100", compiler))
    builder = subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(tmp_path)],
        cwd=Path(__file__).parent.parent,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    pid = tmp_path / "pid"
    until(lambda: pid.exists() and pid.read_text().endswith("\n"))

    os.killpg(builder.pid, signal.SIGINT)

    assert builder.communicate(timeout=10)[1].endswith("KeyboardInterrupt\n")
    until(lambda: not Path(f"/proc/{int(pid.read_text())}/exe").exists())
    assert on_the_shelf(tmp_path) == []


def until(holds: Callable[[], bool], limit_s: float = 20) -> None:
    """Look until something holds; there is nothing to wait on but a file that another writes."""
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end


def test_the_go_command_sees_none_of_the_users_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-race")
    monkeypatch.setenv("GOEXPERIMENT", "rangefunc")
    monkeypatch.setenv("GOMODCACHE", "/modules")
    seen = environment()

    assert seen["GOFLAGS"] == ""
    assert seen["GOPROXY"] == "off"
    assert seen["GOMODCACHE"] == "/modules"
    assert "GOEXPERIMENT" not in seen
    assert seen["XDG_CONFIG_HOME"] == os.devnull
    monkeypatch.setenv("GOPATH", "relative")  # which the go command would refuse
    assert "GOPATH" not in environment()


def test_a_cache_where_nothing_may_be_run_is_told_before_anything_is_built(
    package: Path, by_hand: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoExec:
        f_flag = os.ST_NOEXEC | os.ST_NOSUID

    monkeypatch.setattr(os, "statvfs", lambda path: NoExec)

    with pytest.raises(Unavailable, match="a file system that is not mounted noexec"):
        build(by_hand, package, overlay=False)

    assert not (tmp_path / "calls").exists()


def test_a_cache_that_cannot_be_written_says_what_to_set(
    package: Path, by_hand: Toolchain, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("not a folder")

    with pytest.raises(Unavailable, match="set NETPOLL_LAB_CACHE to a folder that can be written"):
        build(by_hand, package, overlay=False)


def test_a_full_disk_is_said_and_leaves_nothing(
    package: Path, by_hand: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(texts: dict[Path, str], into: Path) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(overlay, "contents", lambda *_, **__: {tmp_path / "a.go": "package a"})
    monkeypatch.setattr(overlay, "write", full)

    with pytest.raises(Unavailable, match="No space left on device; nothing was built"):
        build(by_hand, package)

    assert on_the_shelf(tmp_path) == []


@pytest.mark.parametrize("garbage", ["nothing", "empty", "not executable", "a file"])
def test_what_stands_in_the_place_of_a_build_is_built_anew(
    package: Path, by_hand: Toolchain, garbage: str
) -> None:
    program = build(by_hand, package, overlay=False)
    good = program.read_bytes()
    program.unlink()
    if garbage == "a file":
        program.parent.rmdir()
        program.parent.touch()
    elif garbage == "empty":
        program.touch(mode=0o755)
    elif garbage == "not executable":
        program.write_bytes(good)

    assert build(by_hand, package, overlay=False) == program

    assert program.read_bytes() == good


def test_what_is_no_folder_is_swept_too(package: Path, by_hand: Toolchain, tmp_path: Path) -> None:
    build(by_hand, package, overlay=False)
    (shelf,) = (tmp_path / "cache" / "build" / "1.27.3").iterdir()
    (shelf / f"{UNFINISHED}file").touch()
    (shelf / f"{UNFINISHED}link").symlink_to(package)

    made = build(by_hand, package, overlay=False)

    assert on_the_shelf(tmp_path) == [made.parent.name]
    assert (package / "main.go").exists()


@pytest.mark.parametrize("harm", ["it is gone", "it is empty", "it crashes"])
def test_a_go_that_does_not_work_is_told_how_to_mend_it(
    package: Path, by_hand: Toolchain, harm: str
) -> None:
    if harm == "it is gone":
        by_hand.go.unlink()
    else:
        by_hand.go.write_text("" if harm == "it is empty" else "#!/bin/sh\nkill -SEGV $$\n")

    with pytest.raises(Unavailable, match=r"`netpoll go install 1\.27` brings one that works"):
        build(by_hand, package, overlay=False)


@pytest.mark.slow
def test_a_go_that_outlives_a_killed_builder_is_waited_for(
    package: Path, by_hand: Toolchain, tmp_path: Path
) -> None:
    (tmp_path / "stuck").touch()
    go = f'echo $$ > "{tmp_path}/pid"; exec sleep 100'
    by_hand.go.write_text(GO_BY_HAND.replace("exec sleep 100", go))
    builder = subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(tmp_path)], cwd=Path(__file__).parent.parent
    )
    pid = tmp_path / "pid"
    until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    builder.kill()
    builder.wait()
    (tmp_path / "stuck").unlink()
    said: list[str] = []

    def end_it(line: str) -> None:
        if not said:
            os.kill(int(pid.read_text()), signal.SIGKILL)
        said.append(line)

    build(by_hand, package, overlay=False, say=end_it)

    assert said[0] == "another netpoll is building this; waiting for it"


def test_a_gocache_that_cannot_be_made_is_told_before_go_is_asked(
    package: Path, by_hand: Toolchain, tmp_path: Path
) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "gocache").touch()

    with pytest.raises(Unavailable, match=r"gocache: File exists.* set NETPOLL_LAB_CACHE"):
        build(by_hand, package, overlay=False)

    assert not (tmp_path / "calls").exists()


def test_who_waits_for_another_builder_says_so(
    package: Path, by_hand: Toolchain, tmp_path: Path
) -> None:
    build(by_hand, package, overlay=False)
    (shelf,) = (tmp_path / "cache" / "build" / "1.27.3").iterdir()
    said: list[str] = []
    with (shelf / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def free(line: str) -> None:
            said.append(line)
            fcntl.flock(lock, fcntl.LOCK_UN)

        build(by_hand, package, overlay=False, say=free)

    assert said == ["another netpoll is building this; waiting for it"]


def test_an_overlay_that_go_passes_over_is_an_error(
    package: Path, by_hand: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "contents", lambda *_, **__: {tmp_path / "a.go": "package a"})

    with pytest.raises(Unavailable, match="passes over the overlay"):
        build(by_hand, package)

    assert on_the_shelf(tmp_path) == []


def test_another_machine_is_told_what_is_needed(
    package: Path, by_hand: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")

    with pytest.raises(Unavailable, match="for Linux on amd64; this is linux on aarch64"):
        build(by_hand, package)
