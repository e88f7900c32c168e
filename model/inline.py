"""The text with its accesses written out in place: the same runs, in less time.

An access as a method of its own costs a coroutine. Here each ``await word.load()`` of the text
becomes a few lines that do what model.atomic's method does, by way of the syntax tree. The text
stays the only source: an inlined function has the name, lines and meaning of the one it stands for.
That the runs are the same is tested on the whole catalogue (tests/test_model_inline.py).
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache, lru_cache, update_wrapper
from importlib.abc import InspectLoader
from types import CodeType, FunctionType
from typing import Any, TypeVar

from model.atomic import GOGO, MCALL, QUEUE, world
from model.costs import (
    LOAD_NS,
    LOCK_NS,
    NANOTIME_NS,
    RMW_NS,
    STORE_NS,
    SWITCH_NS,
    SYSCALL_NS,
    UNLOCK_NS,
)

T = TypeVar("T", bound=type)

MODULES = tuple(
    f"model.{name}"
    for name in (
        *("netpoll", "netpoll_epoll", "time", "sema", "fd_mutex", "fd_unix", "proc", "program"),
        *("older.go125", "older.go124", "older.go122", "older.go121"),
    )
)

STANDS_FOR = {"\0world": world, "\0queue": QUEUE, "\0gogo": GOGO, "\0mcall": MCALL}
"""Constants that an inlined function has in place of globals, which are slower to reach."""

W, Q, GO, CALL = (repr(name) for name in STANDS_FOR)

TURN = f"if {W}.now >= {W}.horizon: await {Q}\n{W}.now += "

ACCESSES = {
    "load": (LOAD_NS, "", "{w}.v"),
    "store": (STORE_NS, "{w}.v = {a}", ""),
    "cas": (RMW_NS, "r_ = {w}.v == {a}\nif r_: {w}.v = {b}", "r_"),
    "swap": (RMW_NS, "r_ = {w}.v\n{w}.v = {a}", "r_"),
    "add": (RMW_NS, "r_ = {w}.v = {w}.v + {a}", "r_"),
    "add to a Uint32": (RMW_NS, "r_ = {w}.v = {w}.v + {a} & 0xFFFF_FFFF", "r_"),
    "become": (RMW_NS, "if {w}.v != {a}: await {w}.wait({a})\n{w}.v = {b}", ""),
    "lock": (LOCK_NS, f"if {{w}}.holder: await {{w}}.wait()\n{{w}}.holder = {W}.m", ""),
    "unlock": (UNLOCK_NS, "{w}.holder = None\nif {w}.waiters: {w}.hand_on()", ""),
}
"""By method: its cost, what it does, and its result. ``w`` is the word; ``a``, ``b`` are given."""

CALLS = {
    "nanotime": (f"{TURN}{NANOTIME_NS}", f"{W}.now"),
    "syscall": (f"{TURN}{SYSCALL_NS}", ""),
    "look": (f"{TURN}{LOAD_NS}", ""),
    "gogo": (f"{W}.now += {SWITCH_NS}\n{W}.seen.runs({{a}})\nawait {GO}", ""),
    "mcall": (f"{W}.m.mcallfn = {{a}}\nawait {CALL}", ""),
}
"""By function of model.atomic: what it does, and its result."""

WRAPPING = "self.netpollWaiters"
"""The one Uint32, whose ``add`` is another."""


def inlined(runtime: T) -> T:
    """A subclass of ``runtime`` that does the same, with the accesses of the text in place.

    What ``runtime`` overrides from another module stays as it is written there, and all of it where
    the model was installed without its source.
    """
    methods: dict[str, object] = {}
    for kind in reversed(runtime.__mro__):
        methods.update(vars(kind))
    text = (
        (name, method)
        for name, method in methods.items()
        if isinstance(method, FunctionType) and method.__module__ in MODULES
    )
    made: T = subclass(runtime, tuple(text))
    return made


@lru_cache(maxsize=256)
def subclass(runtime: Any, text: tuple[tuple[str, FunctionType], ...]) -> Any:
    """The subclass of ``runtime``, whose methods of the text are ``text``; made once."""
    found = {
        name: with_code(method, codes(method.__module__)[method.__qualname__])
        for name, method in text
        if method.__qualname__ in codes(method.__module__)
    }
    return type(runtime.__name__, (runtime,), {**found, "__module__": runtime.__module__})


def with_code(method: FunctionType, code: CodeType) -> FunctionType:
    made = FunctionType(
        code, method.__globals__, method.__name__, method.__defaults__, method.__closure__
    )
    return update_wrapper(made, method)  # type: ignore[return-value]


@cache
def codes(module: str) -> dict[str, CodeType]:
    """By qualified name: the inlined functions of a module of the text."""
    tree = ast.parse(source(module))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for kind in classes:
        methods = [node for node in kind.body if isinstance(node, ast.AsyncFunctionDef)]
        kind.bases = []
        kind.body = [rewritten(method) for method in methods] or kind.body[:1]
    whole = compile(ast.Module(classes, []), sys.modules[module].__file__ or "", "exec")  # type: ignore[arg-type]
    return {
        f"{kind.co_name}.{function.co_name}": function.replace(co_consts=consts(function))
        for kind in nested(whole)
        for function in nested(kind)
    }


def source(module: str) -> str:
    """The module's text; empty where it was installed without."""
    spec = sys.modules[module].__spec__
    loader = spec.loader if spec else None
    return (loader.get_source(module) or "") if isinstance(loader, InspectLoader) else ""


