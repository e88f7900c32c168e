"""The words under the picture: who woke, because of what, how, and what then ran."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scenario.trace import Event, What
from timeline.story import Batch, BreakMark, Stale, Story, Wakeup
from timeline.units import due as moment
from timeline.units import ordinal
from timeline.words import held_words, monitor

Mark = Literal["wake", "written", "coalesced", "stale", "step", "more"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """One row. ``how`` and ``runs`` have two forms, long and short; ``bold``: ran first."""

    at: int
    mark: Mark
    number: int
    who: str
    because: str
    how: tuple[str, str]
    runs: tuple[str, str]
    bold: bool = False

    @property
    def brief(self) -> str:
        """``because`` without its verb, where there is little room."""
        return self.because.removeprefix("sets ").removeprefix("sees ")


def captions(tale: Story) -> list[Caption]:
    """All rows in order of time; without a wakeup, what each step of a goroutine came to."""
    rows = [_wake_row(tale, wakeup) for wakeup in tale.wakeups]
    rows += [_break_row(tale, mark) for mark in tale.breaks]
    rows += [_stale_row(tale, mark) for mark in tale.stale]
    if not tale.wakeups:
        rows += _step_rows(tale)
    return sorted(rows, key=lambda row: row.at)


def title(tale: Story) -> str:
    """The finding; without one, who woke in which order."""
    if tale.trace.finding:
        return tale.trace.finding
    if not tale.wakeups:
        return "No wakeup"
    names = ", ".join(w.g for w in tale.wakeups)
    return f"{len(tale.wakeups)} wakeup{'s' * (len(tale.wakeups) > 1)}: {names}"


def spoken(tale: Story) -> str:
    """All rows as one text, for the SVG's description."""
    parts = []
    for row in captions(tale):
        name = {"wake": f"wakeup {row.number}", "written": "break", "coalesced": "break"}
        runs = f"runs {row.runs[0]}" if row.mark == "wake" else row.runs[0]
        words = (f"{name.get(row.mark, row.mark)}: {row.who}", row.because, row.how[0], runs)
        parts.append(", ".join(word for word in words if word))
    rows = "; ".join(parts) or "nothing woke"
    return ". ".join([rows, *held_words(tale)])


def thinned(rows: Sequence[Caption], most: int = 12) -> list[Caption]:
    """Of each kind of row the first three, a count, and the last three."""
    if len(rows) <= most:
        return list(rows)
    kept: list[Caption] = []
    for mark in ("wake", "written", "coalesced", "stale", "step"):
        kept += _first_and_last([row for row in rows if row.mark == mark])
    return sorted(kept, key=lambda row: row.at)


def _first_and_last(rows: list[Caption]) -> list[Caption]:
    if len(rows) <= 7:
        return rows
    left_out = len(rows) - 6
    more = Caption(
        at=rows[3].at,
        mark="more",
        number=0,
        who="",
        because=f"… {left_out} more in the same way",
        how=("", ""),
        runs=("", ""),
    )
    return [*rows[:3], more, *rows[-3:]]


def _wake_row(tale: Story, wakeup: Wakeup) -> Caption:
    because, how = {
        "ready": _by_readiness,
        "deadline": _by_deadline,
        "close": _by_close,
        "timer": _by_sleep,
    }.get(wakeup.event.why or "", _by_unknown)(tale, wakeup)
    return Caption(
        at=wakeup.at,
        mark="wake",
        number=wakeup.number,
        who=wakeup.g,
        because=because,
        how=how,
        runs=_runs(tale, wakeup),
        bold=wakeup.rank == 1 and len(tale.wakeups) > 1,
    )


How = tuple[str, tuple[str, str]]
"""Because of what, and how: the long form and the short one."""


def _by_readiness(tale: Story, wakeup: Wakeup) -> How:
    word = "writable" if wakeup.event.mode == "w" else "readable"
    because = f"{wakeup.event.fd} {word}"
    if wakeup.batch is not None and wakeup.batch.size > 1:
        place = f"event {wakeup.batch.index} of {wakeup.batch.size}"
        return because, (f"{place} in the batch", place)
    deed, poller = _deed(wakeup.cause), _poller(tale, wakeup)
    return because, ("; ".join(part for part in (deed, poller) if part), deed or poller)


def _deed(cause: Event | None) -> str:
    """The outside action in words: ``f0.peer writes 8 bytes``, ``f0.peer closes``."""
    if cause is None or cause.what is not What.ACTION:
        return ""
    words = str(cause.args.get("text", "")).split()
    if len(words) < 2:
        return ""
    verbs = {"shutdown": "shuts down its writing", "fill": "fills the buffer", "read": "reads"}
    verbs |= {"drain": "reads all there is", "close": "closes", "reset": "resets (RST)"}
    verbs |= {"write": "writes"}
    size = f" {_bytes(words[2])}" if len(words) > 2 else ""
    return f"{words[1]} {verbs.get(words[0], words[0])}{size}"


def _poller(tale: Story, wakeup: Wakeup) -> str:
    """Who found it: a thread blocked in epoll_wait, a poll that does not block, or the monitor."""
    poller = tale.pollers.get(wakeup.poll.seq) if wakeup.poll is not None else None
    if poller is None:
        return ""
    m = poller.m or "a thread"
    return {
        "blocked": f"{m} was in epoll_wait",
        "looked": f"{m} looked without blocking",
        "monitor": f"found by {monitor(tale.trace)}",
    }[poller.how]


def _by_deadline(tale: Story, wakeup: Wakeup) -> How:
    side = {"r": "read ", "w": "write "}.get(wakeup.event.mode or "", "")
    return f"{side}deadline of {wakeup.event.fd}", _due(wakeup)


