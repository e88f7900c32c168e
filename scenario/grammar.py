"""Steps and actions: what each word may be followed by, and on which kinds of descriptor."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from scenario.errors import ScenarioError
from scenario.source import Node, suggestion
from scenario.words import NO_DEADLINE_NS, PAST_NS, Action, Kind, Op, Outside, Step

UNITS_NS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
MAX_DURATION_NS = 60 * UNITS_NS["s"]
MAX_SIZE_BYTES = 1 << 20
EVENTFD_BYTES = 8
OWN_DESCRIPTORS = ("epfd", "break")
PEER = ".peer"


class Form(StrEnum):
    """What may follow a word."""

    FD = "FD"
    ANY_FD = "FD|epfd|break"
    AT_PEER = "FD.peer"
    SIZE = "BYTES"
    DURATION = "DURATION"
    DEADLINE = "DURATION|past|none"
    GOROUTINE = "GOROUTINE"


STEP_FORMS: Mapping[Op, tuple[Form, ...]] = {
    Op.READ: (Form.FD, Form.SIZE),
    Op.WRITE: (Form.FD, Form.SIZE),
    Op.FILL: (Form.FD,),
    Op.SLEEP: (Form.DURATION,),
    Op.SET_READ_DEADLINE: (Form.FD, Form.DEADLINE),
    Op.SET_WRITE_DEADLINE: (Form.FD, Form.DEADLINE),
    Op.SET_DEADLINE: (Form.FD, Form.DEADLINE),
    Op.CLOSE: (Form.FD,),
    Op.REOPEN: (Form.FD,),
    Op.BUSY: (Form.DURATION,),
    Op.YIELD: (),
    Op.GO: (Form.GOROUTINE,),
    Op.IS_POLL_DESCRIPTOR: (Form.ANY_FD,),
}
ACTION_FORMS: Mapping[Outside, tuple[Form, ...]] = {
    Outside.WRITE: (Form.AT_PEER, Form.SIZE),
    Outside.READ: (Form.AT_PEER, Form.SIZE),
    Outside.FILL: (Form.AT_PEER,),
    Outside.DRAIN: (Form.AT_PEER,),
    Outside.SHUTDOWN: (Form.AT_PEER,),
    Outside.CLOSE: (Form.AT_PEER,),
    Outside.RESET: (Form.AT_PEER,),
    Outside.GO: (Form.GOROUTINE,),
}

DEADLINES = frozenset({Op.SET_READ_DEADLINE, Op.SET_WRITE_DEADLINE, Op.SET_DEADLINE})
IMPOSSIBLE_STEPS: Mapping[Kind, frozenset[Op]] = {
    Kind.PIPE_READ: frozenset({Op.WRITE, Op.FILL}),
    Kind.EVENTFD: frozenset({Op.FILL}),  # 2**64 writes until EAGAIN
    Kind.FILE: DEADLINES | {Op.FILL},  # never says EAGAIN
}
POSSIBLE_ACTIONS: Mapping[Kind, tuple[Outside, ...]] = {
    Kind.SOCKETPAIR: tuple(op for op in ACTION_FORMS if op not in (Outside.RESET, Outside.GO)),
    Kind.TCP: tuple(op for op in ACTION_FORMS if op is not Outside.GO),
    Kind.PIPE_READ: (Outside.WRITE, Outside.FILL, Outside.CLOSE),
    Kind.PIPE_WRITE: (Outside.READ, Outside.DRAIN, Outside.CLOSE),
    Kind.EVENTFD: (Outside.WRITE, Outside.READ, Outside.DRAIN),
    Kind.FILE: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the scenario declares, so that steps can name it."""

    fds: Mapping[str, Kind]
    goroutines: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a step, which knows where it stands."""

    node: Node
    text: str
    at: int

    def fail(self, message: str) -> ScenarioError:
        return self.node.fail(message, word_at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What followed the first word."""

    fd: str | None = None
    nbytes: int | None = None
    ns: int | None = None
    g: str | None = None