def nested(code: CodeType) -> Iterator[CodeType]:
    return (const for const in code.co_consts if isinstance(const, CodeType))


def consts(code: CodeType) -> tuple[object, ...]:
    return tuple(
        STANDS_FOR.get(const, const) if isinstance(const, str) else const
        for const in code.co_consts
    )


def rewritten(method: ast.AsyncFunctionDef) -> ast.stmt:
    """The method with its accesses in place.

    Where it ends with its only await, it need not be a coroutine of its own: it is a plain
    function then, which returns what is to be awaited.
    """
    method.body = Inliner().block(method.body)
    last = method.body[-1]
    value = getattr(last, "value", None)
    if not isinstance(value, ast.Await):
        return method
    parts = [part for part in ast.walk(method) if isinstance(part, ast.Await | ast.Return)]
    if any(part not in (last, value) for part in parts):
        return method
    method.body[-1] = ast.copy_location(ast.Return(value.value), last)
    return ast.FunctionDef(**vars(method))


class Inliner:
    """Rewrites blocks of the text. What it may meet is held by the text's grammar."""

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        return [new for old in statements for new in self.statement(old)]

    def statement(self, old: ast.stmt) -> list[ast.stmt]:
        for name in ("body", "orelse"):
            if getattr(old, name, None):
                setattr(old, name, self.block(getattr(old, name)))
        field = "test" if isinstance(old, ast.If) else "value"
        value = getattr(old, field, None)
        negated = isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
        awaited = value.operand if negated else value  # type: ignore[union-attr]
        if not (isinstance(awaited, ast.Await) and isinstance(awaited.value, ast.Call)):
            return [old]
        made = self.access(awaited.value)
        if made is None:
            return [old]
        text, result = made
        if isinstance(old, ast.Expr):
            return at_line(ast.parse(text), old.lineno)
        *lines, new = at_line(ast.parse(f"{text}\n{'not ' * negated}({result})"), old.lineno)
        setattr(old, field, new.value)  # type: ignore[attr-defined]
        return [*lines, old]

    def access(self, call: ast.Call) -> tuple[str, str] | None:
        """(the lines that stand for the call, the expression of its result), or None."""
        function = call.func
        if isinstance(function, ast.Name) and function.id in CALLS:
            does, result = CALLS[function.id]
            return does.format(a=" ".join(map(ast.unparse, call.args))), result
        if not (isinstance(function, ast.Attribute) and function.attr in ACCESSES):
            return None
        # In Go's order: the word and the arguments first, then perhaps the wait for our turn.
        first, names = "", {}
        for name, part in zip("wab", (function.value, *call.args), strict=False):
            names[name] = ast.unparse(part)
            if not isinstance(part, ast.Name | ast.Constant):
                first += f"{name}_ = {names[name]}\n"
                names[name] = f"{name}_"
        wraps = function.attr == "add" and ast.unparse(function.value) == WRAPPING
        cost, does, result = ACCESSES["add to a Uint32" if wraps else function.attr]
        return f"{first}{TURN}{cost}\n{does.format(**names)}", result.format(**names)


def at_line(tree: ast.Module, number: int) -> list[ast.stmt]:
    """The statements of a piece of text, all parts of which are said to be at that line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            node.lineno = node.end_lineno = number
    return tree.body