def _by_sleep(tale: Story, wakeup: Wakeup) -> How:
    return "its sleep is over", _due(wakeup)


def _due(wakeup: Wakeup) -> tuple[str, str]:
    cause = wakeup.cause
    if cause is None:
        return "", ""
    if cause.what is not What.TIMER:
        return f"{cause.g or 'somebody'} sets it in the past", "set in the past"
    due = cause.args.get("when_ns")
    if due is None:
        return "a timer fires", "a timer fires"
    return f"the timer for {moment(int(due))} fires", f"due at {moment(int(due))}"


def _by_close(tale: Story, wakeup: Wakeup) -> How:
    closer = wakeup.cause.g if wakeup.cause is not None else None
    how = ("freed by the close itself, without a poll", "freed without a poll")
    return f"{closer or 'somebody'} closes {wakeup.event.fd}", how


def _by_unknown(tale: Story, wakeup: Wakeup) -> How:
    return wakeup.event.why or "", ("", "")


def _runs(tale: Story, wakeup: Wakeup) -> tuple[str, str]:
    if wakeup.rank is None:
        return ("not in this trace", "never")
    short = ordinal(wakeup.rank)
    place = f", on {wakeup.run.p}" if tale.trace.procs > 1 and wakeup.run else ""
    reason = _reason(tale, wakeup, wakeup.batch) if tale.trace.procs == 1 else ""
    result = _result(wakeup.outcome) if wakeup.outcome and not reason else ""
    result = f": {result}" if result else ""
    return short + place + reason + result, short


def _reason(tale: Story, wakeup: Wakeup, batch: Batch | None) -> str:
    """Why it ran first or last of its batch, where the events' order explains it."""
    if batch is None or wakeup.poll is None:
        return ""
    mates = [w for w in tale.wakeups if w.poll is wakeup.poll and w.batch and w.rank]
    places = [w.batch.index for w in mates if w.batch is not None]
    ranks = [w.rank for w in mates if w.rank is not None]
    if len(set(places)) < 2:
        return ""
    if batch.index == max(places) and wakeup.rank == min(ranks):
        return ", because its event came last"
    if batch.index == min(places) and wakeup.rank == max(ranks):
        return ", last: its event came first"
    return ""


def _result(step: Event) -> str:
    """What the step came to: ``read f0, 8 bytes``; ``read f0, i/o timeout``."""
    if step.what is What.PARK:
        return "waits again"
    words = str(step.args.get("text", "")).split()
    error, count = step.args.get("error", "ok"), step.args.get("count")
    what = " ".join(words[:2])
    if error == "ok" and words and words[0] not in ("read", "write"):
        return ""
    if error != "ok":
        names = {"eof": "end of file", "timeout": "i/o timeout", "closed": "closed"}
        return f"{what}, {names.get(error, error)}"
    return f"{what}, {_bytes(count)}" if isinstance(count, int) else f"{what}, {count or 'ok'}"


def _bytes(count: int | str) -> str:
    return f"{count} byte{'s' * (str(count) != '1')}"


def _break_row(tale: Story, mark: BreakMark) -> Caption:
    because = "sees an earlier timer"
    timer = mark.timer
    if timer is not None and timer.args.get("when_ns") is not None:
        what = "a deadline" if timer.args.get("of") == "deadline" else "a timer"
        verb = "sets" if mark.by_goroutine else "sees"
        because = f"{verb} {what} for {moment(int(timer.args['when_ns']))}"
    m = (mark.blocked.m if mark.blocked is not None else None) or "the poller"
    if mark.written:
        sleeping = _sleeping(mark.blocked)
        then = f"written: {m} leaves epoll_wait early"
        how = (f"the poller {sleeping}", sleeping)
        return _plain(mark.at, "written", mark.who, because, how, (then, "written"))
    sign = " (netpollWakeSig = 1)" if tale.trace.witness != "epoll" else ""
    how = (f"a break is on its way{sign}", "one is on its way")
    then = "coalesced: nothing written"
    return _plain(mark.at, "coalesced", mark.who, because, how, (then, "coalesced"))


def _sleeping(blocked: Event | None) -> str:
    if blocked is None or "timeout_ns" not in blocked.args:
        return "must get up"
    timeout = blocked.args["timeout_ns"]
    if timeout is None:
        return "waits for ever"
    return f"waits for {moment(int(timeout))}"


def _stale_row(tale: Story, mark: Stale) -> Caption:
    return _plain(
        mark.at,
        "stale",
        tale.pollers[mark.poll.seq].m or "a thread",
        f"an old event of {mark.fd}",
        (f"{mark.fd} was closed after the poll had fetched it", "closed after the fetch"),
        ("dropped: nobody wakes", "dropped"),
    )


def _step_rows(tale: Story) -> list[Caption]:
    rows = []
    for event, at in zip(tale.trace.events, tale.moments.times, strict=True):
        if event.what is What.STEP and event.g in tale.trace.goroutines:
            text = str(event.args.get("text", ""))
            result = _result(event).removeprefix(" ".join(text.split()[:2]) + ", ") or "ok"
            how = "without waiting" if text.split()[0] in ("read", "write") else ""
            rows.append(_plain(at, "step", event.g or "?", text, (how, how), (result, result)))
    return rows


def _plain(
    at: int, mark: Mark, who: str, because: str, how: tuple[str, str], runs: tuple[str, str]
) -> Caption:
    return Caption(at=at, mark=mark, number=0, who=who, because=because, how=how, runs=runs)
