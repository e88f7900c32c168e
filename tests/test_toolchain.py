"""Which Go toolchains there are: the cache's folders, and a ``go`` on the PATH made by hand."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from realgo import toolchain
from realgo.toolchain import (
    PINS,
    RELEASES,
    LeftOut,
    Toolchain,
    cache_home,
    find,
    installed,
    on_path,
    split,
)
from scenario import Unavailable

pytest_plugins = ["pytester"]

ON_PATH = Callable[..., Path]


@pytest.fixture(autouse=True)
def nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, and a PATH without a go."""
    monkeypatch.setenv("NETPOLL_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def cache(version: str) -> Path:
    goroot = toolchain.toolchains_home() / version
    (goroot / "src" / "runtime").mkdir(parents=True)
    (goroot / "src" / "runtime" / "netpoll.go").touch()
    return goroot


@pytest.fixture
def go(tmp_path: Path) -> ON_PATH:
    """Puts a go on the PATH that answers so; the GOROOT that it names."""

    def put(version: str = "go1.26.6", *, text: str | None = None, sources: bool = True) -> Path:
        goroot = tmp_path / "goroot"
        if sources:
            (goroot / "src" / "runtime").mkdir(parents=True)
            (goroot / "src" / "runtime" / "netpoll.go").touch()
        path = tmp_path / "bin" / "go"
        path.parent.mkdir()
        path.write_text(text or f"#!/bin/sh\necho '{version}'\necho '{goroot}'\n")
        path.chmod(0o755)
        return goroot

    return put


def test_without_any_go_the_error_says_what_to_type() -> None:
    with pytest.raises(Unavailable) as missing:
        find()

    newest = RELEASES[-1]
    assert str(missing.value) == f"there is no Go {newest} here; type `netpoll go install {newest}`"
    assert installed() == ()


def test_a_version_that_is_not_installed_so_names_the_one_that_is() -> None:
    with pytest.raises(Unavailable) as missing:
        find("1.21.5")

    assert str(missing.value) == (
        f"there is no Go 1.21.5 here; type `netpoll go install 1.21`, which brings {PINS['1.21']}"
    )


def test_the_newest_of_the_cache_is_found_first_by_number_and_not_by_letter() -> None:
    for version in ("1.21.13", "1.22.9", "1.22.10"):
        cache(version)

    assert [one.version for one in installed()] == ["1.22.10", "1.22.9", "1.21.13"]
    assert find() == find("1.22") == find("1.22.10")
    assert find("1.21") == Toolchain(
        release="1.21",
        version="1.21.13",
        goroot=toolchain.toolchains_home() / "1.21.13",
        origin="cache",
    )
    assert find("go1.22.9").go == toolchain.toolchains_home() / "1.22.9" / "bin" / "go"


def test_what_is_half_made_or_of_an_unknown_release_is_not_there() -> None:
    for name in (".1.27.3-x1y2", "1.19.8", "1.27.3-old", "notes"):
        cache(name)
    (toolchain.toolchains_home() / "1.26.6").mkdir()

    assert installed() == ()


def test_a_go_on_the_path_of_a_known_release_is_used(go: ON_PATH) -> None:
    goroot = go("go1.26.6")
    cache("1.21.13")
    other = Toolchain(release="1.26", version="1.26.6", goroot=goroot, origin="PATH")

    assert find() == find("1.26") == find("1.26.6") == other
    assert [one.origin for one in installed()] == ["PATH", "cache"]


def test_the_cache_goes_before_the_path(go: ON_PATH) -> None:
    go("go1.26.7")
    cache("1.26.6")

    assert find().origin == find("1.26").origin == "cache"
    assert find("1.26.7").origin == "PATH"
    assert [one.version for one in installed()] == ["1.26.6", "1.26.7"]


def test_a_go_on_the_path_is_not_asked_where_its_answer_cannot_matter(
    go: ON_PATH, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    go(text=f"#!/bin/sh\n: > {asked}\n")
    cache(PINS[RELEASES[-1]])

    assert find().release == find(RELEASES[-1]).release == RELEASES[-1]
    assert not asked.exists()


@pytest.mark.parametrize(
    "version",
    [
        "go1.19.8",
        "go1.28",
        "devel go1.28-a1b2c3 Mon Nov 23 2026",
        "go1.27rc1",
        "go1.27.3 X:nodwarf5",
    ],
)
def test_a_go_of_an_unknown_release_is_named_and_left_out(
    go: ON_PATH, tmp_path: Path, version: str
) -> None:
    go(version)

    left_out = on_path()

    assert str(left_out) == (
        f"{tmp_path}/bin/go on the PATH is left out: it is {version!r}, and only releases"
        " 1.21 to 1.27 are known"
    )
    with pytest.raises(Unavailable, match="left out: it is") as missing:
        find()
    assert str(left_out) in str(missing.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("#!/bin/sh\necho no such luck >&2\nexit 3\n", "(status 3: no such luck)"),
        ("#!/bin/sh\nexit 3\n", "(status 3)"),
        ("#!/bin/sh\nkill -9 $$\n", "(status -9)"),
        ("neither a program nor a script", "(Exec format error)"),
        ("#!/nowhere/sh\n", "(No such file or directory)"),
        ("#!/bin/sh\necho one line\n", "(its answer is not understood)"),
    ],
)
def test_a_broken_go_on_the_path_does_not_hide_the_others(
    go: ON_PATH, text: str, reason: str
) -> None:
    go(text=text)
    cache("1.21.13")

    left_out = on_path()

    assert isinstance(left_out, LeftOut)
    assert left_out.reason == f"it does not say who it is {reason}"
    assert [one.version for one in installed()] == ["1.21.13"]
    assert find().version == "1.21.13"


def test_a_go_that_never_answers_is_left_out(go: ON_PATH, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "ASKED_FOR_S", 0.01)
    go(text="#!/bin/sh\nexec /usr/bin/tail -f /dev/null\n")

    assert "nothing within 0.01 s" in str(on_path())


@pytest.mark.parametrize("goroot", ["", ".", "goroot", "/" + "x" * 256])
def test_a_goroot_that_can_be_none_is_left_out(goroot: str, go: ON_PATH) -> None:
    go(text=f"#!/bin/sh\necho go1.27.3\necho '{goroot}'\n")

    left_out = on_path()

    assert isinstance(left_out, LeftOut)
    assert "it does not say who it is" in left_out.reason


def test_a_go_without_its_sources_is_left_out(go: ON_PATH) -> None:
    goroot = go("go1.27.3", sources=False)

    assert str(on_path()).endswith(f"{goroot} has no src/runtime/netpoll.go")


def test_a_go_on_the_path_is_asked_for_itself_and_for_no_other(
    go: ON_PATH, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOTOOLCHAIN", "go1.21.0+auto")
    monkeypatch.setenv("GOROOT", "/somewhere/else")
    seen = tmp_path / "seen"
    go(text=f'#!/bin/sh\necho "$GOTOOLCHAIN $GOENV [$GOROOT] $PWD $*" > {seen}\n')

    on_path()

    assert seen.read_text() == "local off [] / env GOVERSION GOROOT\n"


@pytest.mark.parametrize("word", ["1.20", "1.28", "2", "", "1.27.", "1.27.3rc1", "go", "-1.27"])
def test_a_word_that_is_no_known_release_is_answered_with_those_that_are(word: str) -> None:
    with pytest.raises(Unavailable) as unknown:
        split(word)

    assert str(unknown.value) == (
        f"{word!r} is no release of Go that is known here; there are {', '.join(RELEASES)}"
    )


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/gopher")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/gopher")
    monkeypatch.setenv("NETPOLL_LAB_CACHE", "/big/disk")

    assert cache_home() == Path("/big/disk")
    monkeypatch.delenv("NETPOLL_LAB_CACHE")
    assert cache_home() == Path("/var/gopher/netpoll-lab")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative, so to be ignored")
    assert cache_home() == Path("/home/gopher/.cache/netpoll-lab")


@pytest.mark.parametrize("home", ["", "relative"])
def test_a_home_that_is_no_absolute_path_is_none(
    home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NETPOLL_LAB_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", home)

    with pytest.raises(Unavailable, match="set NETPOLL_LAB_CACHE to a folder"):
        cache_home()


@pytest.mark.parametrize("reader", [installed, find])
def test_a_cache_that_cannot_be_read_is_named(
    reader: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETPOLL_LAB_CACHE", str(tmp_path / ("x" * 256)))

    with pytest.raises(Unavailable, match="File name too long; set NETPOLL_LAB_CACHE to a folder"):
        reader()


def test_without_a_home_directory_the_cache_must_be_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("NETPOLL_LAB_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", staticmethod(homeless))

    with pytest.raises(Unavailable, match="set NETPOLL_LAB_CACHE to a folder"):
        cache_home()


USES = """
import pytest

@pytest.mark.go
def test_newest(toolchain):
    assert toolchain.release == "1.26"

@pytest.mark.go
def test_oldest(toolchain_of):
    assert toolchain_of("1.21").release == "1.21"

def test_unmarked(toolchain):
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("required", "outcomes"),
    [
        ("", {"passed": 1, "skipped": 1, "failed": 0, "errors": 1}),
        ("1.26", {"passed": 1, "skipped": 1, "failed": 0, "errors": 1}),
        ("1.21, 1.26", {"passed": 1, "skipped": 0, "failed": 1, "errors": 1}),
        ("1", {"passed": 0, "skipped": 1, "failed": 0, "errors": 2}),
    ],
)
def test_the_fixtures_skip_with_a_reason_and_fail_where_go_is_required(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    required: str,
    outcomes: dict[str, int],
) -> None:
    cache("1.26.6")
    monkeypatch.setenv("NETPOLL_REQUIRE_GO", required)
    pytester.makeini("[pytest]\nmarkers = go: needs a Go toolchain\n")
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(USES)

    result = pytester.runpytest("-rs", "-p", "no:randomly")

    result.assert_outcomes(**outcomes)
    told = result.stdout.str()
    assert "a test that needs a Go toolchain carries @pytest.mark.go" in told
    assert "there is no Go 1.21 here; type `netpoll go install 1.21`" in told


def test_the_help_of_the_command_needs_no_toolchain() -> None:
    text = (
        "import sys; from netpoll_lab.parser import parser; parser();"
        "sys.exit('realgo' in sys.modules or 'subprocess' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", text], check=False, timeout=60)

    assert done.returncode == 0
