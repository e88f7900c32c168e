"""The grammar of the model's text, checked on its syntax tree: it can be stepped by accesses."""

import ast
import re
from collections.abc import Callable, Iterator

BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
ACCESSES = {
    *("load", "store", "cas", "swap", "add", "set_bit", "clear_bit", "become"),
    *("lock", "unlock", "sleep", "tsleep", "clear", "wakeup"),
    *("pushBack", "pushBackAll", "pop"),
}
"""Methods of the words, locks, notes and queues; each awaits nothing but accesses."""
CONTAINERS = (
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.GeneratorExp,
)
MUTABLE = {"list", "dict", "set", "deque", "defaultdict", "bytearray"}
GLUED = {
    ("__init__", "self.sched.pidle.v"): "nobody runs yet",
    (
        "entersyscall",
        "pp.syscalltick.v",
    ): "our own P, that nobody can take before the status says so",
    ("threadInSyscall", "pp.syscalltick.v"): "sysmon has just taken the P, and nobody else has it",
    ("checkdead", "gp.atomicstatus.v"): "sched.lock is held and no M runs",
    ("pidleput", "self.sched.pidle.v"): "sched.lock is held by whoever writes it",
    ("runqput", "pp.runqtail.v"): "only the M that has the P writes it",
    ("runqputbatch", "pp.runqtail.v"): "only the M that has the P writes it",
    ("runqget", "pp.runqtail.v"): "only the M that has the P writes it",
}
"""(function, word) read without an access, and why no other M can change it meanwhile."""

Check = Callable[[ast.Module], Iterator[str]]


def functions(tree: ast.Module) -> Iterator[ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef))


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    return (each for each in ast.walk(node) if isinstance(each, ast.stmt))


