"""Words about a trace as a whole that the picture and the text share."""

from collections.abc import Mapping

from scenario.trace import Trace, What
from scenario.words import HOST
from timeline.story import Story

BADGES: Mapping[str, str] = {"model": "MODEL", "epoll": "REAL EPOLL", "go": "REAL GO"}
_RECORDED: Mapping[str, set[What]] = {"go": {What.SLOT, What.WAKESIG, What.SYSMON}}
"""What a witness tells of whenever it happens: if a trace has none of it, there was none."""


def badge(trace: Trace) -> str:
    """The witness in capitals: pasted into a chat, a picture keeps nothing but its pixels."""
    return BADGES.get(trace.witness, trace.witness.upper())


def monitor(trace: Trace) -> str:
    """What the witness calls the thread that looks after the others."""
    return "the monitor" if trace.witness == "epoll" else "sysmon"


def waiting_words(trace: Trace) -> str:
    """What a waiting goroutine waits for in this trace."""
    parks = {event.why for event in trace.events if event.what is What.PARK}
    others = {"sleep": "asleep", "semaphore": "waiting for another goroutine"}
    words = ["waiting for I/O"] if parks - set(others) else []
    words += [others[why] for why in others if why in parks]
    words = [word.removeprefix("waiting for ") if i else word for i, word in enumerate(words)]
    return " or ".join(words) or "waiting"


def held_words(tale: Story) -> list[str]:
    """Sentences on a poller that the script holds; the runtime itself holds nobody."""
    words = []
    if any(hold.fetched is None for hold in tale.holds):
        words.append("The script holds the poller while it acts: no fetch comes in between.")
    if any(hold.fetched is not None for hold in tale.holds):
        words.append("The script stops the poller between its fetch and the first event.")
    return words


def not_recorded(tale: Story) -> list[str]:
    """A sentence on the lanes that this witness does not tell of, or nothing."""
    if tale.trace.witness == "model":
        return []  # it tells everything; what is missing did not happen
    seen = {event.what for event in tale.trace.events} | _RECORDED.get(tale.trace.witness, set())
    wanted = [(What.READY, "the kernel's ready list"), (What.SLOT, "the words of the descriptors")]
    if tale.breaks:
        wanted.append((What.WAKESIG, "netpollWakeSig"))
    wanted.append((What.SYSMON, "the monitor"))
    missing = [name for what, name in wanted if what not in seen]
    return [f"Not recorded by this witness: {', '.join(missing)}."] if missing else []


def is_host(name: str) -> bool:
    """Whether a goroutine is the one that performs the script."""
    return name == HOST