def step(node: Node, declared: Declared) -> Step:
    """A goroutine's step, such as ``read f0 64``."""
    first, rest = _words(node, 'a step such as "read f0 64"')
    if first.text not in set(Op):
        raise _unknown(first, "step", Op, Outside, "the script")
    op = Op(first.text)
    arguments = _arguments(first, rest, STEP_FORMS[op], declared)
    kind = declared.fds.get(arguments.fd or "")
    if kind is not None and op in IMPOSSIBLE_STEPS.get(kind, frozenset()):
        able = [o for o, forms in STEP_FORMS.items() if Form.FD in forms]
        known = ", ".join(o for o in able if o not in IMPOSSIBLE_STEPS[kind])
        raise first.fail(f"{op!s} on {_a(kind)}; {known} may; use another step or kind")
    _check_eventfd(kind, rest, arguments)
    return Step(
        op=op,
        text=_text(first, rest),
        fd=arguments.fd,
        nbytes=arguments.nbytes,
        ns=arguments.ns,
        g=arguments.g,
    )


def action(node: Node, declared: Declared) -> Action:
    """An action of the script, such as ``write f0.peer 8``."""
    first, rest = _words(node, 'an action such as "write f0.peer 8"')
    if first.text not in set(Outside):
        raise _unknown(first, "action", Outside, Op, "a goroutine")
    op = Outside(first.text)
    arguments = _arguments(first, rest, ACTION_FORMS[op], declared)
    kind = declared.fds.get(arguments.fd or "")
    if kind is not None and op not in POSSIBLE_ACTIONS[kind]:
        known = ", ".join(POSSIBLE_ACTIONS[kind]) or "nothing"
        raise first.fail(
            f"{op!s} at the peer of {_a(kind)}; {known} may; use another action or kind"
        )
    _check_eventfd(kind, rest, arguments)
    return Action(
        op=op,
        text=_text(first, rest),
        fd=arguments.fd,
        nbytes=arguments.nbytes,
        g=arguments.g,
    )


def duration(word: Word, *, may: str = "a duration such as 30ms", least: int = 1) -> int:
    """A duration in ns, from ``least`` to a minute."""
    found = re.fullmatch(r"([0-9]+)([A-Za-z]*)", word.text)
    if found is None:
        raise word.fail(f"{word.text[:40]!r}; it must be {may}; write digits and a unit")
    number, unit = found.groups()
    if unit not in UNITS_NS:
        what = f"unknown unit {unit[:40]!r}" if unit else f"{number[:40]} without a unit"
        raise word.fail(f"{what}; units are {', '.join(UNITS_NS)}; write {number[:40]}ms, say")
    ns = int(number) * UNITS_NS[unit] if len(number) <= 20 else MAX_DURATION_NS + 1
    if not least <= ns <= MAX_DURATION_NS:
        raise word.fail(f"{word.text[:40]}; it must be {least}ns to 60s; choose one between")
    return ns


def _words(node: Node, example: str) -> tuple[Word, list[Word]]:
    text = node.string(example)
    found = re.finditer(r"\S+", text)
    words = [Word(node=node, text=match.group(), at=match.start()) for match in found]
    if not words:
        raise node.fail(f"an empty string; it must be {example}; write one or remove it")
    return words[0], words[1:]


def _text(first: Word, rest: list[Word]) -> str:
    return " ".join(word.text for word in (first, *rest))


def _unknown(
    word: Word, what: str, known: type[StrEnum], others: type[StrEnum], place: str
) -> ScenarioError:
    listed = ", ".join(known)
    if word.text in set(others):
        hint = f"{word.text} belongs into {place}"
    else:
        hint = suggestion(word.text, list(known), otherwise=f"write one of these {what}s")
    return word.fail(f"unknown {what} {word.text[:40]!r}; {listed} may stand here; {hint}")


