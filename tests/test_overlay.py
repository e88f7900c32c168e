"""Where the overlay goes in: every place is found as often as it must be, or the release stops."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from realgo import overlay
from realgo.kinds import Kind
from realgo.overlay import Anchor, AnchorError
from realgo.overlay.anchors import ANCHORS, EPOLL, NETPOLL, PROC
from realgo.overlay.make import constants
from realgo.overlay.source import Source
from realgo.toolchain import RELEASES, Toolchain

FILES = (NETPOLL, EPOLL, PROC, "runtime/time.go")

PART = """\
package runtime

func first() {
\tload()
\tload()
}

func (pd *pollDesc) second(a int) bool {
\tload()
}
"""


def goroot_of(tmp_path: Path, text: str) -> Toolchain:
    """A GOROOT with one file that is ours."""
    (tmp_path / "src" / "runtime").mkdir(parents=True)
    (tmp_path / "src" / "runtime" / "part.go").write_text(text)
    return Toolchain(release="1.27", version="1.27.3", goroot=tmp_path, origin="cache")


def source_of(tmp_path: Path, text: str = PART) -> Source:
    return Source(goroot_of(tmp_path, text), "runtime/part.go")


def anchor(function: str, count: int = 1, **more: str) -> Anchor:
    return Anchor("runtime/part.go", function, "load", r"load\(\)", "saved()", count, **more)


def test_an_edit_stays_inside_its_function(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    source.edit(anchor("second"))

    assert source.text == PART.replace("bool {\n\tload()", "bool {\n\tsaved()")


def test_a_doubled_anchor_names_release_file_and_anchor(tmp_path: Path) -> None:
    with pytest.raises(AnchorError) as raised:
        source_of(tmp_path).edit(anchor("first"))

    assert str(raised.value) == (
        "Go 1.27.3: src/runtime/part.go: anchor 'first: load': expected 1, found 2; the overlay "
        "does not fit this Go. Use a release that `netpoll go install` installs"
    )
    assert (raised.value.release, raised.value.anchor) == ("1.27.3", "first: load")


def test_an_anchor_whose_function_is_missing_or_doubled_says_so(tmp_path: Path) -> None:
    source = source_of(tmp_path, PART + PART.replace("package runtime\n", ""))

    with pytest.raises(AnchorError, match="expected its function once, found it 0 times"):
        source.edit(anchor("third"))
    with pytest.raises(AnchorError, match="expected its function once, found it 2 times"):
        source.edit(anchor("second"))


def test_a_function_without_an_end_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnchorError, match="its function has no end"):
        source_of(tmp_path, PART.rstrip("}\n")).edit(anchor("second"))


def test_an_anchor_that_is_for_other_texts_is_left_out(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    source.edit(anchor("third", only_if="third("))
    source.edit(anchor("third", unless="second("))
    assert source.text == PART

    source.edit(anchor("first", 2, only_if="first("))
    assert source.text.count("saved()") == 2


def test_a_missing_file_names_the_release_and_the_file(tmp_path: Path) -> None:
    with pytest.raises(AnchorError, match=r"Go 1\.27\.3: src/runtime/gone\.go: .*No such file"):
        Source(goroot_of(tmp_path, PART), "runtime/gone.go")


def test_a_file_that_is_no_text_names_the_release_and_the_file(tmp_path: Path) -> None:
    toolchain = goroot_of(tmp_path, PART)
    (path,) = (toolchain.goroot / "src" / "runtime").glob("*.go")
    path.write_bytes(b"\xff")

    with pytest.raises(AnchorError, match=rf"Go 1\.27\.3: src/runtime/{path.name}: .*no text"):
        Source(toolchain, f"runtime/{path.name}")


def test_every_access_of_ours_has_a_kind_of_its_own_place() -> None:
    used = set(re.findall(r"npk(\w+)", "".join(each.replacement for each in ANCHORS)))
    made = set(re.findall(r"npk(\w+) =", constants()))

    assert used <= made
    assert len(made) == len(Kind)


@pytest.fixture
def doctored(
    tmp_path: Path, toolchain_of: Callable[[str], Toolchain]
) -> Callable[[str], Toolchain]:
    """The files of a release that the overlay reads, copied, to be spoilt."""

    def copy(release: str) -> Toolchain:
        real = toolchain_of(release)
        for file in FILES:
            target = tmp_path / "src" / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(real.goroot / "src" / file, target)
        return Toolchain(release=release, version=real.version, goroot=tmp_path, origin=real.origin)

    return copy


@pytest.mark.go
@pytest.mark.parametrize("release", RELEASES)
def test_every_anchor_fits_the_release(
    release: str, doctored: Callable[[str], Toolchain], tmp_path: Path
) -> None:
    toolchain = doctored(release)
    texts = overlay.contents(toolchain)

    words = (
        r"(?:gpp|pd\.[rw]g|netpollWakeSig|netpollWaiters)\.(?:Load|Store|Swap|CompareAndSwap|Add)\("
    )
    theirs = {path.name: text for path, text in texts.items() if "zz_" not in path.name}
    left = [
        line.strip()
        for text in theirs.values()
        for line in text.splitlines()
        if re.search(words, line) and not line.lstrip().startswith("//")
    ]
    assert sorted(theirs) == ["netpoll.go", "netpoll_epoll.go", "proc.go"]
    assert left in ([], ["return netpollWaiters.Load() > 0"])  # that function has no caller left
    assert not re.search(r"netpollAnyWaiters\(\)", theirs["proc.go"])
    (before,) = re.findall(r".*sched\.lastpoll\.\w+\(.*", theirs["proc.go"])
    assert before.strip() == "sched.lastpoll.Store(nanotime())"  # in schedinit: nothing records yet


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize("file", [NETPOLL, EPOLL, PROC])
def test_every_anchor_is_missed_when_its_text_is_gone(
    file: str, doctored: Callable[[str], Toolchain]
) -> None:
    """Each in turn: its text is spoilt in a copy, and the error names it."""
    toolchain = doctored(RELEASES[-1])
    path = toolchain.goroot / "src" / file
    whole = path.read_text()
    for each in (one for one in ANCHORS if one.file == file):
        if each.only_if not in whole or (each.unless and each.unless in whole):
            continue
        path.write_text(spoilt(whole, each))
        with pytest.raises(AnchorError) as raised:
            overlay.contents(toolchain)
        assert each.function in raised.value.anchor
        assert (raised.value.release, raised.value.file) == (toolchain.version, file)


def spoilt(text: str, anchor: Anchor) -> str:
    """The file with all that the anchor looks for taken out of its function."""
    start = re.search(rf"^func (?:\([^)]*\) )?{anchor.function}\(", text, re.MULTILINE)
    assert start is not None
    end = text.index("\n}\n", start.start()) + 1
    part = re.sub(anchor.pattern, "\t// gone\n", text[start.start() : end], flags=re.MULTILINE)
    return text[: start.start()] + part + text[end:]


@pytest.mark.go
def test_a_text_that_comes_twice_stops_the_overlay(doctored: Callable[[str], Toolchain]) -> None:
    toolchain = doctored(RELEASES[-1])
    path = toolchain.goroot / "src" / NETPOLL
    line = "\told := gpp.Swap(pdNil)\n"
    path.write_text(path.read_text().replace(line, line + line))

    with pytest.raises(AnchorError, match="anchor 'netpollblock: collect': expected 1, found 2"):
        overlay.contents(toolchain)


@pytest.mark.go
def test_an_overlay_that_does_not_fit_leaves_no_file(
    doctored: Callable[[str], Toolchain], tmp_path: Path
) -> None:
    toolchain = doctored(RELEASES[-1])
    (toolchain.goroot / "src" / NETPOLL).unlink()
    into = tmp_path / "overlay"

    with pytest.raises(AnchorError):
        overlay.make(toolchain, into)

    assert not into.exists()


@pytest.mark.go
def test_the_paths_of_a_linked_goroot_are_those_that_go_reads(
    doctored: Callable[[str], Toolchain], tmp_path: Path
) -> None:
    toolchain = doctored(RELEASES[-1])
    (tmp_path / "link").symlink_to(tmp_path)

    texts = overlay.contents(replace(toolchain, goroot=tmp_path / "link"))

    assert {path.parent for path in texts} == {tmp_path.resolve() / "src" / "runtime"}


@pytest.mark.go
def test_a_fault_goes_in_before_the_records(doctored: Callable[[str], Toolchain]) -> None:
    toolchain = doctored(RELEASES[-1])
    fault = Anchor(NETPOLL, "netpollblock", "forget", r"gpp\.Swap\(pdNil\)", "gpp.Swap(pdReady)")

    with pytest.raises(AnchorError, match="netpollblock: collect"):
        overlay.contents(toolchain, first=[fault])
