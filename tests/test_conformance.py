"""Every scenario of the catalogue, and every pair of witnesses: they must agree."""

from itertools import combinations

import pytest
from _pytest.mark import ParameterSet

from conformance.plugin import must_agree
from model import Model
from realpoll import RealEpoll
from scenario import Backend, catalogue

WITNESSES: dict[str, type[Backend]] = {"model": Model, "epoll": RealEpoll}
PAIRS = tuple(combinations(WITNESSES, 2))
SLOW = frozenset({"more_than_128_at_once"})


def marked(name: str) -> ParameterSet:
    """A scenario with a timer takes as long as it says."""
    slow = name in SLOW or catalogue()[name].timed
    return pytest.param(name, marks=pytest.mark.slow if slow else ())


@pytest.mark.linux
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("name", [marked(name) for name in catalogue()])
def test_the_witnesses_agree(name: str, pair: tuple[str, str]) -> None:
    must_agree(catalogue()[name], [WITNESSES[witness]() for witness in pair])
