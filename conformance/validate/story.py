"""A violation told: what happened, what happened around it, and what the model would have done."""

from collections.abc import Iterable, Iterator, Sequence

from conformance.validate.checker import Checker
from conformance.validate.spelling import GO_NAMES, LASTPOLL_PLACES, SLOT_PLACES, slot_value
from conformance.validate.stepping import Access
from conformance.validate.violation import Rule, Violation
from realgo.kinds import GOROUTINE, LASTPOLL, SLOT_WORDS, Flag, Kind, Place
from realgo.records import Record

BEFORE, AFTER = 10, 6
"""Records that are shown around the one that broke the rule."""
BREAKS = frozenset(
    {Kind.BREAK_CAS, Kind.BREAK_CLEAR, Kind.BREAK_WRITE, Kind.BREAK_DRAIN, Kind.BREAK_EVENT}
)
COUNTED = frozenset({Kind.COMMIT, Kind.UNBLOCK_CAS, Kind.WAITERS_ADD, Kind.ENTER, Kind.CALLER})
POLLS = LASTPOLL | {Kind.ENTER, Kind.EXIT, Kind.EXECUTE}
SCHEDULED = frozenset({Kind.READY, Kind.INJECT, Kind.EXECUTE})
PLACES = {
    Place.START_THE_WORLD: "startTheWorldWithSema",
    Place.FIND_RUNNABLE: "findRunnable",
    Place.FIND_RUNNABLE_BLOCKING: "findRunnable",
    Place.POLL_WORK: "pollWork",
    Place.SYSMON: "sysmon",
    Place.HANDOFF: "handoffp",
    Place.WAKE_NET_POLLER: "wakeNetPoller",
    Place.HOST: "the host",
}
DEEDS = {
    Kind.BREAK_WRITE: ("netpollBreak", "writes the break descriptor"),
    Kind.BREAK_DRAIN: ("netpoll", "drains the break descriptor"),
    Kind.BREAK_EVENT: ("netpoll", "finds the break descriptor ready"),
    Kind.ENTER: ("netpoll", "begins to poll"),
    Kind.EXIT: ("netpoll", "has polled: {a} events"),
    Kind.READY: ("ready", "makes g{a} runnable"),
    Kind.INJECT: ("injectglist", "makes g{a} runnable"),
    Kind.EXECUTE: ("execute", "runs g{a}"),
}


def told(checker: Checker, violation: Violation) -> Iterator[str]:
    """The lines of a violation."""
    record = violation.record
    name = checker.name_of(record)
    yield f"VIOLATION at record {record.seq:,}: {violation.rule.value}"
    yield from (f"  {line}" for line in _what(checker, violation, name))
    yield ""
    yield "the records around it (time from the one that broke the rule; g0: no goroutine):"
    yield from _table(around(checker, violation), record, checker)


def _what(checker: Checker, violation: Violation, name: str) -> Iterator[str]:
    record = violation.record
    where, deed = described(record, name)
    who = f"g{record.g} on M{record.m}" if record.g else f"M{record.m}"
    yield f"{who}, in Go's {where}: {deed}"
    if violation.rule is Rule.ACCESS:
        yield from _allowed(checker, record, name)
    elif violation.rule is Rule.SEQUENCE:
        yield from _sequence(checker, violation)
    elif violation.rule is Rule.CHAIN:
        value = checker.value_of(record)
        yield f"but {name} held {valued(name, value)}, in every order that the records allow"
    elif violation.rule is Rule.AMOUNT:
        due = violation.facts["amount"]
        yield f"what it parked and freed since it last did so comes to {due:+d}"
        yield from _adjusts(checker)
    elif violation.rule is Rule.OWED:
        yield f"and {violation.facts['amount']:+d} was due before it went on"
        yield from _adjusts(checker)
    elif record.kind == Kind.COMMIT:
        yield f"g{record.c - GOROUTINE} may not park here, and has not run since"
        yield f"the model's {_place(checker, 'netpollblock')} goes on where its commit fails"
    else:
        yield f"g{record.b - GOROUTINE} was freed here and neither made runnable nor run since"
        yield "in the model whoever frees a goroutine hands it to ready, injectglist or execute"


def _allowed(checker: Checker, record: Record, name: str) -> Iterator[str]:
    model = _model_function(record)
    yield f"the model's {_place(checker, model)} may do to {name}, from any value that it can have:"
    yield from (f"  {phrase(access)}" for access in checker.table.of(name, model))


def _sequence(checker: Checker, violation: Violation) -> Iterator[str]:
    at = violation.facts["at"]
    if at:
        before = checker.calls.access(at)
        yield f"before that, in the same call, Go did: {phrase(before)}"
        yield f"after it the model's {_place(checker, before.where)} goes on with:"
        yield from (f"  {phrase(each)}" for each in checker.calls.next(at))
    else:
        code = violation.facts["code"]
        access = checker.calls.access(code)
        yield f"the model's {_place(checker, access.where)} does that only after:"
        yield from (f"  {phrase(each)}" for each in checker.calls.earlier(code))


