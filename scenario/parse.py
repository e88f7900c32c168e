"""A scenario out of its TOML text."""

import re
from collections.abc import Mapping

from scenario.checks import check
from scenario.grammar import Declared, Word, action, duration, step
from scenario.source import Node, read, suggestion
from scenario.words import HOST, Action, Entry, Kind, Outside, Scenario, Step

KEYS = ("question", "finding", "procs", "fds", "goroutines", "script", "witnesses", "reason")
ENTRY_KEYS = ("do", "hold", "hold_fetched", "at", "nowait")
RESERVED = frozenset({HOST, "epfd", "break"})
MAX_PROCS = 64
MAX_FDS = 400  # with their peers, well under the usual limit of 1,024 descriptors


def parse(text: str, *, name: str, origin: str) -> Scenario:
    """The scenario that a text describes.

    ``name`` is its name in traces and pictures, ``origin`` how messages call the text (a path).
    Raises ScenarioError with ``origin:line:column`` for everything that cannot be run.
    """
    root = read(text, origin=origin)
    keys = root.known(KEYS, 'question = "..."')
    _check_own_keys(keys)
    fds = _fds(keys)
    names = _names(keys.get("goroutines"), fds)
    declared = Declared(fds=fds, goroutines=names)
    scenario = Scenario(
        name=name,
        question=_sentence(root, keys, "question"),
        finding=_sentence(root, keys, "finding"),
        procs=_procs(keys),
        fds=fds,
        goroutines={g: _steps(node, declared) for g, node in names.items()},
        script=tuple(_entry(node, declared) for node in _items(keys.get("script"))),
        witnesses=_witnesses(keys),
        reason=_reason(root, keys),
    )
    check(scenario, root)
    return scenario


def _sentence(root: Node, keys: Mapping[str, Node], key: str) -> str:
    example = f'{key} = "..."'
    if key not in keys:
        raise root.fail(f"no {key}; a scenario must have one, in a sentence; add {example}")
    text = keys[key].string(example)
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise keys[key].fail(
            f"{text[:40]!r}; it must be one line of 1 to 200 characters; write a sentence"
        )
    return text


def _procs(keys: Mapping[str, Node]) -> int:
    if "procs" not in keys:
        return 1
    value = keys["procs"].value
    if not isinstance(value, int) or isinstance(value, bool):
        raise keys["procs"].wrong_type("a whole number", "procs = 1")
    if not 1 <= value <= MAX_PROCS:
        raise keys["procs"].fail(f"{value} Ps; 1 to {MAX_PROCS} may stand here; write procs = 1")
    return value


def _fds(keys: Mapping[str, Node]) -> dict[str, Kind]:
    if "fds" not in keys:
        return {}
    table = keys["fds"].table('f0 = "socketpair" under [fds]')
    if len(table) > MAX_FDS:
        raise keys["fds"].fail(f"{len(table)} descriptors; at most {MAX_FDS} may stand; use fewer")
    return {_name(name, node): _kind(node) for name, node in table.items()}


def _kind(node: Node) -> Kind:
    word = node.string('"socketpair"')
    if word not in set(Kind):
        hint = suggestion(word, list(Kind), otherwise="write one of these kinds")
        raise node.fail(f"unknown kind {word[:40]!r}; {', '.join(Kind)} may stand here; {hint}")
    return Kind(word)


def _names(node: Node | None, fds: Mapping[str, Kind]) -> dict[str, Node]:
    if node is None:
        return {}
    table = node.table('r0 = ["read f0 64"] under [goroutines]')
    for name, steps in table.items():
        if _name(name, steps) in fds:
            raise steps.fail_key(
                f"{name!r} is a descriptor already; a name may stand only once; choose another"
            )
    return table


def _check_own_keys(keys: Mapping[str, Node]) -> None:
    """In TOML a key below a [table] belongs to the table, which is seldom what was meant."""
    tables = [(f"under [{key}]", keys[key]) for key in ("fds", "goroutines") if key in keys]
    if "script" in keys:
        tables += [("in an entry of the script", item) for item in _items(keys["script"])]
    for where, table in tables:
        for key in KEYS:
            if isinstance(table.value, dict) and key in table.value:
                raise table.child(key, None).fail_key(
                    f"{key} stands {where}; a scenario's own keys must stand above all tables;"
                    " move it above the first [table], or choose another name"
                )


