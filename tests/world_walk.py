"""Walks all that a modelled world is made of, and says what has no place in a snapshot."""

from collections import deque
from collections.abc import Iterator
from enum import Enum
from types import CoroutineType, MethodType
from typing import Any

from model.atomic import Count, Mutex, Note, Request, Status, Uint32, Word
from model.eventfd import EventFd
from model.eventpoll import EventPoll, Item
from model.fd_mutex import FdMutex
from model.fd_unix import FD
from model.file import NotOpen
from model.gate import Gate
from model.kernel import Kernel
from model.netpoll import PollCache, PollDesc
from model.pipe import PipeReader, PipeWriter
from model.program import Runtime
from model.regular import Regular
from model.runtime2 import G, GQueue, M, P, Schedt, Sysmontick
from model.sema import Sema
from model.time import Timer, Timers
from model.unix_stream import UnixStream
from scenario import Scenario, Step

PLAIN = (int, str, bytes, bool, type(None), Enum, Scenario, Step)
HANDS = (Gate,)
"""The driver's, met in the frame of epoll_wait."""
CONTAINERS = (tuple, list, deque, dict, set, frozenset)
KNOWN = {
    *(Word, Count, Uint32, Status, Mutex, Note, Request),
    *(G, M, P, GQueue, Schedt, Sysmontick, PollDesc, PollCache, Timer, Timers),
    *(Sema, FD, FdMutex),
    *(Kernel, NotOpen, Regular, UnixStream, EventFd, EventPoll, Item, PipeReader, PipeWriter),
}
OF_THE_DRIVER = {(M, "event"), (M, "resume"), (Kernel, "_wakeup"), (EventPoll, "wakeup")}
"""What the driver hangs on the world to be called back. It is not part of the state."""


def strangers(rt: Runtime) -> list[str]:
    """``path: what`` for whatever the walk reaches that it does not know."""
    attributes = vars(type(rt)(Kernel(), rt.scenario, 1)).keys()
    unknown = [f"rt.{name}: a new attribute" for name in vars(rt).keys() - attributes]
    coroutines = {id(gp.coro) for gp in rt.goroutines.values()}
    coroutines |= {id(text) for mp in rt.allm for text in (mp.g0, mp.cur)}
    seen: set[int] = {id(rt)}
    waiting = deque((f"rt.{name}", value) for name, value in vars(rt).items())
    while waiting:
        path, value = waiting.popleft()
        if isinstance(value, PLAIN + HANDS) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, CoroutineType) and id(value) in coroutines:
            waiting += frames(path, value)
        elif isinstance(value, MethodType) and value.__self__ is rt:
            continue
        elif type(value) in KNOWN or isinstance(value, CONTAINERS):
            waiting += parts(path, value)
        else:
            unknown.append(f"{path}: {type(value).__name__}")
    return unknown


def parts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What a known object or a container holds."""
    if isinstance(value, dict):
        yield from ((f"{path} key", key) for key in value)
        yield from ((f"{path}[{key}]", each) for key, each in value.items())
    elif isinstance(value, CONTAINERS):
        yield from ((f"{path}[{i}]", each) for i, each in enumerate(value))
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if (kind, name) not in OF_THE_DRIVER and hasattr(value, name):
                yield f"{path}.{name}", getattr(value, name)
    if hasattr(value, "__dict__"):
        yield from ((f"{path}.{name}", each) for name, each in vars(value).items())


def frames(path: str, coroutine: Any) -> Iterator[tuple[str, Any]]:
    """The locals of a coroutine and of those that it awaits."""
    while isinstance(coroutine, CoroutineType):
        name = coroutine.__qualname__
        frame = coroutine.cr_frame
        for local, value in frame.f_locals.items() if frame is not None else ():
            if local not in ("self", "__class__"):
                yield f"{path} {name} {local}", value
        coroutine = coroutine.cr_await