def own_parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of a statement, without the statements in its blocks."""
    for name, value in ast.iter_fields(statement):
        if name not in BLOCKS:
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    yield part


def own_awaits(statement: ast.stmt) -> list[ast.Await]:
    if isinstance(statement, ast.AsyncFunctionDef | ast.FunctionDef | ast.ClassDef):
        return []
    return [
        node
        for part in own_parts(statement)
        for node in ast.walk(part)
        if isinstance(node, ast.Await)
    ]


def awaits(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Await) for each in ast.walk(node))


def one_await_per_statement(tree: ast.Module) -> Iterator[str]:
    for statement in statements(tree):
        if len(own_awaits(statement)) > 1:
            yield f"{statement.lineno}: more than one await"


def bound_or_tested_at_once(tree: ast.Module) -> Iterator[str]:
    for statement in statements(tree):
        for node in own_awaits(statement):
            if not isinstance(statement, ast.While) and not at_once(statement, node):
                yield f"{statement.lineno}: the result is neither bound nor tested at once"


def at_once(statement: ast.stmt, node: ast.Await) -> bool:
    if isinstance(statement, ast.Expr | ast.Return | ast.Assign):
        return statement.value is node
    if isinstance(statement, ast.If):
        test = statement.test
        negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        return (test.operand if negated else test) is node  # type: ignore[attr-defined]
    return False


def none_in_a_while_test(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.While) and awaits(node.test):
            yield f"{node.lineno}: an await in the test of a while"


def nothing_around_an_await(tree: ast.Module) -> Iterator[str]:
    around = {
        ast.For: "for", ast.With: "with", ast.Try: "try", ast.Match: "match", ast.Lambda: "lambda",
        ast.ListComp: "comprehension", ast.SetComp: "comprehension",
        ast.DictComp: "comprehension", ast.GeneratorExp: "comprehension",
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFor | ast.AsyncWith):
            yield f"{node.lineno}: an async for or with"
        word = around.get(type(node))
        if word is not None and awaits(node):
            yield f"{node.lineno}: an await inside a {word}"  # type: ignore[attr-defined]


def no_shared_container(tree: ast.Module) -> Iterator[str]:
    """A container that a frame makes or is given could be changed by another; a tuple cannot."""
    for function in functions(tree):
        notes = {part for note in annotations(function) for part in ast.walk(note)}
        for node in set(ast.walk(function)) - notes:
            if isinstance(node, CONTAINERS) and not in_a_tuple(function, node):
                yield f"{node.lineno}: {function.name} makes a mutable container"
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in MUTABLE:
                yield f"{node.lineno}: {function.name} makes a mutable container"
        for note in annotations(function):
            if names(note) & MUTABLE:
                yield f"{note.lineno}: {function.name} shares a mutable container"


def in_a_tuple(function: ast.AsyncFunctionDef, node: ast.AST) -> bool:
    """Whether a generator expression is consumed on the spot, by ``tuple(...)`` or ``any(...)``."""
    return isinstance(node, ast.GeneratorExp) and any(
        isinstance(call, ast.Call) and call.args[:1] == [node] and names(call.func) <= CONSUMERS
        for call in ast.walk(function)
    )


CONSUMERS = {"tuple", "any", "all", "sum", "min", "max"}


def annotations(function: ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    arguments = (*function.args.args, *function.args.kwonlyargs)
    yield from (each.annotation for each in arguments if each.annotation)
    if function.returns:
        yield function.returns
    yield from (node.annotation for node in ast.walk(function) if isinstance(node, ast.AnnAssign))


def names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def all_suspension_through_atomic(tree: ast.Module) -> Iterator[str]:
    """Awaited is a function of model.atomic, an access, a method of the text, or a stored one."""
    imported = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "model.atomic"
        for name in node.names
    }
    for function in functions(tree):
        bound = bound_names(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Yield | ast.YieldFrom):
                yield f"{node.lineno}: a yield"
            if isinstance(node, ast.Await) and not known(node.value, imported, bound):
                yield f"{node.lineno}: awaits something that is not of model.atomic"
    if imported & {"Request", "BLOCK", "QUEUE", "GOGO", "MCALL"}:
        yield "1: suspends by itself"


def bound_names(function: ast.AsyncFunctionDef) -> set[str]:
    """Arguments and what is assigned to."""
    stored = (node for node in ast.walk(function) if isinstance(node, ast.Name))
    return {each.arg for each in function.args.args} | {
        name.id for name in stored if isinstance(name.ctx, ast.Store)
    }


def known(call: ast.expr, imported: set[str], bound: set[str]) -> bool:
    if not isinstance(call, ast.Call):
        return False
    function = call.func
    if isinstance(function, ast.Name):
        return function.id in imported | bound
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    if ast.unparse(owner) in ("self", "super()"):
        return True
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    return function.attr in ACCESSES and names(owner) <= bound


def words_read_by_accesses(tree: ast.Module) -> Iterator[str]:
    for method in ast.walk(tree):
        if not isinstance(method, ast.AsyncFunctionDef | ast.FunctionDef):
            continue
        for node in ast.walk(method):
            reads = isinstance(node, ast.Attribute) and node.attr == "v"
            if reads and isinstance(node.ctx, ast.Load):  # type: ignore[attr-defined]
                word = ast.unparse(node)
                if (method.name, word) not in GLUED:
                    yield f"{node.lineno}: {method.name} reads {word} without an access"  # type: ignore[attr-defined]


CHECKS: tuple[Check, ...] = (
    one_await_per_statement,
    bound_or_tested_at_once,
    none_in_a_while_test,
    nothing_around_an_await,
    no_shared_container,
    all_suspension_through_atomic,
    words_read_by_accesses,
)


def faults(source: str) -> list[str]:
    """What is wrong with a text, as ``LINE: what``; empty where it keeps the grammar."""
    tree = ast.parse(source)
    found = dict.fromkeys(fault for check in CHECKS for fault in check(tree))
    return sorted(found, key=line_of)


def line_of(fault: str) -> int:
    return int(fault.split(":")[0])


def tags(source: str) -> list[str]:
    """The ``# DOC:`` tags of a text as ``function:tag``, in order."""
    tree = ast.parse(source)
    found = []
    for number, line in enumerate(source.splitlines(), 1):
        match = re.search(r"#.*?DOC: ([A-Za-z][A-Za-z ]*)", line)
        if match:
            found.append(f"{function_at(tree, number)}:{match[1].strip()}")
    return found


def function_at(tree: ast.Module, number: int) -> str:
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
        and node.lineno <= number <= (node.end_lineno or 0)
    ]
    return max(around, key=lambda node: node.lineno).name