def _arguments(
    first: Word, rest: list[Word], forms: tuple[Form, ...], declared: Declared
) -> Arguments:
    usage = " ".join((first.text, *forms))
    if len(rest) > len(forms):
        extra = rest[len(forms)]
        raise extra.fail(f"{extra.text[:40]!r} too many; {usage!r} is the form; remove it")
    if len(rest) < len(forms):
        written = " ".join(word.text for word in (first, *rest))
        raise first.fail(
            f"{written!r} is not whole; {usage!r} is the form; add {' '.join(forms[len(rest) :])}"
        )
    values: dict[str, str | int] = {}
    for word, form in zip(rest, forms, strict=True):
        values |= _argument(word, form, declared)
    return Arguments(**values)  # type: ignore[arg-type]


def _argument(word: Word, form: Form, declared: Declared) -> dict[str, str | int]:
    match form:
        case Form.FD | Form.ANY_FD:
            own = OWN_DESCRIPTORS if form is Form.ANY_FD else ()
            return {"fd": _descriptor(word, declared, own)}
        case Form.AT_PEER:
            return {"fd": _at_peer(word, declared)}
        case Form.SIZE:
            return {"nbytes": _size(word)}
        case Form.DURATION:
            return {"ns": duration(word)}
        case Form.DEADLINE:
            return {"ns": _deadline(word)}
        case Form.GOROUTINE:
            return {"g": _goroutine(word, declared)}


def _descriptor(word: Word, declared: Declared, own: tuple[str, ...] = ()) -> str:
    if word.text in own or word.text in declared.fds:
        return word.text
    known = [*declared.fds, *own]
    if word.text.endswith(PEER):
        hint = "goroutines use Go's end, without .peer"
    else:
        hint = _nearest_or_declare(word, known, "[fds]")
    raise word.fail(f"{word.text[:40]!r} is not declared; {_some(known)} may stand here; {hint}")


def _at_peer(word: Word, declared: Declared) -> str:
    name = word.text.removesuffix(PEER)
    if name in declared.fds and word.text.endswith(PEER):
        return name
    known = [fd + PEER for fd in declared.fds]
    hint = _nearest_or_declare(word, known, "[fds]")
    if name in declared.fds:
        hint = f"the script acts at the outside's end: write {name}{PEER}"
    raise word.fail(f"{word.text[:40]!r} is no peer; {_some(known)} may stand here; {hint}")


def _goroutine(word: Word, declared: Declared) -> str:
    if word.text in declared.goroutines:
        return word.text
    hint = _nearest_or_declare(word, declared.goroutines, "[goroutines]")
    raise word.fail(
        f"{word.text[:40]!r} is not declared; {_some(list(declared.goroutines))} may stand here;"
        f" {hint}"
    )


def _nearest_or_declare(word: Word, known: Collection[str], table: str) -> str:
    near = suggestion(word.text, known, otherwise="")
    return f"{near} Otherwise declare it under {table}" if near else f"declare it under {table}"


def _size(word: Word) -> int:
    small = word.text.isascii() and word.text.isdecimal() and len(word.text) <= 9
    if not small or not 1 <= int(word.text) <= MAX_SIZE_BYTES:
        raise word.fail(
            f"{word.text[:40]!r} is no size; it must be 1 to {MAX_SIZE_BYTES} bytes;"
            " write a whole number"
        )
    return int(word.text)


def _deadline(word: Word) -> int:
    named = {"past": PAST_NS, "none": NO_DEADLINE_NS}
    if word.text in named:
        return named[word.text]
    return duration(word, may="a duration such as 30ms, past or none")


def _check_eventfd(kind: Kind | None, rest: list[Word], arguments: Arguments) -> None:
    if kind is Kind.EVENTFD and arguments.nbytes not in (None, EVENTFD_BYTES):
        raise rest[1].fail(
            f"{arguments.nbytes} bytes of an eventfd; it must be {EVENTFD_BYTES}, the size of its"
            f" counter; write {EVENTFD_BYTES}"
        )


def _a(kind: Kind) -> str:
    return f"an {kind}" if kind is Kind.EVENTFD else f"a {kind}"


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return shown or "a declared name"
