"""What the outside did to a descriptor, in words, and which of its deeds a wakeup goes back to."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from scenario import Event, Outside, Trace, What

FITTING: Mapping[str, frozenset[str]] = {
    mode: frozenset(op for op in Outside if mode in op.directions) for mode in "rw"
}
"""What can make a descriptor readable, and what writable."""


def outside(actions: Sequence[Event], fds: Mapping[str, str]) -> str:
    """Actions of the script as one clause: "the outside wrote 8 bytes and closed its end"."""
    texts = [str(action.args.get("text", "")) for action in actions]
    if len(texts) == 1 and texts[0].startswith("go "):
        return f"goroutine {texts[0][3:]} was started"
    spoken = [_repeated(deed, len(list(same))) for deed, same in groupby(_deeds(texts, fds))]
    if len(spoken) == 1:
        return f"the outside {spoken[0]}"
    return f"the outside {', '.join(spoken[:-1])} and {spoken[-1]}"


def _deeds(texts: Sequence[str], fds: Mapping[str, str]) -> Iterator[str]:
    for text in texts:
        yield _deed(text, fds)


def _repeated(deed: str, times: int) -> str:
    return deed if times == 1 else f"{deed} ({times} times)"


def _deed(text: str, fds: Mapping[str, str]) -> str:
    """``write f0.peer 8`` is "wrote 8 bytes"; an unknown action is quoted."""
    op, _, rest = text.partition(" ")
    peer, _, size = rest.partition(" ")
    if fds.get(peer.removesuffix(".peer")) == "eventfd":
        counter = {"write": "added 1 to its counter", "read": "took its counter"}
        return counter.get(op, f"did `{text}`")
    spoken = {
        "write": f"wrote {size_words(size)}",
        "read": f"read {size_words(size)}",
        "fill": "wrote until there was no room",
        "drain": "read everything that was there",
        "shutdown": "ended its sending (half close)",
        "close": "closed its end",
        "reset": "reset the connection",
    }
    return spoken.get(op, f"did `{text}`")


def size_words(size: str) -> str:
    """``8 bytes``, ``1 byte``."""
    return "1 byte" if size == "1" else f"{size} bytes"


def causes(trace: Trace, wake: Event) -> list[Event]:
    """The outside actions that a ready wakeup goes back to, in order; none if it names no poll.

    They are those on its descriptor, of a kind that fits its direction, that the poll before it
    had not reported. What was done after a poll had fetched (a ``hold`` of ``event``) is news for
    the next poll.
    """
    done: list[Event] = []
    fetched: int | None = None
    for event in trace.events:
        if event.what is What.ACTION and event.fd == wake.fd:
            done.append(event)
        elif event.what is What.HOLD and event.why == "event":
            fetched = len(done)
        elif event.what is What.POLL and event.seq == wake.via:
            return [action for action in done[:fetched] if _fits(action, wake.mode)]
        elif event.what is What.POLL:
            if _brings(event, wake.fd):
                done = [] if fetched is None else done[fetched:]
            fetched = None
    return []


def _fits(action: Event, mode: str | None) -> bool:
    op = str(action.args.get("text", "")).partition(" ")[0]
    return op in FITTING.get(mode or "", frozenset(Outside))


def _brings(poll: Event, fd: str | None) -> bool:
    return any(item["fd"] == fd for item in poll.args["events"])
