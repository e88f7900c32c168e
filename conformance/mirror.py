"""Which function of the model mirrors which of Go.

Most of it follows from names: a file's first line names Go's file, a method has Go's name, and one
whose first argument is a timer is a method of Go's timer. ``GO`` has the rest.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, NamedTuple, TypeAlias, cast

from conformance.mirror_names import (
    ATTRIBUTES,
    FILES,
    FORMER,
    GO,
    OURS,
    PARTS,
    RECEIVERS,
    VALUES,
)
from model.runtime2 import Text


class GoName(NamedTuple):
    """A declaration of Go: ``runtime/netpoll.go`` and ``pollDesc.publishInfo``."""

    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A function or class of the model's text, and what it mirrors.

    ``name`` is unique; ``go`` is empty for what is ours; ``part_of`` names the function of the
    model whose Go function this holds a piece of.
    """

    name: str
    module: str
    owner: str
    go: tuple[GoName, ...] = ()
    part_of: str = ""
    reason: str = ""


class Value(NamedTuple):
    """A constant of the model, with those that stand in the same block; a text like a function."""

    module: str
    name: str

    @property
    def block(self) -> range:
        """The numbers of the lines that stand together with it, and say one thing."""
        lines = _lines(self.module)
        named = re.compile(rf" *(\w+, )*{self.name}\b[^=]*=")
        first = at = next(i for i, line in enumerate(lines) if named.match(line))
        while lines[first - 1].strip():
            first -= 1
        while at + 1 < len(lines) and lines[at + 1].strip():
            at += 1
        return range(first + 1, at + 2)

    @property
    def names(self) -> list[str]:
        """Those of all constants of the block."""
        lines = (_lines(self.module)[number - 1] for number in self.block)
        heads = (line.split("=")[0] for line in lines if re.match(r"[\w, ]+[:=]", line))
        return [name for head in heads for name in re.findall(r"\w+", head.split(":")[0])]


@cache
def _lines(module: str) -> list[str]:
    return inspect.getsource(importlib.import_module(module)).splitlines()


Source: TypeAlias = Callable[..., Any] | Value


@cache
def mirrors() -> tuple[Mirror, ...]:
    """All functions and classes of the text, in the order in which they stand."""
    newest = tuple(found for name in FILES for found in _of_module(name))
    known = {one.name for one in newest}
    older = (found for name in _older() for found in _of_module(name) if found.name not in known)
    return (*newest, *{one.name: one for one in older}.values())


def _older() -> Iterator[str]:
    """The modules of the releases before: what they override has its name from the newest."""
    package = importlib.import_module("model.older")
    for module in pkgutil.iter_modules(package.__path__):
        yield f"older.{module.name}"


def _of_module(name: str) -> Iterator[Mirror]:
    module = importlib.import_module(f"model.{name}")
    files = go_files(module)
    for value in vars(module).values():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield _mirror(value.__name__, name, "", files, value)
        elif inspect.isclass(value):
            yield from _of_class(value, name, files)
    for constant, word in VALUES.get(name, {}).items():
        yield Mirror(name=constant, module=name, owner="", go=(_go_name(word, files),))


def _of_class(value: type, module: str, files: tuple[str, ...]) -> Iterator[Mirror]:
    """The class itself where it has a state of its own, and its methods."""
    for method, function in vars(value).items():
        if not inspect.isfunction(function) or method == "__repr__":
            continue
        if method == "__init__":
            yield _mirror(value.__name__, module, value.__name__, files, None)
        else:
            of_data = "__init__" in vars(value) and not issubclass(value, Text)
            name = f"{value.__name__}.{method}" if of_data else method
            yield _mirror(name, module, value.__name__, files, function)


def _mirror(
    name: str, module: str, owner: str, files: tuple[str, ...], function: FunctionType | None
) -> Mirror:
    reason, part_of = OURS.get(name, ""), PARTS.get(name, "")
    names = GO.get(name, ())
    if not (reason or part_of or names):
        names = (_derived(name, function),)
    go = tuple(_go_name(each, files) for each in names)
    return Mirror(name=name, module=module, owner=owner, go=go, part_of=part_of, reason=reason)


