"""Traces at rest: JSON lines, a head, one line for each event, and an end that counts them."""

import gc
import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from types import NoneType
from typing import Any

from scenario.errors import NetpollError, TraceError
from scenario.regular import open_regular
from scenario.trace import TRACE_VERSION, Event, Trace, What

HEAD = "netpoll_trace"
END = "end"
GZIP_MAGIC = b"\x1f\x8b"
_HEAD_FIELDS = tuple(field.name for field in fields(Trace) if field.name != "events")
_EVENT_FIELDS = tuple(field.name for field in fields(Event))
_NUMBERS = frozenset({"seq", "t", "cause", "via"})
_TYPES: Mapping[str, type] = {
    name: dict if name == "args" else int if name in _NUMBERS else str for name in _EVENT_FIELDS
}
_KINDS = {what.value: what for what in What}
_NEEDED: Mapping[What, Mapping[str, type | tuple[type, ...]]] = {
    What.ENTRY: {"index": int, "text": str, "plain_go": bool, "blocked": bool},
    What.POLL: {"events": list},
    What.STEP: {"index": int, "text": str, "count": (int, str, NoneType), "error": str},
}
"""The ``args`` that the channels are read from; the others are for pictures."""
_NEEDED_OF_A_POLL: Mapping[str, type] = {"fd": str, "modes": str, "err": bool}


def trace_lines(trace: Trace) -> Iterator[str]:
    """The lines of a trace's file, without their ends; the same trace gives the same lines."""
    head = {HEAD: TRACE_VERSION} | {name: getattr(trace, name) for name in _HEAD_FIELDS}
    yield _line(head)
    for event in trace.events:
        yield _event_line(event)
    yield _line({END: len(trace.events)})


