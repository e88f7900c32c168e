"""Records as the instrumented runtime makes them, by hand."""

from realgo.names import (
    FIRST_NUMBER,
    USER_DONE,
    USER_ENTERS,
    USER_GO,
    USER_STEP_BEGINS,
    USER_STEP_ENDS,
)
from realgo.records import Flag, Kind, Record
from realgo.story import Story
from scenario import Event, Scenario, parse

RG, WG = 0x100, 0x101
R, W = ord("r"), ord("w")
GID = 1000
"""What stands before a goroutine's number in rg and wg."""


def number(place: int) -> int:
    """The number of the scenario's descriptor at that place."""
    return FIRST_NUMBER + 2 * place


def asked(goroutines: str, script: str = "", fds: str = 'f0 = "socketpair"') -> Scenario:
    """A scenario of these goroutines."""
    head = f'question = "What happens?"\nfinding = "This"\nscript = [{script}]\n'
    return parse(f"{head}[fds]\n{fds}\n[goroutines]\n{goroutines}\n", name="here", origin="here")


class Records:
    """Each method is one record, or the few that always come together. Goroutine 1 is the host.

    ``at`` sets the clock, ns. A record is of thread 0 with P 0 unless it says otherwise.
    """

    def __init__(self) -> None:
        self.all: list[Record] = []
        self.t = 0

    def at(self, t: int) -> "Records":
        self.t = t
        return self

    def add(
        self,
        kind: Kind,
        *words: int,
        m: int = 0,
        p: int = 0,
        g: int = 0,
        failed: bool = False,
    ) -> "Records":
        seq = len(self.all) + 1
        flags = int(Flag.FAILED) if failed else 0
        args = (*words, 0, 0, 0, 0, 0, 0)[:6]
        self.all.append(Record(seq, seq - 1, self.t, kind, p, m, g, 0, flags, 0, *args))
        return self

    def open(self, place: int = 0, pd: int = 0x10, seq: int = 1, word: int = RG) -> "Records":
        for mode, address in ((R, word), (W, word + 1)):
            self.add(Kind.OPEN_STORE, address, 0, 0, number(place), mode, g=1)
        return self.add(Kind.OPEN, number(place), pd, seq, g=1)

    def go(self, place: int, gid: int, m: int = 0) -> "Records":
        """The host starts a goroutine, gives its P up, and the goroutine runs."""
        self.add(Kind.USER, USER_GO, place, g=1, m=9)
        self.add(Kind.STIMULUS, g=1, m=9, p=-1)
        return self.execute(gid, m).add(Kind.USER, USER_ENTERS, place, g=gid, m=m)

    def execute(self, gid: int, m: int = 0) -> "Records":
        return self.add(Kind.EXECUTE, gid, m=m)

    def begin(self, gid: int, index: int = 0, m: int = 0) -> "Records":
        return self.add(Kind.USER, USER_STEP_BEGINS, index, g=gid, m=m)

    def end(
        self, gid: int, index: int = 0, count: int = 0, outcome: int = 0, m: int = 0
    ) -> "Records":
        return self.add(Kind.USER, USER_STEP_ENDS, index, count, outcome, g=gid, m=m)

    def done(self, gid: int, m: int = 0) -> "Records":
        return self.add(Kind.USER, USER_DONE, g=gid, m=m)

    def parks(self, gid: int, word: int = RG, m: int = 0) -> "Records":
        self.add(Kind.BLOCK_ANNOUNCE, word, 0, 2, g=gid, m=m)
        return self.add(Kind.COMMIT, word, 2, GID + gid, m=m)

    def script(self) -> "Records":
        return self.add(Kind.SCRIPT, m=9, p=-1, g=1)

    def entry(self, index: int, *, blocked: bool = True) -> "Records":
        return self.add(Kind.ENTRY, index, int(blocked), m=9, p=-1, g=1)

    def action(self, entry: int, index: int) -> "Records":
        return self.add(Kind.ACTION, entry, index, m=9, p=-1, g=1)

    def poll(self, *events: tuple[int, int, int, int], m: int = 0) -> "Records":
        """A blocking poll returns; an event is (mask, pd, tag, the pollDesc's fdseq by now)."""
        self.add(Kind.ENTER, -1, -1, m=m, p=-1).add(Kind.EXIT, len(events), m=m, p=-1)
        for mask, pd, tag, now in events:
            self.add(Kind.EVENT, 0, mask, pd, tag, now, m=m, p=-1)
        return self

    def unblock(
        self, old: int, new: int, word: int = RG, *, g: int = 0, m: int = 0, ready: bool = True
    ) -> "Records":
        return self.add(Kind.UNBLOCK_CAS, word, old, new, 0, 0, int(ready), g=g, m=m)

    def told(self, scenario: Scenario) -> tuple[Event, ...]:
        return Story(scenario, self.all).events()


def line(event: Event) -> str:
    """An event in a few words, without its number and its time."""
    words = (event.what.value, event.g, event.m, event.p, event.fd, event.mode, event.why)
    return " ".join(str(word) for word in words if word is not None)


def lines(events: tuple[Event, ...]) -> list[str]:
    return [line(event) for event in events]
