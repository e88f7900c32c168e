"""Every function of the model's text mirrors one of Go, or is ours with a reason."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import model
from conformance import mirror_names
from conformance.fingerprints import load, names, unknown
from conformance.mirror import GoName, Mirror, Value, former, mirrors, text_of, units, units_named
from model.releases import RELEASES, runtime

FOLDER = Path(model.__file__).parent
OLDER = sorted((FOLDER / "older").glob("go*.py"))


def defined(path: Path) -> Iterator[str]:
    """The functions and the classes with a state in a file, as ``mirrors`` names them."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            methods = [
                n.name for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
            data = "__init__" in methods and not node.name.startswith("Go")
            for name in methods:
                if name == "__init__":
                    yield node.name
                elif name != "__repr__":
                    yield f"{node.name}.{name}" if data else name


@pytest.mark.parametrize(
    "path", [*(FOLDER / f"{name}.py" for name in mirror_names.FILES), *OLDER], ids=lambda p: p.stem
)
def test_nothing_in_the_text_is_left_out(path: Path) -> None:
    known = {one.name for one in mirrors()}

    assert set(defined(path)) - known == set()


def test_everything_mirrors_something_that_go_has_or_is_ours_with_a_reason() -> None:
    assert unknown(load(), mirrors()) == [], (
        "write these into GO, PARTS or OURS of conformance/mirror_names.py,"
        " then `netpoll drift --record`"
    )
    assert all(one.go or one.part_of or one.reason for one in mirrors())


def test_a_function_that_mirrors_nothing_is_caught() -> None:
    invented = Mirror(
        name="invented", module="proc", owner="Proc", go=(GoName("runtime/proc.go", "invented"),)
    )

    assert unknown(load(), [*mirrors(), invented]) == [invented]


@pytest.mark.parametrize(
    ("name", "go"),
    [
        ("netpollblock", "runtime/netpoll.go:netpollblock"),
        ("publishInfo", "runtime/netpoll.go:pollDesc.publishInfo"),
        ("PollDesc", "runtime/netpoll.go:pollDesc"),
        ("check", "runtime/time.go:timers.check"),
        ("needsAdd", "runtime/time.go:timer.needsAdd"),
        ("rwlock", "internal/poll/fd_mutex.go:fdMutex.rwlock"),
        ("GQueue.pop", "runtime/proc.go:gQueue.pop"),
        ("FD", "internal/poll/fd_unix.go:FD"),
        ("fdClose", "internal/poll/fd_unix.go:FD.Close"),
        ("exitsyscall0", "runtime/proc.go:exitsyscall0"),
    ],
)
def test_a_go_name_follows_from_name_and_class(name: str, go: str) -> None:
    found = next(one for one in mirrors() if one.name == name)

    assert str(found.go[0]) == go


def test_the_tables_have_no_dead_entries() -> None:
    known = {one.name for one in mirrors()}
    go = {name.name for one in mirrors() for name in one.go}

    assert (mirror_names.GO.keys() | mirror_names.PARTS.keys() | mirror_names.OURS.keys()) <= known
    assert set(mirror_names.PARTS.values()) <= known
    assert mirror_names.FORMER.keys() <= go


def test_a_name_stands_in_one_table_only() -> None:
    reasons, parts = mirror_names.OURS.keys(), mirror_names.PARTS.keys()

    assert not reasons & parts
    assert not reasons & mirror_names.GO.keys()


def test_what_go_had_under_an_older_name_was_there_before_and_is_gone() -> None:
    prints = load().prints
    oldest, newest = prints["1.21"], prints["1.27"]
    renamed = [name for name in names() if former(name)]

    assert len(renamed) == len(mirror_names.FORMER)
    for name in renamed:
        assert newest[name], name
        assert all(oldest[one] and not newest[one] for one in former(name)), name


@pytest.mark.parametrize("release", RELEASES)
def test_every_unit_of_a_release_that_go_has_is_in_the_model(release: str) -> None:
    prints = load().prints[release]
    there = [unit for unit in units() if any(prints[name] for name in unit.go)]

    assert len(there) > 100
    assert [u.main.name for u in there if text_of(u.main, runtime(release)) is None] == []


def test_an_override_is_what_a_release_is_read_with() -> None:
    one = units_named("netpollunblock")[0].main
    places = {r: text_of(one, runtime(r)).__module__ for r in ("1.21", "1.22")}

    assert places == {"1.21": "model.older.go121", "1.22": "model.netpoll"}


@pytest.mark.parametrize(
    "word",
    [
        *("rwlock", "fdMutex.rwlock", "(*fdMutex).rwlock", "(fdMutex).rwlock"),
        *("fd_mutex.go:fdMutex.rwlock", "internal/poll/fd_mutex.go:rwlock", "fd_mutex.py:rwlock"),
    ],
)
def test_a_function_goes_by_many_names(word: str) -> None:
    assert [unit.main.name for unit in units_named(word)] == ["rwlock"]


def test_a_constant_may_be_overridden_by_an_attribute() -> None:
    one = units_named("TAG_BITS")[0].main

    assert {release: text_of(one, runtime(release)) for release in ("1.27", "1.24", "1.21")} == {
        "1.27": Value("model.netpoll", "TAG_BITS"),
        "1.24": Value("model.older.go124", "tagBits"),
        "1.21": Value("model.older.go124", "tagBits"),
    }


@pytest.mark.parametrize(
    ("word", "name"), [("pdReady", "pdNil"), ("pdNil", "pdNil"), ("mutexRWait", "mutexClosed")]
)
def test_a_constant_is_found_by_any_of_its_block(word: str, name: str) -> None:
    assert [unit.main.name for unit in units_named(word)] == [name]


def test_a_word_may_mean_several_and_a_full_name_goes_before_a_short_one() -> None:
    assert [unit.main.name for unit in units_named("unlock")] == ["timersUnlock", "timerUnlock"]
    assert [unit.main.name for unit in units_named("incref")] == ["incref"]
    assert units_named("nosuch") == ()


def test_the_modules_say_which_files_of_go_they_mirror() -> None:
    from conformance.mirror import go_files

    assert {
        name: go_files(importlib.import_module(f"model.{name}")) for name in ("proc", "fd_unix")
    } == {
        "proc": ("runtime/proc.go",),
        "fd_unix": ("internal/poll/fd_unix.go", "fd_poll_runtime.go"),
    }
