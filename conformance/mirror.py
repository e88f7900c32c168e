"""Which function of the model mirrors which of Go.

Most of it follows from names: a file's first line names Go's file, a method has Go's name, and one
whose first argument is a timer is a method of Go's timer. ``GO`` has the rest.
"""

import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import FunctionType, ModuleType
from typing import NamedTuple

FILES = (
    *("netpoll", "netpoll_epoll", "proc", "time", "sema", "fd_mutex", "fd_unix", "runtime2"),
    "older",
)
"""The modules of the model that mirror Go."""

RECEIVERS = {"Timer": "timer", "Timers": "timers", "FdMutex": "fdMutex", "GQueue": "gQueue"}
"""Whoever takes one of these first is a method of it in Go."""

POLL = "internal/poll/fd_poll_runtime.go:"
MUTEX = "internal/poll/fd_mutex.go:"
PROC = "runtime/proc.go:"
SYSCALL = "syscall/syscall_unix.go:"

GO: Mapping[str, tuple[str, ...]] = {
    # runtime/netpoll.go
    "publishInfo": ("pollDesc.publishInfo",),
    "setEventErr": ("pollDesc.setEventErr",),
    "pollOpen": ("poll_runtime_pollOpen",),
    "pollClose": ("poll_runtime_pollClose",),
    "pollCacheFree": ("pollCache.free",),
    "pollReset": ("poll_runtime_pollReset",),
    "pollWait": ("poll_runtime_pollWait",),
    "pollSetDeadline": ("poll_runtime_pollSetDeadline",),
    "pollUnblock": ("poll_runtime_pollUnblock",),
    "pollCacheAlloc": ("pollCache.alloc",),
    # runtime/proc.go
    "mstart": ("mstart1",),
    "becomeSpinning": ("m.becomeSpinning",),
    "entersyscall": ("reentersyscall", "entersyscall"),
    "acquirep": ("acquirep", "acquirepNoTrace", "wirep"),
    "releasep": ("releasep", "releasepNoTrace"),
    "takeP": ("syscallingThread.takeP",),
    "stealOrder": (
        *("randomOrder.reset", "randomOrder.start"),
        *("randomEnum.done", "randomEnum.next", "randomEnum.position"),
    ),
    "Sysmontick": (f"{PROC}sysmontick",),
    "GQueue": (f"{PROC}gQueue",),
    "GQueue.pushBack": (f"{PROC}gQueue.pushBack",),
    "GQueue.pushBackAll": (f"{PROC}gQueue.pushBackAll",),
    "GQueue.pop": (f"{PROC}gQueue.pop",),
    # runtime/time.go
    "timersUnlock": ("timers.unlock",),
    "timerUnlock": ("timer.unlock",),
    "siftUp": ("timers.siftUp",),
    "siftDown": ("timers.siftDown",),
    "initHeap": ("timers.initHeap",),
    # runtime/sema.go
    "goparkunlock": (f"{PROC}goparkunlock",),
    "parkunlock_c": (f"{PROC}parkunlock_c",),
    "semacquire": ("semacquire1", "semaRoot.queue"),
    "semrelease": ("semrelease1", "semaRoot.dequeue", "readyWithTime"),
    # internal/poll
    "fdInit": ("FD.Init", f"{POLL}pollDesc.init"),
    "fdDestroy": ("FD.destroy", f"{POLL}pollDesc.close"),
    "fdClose": ("FD.Close", f"{POLL}pollDesc.evict"),
    "fdRead": ("FD.Read", f"{MUTEX}FD.readLock", f"{MUTEX}FD.readUnlock"),
    "fdReadLocked": (f"{POLL}pollDesc.prepare", f"{POLL}pollDesc.wait"),
    "fdWrite": ("FD.Write", f"{MUTEX}FD.writeLock", f"{MUTEX}FD.writeUnlock"),
    "fdWriteLocked": (f"{POLL}pollDesc.prepare", f"{POLL}pollDesc.wait"),
    "fdSetDeadline": (f"{POLL}setDeadlineImpl", f"{MUTEX}FD.incref", f"{MUTEX}FD.decref"),
    "syscallRead": (f"{SYSCALL}Read", "ignoringEINTRIO"),
    "syscallWrite": (f"{SYSCALL}Write", "ignoringEINTRIO"),
    "convertErr": (f"{POLL}convertErr",),
}
"""Go's functions, the one to read first, where name and class do not say it."""

PARTS: Mapping[str, str] = {
    "findRunnablePoll": "findRunnable",
    "findRunnableRecheck": "findRunnable",
    "findRunnableBlock": "findRunnable",
    "startIdle": "injectglist",
    "wakeSysmon": "entersyscallWakeSysmon",
    "sysmonDeepSleep": "sysmon",
    "sysmonPoll": "sysmon",
    "retakeSyscall": "retake",
    "mayRunNext": "runqgrab",
    "manyZombies": "check",
    "fdReadLocked": "fdRead",
    "fdWriteLocked": "fdWrite",
}
"""A function of ours that holds a piece of a longer one of Go: of which, by the model's name."""

OURS: Mapping[str, str] = {
    "busy": "what a scenario's `busy` does in place of a loop; preemption by a signal is left out",
    "replaced": "a heap is a tuple here, and a place in it cannot be assigned to",
    "csemaOf": "a semaphore is made when somebody waits, to save memory",
    "FdMutex.sema": "a semaphore is made when somebody waits, to save memory",
    "Sema": "a queue beside each semaphore says the same as Go's table of trees",
    "Text": "the initial state, as schedinit and procresize leave it behind",
}
"""What mirrors nothing, with the reason."""


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

    @property
    def covered(self) -> bool:
        """Whether it is known what this is."""
        return bool(self.go or self.part_of or self.reason)


@cache
def mirrors() -> tuple[Mirror, ...]:
    """All functions and classes of the text, in the order in which they stand."""
    return tuple(found for name in FILES for found in _of_module(name))


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


def _of_class(value: type, module: str, files: tuple[str, ...]) -> Iterator[Mirror]:
    """The class itself where it has a state of its own, and its methods."""
    for method, function in vars(value).items():
        if not inspect.isfunction(function) or method == "__repr__":
            continue
        if method == "__init__":
            yield _mirror(value.__name__, module, value.__name__, files, None)
        else:
            of_data = "__init__" in vars(value)
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


def _go_name(word: str, files: tuple[str, ...]) -> GoName:
    file, colon, name = word.rpartition(":")
    return GoName(file if colon else files[0], name)


def go_files(module: ModuleType) -> tuple[str, ...]:
    """The Go files that a module's first line says it mirrors."""
    head = (module.__doc__ or "").partition("\n")[0].partition(":")[0]
    return tuple(re.findall(r"[\w/]+\.go", head))
