"""What is wrong with a scenario whose words are all right: who starts whom, and closed peers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from scenario.positions import Path
from scenario.source import Node
from scenario.timing import check_times, is_timed
from scenario.words import Action, Entry, Kind, Op, Outside, Scenario, Step

WRITES = frozenset({Outside.WRITE, Outside.FILL})
MAY_WAIT = frozenset({Op.READ, Op.WRITE, Op.SLEEP, Op.BUSY})


def check(scenario: Scenario, root: Node) -> None:
    """Raises ScenarioError, at its place, for the first thing that could not be run."""
    _check_something_to_see(scenario, root)
    _check_starts(scenario, root)
    _check_reopens(scenario, root)
    _check_after_nowait(scenario, root)
    _check_peers(scenario, root)
    _check_fetched(scenario, root)
    check_times(scenario, root)


def actions(entry: Entry) -> tuple[Action, ...]:
    """All actions of an entry, in order."""
    return (*entry.held, *entry.fetched, *((entry.plain,) if entry.plain else ()))


def _placed(scenario: Scenario, root: Node) -> Iterator[tuple[Action, Path]]:
    """Each action of the script with its place."""
    for index, entry in enumerate(scenario.script):
        here: Path = ("script", index)
        value = root.at(here).value
        if isinstance(value, str):
            yield actions(entry)[0], here
        elif isinstance(value, dict) and "do" in value:
            yield actions(entry)[0], (*here, "do")
        else:
            for key, held in (("hold", entry.held), ("hold_fetched", entry.fetched)):
                for number, action in enumerate(held):
                    yield action, (*here, key, number)


def _check_something_to_see(scenario: Scenario, root: Node) -> None:
    if not scenario.goroutines:
        raise root.fail(
            "no goroutine, so nothing can be seen; at least one with a step must stand;"
            ' add r0 = ["sleep 30ms"], say, under [goroutines]'
        )
    for g, steps in scenario.goroutines.items():
        if not steps:
            raise root.at(("goroutines", g)).fail(
                f"{g} has no step, so nothing of it can be seen; at least one must stand here;"
                " add one or remove it"
            )


def _check_starts(scenario: Scenario, root: Node) -> None:
    """Each goroutine is started once: by one ``go``, or before the script."""
    places = _starts(scenario, root)
    seen: set[str] = set()
    for g, place in places:
        if g in seen:
            raise root.at(place).fail(
                f"{g} is started twice; only one go may name it;"
                " remove this one or declare another goroutine"
            )
        seen.add(g)
    reachable = _reachable(scenario)
    for g in scenario.goroutines:
        if g not in reachable:
            raise root.at(("goroutines", g)).fail_key(
                f"{g} is never started; the script or a goroutine that is started must start it;"
                f' add "go {g}" to the script'
            )


def _starts(scenario: Scenario, root: Node) -> list[tuple[str, Path]]:
    by_goroutines: list[tuple[str, Path]] = [
        (step.g, ("goroutines", g, index))
        for g, steps in scenario.goroutines.items()
        for index, step in enumerate(steps)
        if step.g is not None
    ]
    by_script = [
        (action.g, place) for action, place in _placed(scenario, root) if action.g is not None
    ]
    return by_goroutines + by_script


def _reachable(scenario: Scenario) -> set[str]:
    by_script = {action.g for entry in scenario.script for action in actions(entry)}
    by_go = scenario.started_by_go
    first = [g for g in scenario.goroutines if g in by_script or g not in by_go]
    return set(_with_started(scenario, first))


def _with_started(scenario: Scenario, first: Iterable[str]) -> list[str]:
    """These goroutines and all whom they start, directly or not."""
    todo = [*first]
    for g in todo:  # it grows meanwhile, by each goroutine once, since each has one go
        todo += [step.g for step in scenario.goroutines[g] if step.g is not None]
    return todo


def _check_reopens(scenario: Scenario, root: Node) -> None:
    for g, steps in scenario.goroutines.items():
        closed: set[str | None] = set()
        for index, step in enumerate(steps):
            if step.op is Op.CLOSE:
                closed.add(step.fd)
            if step.op is Op.REOPEN and step.fd not in closed:
                raise root.at(("goroutines", g, index)).fail(
                    f"{step.text!r} without a close; it must come after the goroutine's own close"
                    f' of {step.fd}; put "close {step.fd}" in front of it'
                )


def _check_after_nowait(scenario: Scenario, root: Node) -> None:
    waits = True
    for index, entry in enumerate(scenario.script):
        starts = any(action.op is Outside.GO for action in actions(entry))
        if starts and not waits:
            raise root.at(("script", index)).fail(
                "go after an entry with nowait, when the host has no P; only actions at peers may"
                " follow such an entry; remove its nowait or move this go"
            )
        waits = not entry.nowait


def _check_peers(scenario: Scenario, root: Node) -> None:
    """No action at a peer that the script has closed, unless a reopen may have made a new one."""
    by_go, later = _reopens(scenario)
    gone: dict[str, str] = {}
    for action, place in _placed(scenario, root):
        fd = action.fd
        if fd is None:
            for reopened in by_go[action.g or ""]:
                gone.pop(reopened, None)
            continue
        before = gone.get(fd, "")
        closed = before.startswith((Outside.CLOSE, Outside.RESET))
        too_late = closed or (before and action.op in WRITES)
        if too_late and later[fd]:
            later[fd] -= 1  # this one may have made a new peer, which the witness will see
            del gone[fd]
        elif too_late:
            what = "closed" if closed else "shut down"
            raise root.at(place).fail(
                f"{action.text!r} after {before!r}; the peer must not be {what} before;"
                " remove it or move it up"
            )
        if action.op in (Outside.CLOSE, Outside.RESET, Outside.SHUTDOWN):
            gone[fd] = action.text


def _check_fetched(scenario: Scenario, root: Node) -> None:
    """``hold_fetched`` needs a blocked poller, and that there is only while somebody waits.

    Whether somebody really waits, and a poller with him, only a run can show.
    """
    started: list[str] = [g for g in scenario.goroutines if g not in scenario.started_by_go]
    waits = False
    for index, entry in enumerate(scenario.script):
        plain = (entry.plain,) if entry.plain else ()
        started += [action.g for action in (*entry.held, *plain) if action.g is not None]
        waits = waits or any(
            _may_block(scenario, step)
            for g in _with_started(scenario, started)
            for step in scenario.goroutines[g]
        )
        if entry.fetched and not waits:
            raise root.at(("script", index, "hold_fetched")).fail_key(
                "hold_fetched where no goroutine can wait yet, so that no poller is blocked; one"
                " must wait for a descriptor or a timer by then; start one before,"
                " or put these actions into hold"
            )
        started = [action.g for action in entry.fetched if action.g is not None]


def _may_block(scenario: Scenario, step: Step) -> bool:
    """Whether a poller may block while somebody is at this step, or after it."""
    if step.op in (Op.READ, Op.WRITE):
        return scenario.fds[step.fd or ""] is not Kind.FILE
    return step.op is not Op.BUSY and is_timed(step)


def _reopens(scenario: Scenario) -> tuple[defaultdict[str, set[str]], Counter[str]]:
    """What each goroutine reopens as soon as the script starts it, and how often the others may.

    What is reopened before the script counts for nothing.
    """
    by_script = {action.g for entry in scenario.script for action in actions(entry)}
    in_setup = scenario.goroutines.keys() - scenario.started_by_go
    at_once: defaultdict[str, set[str]] = defaultdict(set)
    later: Counter[str] = Counter()
    for g, steps in scenario.goroutines.items():
        waits = g not in by_script and g not in in_setup
        for step in steps:
            waits = waits or step.op in MAY_WAIT
            if step.op is Op.REOPEN and waits:
                later[step.fd or ""] += 1
            elif step.op is Op.REOPEN:
                at_once[g].add(step.fd or "")
    return at_once, later
