"""Every scenario of the catalogue on real Go: the model, real epoll and Go must agree.

The newest release and the oldest; what lies between is for ``netpoll matrix``.
"""

from collections.abc import Callable, Iterator

import pytest

from conformance.plugin import must_agree
from conformance.report import is_for
from model import Model
from realgo import RealGo
from realgo.toolchain import RELEASES, Toolchain
from realpoll import RealEpoll
from scenario import Backend, catalogue

OLDEST, *_, NEWEST = RELEASES
FOR_GO = {name: scenario for name, scenario in catalogue().items() if is_for(scenario, "go")}


def witnesses(release: str) -> Iterator[Backend]:
    """The model with the release's profile, its Go, and real epoll, which follows the newest."""
    yield Model(release=release)
    if release == NEWEST:
        yield RealEpoll()
    yield RealGo(release)


@pytest.mark.go
@pytest.mark.linux
@pytest.mark.slow
@pytest.mark.parametrize("name", FOR_GO)
@pytest.mark.parametrize("release", [NEWEST, OLDEST])
def test_the_witnesses_agree_with_real_go(
    release: str, name: str, toolchain_of: Callable[[str], Toolchain]
) -> None:
    toolchain_of(release)
    scenario = FOR_GO[name]

    must_agree(scenario, [each for each in witnesses(release) if is_for(scenario, each.name)])
