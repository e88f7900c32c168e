"""Holds the records of a real Go program against the model: accesses, words and calls."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from conformance.validate.calls import FORBIDDEN, SHIFT, UNKNOWN, Calls
from conformance.validate.chain import Tangled, Word, chain
from conformance.validate.transitions import IO, NO_IO, PARK, Table
from conformance.validate.violation import Found, Rule, Violation
from realgo.kinds import ACCESSES, GOROUTINE, NIL, SLOT_WORDS, Kind
from realgo.records import Record

MODES = {ord("r"): "rg", ord("w"): "wg"}
SLOT_MEMORY = 16
"""Accesses that each rg and wg remembers: one goroutine uses it, and few free it at once."""
HOT_MEMORY = 4096
"""Accesses that a word remembers which every thread touches."""
PATIENCE_NS = 10_000_000_000
"""How long a goroutine may be freed and not made runnable; on an idle system it is under 1 us."""
SUSPICION_NS = 2_000_000_000
"""The same, after the thread that freed it has begun another poll."""
RECENT = 2
"""Batches that are kept to show what happened around a violation."""


@dataclass(slots=True)
class Counts:
    """What was checked: records, accesses by word, and how much came out of its order."""

    records: int = 0
    accesses: dict[str, int] = field(default_factory=dict)
    freed: int = 0
    late: int = 0


class Checker:
    """Give it the records in batches, by ``seq``; then ask for ``violation`` and ``tangled``.

    Memory: a few records for each word, and what is open at the time.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.calls = Calls(table)
        self.counts = Counts()
        self.violation: Violation | None = None
        self.tangled: str | None = None
        self.recent: deque[Sequence[Record]] = deque(maxlen=RECENT)
        self._words: dict[int, Word] = {}
        self._late: dict[int, Word] = {}
        self._codes: dict[int, int] = {}
        # What is open, by caller: a goroutine's number, or -1 - the thread's.
        self._parking: dict[int, int] = {}
        self._freeing: dict[int, int] = {}
        self._breaking: dict[int, int] = {}
        self._polling: dict[int, int] = {}
        self._polled: dict[int, Record] = {}  # threads back from a poll that blocked
        self._owed: dict[int, int] = {}  # what a caller has yet to add to netpollWaiters
        self._freed: dict[int, Record] = {}  # goroutines that are not runnable yet
        self._suspects: dict[int, Record] = {}  # those whose thread polls again
        self._doubts: dict[int, tuple[Record, int]] = {}  # wrong amounts, and what was due
        self.procs: int | None = None
        self._handle = self._handlers()

    def _handlers(self) -> dict[int, Callable[[Record], None]]:
        handlers: dict[int, Callable[[Record], None]] = dict.fromkeys(SLOT_WORDS, self._slot)
        handlers |= dict.fromkeys((Kind.READY, Kind.INJECT), self._runnable)
        handlers |= dict.fromkeys((Kind.BREAK_WRITE, Kind.BREAK_DRAIN), self._break)
        lastpoll = (Kind.LASTPOLL_LOAD, Kind.LASTPOLL_SWAP, Kind.LASTPOLL_CAS)
        handlers |= dict.fromkeys(lastpoll, self._lastpoll)
        handlers |= {
            Kind.START: self._start,
            Kind.BREAK_CAS: self._wakesig,
            Kind.BREAK_CLEAR: self._wakesig,
            Kind.WAITERS_LOAD: self._waiters,
            Kind.WAITERS_ADD: self._waiters,
            Kind.ENTER: self._enter,
            Kind.EXIT: self._exit,
            Kind.EXECUTE: self._execute,
        }
        return {int(kind): handle for kind, handle in handlers.items()}

    # ---- for the caller

    def check(self, batch: Sequence[Record]) -> None:
        """Check more records. Does nothing once there is a verdict."""
        if self.violation is not None or self.tangled is not None or not batch:
            return
        self.recent.append(batch)
        handle = self._handle
        try:
            for record in batch:
                handler = handle.get(record[3])
                if handler is not None:
                    handler(record)
            self._look_back(batch[-1])
        except Found as found:
            self.violation = found.violation
        except Tangled:
            self.tangled = "the accesses of one word overlap in too many ways to try"
        self.counts.records += len(batch)

    def finish(self, *, whole: bool = False) -> None:
        """Nothing more comes.

        What is late now has no place if the records are ``whole``. A program's end may have cut off
        a thread between an access and its record: then it is ``undecided``.
        """
        if self.violation is None and self.tangled is None:
            try:
                for who in self._doubts:
                    self._doubtful(who)
                for word in self._late.values() if whole else ():
                    self._unplaced(word)
            except Found as found:
                self.violation = found.violation
            except Tangled:
                self.tangled = "an access began before all that is remembered of its word"

    def stranded(self, now_ns: int) -> None:
        """Look, while the program is silent, for goroutines that were freed and never ran."""
        if self.violation is None and self.tangled is None:
            try:
                self._look_for_stranded(now_ns)
            except Found as found:
                self.violation = found.violation

    def name_of(self, record: Record) -> str:
        """The word that a record is about; empty if it is about none."""
        word = self._words.get(record.a) if record.kind in ACCESSES else None
        return word.name if word is not None else ""

    def value_of(self, record: Record) -> int:
        """What the chain of a record's word ends with. Preconditions: it is about a word."""
        return self._words[record.a].value

    def remembered(self, record: Record) -> Iterator[Record]:
        """What is still known of a record's word, the oldest first."""
        if record.kind in ACCESSES and record.a in self._words:
            yield from self._words[record.a].around()

    @property
    def undecided(self) -> tuple[str, int] | None:
        """At the end: the word with the longest tail that has no place, and its length in ns."""
        if self.violation is not None or not self._late or not self.recent:
            return None
        word = min(self._late.values(), key=Word.late_since)
        return word.name, self.recent[-1][-1].t - word.late[0].t

    @property
    def words(self) -> int:
        """How many words have been seen."""
        return len(self._words)

    # ---- one record each

    def _start(self, record: Record) -> None:
        self.procs = record.c
        self._start_values = {
            "lastpoll": record.a,
            "netpollWaiters": record.b,
            "netpollWakeSig": record.d,
        }

    def _slot(self, record: Record) -> None:
        _, _, _, kind, _, m, g, _, flags, _, a, b, c, _, e, f = record
        word = self._words.get(a)
        if word is None:
            word = self._new_word(record, MODES.get(e, "rg"), NIL, SLOT_MEMORY)
        self._place(word, record, b, c, flags)
        key = (
            (kind << 8)
            + ((flags & 8) << 4)
            + ((b if b < 3 else 3) << 4)
            + ((c if c < 3 else 3) << 2)
            + (f << 1)
            + (word.name == "wg")
        )
        code = self._codes.get(key)
        if code is None:
            code = self._coded(key, record, word.name)
        if kind < Kind.UNBLOCK_LOAD:
            if kind == Kind.COMMIT:
                if self._owed and -1 - m in self._owed:
                    self._unsettled(-1 - m, record)
                if flags & 8:  # it was freed before it parked, so it goes on
                    self._freed[c - GOROUTINE] = record
                elif PARK in self.table.settles:
                    self._owe(-1 - m, 1)
                if code == FORBIDDEN:
                    self._forbidden(record, word.name)
                return
            self._step(self._parking, g, code, record)
            if self._owed and g in self._owed:
                self._unsettled(g, record)
        elif kind <= Kind.UNBLOCK_CAS:
            self._step(self._freeing, -1 - m, code, record)
            if b >= GOROUTINE and kind == Kind.UNBLOCK_CAS and not flags & 8:
                self.counts.freed += 1
                self._freed[b - GOROUTINE] = record
                if (IO if f else NO_IO) in self.table.settles:
                    self._owe(g or -1 - m, -1)
        elif code == FORBIDDEN:
            self._forbidden(record, word.name)

    def _lastpoll(self, record: Record) -> None:
        _, _, _, kind, _, m, _, _, flags, _, a, b, c, _, _, f = record
        word = self._words.get(a)
        if word is None:
            word = self._one_word(record, "lastpoll")
        self._place(word, record, b, c, flags)
        key = (kind << 8) + ((flags & 8) << 4) + (f << 2) + ((b != 0) << 1) + (c != 0)
        code = self._codes.get(key)
        if code is None:
            code = self._coded(key, record, "lastpoll")
        if code != UNKNOWN:
            self._step(self._polling, -1 - m, code, record)
            if self._polled:
                self._polled.pop(-1 - m, None)

    def _wakesig(self, record: Record) -> None:
        word = self._words.get(record.a)
        if word is None:
            word = self._one_word(record, "netpollWakeSig")
        self._place(word, record, record.b, record.c, record.flags)
        self._break(record)

    def _break(self, record: Record) -> None:
        key = (record.kind << 8) + ((record.flags & 8) << 4) + (record.b << 1) + record.c
        code = self._codes.get(key)
        if code is None:
            code = self._coded(key, record, "netpollWakeSig")
        self._step(self._breaking, -1 - record.m, code, record)

    def _waiters(self, record: Record) -> None:
        word = self._words.get(record.a)
        if word is None:
            word = self._one_word(record, "netpollWaiters")
        self._place(word, record, record.b, record.c, 0)
        if record.kind == Kind.WAITERS_ADD and self.table.settles:
            who = record.g or -1 - record.m
            owed = self._owed.pop(who, 0)
            if self.table.one_by_one and owed < record.f < 0:
                self._owed[who] = owed - record.f
            elif owed != record.f and (owed or NO_IO in self.table.settles):
                self._wrong_amount(who, owed, record)

    def _enter(self, record: Record) -> None:
        """A thread polls: whom it has freed before is counted, and runnable or running by now."""
        who = -1 - record.m
        if who in self._owed:
            self._unsettled(who, record)
        if who in self._doubts:
            self._doubtful(who)
        for g, freed in self._freed.items():
            if freed.m == record.m and not freed.g and g not in self._suspects:
                self._suspects[g] = record

    def _exit(self, record: Record) -> None:
        if -1 - record.m in self._polling:
            self._polled[-1 - record.m] = record

    def _execute(self, record: Record) -> None:
        """A thread runs a goroutine: what it did for the poller is over by now."""
        self._runnable(record)
        who = -1 - record.m
        if not record.g:
            if who in self._owed:
                self._unsettled(who, record)
            if who in self._polled:
                self._unfinished(self._polled[who])

    def _runnable(self, record: Record) -> None:
        if self._freed.pop(record.a, None) is not None:
            self._suspects.pop(record.a, None)

    # ---- what they share

    def _place(self, word: Word, record: Record, b: int, c: int, flags: int) -> None:
        if word.value == b and not flags & 8 and not word.late:
            word.done.append((b, record))
            word.value = c
        elif not word.add(record):
            self._late[word.address] = word
            self.counts.late += 1
        elif word.address in self._late:
            del self._late[word.address]
        word.count += 1

    def _step(self, open: dict[int, int], who: int, code: int, record: Record) -> None:
        at = open.get(who, 0)
        after = self.calls.step.get(at << SHIFT | code)
        if after:
            open[who] = after
        elif after is None:
            if code == FORBIDDEN:
                self._forbidden(record, self._words[record.a].name)
            self._found(Rule.SEQUENCE, record, at=at, code=code)
        elif at:
            del open[who]

    def _owe(self, who: int, amount: int) -> None:
        self._owed[who] = self._owed.get(who, 0) + amount

    def _coded(self, key: int, record: Record, name: str) -> int:
        code = self.calls.code(key, record, name)
        self._codes[key] = code
        return code

    def _one_word(self, record: Record, name: str) -> Word:
        return self._new_word(record, name, self._start_values[name], HOT_MEMORY)

    def _new_word(self, record: Record, name: str, value: int, keep: int) -> Word:
        word = self._words[record.a] = chain(record.a, name, value, keep=keep)
        return word

    # ---- from time to time

    def _look_back(self, last: Record) -> None:
        for word in self._late.values():
            if word.overdue(last):
                self._unplaced(word)
        self._look_for_stranded(last.t)
        accesses = self.counts.accesses
        accesses.clear()
        for word in self._words.values():
            accesses[word.name] = accesses.get(word.name, 0) + word.count

    def _look_for_stranded(self, now_ns: int) -> None:
        for g, polled in self._suspects.items():
            # Not at once: a goroutine may be tied to a thread, whose record can come later.
            if now_ns - polled.t > SUSPICION_NS:
                self._found(Rule.STRANDED, self._freed[g])
        for back in self._polled.values():
            if now_ns - back.t > SUSPICION_NS:
                self._unfinished(back)
        for record in self._freed.values():
            if now_ns - record.t < PATIENCE_NS:
                return  # the others were freed later
            self._found(Rule.STRANDED, record)

    # ---- violations

    def _unplaced(self, word: Word) -> None:
        if word.forgotten():
            raise Tangled
        self._found(Rule.CHAIN, word.late[0])

    def _unfinished(self, record: Record) -> None:
        self._found(Rule.SEQUENCE, record, at=self._polling[-1 - record.m])

    def _unsettled(self, who: int, record: Record) -> None:
        self._look_for_lost(who)
        self._found(Rule.OWED, record, amount=self._owed[who])

    def _wrong_amount(self, who: int, owed: int, record: Record) -> None:
        if who >= 0:  # it makes runnable whom it frees before it counts
            self._look_for_lost(who)
            self._found(Rule.AMOUNT, record, amount=owed)
        # A thread without a goroutine runs one of those it frees itself, after it counts.
        self._doubts[who] = (record, owed)

    def _doubtful(self, who: int) -> None:
        self._look_for_lost(who)
        record, owed = self._doubts[who]
        self._found(Rule.AMOUNT, record, amount=owed)

    def _look_for_lost(self, who: int) -> None:
        """Of two things that are wrong, a goroutine that nobody runs is the cause."""
        for freed in self._freed.values():
            if (freed.g or -1 - freed.m) == who:
                self._found(Rule.STRANDED, freed)

    def _forbidden(self, record: Record, name: str) -> None:
        self._found(Rule.ACCESS, record)

    def _found(self, rule: Rule, record: Record, **facts: int) -> None:
        raise Found(Violation(rule=rule, record=record, facts=facts))