def _derived(name: str, function: FunctionType | None) -> str:
    """Go's name by ours: of a class Go's spelling, of a function with a timer a timer's method."""
    if function is None:
        return name if name.isupper() and len(name) > 1 else name[0].lower() + name[1:]
    first = next(
        (p for p in inspect.signature(function).parameters.values() if p.name != "self"), None
    )
    annotation = (
        "" if first is None else str(getattr(first.annotation, "__name__", first.annotation))
    )
    receiver = RECEIVERS.get(annotation)
    return f"{receiver}.{name}" if receiver else name


def former(name: GoName) -> tuple[GoName, ...]:
    """What did the same in older releases under other names; mostly nothing."""
    return tuple(_go_name(word, (name.file,)) for word in FORMER.get(name.name, ()))


def _go_name(word: str, files: tuple[str, ...]) -> GoName:
    file, colon, name = word.rpartition(":")
    return GoName(file if colon else files[0], name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What is read together: a function of the model with the functions that hold parts of it."""

    main: Mirror
    parts: tuple[Mirror, ...]

    @property
    def go(self) -> tuple[GoName, ...]:
        """Go's declarations, the one to read first in front."""
        return tuple(dict.fromkeys(name for one in (self.main, *self.parts) for name in one.go))

    @property
    def members(self) -> tuple[Mirror, ...]:
        """The model's."""
        return (self.main, *self.parts)


@cache
def units() -> tuple[Unit, ...]:
    """Everything that mirrors something, in the model's order."""
    return tuple(
        Unit(main=one, parts=tuple(part for part in mirrors() if part.part_of == one.name))
        for one in mirrors()
        if one.go and not one.part_of
    )


def units_named(word: str) -> tuple[Unit, ...]:
    """The units that a word may mean: several if it is ambiguous, none if it is unknown.

    ``netpollblock``, ``pollDesc.publishInfo``, ``(*fdMutex).rwlock``, ``publishInfo``, the
    model's own names, each also behind a file: ``fd_mutex.go:fdMutex.incref``.
    """
    plain = re.sub(r"\(\*?(\w+)\)\.", r"\1.", word)
    for spellings in (_full_names, _short_names):
        found = tuple(unit for unit in units() if plain in spellings(unit))
        if found:
            return found
    return ()


def _full_names(unit: Unit) -> set[str]:
    ours = {
        spelling for one in unit.members for spelling in (one.name, f"{one.module}.py:{one.name}")
    }
    return ours | {spelling for name in unit.go for spelling in _qualified(name, name.name)}


def _short_names(unit: Unit) -> set[str]:
    ours = {one.name.rpartition(".")[2] for one in unit.members}
    if unit.main.name in VALUES.get(unit.main.module, {}):
        ours.update(Value(f"model.{unit.main.module}", unit.main.name).names)
    short = ((name, name.name.rpartition(".")[2]) for name in unit.go)
    return ours | {spelling for name, last in short for spelling in _qualified(name, last)}


def _qualified(name: GoName, said: str) -> tuple[str, ...]:
    return said, f"{name.file}:{said}", f"{name.file.rpartition('/')[2]}:{said}"


def text_of(one: Mirror, runtime: type) -> Source | None:
    """The text of it in a release's runtime class; None if that release has no such function."""
    module = importlib.import_module(f"model.{one.module}")
    if one.name in VALUES.get(one.module, {}):
        return _value(one.name, module.__name__, runtime)
    owner = getattr(module, one.owner) if one.owner else module
    if one.owner == one.name:
        return cast("type", owner)
    name = one.name.rpartition(".")[2]
    place = owner if "." in one.name or not one.owner else runtime
    return cast("Callable[..., Any] | None", getattr(place, name, None))


def _value(name: str, module: str, runtime: type) -> Value:
    """A constant, or the attribute by which an older release's class overrides it."""
    attribute = ATTRIBUTES.get(name)
    homes = (each.__module__ for each in runtime.__mro__ if attribute in vars(each))
    home = next(homes, module)
    return Value(module, name) if home == module else Value(home, str(attribute))


def go_files(module: ModuleType) -> tuple[str, ...]:
    """The Go files that a module's first line says it mirrors."""
    head = (module.__doc__ or "").partition("\n")[0].partition(":")[0]
    return tuple(re.findall(r"[\w/]+\.go", head)) or ("runtime/proc.go",)
