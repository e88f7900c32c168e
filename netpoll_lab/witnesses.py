"""The witnesses by their names on the command line; each is imported when it is asked for."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from netpoll_lab.interrupt import CTRL_C
from netpoll_lab.status import CommandError
from netpoll_lab.terminal import Stages
from scenario import Backend, Scenario, ScenarioError, Trace, Unavailable, channels


class Maker(Protocol):
    """Makes a witness. ``release`` is a Go release such as 1.21, None the one it is by itself."""

    def __call__(self, release: str | None, seed: int, look_ahead: bool) -> Backend: ...


def _model(release: str | None, seed: int, look_ahead: bool) -> Backend:
    from model import Model

    if release is None:
        return Model(seed=seed, look_ahead=look_ahead)
    return Model(seed=seed, look_ahead=look_ahead, release=release)


def _epoll(release: str | None, seed: int, look_ahead: bool) -> Backend:
    from realpoll import RealEpoll

    if release is not None:
        raise CommandError(
            "real epoll is no Go release; leave --go out, or ask the model or go for it"
        )
    return RealEpoll()


def _go(release: str | None, seed: int, look_ahead: bool) -> Backend:
    from realgo import RealGo

    return RealGo(release)


MAKERS: Mapping[str, Maker] = {"model": _model, "epoll": _epoll, "go": _go}
"""How each witness is made. Real ones need no seed; they run as they do."""

NAMES = tuple(MAKERS)
DEFAULT = ("model", "epoll")
"""Who is compared if nobody is named: those that need no toolchain, and answer in seconds."""


def witness(
    name: str, *, release: str | None = None, seed: int = 0, look_ahead: bool = True
) -> Backend:
    """The witness of that name. Raises CommandError for an unknown one, Unavailable as it does."""
    check_name(name)
    if release is not None:
        check_release(release)
    return MAKERS[name](release, seed, look_ahead)


@runtime_checkable
class Prepares(Protocol):
    """A witness that has something to make before its first run, once for all."""

    def prepare(self, say: Callable[[str], None]) -> None: ...


def prepare(backend: Backend) -> None:
    """Let it make what it needs, and tell on stderr what that is. Raises Unavailable as it does."""
    if not isinstance(backend, Prepares):
        return
    stages = Stages()
    try:
        with CTRL_C.held():
            backend.prepare(stages.say)
    except Unavailable:
        CTRL_C.check()  # the terminal interrupts a compiler too: what that comes to is no finding
        raise
    finally:
        stages.clear()


def check_name(name: str) -> None:
    """Raise CommandError for a name that no witness has."""
    if name not in MAKERS:
        raise CommandError(f"there is no witness {name!r}; there are: {', '.join(MAKERS)}")


def check_release(release: str) -> None:
    """Raise CommandError for what is no Go release that is known here."""
    from realgo.toolchain import RELEASES

    if release not in RELEASES:
        raise CommandError(
            f"{release!r} is no Go release that is known here; there are: {', '.join(RELEASES)}"
        )


def observe(backend: Backend, scenario: Scenario) -> Trace:
    """What the witness saw. Raises ScenarioError where that is nothing that could be compared."""
    prepare(backend)
    with CTRL_C.held():
        trace = backend.run(scenario)
    check_observable(trace)
    return trace


def check_observable(trace: Trace) -> None:
    """Raise ScenarioError for a conclusive run in which no channel holds anything."""
    if not trace.inconclusive and channels(trace).empty:
        raise ScenarioError(
            f"{trace.scenario}: nothing can be observed: nobody wakes, no poll returns an event"
            " and no step ends; let the script do something that a goroutine waits for"
        )
