"""What of a performance was too late to say anything, by the notes of the program."""

from collections.abc import Iterator

from realgo.eyes.notes import Kind, Note
from realgo.eyes.outside import TIMED, Performance
from realgo.lateness import Lateness
from scenario import Op, Scenario, Step

_DIRECTIONS = {
    Op.SET_READ_DEADLINE: (Op.READ,),
    Op.SET_WRITE_DEADLINE: (Op.WRITE,),
    Op.SET_DEADLINE: (Op.READ, Op.WRITE),
}


def lateness(scenario: Scenario, done: Performance) -> list[str]:
    """Sentences about entries, starts of timed steps and ends that were too late."""
    judge = _Judge(scenario, done.script_ns)
    moments: list[tuple[int, int, Note | None]] = [
        (begun.ns, begun.entry, None) for begun in done.begun
    ]
    moments += [(note.ns, -1, note) for note in done.notes]
    for ns, entry, note in sorted(moments, key=lambda moment: moment[0]):
        if note is None:
            begun = scenario.script[entry]
            judge.clock.entry(begun.text, begun.at_ns or 0, ns - done.script_ns)
        else:
            judge.note(note)
    return judge.clock.reasons


class _Judge:
    """Keeps when what is due: sleeps and busy times by goroutine, deadlines by what they end."""

    def __init__(self, scenario: Scenario, begun_ns: int) -> None:
        self.clock = Lateness(timed=scenario.timed)
        self._names = tuple(scenario.goroutines)
        self._steps = tuple(scenario.goroutines.values())
        self._begun_ns = begun_ns
        self._due: dict[tuple[str | None, Op], int] = {}

    def note(self, note: Note) -> None:
        if note.kind not in (Kind.BEGIN, Kind.END):
            return
        step, t = self._steps[note.g][note.step], note.ns - self._begun_ns
        if note.kind is Kind.BEGIN:
            self._begin(step, self._names[note.g], t)
        else:
            self._end(step, self._names[note.g], note.error, t)

    def _begin(self, step: Step, g: str, t: int) -> None:
        if step.op not in TIMED or (step.ns or 0) <= 0:
            return
        due = self.clock.start(f"`{step.text}`", step.ns or 0, t)
        for key in _ended_by(step, g):
            self._due[key] = due

    def _end(self, step: Step, g: str, error: str, t: int) -> None:
        own = step.op in (Op.SLEEP, Op.BUSY)
        due = self._due.get((g if own else step.fd, step.op))
        if due is not None and (own or (error == "timeout" and t >= due)):
            self.clock.end(f"`{step.text}`", due, t)


def _ended_by(step: Step, g: str) -> Iterator[tuple[str | None, Op]]:
    """What a timed step's end is looked up by when it comes."""
    if step.op in (Op.SLEEP, Op.BUSY):
        yield g, step.op
    for op in _DIRECTIONS.get(step.op, ()):
        yield step.fd, op