def _name(name: str, node: Node) -> str:
    if name in RESERVED:
        raise node.fail_key(f"{name!r} is reserved; it must be another name; choose one")
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}", name) is None:
        raise node.fail_key(
            f"{name[:40]!r} is no name; it must be a letter and up to 31 letters, digits or _;"
            " choose such a name"
        )
    return name


def _steps(node: Node, declared: Declared) -> tuple[Step, ...]:
    return tuple(step(item, declared) for item in node.array('["read f0 64"]'))


def _items(node: Node | None) -> list[Node]:
    return [] if node is None else node.array('script = ["write f0.peer 8"]')


def _entry(node: Node, declared: Declared) -> Entry:
    if isinstance(node.value, str):
        return _single(action(node, declared), at_ns=None, nowait=False)
    if not isinstance(node.value, dict):
        raise node.wrong_type("an action or a table", '{do = "write f0.peer 8", at = "20ms"}')
    keys = node.known(ENTRY_KEYS, '{do = "write f0.peer 8"}')
    _check_shape(node, keys)
    at_ns, nowait = _at(keys.get("at")), _nowait(keys.get("nowait"))
    if "do" in keys:
        return _single(action(keys["do"], declared), at_ns=at_ns, nowait=nowait)
    return Entry(
        held=_held(keys["hold"], declared),
        fetched=_held(keys["hold_fetched"], declared) if "hold_fetched" in keys else (),
        at_ns=at_ns,
        nowait=nowait,
    )


def _single(act: Action, *, at_ns: int | None, nowait: bool) -> Entry:
    if act.op is Outside.GO:
        return Entry(plain=act, at_ns=at_ns, nowait=nowait)
    return Entry(held=(act,), at_ns=at_ns, nowait=nowait)


def _check_shape(node: Node, keys: Mapping[str, Node]) -> None:
    if "do" in keys and "hold" in keys:
        raise keys["hold"].fail_key("hold beside do; only one of them may stand; remove the other")
    if "hold_fetched" in keys and "hold" not in keys:
        raise keys["hold_fetched"].fail_key(
            "hold_fetched without hold; it must follow the hold of the same entry; add hold = [...]"
        )
    if "do" not in keys and "hold" not in keys:
        raise node.fail('an entry that does nothing; it must have do or hold; add do = "..."')


def _held(node: Node, declared: Declared) -> tuple[Action, ...]:
    items = node.array('["write f0.peer 8"]')
    if not items:
        raise node.fail("an empty list; at least one action must stand here; add one")
    return tuple(action(item, declared) for item in items)


def _at(node: Node | None) -> int | None:
    if node is None:
        return None
    text = node.string('at = "20ms"')
    return duration(Word(node=node, text=text, at=0), least=0)


def _nowait(node: Node | None) -> bool:
    if node is None:
        return False
    if not isinstance(node.value, bool):
        raise node.wrong_type("true or false", "nowait = true")
    return node.value


def _witnesses(keys: Mapping[str, Node]) -> tuple[str, ...] | None:
    if "witnesses" not in keys:
        return None
    items = keys["witnesses"].array('witnesses = ["model", "go"]')
    names = tuple(item.string('"model"') for item in items)
    if not names or not all(names) or len(set(names)) < len(names):
        raise keys["witnesses"].fail(
            "no usable list of witnesses; it must hold names, each only once;"
            " name one or remove the key"
        )
    return names


def _reason(root: Node, keys: Mapping[str, Node]) -> str | None:
    if ("reason" in keys) == ("witnesses" in keys):
        return _sentence(root, keys, "reason") if "reason" in keys else None
    if "reason" in keys:
        raise keys["reason"].fail_key(
            "reason without witnesses; both must stand or neither; remove it"
        )
    raise keys["witnesses"].fail_key(
        'witnesses without reason; it must say why not all may run it; add reason = "..."'
    )
