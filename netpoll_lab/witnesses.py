"""The witnesses by their names on the command line; each is imported when it is asked for."""

from collections.abc import Callable, Mapping

from netpoll_lab.interrupt import CTRL_C
from netpoll_lab.status import CommandError
from scenario import Backend, Scenario, ScenarioError, Trace, channels


def _model(seed: int, look_ahead: bool) -> Backend:
    from model import Model

    return Model(seed=seed, look_ahead=look_ahead)


def _epoll(seed: int, look_ahead: bool) -> Backend:
    from realpoll import RealEpoll

    return RealEpoll()


MAKERS: Mapping[str, Callable[[int, bool], Backend]] = {"model": _model, "epoll": _epoll}
"""How each witness is made from a seed and ``look_ahead``, which real ones do not need."""

NAMES = tuple(MAKERS)


def witness(name: str, *, seed: int = 0, look_ahead: bool = True) -> Backend:
    """The witness of that name. Raises CommandError for an unknown one, Unavailable as it does."""
    check_name(name)
    return MAKERS[name](seed, look_ahead)


def check_name(name: str) -> None:
    """Raise CommandError for a name that no witness has."""
    if name not in MAKERS:
        raise CommandError(f"there is no witness {name!r}; there are: {', '.join(MAKERS)}")


def observe(backend: Backend, scenario: Scenario) -> Trace:
    """What the witness saw. Raises ScenarioError where that is nothing that could be compared."""
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
