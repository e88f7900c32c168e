"""What ``.ci/run`` promises: it asks two releases of real Go, and skips none of their tests."""

import re
from pathlib import Path

import pytest

from conftest import may_skip
from netpoll_lab.parser import parser
from realgo.toolchain import RELEASES

CI = (Path(__file__).parent.parent / ".ci" / "run").read_text()
NEEDED = {RELEASES[0], RELEASES[-1]}


def test_it_installs_and_requires_the_newest_release_and_the_oldest() -> None:
    named = dict(re.findall(r"^(newest|oldest)=(\S+)$", CI, re.MULTILINE))

    assert named == {"newest": RELEASES[-1], "oldest": RELEASES[0]}
    assert '"$netpoll" go install "$newest" "$oldest"' in CI
    assert 'NETPOLL_REQUIRE_GO="$oldest,$newest"' in CI


def test_every_command_of_it_is_one_of_netpolls() -> None:
    calls = re.findall(r'^"\$netpoll" (.*)$', CI, re.MULTILINE)

    assert len(calls) >= 3
    for call in calls:
        words = call.replace('"', "").replace("$newest", "1.27").replace("$oldest", "1.21").split()
        assert parser().parse_args(words).command == words[0]


@pytest.mark.parametrize(
    ("reason", "may"),
    [
        ("Skipped: there is no Go 1.24 here; type `netpoll go install 1.24`", True),
        ("Skipped: there is no Go 1.21 here; type `netpoll go install 1.21`", False),
        ("Skipped: go: the entry `go r0` was 7.2 ms late (limit 5 ms)", True),
        ("Skipped: go: this is not amd64", False),
    ],
)
def test_a_test_of_a_required_go_may_be_skipped_only_for_lateness(reason: str, may: bool) -> None:
    assert may_skip(reason, NEEDED) is may