def write_trace(trace: Trace, path: str | os.PathLike[str]) -> None:
    """Writes a trace, compressed if the name ends in ``.gz``; a failure leaves no half file.

    Raises NetpollError where the file cannot be written.
    """
    target = Path(path)
    text = "".join(line + "\n" for line in trace_lines(trace)).encode()
    if target.suffix == ".gz":
        text = gzip.compress(text, mtime=0)  # no time in it: same trace, same bytes
    try:
        _replace(target, text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise NetpollError(
            f"{target}: cannot be written ({reason}); it must be a path in a directory that"
            " you may write to; choose another"
        ) from None


def read_trace(path: str | os.PathLike[str]) -> Trace:
    """The trace in a file. Raises TraceError, with file and line, where it is not whole."""
    origin = os.fspath(path)
    lines = _text(origin).split("\n")
    if lines.pop():
        raise _fail(origin, len(lines) + 1, "a line that does not end", "the trace was cut")
    if not lines:
        raise _fail(origin, 1, "an empty file", "it holds no trace")
    head = _head(origin, lines[0])
    count = max(len(lines) - 2, 0)
    if _object(origin, len(lines), lines[-1]) != {END: count}:
        raise _fail(
            origin, len(lines), f"no end line that counts {count} events", "the trace was cut"
        )
    with _no_collections():
        events = tuple(
            _event(origin, number, _object(origin, number, line))
            for number, line in enumerate(lines[1:-1], 2)
        )
    return Trace(**head, events=events)


@contextmanager
def _no_collections() -> Iterator[None]:
    """While many objects are made that all stay, each collection would walk them for nothing.

    That is half of the time of a long trace.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _line(value: Mapping[str, Any] | str) -> str:
    return _ENCODER.encode(value)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} cannot stand in a trace")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _event_line(event: Event) -> str:
    """The fields that are set, in their order; what repeats from event to event is kept."""
    t = "" if event.t is None else f',"t":{event.t}'
    names = _names(event.g, event.m, event.p, event.fd, event.mode, event.why)
    cause = "" if event.cause is None else f',"cause":{event.cause}'
    via = "" if event.via is None else f',"via":{event.via}'
    tag = "" if event.tag is None else f',"tag":{_line(event.tag)}'
    args = f',"args":{_line(event.args)}' if event.args else ""
    return f'{{"seq":{event.seq},"what":"{event.what}"{t}{names}{cause}{via}{tag}{args}}}'


@lru_cache(maxsize=4096)
def _names(*values: str | None) -> str:
    names = zip(("g", "m", "p", "fd", "mode", "why"), values, strict=True)
    return "".join(f',"{name}":{_line(value)}' for name, value in names if value is not None)


def _replace(target: Path, text: bytes) -> None:
    target = Path(os.path.realpath(target))  # a link stays, and leads to the new file
    if target.exists() and not target.is_file():
        target.write_bytes(text)  # a pipe or a device, which no file may take the place of
        return
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_bytes(text)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _text(origin: str) -> str:
    data = b""
    try:
        with open_regular(origin) as file:
            data = file.read()
        if data.startswith(GZIP_MAGIC):
            data = gzip.decompress(data)
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _fail(origin, line, "a byte that is not UTF-8", "this is no trace") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise _fail(origin, 1, "a broken gzip file", "the trace was cut") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise TraceError(
            f"{origin}:1: cannot be read ({reason}); it must be the file of a trace; check its"
            " name, or write one with 'netpoll run SCENARIO -o FILE'"
        ) from None


def _fail(origin: str, line: int, stands: str, why: str) -> TraceError:
    return TraceError(
        f"{origin}:{line}: {stands} stands here; {why}; run the scenario again with -o"
    )


def _object(origin: str, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise _fail(origin, number, "something that is not JSON", "each line is one") from None
    if not isinstance(value, dict):
        raise _fail(origin, number, "JSON that is no object", "each line is one")
    return value


def _head(origin: str, line: str) -> dict[str, Any]:
    value = _object(origin, 1, line)
    version = value.pop(HEAD, None)
    if version is None:
        raise _fail(origin, 1, f"no head with {HEAD!r}", "this is no trace")
    if version != TRACE_VERSION:
        raise _fail(origin, 1, f"version {version!r}", f"version {TRACE_VERSION} can be read")
    if set(value) != set(_HEAD_FIELDS):
        odd = ", ".join(sorted(set(value) ^ set(_HEAD_FIELDS)))
        raise _fail(origin, 1, f"a head that lacks, or should lack, {odd}", "this is no trace")
    _check_head(origin, value)
    value["goroutines"] = {g: tuple(steps) for g, steps in value["goroutines"].items()}
    value["inconclusive"] = tuple(value["inconclusive"])
    return value


def _check_head(origin: str, value: Mapping[str, Any]) -> None:
    right = {
        **{name: isinstance(value[name], str) for name in ("witness", "release", "clock")},
        **{name: isinstance(value[name], str) for name in ("scenario", "question", "finding")},
        "procs": _is_number(value["procs"]),
        "seed": value["seed"] is None or _is_number(value["seed"]),
        "fds": isinstance(value["fds"], dict) and _are_strings(value["fds"].values()),
        "goroutines": isinstance(value["goroutines"], dict)
        and all(_is_strings(steps) for steps in value["goroutines"].values()),
        "inconclusive": _is_strings(value["inconclusive"]),
    }
    for name, is_right in right.items():
        if not is_right:
            raise _fail(origin, 1, f"a wrong value for {name!r}", "this is no trace")


def _event(origin: str, number: int, value: dict[str, Any]) -> Event:
    for name, item in value.items():
        if name not in _TYPES:
            raise _fail(origin, number, f"the unknown field {name!r}", "no event has it")
        if type(item) is not _TYPES[name]:
            raise _fail(origin, number, f"a wrong value for {name!r}", "no event has it")
    what = _KINDS.get(value.get("what", ""))
    if "seq" not in value or what is None:
        raise _fail(origin, number, f"the unknown event {value.get('what')!r}", "none is so called")
    if what in _NEEDED:
        _check_args(origin, number, what, value.get("args", {}))
    value["what"] = what
    return Event(**value)


def _check_args(origin: str, number: int, what: What, args: Mapping[str, Any]) -> None:
    right = _has(args, _NEEDED[what])
    if right and what is What.POLL:
        right = all(_has(item, _NEEDED_OF_A_POLL) for item in args["events"])
    if right and what is What.STEP:
        right = re.fullmatch(r"write \S+ [0-9]{1,9}|(?!write\b)\S.*", args["text"]) is not None
    if not right:
        raise _fail(origin, number, f"a wrong value for the args of {what!s}", "no event has it")


def _has(value: object, needed: Mapping[str, type | tuple[type, ...]]) -> bool:
    """Whether it is an object with these keys and types."""
    return isinstance(value, dict) and all(
        name in value and isinstance(value[name], wanted) for name, wanted in needed.items()
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and _are_strings(value)


def _are_strings(values: object) -> bool:
    return all(isinstance(item, str) for item in values)  # type: ignore[attr-defined]