def _adjusts(checker: Checker) -> Iterator[str]:
    yield (
        f"the model's {_place(checker, 'netpollAdjustWaiters')} adds 1 for each goroutine that"
        " parks and takes 1 off for each that is freed, before the caller goes on"
    )


def _place(checker: Checker, function: str) -> str:
    """A function of the model with its file."""
    module = getattr(checker.table.runtime, function).__module__
    return f"{function} ({module.replace('.', '/')}.py)"


def _model_function(record: Record) -> str:
    if record.kind in SLOT_PLACES:
        return SLOT_PLACES[Kind(record.kind)][0]
    if record.kind in LASTPOLL:
        return LASTPOLL_PLACES[Place(record.f)]
    return "netpollBreak" if record.kind == Kind.BREAK_CAS else "netpoll"


def phrase(access: Access) -> str:
    """An access of the table in words."""
    io = {"io": " for news", "no io": " for a deadline or a close"}.get(access.ask, "")
    if access.word == "break":
        return "drain the break descriptor" if access.op == "read" else "write the break descriptor"
    if access.op == "load":
        return f"find {access.old} in {access.word}{io}"
    if access.old.startswith("not "):
        return f"fail to change {access.word}, which was {access.old}{io}"
    return f"change {access.word} from {access.old} to {access.new} ({access.op}){io}"


def described(record: Record, name: str) -> tuple[str, str]:
    """The function of Go that a record stands in, and what it did there."""
    kind = Kind(record.kind)
    if kind in DEEDS:
        where, deed = DEEDS[kind]
        return where, deed.format(a=record.a)
    if kind in SLOT_WORDS:
        model = SLOT_PLACES[kind][0]
        where = GO_NAMES.get(model, model)
    elif kind in LASTPOLL or kind in (Kind.WAITERS_LOAD, Kind.CALLER):
        where = PLACES[Place(record.a if kind == Kind.CALLER else record.f)]
    else:
        where = {Kind.BREAK_CAS: "netpollBreak", Kind.BREAK_CLEAR: "netpoll"}.get(
            kind, "netpollAdjustWaiters"
        )
    if kind == Kind.CALLER:
        return where, "calls netpoll"
    return where, _access(record, name, kind)


def _access(record: Record, name: str, kind: Kind) -> str:
    old, new = valued(name, record.b), valued(name, record.c)
    news = ""
    if kind in (Kind.UNBLOCK_LOAD, Kind.UNBLOCK_CAS):
        news = " for news" if record.f else " for a deadline or a close"
    if record.flags & Flag.FAILED:
        return f"{name} is not {old}: nothing changed{news}"
    if kind == Kind.WAITERS_ADD:
        return f"{name} {old} -> {new} ({record.f:+d})"
    return f"{name} {old} -> {new}{news}" if old != new else f"{name} is {old}{news}"


def valued(name: str, v: int) -> str:
    """What a word holds, in words."""
    if name in ("rg", "wg"):
        return f"g{v - GOROUTINE}" if v >= GOROUTINE else slot_value(v)
    if name == "lastpoll" and v:
        return f"time {v / 1e9:.6f} s"
    return str(v)


def around(checker: Checker, violation: Violation) -> list[Record]:
    """The records that bear on a violation, a few before it and a few after."""
    record = violation.record
    near = [each for batch in checker.recent for each in batch]
    near = [*(each for each in checker.remembered(record) if each.seq < near[0].seq), *near]
    bear = [each for each in near if _bears(each, violation)]
    at = next((k for k, each in enumerate(bear) if each.seq >= record.seq), len(bear))
    return bear[max(0, at - BEFORE) : at + AFTER + 1]


def _bears(each: Record, violation: Violation) -> bool:
    record, rule = violation.record, violation.rule
    if each is record:
        return True
    if rule in (Rule.AMOUNT, Rule.OWED):
        mine = each.g == record.g if record.g else each.m == record.m
        return mine and each.kind in COUNTED | SCHEDULED
    if rule is Rule.STRANDED:
        g = record.c if record.kind == Kind.COMMIT else record.b
        named = each.kind in SLOT_WORDS and g in (each.b, each.c)
        return named or (each.kind in SCHEDULED and each.a == g - GOROUTINE)
    if record.kind in BREAKS:
        return each.kind in BREAKS
    if rule is Rule.SEQUENCE and record.kind in POLLS:
        return each.m == record.m and each.kind in POLLS
    return each.kind not in SCHEDULED and each.kind not in BREAKS and each.a == record.a


def _table(records: Sequence[Record], broke: Record, checker: Checker) -> Iterable[str]:
    for each in records:
        where, deed = described(each, checker.name_of(each))
        mark = ">" if each is broke else " "
        since = f"{(each.t - broke.t) / 1000:+.1f} us"
        fd = f"fd {each.d}" if each.kind in SLOT_WORDS and each.kind != Kind.COMMIT else ""
        who = f"M{each.m:<3} g{each.g:<6} {fd:<7}"
        yield f"{mark} {each.seq:>10,} {since:>14}  {who} {where}: {deed}"


__all__ = ["around", "described", "phrase", "told"]
