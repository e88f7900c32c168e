"""The older releases, as far as scenarios show them.

That the channels are those of real Go is asked of real Go itself (test_compare_go, netpoll matrix)
and of its records (test_recorded_go).
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from model import Model, Runtime, simulate
from model.older import Go121, Go122, Go123, Go124, Go125, Go126
from model.releases import NEWEST, RELEASES, runtime
from model_worlds import mixed_load
from realgo import toolchain
from scenario import CHANNELS, Channels, Unavailable, catalogue, channels

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "releases.md"
CLASSES = (Go121, Go122, Go123, Go124, Go125, Go126)
OLDER = tuple(name for name in RELEASES if name != NEWEST)
NEWEST_CHANNELS = {name: channels(Model().run(one)) for name, one in catalogue().items()}


# ---- the list


def test_the_releases_are_those_whose_toolchains_are_known() -> None:
    assert tuple(reversed(RELEASES)) == toolchain.RELEASES


def test_each_release_has_its_own_text_over_the_next_newer_one() -> None:
    texts = [release.runtime for release in RELEASES.values()]

    assert texts == [Runtime, *reversed(CLASSES)]
    assert all(older.__bases__ == (newer,) for newer, older in pairwise(texts))


def test_a_release_that_is_not_known_names_those_that_are() -> None:
    with pytest.raises(Unavailable, match=r"no Go 1\.20; it has 1\.27, .*1\.21; choose"):
        Model(release="1.20")


@pytest.mark.parametrize("release", RELEASES)
def test_a_trace_says_of_which_release_it_is(release: str) -> None:
    one = catalogue()["a_read_that_waits"]

    assert Model(release=release).run(one).release == f"Go {release}"
    assert simulate(one, runtime=runtime(release)) == Model(release=release).run(one)


def test_no_function_of_the_text_asks_which_release_it_is() -> None:
    for kind in inspect.getmro(Go121)[:-1]:
        tree = ast.parse(inspect.getsource(sys.modules[kind.__module__]))
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

        assert names & {"release", "RELEASES", "NEWEST"} == set(), kind


def test_an_older_release_overrides_no_more_than_differs() -> None:
    """A function that is the same as the newer one would be a copy to keep in step for nothing."""
    for kind in CLASSES:
        for name, function in vars(kind).items():
            newer = getattr(kind.__base__, name, None)
            if inspect.isfunction(function) and newer is not None:
                assert code_of(function) != code_of(newer), f"{kind.__name__}.{name}"


def code_of(function: Callable[..., Any]) -> str:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    documented = isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[0].value, ast.Constant)
    return "\n".join(map(ast.unparse, tree.body[1 if documented else 0 :]))


# ---- what scenarios show

FETCHED_FOR_NOBODY = {"nobody_waits_nobody_polls": {"batch"}}
NOT_COUNTED_OFF = {"a_served_reader_is_counted_off": {"break"}}
TIMERS_OF_122 = {
    "a_removed_deadline_is_swept": {"break"},
    "a_moved_deadline_leaves_a_hint": {"break"},
}
SHOWN = {
    "1.21": FETCHED_FOR_NOBODY | NOT_COUNTED_OFF | TIMERS_OF_122,
    "1.22": TIMERS_OF_122,
}
"""By release: the scenarios that end otherwise than with the newest, and in which channels."""


def differing(one: Channels, other: Channels) -> set[str]:
    fields = {channel: "brk" if channel == "break" else channel for channel in CHANNELS}
    return {name for name, field in fields.items() if getattr(one, field) != getattr(other, field)}


@pytest.mark.slow
@pytest.mark.parametrize("release", OLDER)
def test_a_release_differs_from_the_newest_in_these_scenarios_and_no_other(release: str) -> None:
    found = {}
    for name, one in catalogue().items():
        trace = Model(release=release).run(one)
        assert trace.inconclusive == ()
        if apart := differing(channels(trace), NEWEST_CHANNELS[name]):
            found[name] = apart

    assert found == SHOWN.get(release, {})


def test_the_reference_lists_what_scenarios_show_with_class_and_channel() -> None:
    row = r"^\| .* \| (1\.\d+) \| .* \| `(\w+)` \| `(\w+)` \| (\w+) \| .* \| .* \|$"
    rows = re.findall(row, PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    newest_first = list(RELEASES)
    before = {
        release: {
            name: {channel}
            for since, _, name, channel in rows
            if newest_first.index(release) > newest_first.index(since)
        }
        for release in RELEASES
    }

    assert {release: shown for release, shown in before.items() if shown} == SHOWN
    for since, kind, *_ in rows:
        last_without = newest_first[newest_first.index(since) + 1]
        assert RELEASES[last_without].runtime.__name__ == kind


def breaks(name: str, release: str) -> list[str]:
    return [str(brk) for brk in channels(Model(release=release).run(catalogue()[name])).brk]


def test_a_served_reader_keeps_a_poller_blocked_in_1_21_alone() -> None:
    name = "a_served_reader_is_counted_off"

    assert breaks(name, "1.21") == ["entry 1: yes"]
    assert breaks(name, "1.22") == []


def test_a_stopped_timer_is_swept_by_a_new_one_since_1_23() -> None:
    name = "a_removed_deadline_is_swept"

    assert breaks(name, "1.22")[-1] == "entry 4: no"
    assert breaks(name, "1.23")[-1] == "entry 4: yes"


def test_a_timer_that_moved_to_later_leaves_a_hint_since_1_23() -> None:
    name = "a_moved_deadline_leaves_a_hint"

    assert breaks(name, "1.22")[-1] == "entry 4: yes"
    assert breaks(name, "1.23")[-1] == "entry 4: no"


@pytest.mark.slow
@pytest.mark.parametrize("release", OLDER)
def test_every_release_stands_a_dense_load_inlined_as_plain(release: str) -> None:
    for procs in (1, 2, 4, 8):
        for seed in (3, 4):
            load = mixed_load(procs, seed)
            plain = simulate(load, runtime=runtime(release), seed=seed, inline=False)

            assert plain.inconclusive == ()
            assert [event.args for event in plain.events if event.what == "throw"] == []
            assert simulate(load, runtime=runtime(release), seed=seed) == plain


@pytest.mark.slow
@pytest.mark.parametrize("release", OLDER)
def test_with_one_p_no_channel_depends_on_the_seed_in_any_release(release: str) -> None:
    for one in (catalogue()["busy_goroutine_and_sysmon"], catalogue()["every_61st_turn"]):
        seen = [channels(Model(seed, release=release).run(one)) for seed in range(4)]

        assert seen[1:] == seen[:-1]
