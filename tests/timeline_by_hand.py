"""Traces written by hand, for the tests of the pictures: what a witness would tell."""

from collections.abc import Sequence
from typing import Any

from scenario.trace import Event, Trace, What

MS = 1_000.0
"""One millisecond in the microseconds that these traces are written in."""


class Hand:
    """Writes events one after the other; times are in microseconds."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.t = 0

    def __call__(self, t_us: float, what: What, **words: Any) -> int:
        own = {"g", "m", "p", "fd", "mode", "why", "cause", "via", "tag"}
        args = {key: value for key, value in words.items() if key not in own}
        who = {key: value for key, value in words.items() if key in own}
        seq = len(self.events)
        self.events.append(Event(seq=seq, what=what, t=round(t_us * 1_000), args=args, **who))
        return seq

    def parks(self, t: float, g: str, fd: str, *, m: str = "M0", p: str = "P0") -> None:
        """A goroutine starts, reads, finds nothing and parks."""
        self(t, What.START, g=g)
        self(t + 1, What.RUN, g=g, m=m, p=p)
        self(t + 1.5, What.BEGIN, g=g, index=0, text=f"read {fd} 64")
        self(t + 2, What.SLOT, fd=fd, mode="r", value="wait")
        self(t + 2.5, What.SLOT, fd=fd, mode="r", value=g)
        self(t + 3, What.PARK, g=g, fd=fd, mode="r")

    def write(self, t: float, fd: str, before: Sequence[str] = ()) -> int:
        """The peer writes 8 bytes; the kernel lists the descriptor."""
        action = self(t, What.ACTION, fd=fd, text=f"write {fd}.peer 8")
        self(t + 0.1, What.READY, fds=[*before, fd])
        return action

    def item(self, fd: str, *, stale: bool = False) -> dict[str, Any]:
        """One event of a poll."""
        modes = "r" if fd == "break" else "rw"
        return {"fd": fd, "modes": modes, "err": False, "stale": stale}

    def poll(self, t: float, *fds: str, m: str = "M0") -> int:
        """A poll returns these descriptors."""
        events = [self.item(fd) for fd in fds]
        if fds:
            self(t, What.READY, fds=[])
        return self(t, What.POLL, m=m, events=events, timeout_ns=None)

    def wake(self, t: float, g: str, fd: str, *, via: int, cause: int) -> int:
        seq = self(t, What.WAKE, g=g, fd=fd, mode="r", why="ready", via=via, cause=cause, m="M0")
        self(t, What.SLOT, fd=fd, mode="r", value="ready", m="M0")
        return seq

    def runs(self, t: float, g: str, fd: str, *, until: float, p: str = "P0") -> None:
        """A woken reader collects its word, reads 8 bytes and ends."""
        self(t, What.RUN, g=g, m="M0", p=p)
        self(t + 0.2, What.SLOT, fd=fd, mode="r", value="nil")
        self(t + 1, What.STEP, g=g, index=0, text=f"read {fd} 64", count=8, error="ok")
        self(until, What.LEAVE, g=g, why="done")

    def trace(
        self, name: str, finding: str, goroutines: dict[str, tuple[str, ...]], **more: Any
    ) -> Trace:
        fds = sorted(
            {
                w
                for steps in goroutines.values()
                for s in steps
                for w in s.split()
                if w[0] == "f" and w[1:].isdigit()
            },
            key=lambda fd: int(fd[1:]),
        )
        words: dict[str, Any] = {
            "witness": "model",
            "release": "Go 1.27",
            "clock": "virtual",
            "question": f"What happens in {name}?",
            "procs": 1,
        }
        return Trace(
            scenario=name,
            finding=finding,
            fds=dict.fromkeys(fds, "socketpair"),
            goroutines=goroutines,
            events=tuple(self.events),
            **(words | more),
        )


def a_read_that_waits() -> Trace:
    hand = Hand()
    hand.parks(-20, "r0", "f0")
    hand(-10, What.WAIT, m="M0", timeout_ns=None)
    hand(0, What.SCRIPT)
    hand(5, What.ENTRY, index=0, text="write f0.peer 8", plain_go=False, blocked=True)
    write = hand.write(6, "f0")
    poll = hand.poll(10, "f0")
    hand.wake(12, "r0", "f0", via=poll, cause=write)
    hand(14, What.ACQUIRE, m="M0", p="P0")
    hand.runs(15, "r0", "f0", until=20)
    hand(22, What.WAIT, m="M0", timeout_ns=None)
    return hand.trace(
        "a_read_that_waits",
        "The poller wakes it, when the peer has written",
        {"r0": ("read f0 64",)},
        question="Who wakes a goroutine that reads from an empty socket?",
    )


def batch(n: int) -> Trace:
    """``n`` readers, one batch, run last event first."""
    hand = Hand()
    for i in range(n):
        hand.parks(-10.0 * (n - i) - 10, f"r{i}", f"f{i}")
    hand(-10, What.WAIT, m="M0", timeout_ns=None)
    hand(0, What.SCRIPT)
    hand(9, What.HOLD, why="fetch")
    writes = [hand.write(10 + 2 * i, f"f{i}", [f"f{j}" for j in range(i)]) for i in range(n)]
    hand(10 + 2 * n, What.RELEASE)
    t = 10 + 2 * n + 3.0
    poll = hand.poll(t, *(f"f{i}" for i in range(n)))
    for i in range(n):
        hand.wake(t + 2 + 1.3 * i, f"r{i}", f"f{i}", via=poll, cause=writes[i])
    t += 4 + 1.3 * n
    hand(t, What.ACQUIRE, m="M0", p="P0")
    for i in reversed(range(n)):
        hand.runs(t + 2, f"r{i}", f"f{i}", until=t + 7.2)
        t += 5.9
    hand(t + 4, What.GIVE, m="M0", p="P0")
    hand(t + 4, What.WAIT, m="M0", timeout_ns=None)
    return hand.trace(
        f"{n}_in_one_batch",
        "They wake in event order but run in reverse: the last event runs first",
        {f"r{i}": (f"read f{i} 64",) for i in range(n)},
        question="Many sockets become ready at once: which reader runs first?",
    )


def a_break() -> Trace:
    """The poller sleeps until 80 ms; a timer for 40 ms appears at 20 ms."""
    hand = Hand()
    hand.parks(-50, "r0", "f0")
    hand(-40, What.WAIT, m="M0", timeout_ns=None)
    hand(0, What.SCRIPT)
    _starts_a_sleep(hand, 0, "t0", 80, waiter="M0", index=0)
    _starts_a_sleep(hand, 20 * MS, "t1", 20, waiter="M0", index=1)
    for due, g in ((40 * MS, "t1"), (80 * MS, "t0")):
        hand(due, What.POLL, m="M0", events=[], timeout_ns=None)
        hand(due + 2, What.ACQUIRE, m="M0", p="P0")
        fire = hand(due + 3, What.TIMER, why="fire", g=g, of="sleep", when_ns=int(due * 1000))
        hand(due + 4, What.WAKE, g=g, why="timer", cause=fire, m="M0")
        hand(due + 6, What.RUN, g=g, m="M0", p="P0")
        hand(due + 8, What.STEP, g=g, index=0, text="sleep", count=None, error="ok")
        hand(due + 10, What.LEAVE, g=g, why="done")
        timeout = 40_000_000 if g == "t1" else None
        hand(due + 12, What.WAIT, m="M0", timeout_ns=timeout)
    return hand.trace(
        "break_by_earlier_timer",
        "A break gets the poller up, so that the earlier timer is not missed",
        {"r0": ("read f0 64",), "t0": ("sleep 80ms",), "t1": ("sleep 20ms",)},
        question="The poller sleeps until 80 ms: what if a timer for 40 ms comes?",
    )


def _starts_a_sleep(hand: Hand, t: float, g: str, ms: int, *, waiter: str, index: int) -> None:
    when = int(t * 1_000) + ms * 1_000_000
    hand(t, What.ENTRY, index=index, text=f"go {g}", plain_go=True, blocked=True)
    hand(t + 1, What.START, g=g)
    hand(t + 2, What.ACQUIRE, m="M1", p="P0")
    hand(t + 3, What.RUN, g=g, m="M1", p="P0")
    hand(t + 4, What.BEGIN, g=g, index=0, text=f"sleep {ms}ms")
    hand(t + 5, What.TIMER, why="set", g=g, of="sleep", when_ns=when)
    hand(t + 6, What.WAKESIG, value=1, m="M1")
    hand(t + 6, What.BREAK, why="written", m="M1", g=g)
    hand(t + 6, What.READY, fds=["break"])
    hand(t + 8, What.PARK, g=g, why="sleep")
    hand(t + 9, What.BREAK, why="coalesced", m="M1")
    hand(t + 10, What.GIVE, m="M1", p="P0")
    hand.poll(t + 12, "break", m=waiter)
    hand(t + 13, What.WAKESIG, value=0, m=waiter)
    hand(t + 14, What.ACQUIRE, m=waiter, p="P0")
    hand(t + 16, What.GIVE, m=waiter, p="P0")
    hand(t + 17, What.WAIT, m=waiter, timeout_ns=ms * 1_000_000)


def reuse_with_a_stale_event() -> Trace:
    hand = Hand()
    hand.parks(-50, "r0", "f0")
    hand(-40, What.WAIT, m="M0", timeout_ns=None)
    hand(0, What.SCRIPT)
    hand(2, What.ENTRY, index=0, text="write f0.peer 8; go c", plain_go=False, blocked=True)
    hand(2, What.HOLD, why="fetch")
    hand.write(3, "f0")
    hand(6, What.READY, fds=[])
    hand(6, What.HOLD, why="event")
    hand(8, What.ACTION, text="go c")
    hand(9, What.START, g="c")
    hand(10, What.ACQUIRE, m="M1", p="P0")
    hand(11, What.RUN, g="c", m="M1", p="P0")
    close = hand(12, What.BEGIN, g="c", index=0, text="close f0")
    hand(13, What.WAKE, g="r0", fd="f0", mode="r", why="close", cause=close, m="M1")
    hand(13, What.SLOT, fd="f0", mode="r", value="nil")
    hand(15, What.PARK, g="c", why="semaphore")
    hand(16, What.RUN, g="r0", m="M1", p="P0")
    hand(18, What.STEP, g="r0", index=0, text="read f0 64", count=0, error="closed")
    hand(19, What.LEAVE, g="r0", why="done")
    hand(20, What.RUN, g="c", m="M1", p="P0")
    hand(21, What.STEP, g="c", index=0, text="close f0", count=None, error="ok")
    hand(23, What.STEP, g="c", index=1, text="reopen f0", count=None, error="ok")
    hand(25, What.SLOT, fd="f0", mode="r", value="c")
    hand(26, What.PARK, g="c", fd="f0", mode="r")
    hand(28, What.RELEASE)
    hand(29, What.POLL, m="M0", events=[hand.item("f0", stale=True)], timeout_ns=None)
    hand(31, What.WAIT, m="M0", timeout_ns=None)
    write = hand.write(40, "f0")
    poll = hand.poll(43, "f0")
    hand.wake(45, "c", "f0", via=poll, cause=write)
    hand(47, What.ACQUIRE, m="M0", p="P0")
    hand.runs(48, "c", "f0", until=53)
    return hand.trace(
        "reuse_with_a_stale_event",
        "The old event is dropped; the new reader waits for its own",
        {"r0": ("read f0 64",), "c": ("close f0", "reopen f0", "read f0 64")},
    )


def a_busy_goroutine() -> Trace:
    hand = Hand()
    hand.parks(-80, "r0", "f0")
    hand.parks(-70, "r1", "f1")
    hand(-40, What.WAIT, m="M0", timeout_ns=None)
    hand(0, What.SCRIPT)
    hand(0, What.ENTRY, index=0, text="go b", plain_go=True, blocked=True)
    hand(1, What.START, g="b")
    hand(2, What.ACQUIRE, m="M1", p="P0")
    hand(3, What.RUN, g="b", m="M1", p="P0")
    for ms in range(2, 20, 4):
        hand(ms * MS, What.SYSMON, why="looks", m="sysmon")
    write = hand.write(20 * MS, "f0")
    poll = hand.poll(20 * MS + 4, "f0")
    hand.wake(20 * MS + 6, "r0", "f0", via=poll, cause=write)
    write = hand.write(40 * MS, "f1")
    hand(50 * MS, What.SYSMON, why="looks", m="sysmon")
    poll = hand.poll(50 * MS + 2, "f1", m="sysmon")
    hand.wake(50 * MS + 4, "r1", "f1", via=poll, cause=write)
    hand(80 * MS, What.STEP, g="b", index=0, text="busy 80ms", count=None, error="ok")
    hand(80 * MS + 1, What.LEAVE, g="b", why="done")
    hand.runs(80 * MS + 2, "r0", "f0", until=80 * MS + 7)
    hand.runs(80 * MS + 9, "r1", "f1", until=80 * MS + 14)
    return hand.trace(
        "a_busy_goroutine",
        "The monitor finds what no thread has time for",
        {"r0": ("read f0 64",), "r1": ("read f1 64",), "b": ("busy 80ms",)},
    )


def close_while_waiting() -> Trace:
    hand = Hand()
    hand.parks(-50, "r0", "f0")
    hand(-40, What.WAIT, m="M0", timeout_ns=None)
    hand(0, What.SCRIPT)
    hand(1, What.ENTRY, index=0, text="go c", plain_go=True, blocked=True)
    hand(2, What.START, g="c")
    hand(3, What.ACQUIRE, m="M1", p="P0")
    hand(4, What.RUN, g="c", m="M1", p="P0")
    close = hand(5, What.BEGIN, g="c", index=0, text="close f0")
    hand(7, What.WAKE, g="r0", fd="f0", mode="r", why="close", cause=close, m="M1")
    hand(7, What.SLOT, fd="f0", mode="r", value="nil")
    hand(9, What.PARK, g="c", why="semaphore")
    hand(10, What.RUN, g="r0", m="M1", p="P0")
    hand(13, What.STEP, g="r0", index=0, text="read f0 64", count=0, error="closed")
    hand(14, What.LEAVE, g="r0", why="done")
    hand(15, What.RUN, g="c", m="M1", p="P0")
    hand(16, What.STEP, g="c", index=0, text="close f0", count=None, error="ok")
    hand(17, What.LEAVE, g="c", why="done")
    return hand.trace(
        "close_while_waiting",
        "The closer frees the reader itself; nobody polls for it",
        {"r0": ("read f0 64",), "c": ("close f0",)},
    )


def a_deadline() -> Trace:
    """Of real epoll: wall clock, slots of its own, no ready list, no monitor."""
    hand = Hand()
    hand.parks(-90, "r0", "f0")
    hand(-40, What.WAIT, m="M0", timeout_ns=None)
    hand(0, What.SCRIPT)
    hand(110, What.ENTRY, index=0, text="go d", plain_go=True, blocked=True)
    hand(150, What.START, g="d")
    hand(180, What.RUN, g="d", m="M1", p="P0")
    hand(190, What.TIMER, why="set", fd="f0", mode="r", of="deadline", when_ns=30_100_000)
    hand(200, What.BREAK, why="written", m="M1", g="d")
    hand(220, What.STEP, g="d", index=0, text="set_read_deadline f0 30ms", count=None, error="ok")
    hand(230, What.LEAVE, g="d", why="done")
    hand(290, What.POLL, m="M0", events=[hand.item("break")], timeout_ns=None)
    hand(350, What.WAIT, m="M0", timeout_ns=29_700_000)
    hand(30.2 * MS, What.POLL, m="M0", events=[], timeout_ns=29_700_000)
    fire = hand(
        30.25 * MS, What.TIMER, why="fire", fd="f0", mode="r", of="deadline", when_ns=30_100_000
    )
    hand(30.26 * MS, What.WAKE, g="r0", fd="f0", mode="r", why="deadline", cause=fire)
    hand(30.26 * MS, What.SLOT, fd="f0", mode="r", value="nil")
    hand(30.3 * MS, What.RUN, g="r0", m="M0", p="P0")
    hand(30.35 * MS, What.STEP, g="r0", index=0, text="read f0 64", count=0, error="timeout")
    hand(30.36 * MS, What.LEAVE, g="r0", why="done")
    return hand.trace(
        "a_deadline",
        "The timer frees the reader; no descriptor was ready",
        {"r0": ("read f0 64",), "d": ("set_read_deadline f0 30ms",)},
        witness="epoll",
        release="Linux 6.18",
        clock="wall",
    )


def by_name() -> dict[str, Trace]:
    made = (
        a_read_that_waits(),
        batch(6),
        a_break(),
        reuse_with_a_stale_event(),
        a_busy_goroutine(),
        close_while_waiting(),
        a_deadline(),
    )
    return {trace.scenario: trace for trace in made}
