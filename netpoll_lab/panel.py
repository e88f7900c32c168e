"""Who sits in a comparison, and which pairs are held side by side.

The model with the profile of each release stands beside that Go. Real epoll follows the contract
of the newest release, so it stands beside the newest model and, if asked for, the newest Go.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

GO = "go"
EPOLL = "epoll"
OF_A_RELEASE = ("model", GO)
"""The witnesses that can be of an older release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One witness; ``release`` is None for the one that it is by itself."""

    name: str
    release: str | None = None

    @property
    def label(self) -> str:
        """What it is called: ``go 1.21``."""
        return self.name if self.release is None else f"{self.name} {self.release}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The witnesses, and the labels of each pair that is compared, once."""

    seats: tuple[Seat, ...]
    pairs: tuple[tuple[str, str], ...]


def panel(names: Sequence[str], releases: Sequence[str], newest: str) -> Panel:
    """Everybody who was named, in each of the releases that it can be of.

    Without a release, or with the newest alone, nobody is called by one.
    """
    if tuple(releases) in ((), (newest,)):
        plain = [Seat(name=name) for name in names]
        return _panel(combinations(plain, 2))
    if len(names) == 1:  # one witness beside its own older releases
        return _panel(pairwise(Seat(name=names[0], release=release) for release in releases))
    return by_release(names, releases, newest)


def by_release(names: Sequence[str], releases: Sequence[str], newest: str) -> Panel:
    """The same, where everybody who can be of a release is called by it."""
    return _panel([*_with_epoll(names, releases, newest), *_of_releases(names, releases)])


def _with_epoll(
    names: Sequence[str], releases: Sequence[str], newest: str
) -> Iterator[tuple[Seat, Seat]]:
    if EPOLL not in names:
        return
    epoll = Seat(name=EPOLL)
    if "model" in names:
        yield Seat(name="model", release=newest), epoll
    if GO in names and (newest in releases or "model" not in names):
        yield epoll, Seat(name=GO, release=releases[-1])


def _of_releases(names: Sequence[str], releases: Sequence[str]) -> Iterator[tuple[Seat, Seat]]:
    for release in reversed(releases):
        here = [Seat(name=name, release=release) for name in names if name in OF_A_RELEASE]
        yield from combinations(here, 2)


def _panel(pairs: Iterator[tuple[Seat, Seat]] | Sequence[tuple[Seat, Seat]]) -> Panel:
    pairs = tuple(pairs)
    seats = dict.fromkeys(seat for pair in pairs for seat in pair)
    return Panel(
        seats=tuple(seats),
        pairs=tuple((one.label, other.label) for one, other in pairs),
    )
