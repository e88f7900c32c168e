"""What strace writes is read to the letter, and whatever it writes otherwise makes a difference."""

import pytest

from conformance import Agrees, Differs
from eyes_by_hand import BREAK, FIRST, IN_OUT, SET_UP, added, performance, polled, removed, watched
from eyes_by_hand import toolchain as nowhere
from model import simulate
from netpoll_lab.other_eyes import judge
from realgo.eyes import StraceEye
from realgo.eyes.strace import Event, NotUnderstood, Poll, forbidden, polls
from scenario import Scenario, Trace, channels, find

SIX = find("six_in_one_batch")
ALL_SIX = [(1000 * (FIRST + place), IN_OUT) for place in range(6)]


def seen(scenario: Scenario, during: str, blocked: tuple[bool, ...] = ()) -> Trace:
    eye = StraceEye("1.27")
    eye.toolchain = nowhere()
    done = performance(scenario, before=watched(scenario), during=during, blocked=blocked)
    return eye.judge(scenario, done).trace


def verdict(during: str) -> object:
    return judge(simulate(SIX), seen(SIX, during), frozenset({"batch"}))


def test_a_poll_is_read_with_the_numbers_that_were_registered() -> None:
    text = SET_UP + BREAK + added(512, 70) + polled((70, 0x5), (9, 0x1))

    assert [poll.events for poll in polls(text)] == [(Event(512, 0x5, False), Event(5, 0x1, False))]


def test_a_call_in_two_pieces_counts_where_it_ends() -> None:
    text = (
        SET_UP
        + added(512, 70)
        + "78 epoll_pwait(4,  <unfinished ...>\n"
        + added(513, 71)
        + "78 <... epoll_pwait resumed>[{events=0x4, data={u32=71, u64=71}}]"
        + ", 128, -1, NULL, 0) = 1\n"
    )

    assert list(polls(text)) == [Poll(task=78, place=len(text), events=(Event(513, 4, False),))]


def test_what_a_registration_brings_may_come_before_it_has_returned() -> None:
    first, rest = added(512, 70).split(")", 1)
    task = first.split()[0]
    text = (
        f"{first} <unfinished ...>\n" + polled((70, 4)) + f"{task} <... epoll_ctl resumed>){rest}"
    )

    (poll,) = polls(text)

    assert poll.events == (Event(512, 4, False),)


def test_an_event_of_an_ended_registration_is_stale() -> None:
    text = SET_UP + added(512, 70) + removed(512) + added(512, 71) + polled((70, 5), (71, 4))

    (poll,) = polls(text)

    assert poll.events == (Event(512, 5, True), Event(512, 4, False))


@pytest.mark.parametrize(
    "line",
    [
        "78 epoll_pwait(4, 0x2fbba942d6fc, 128, -1, NULL, 0) = -1 EINTR (...)\n",
        "78 epoll_pwait(4, [], 128, 0, NULL, 0) = 0\n",
        "77 epoll_ctl(4, 0x1, 6, {events=0x80002005, data={u32=1, u64=1}}) = -1 EPERM (...)\n",
        "78 +++ exited with 0 +++\n",
        "78 epoll_pwait(4, ",
    ],
    ids=["stopped", "nothing ready", "a regular file", "a thread's end", "not ended yet"],
)
def test_what_returned_no_event_is_no_poll(line: str) -> None:
    assert list(polls(SET_UP + line)) == []


@pytest.mark.parametrize(
    "line",
    [
        "78 epoll_pwait(4, [{events=EPOLLIN, data=70}], 128, -1, NULL, 0) = 1\n",
        "78 epoll_pwait(4, [{events=0x1, data={u32=7, u64=7}}...], 128, -1, NULL, 0) = 2\n",
        "78 epoll_what(4) = 0\n",
        "nothing of the kind\n",
    ],
)
def test_a_line_that_is_not_known_is_told_and_never_skipped(line: str) -> None:
    with pytest.raises(NotUnderstood, match="strace wrote"):
        list(polls(SET_UP + line))


def test_a_record_that_cannot_be_read_makes_the_run_inconclusive() -> None:
    assert seen(SIX, "78 epoll_what(4) = 0\n").inconclusive == (
        "strace wrote `epoll_what(4) = 0`, which this reader does not know",
    )


def test_a_true_record_agrees_with_the_model() -> None:
    assert isinstance(verdict(polled(*ALL_SIX)), Agrees)


@pytest.mark.parametrize(
    "during",
    [
        polled(*reversed(ALL_SIX)),
        polled(*ALL_SIX[:3]) + polled(*ALL_SIX[3:]),
        polled(*ALL_SIX[:5]),
        polled(*ALL_SIX[:5], (ALL_SIX[5][0], 0x1)),
        polled(*ALL_SIX[:5], (4711, IN_OUT)),
        polled(*ALL_SIX) + polled(ALL_SIX[0]),
        "",
    ],
    ids=["order", "split", "one missing", "mask", "unknown descriptor", "one more", "nothing"],
)
def test_a_doctored_record_differs_from_the_model(during: str) -> None:
    found = verdict(during)

    assert isinstance(found, Differs)
    assert found.channel == "batch"


def test_what_was_polled_in_the_set_up_or_at_the_end_does_not_count() -> None:
    eye = StraceEye("1.27")
    eye.toolchain = nowhere()
    before = watched(SIX) + polled(*((data, 4) for data, _ in ALL_SIX))
    done = performance(SIX, before=before, during=polled(*ALL_SIX))
    done.record += polled(ALL_SIX[0])

    trace = eye.judge(SIX, done).trace

    assert [len(batch) for batch in channels(trace).batch] == [6]


def test_no_batches_are_compared_where_sysmon_may_fetch_what_lies() -> None:
    alone = find("a_passed_deadline_beats_data")
    trace = seen(alone, polled((1000 * FIRST, 4)), blocked=(False, False))

    assert channels(trace).batch == ()
    assert StraceEye().unseen(trace, alone) == {
        "batch": "nobody is in the poller when `write f0.peer 8` begins, and what lies in the"
        " kernel then may be fetched by sysmon"
    }


def test_batches_are_compared_where_somebody_is_in_the_poller() -> None:
    assert StraceEye().unseen(seen(SIX, polled(*ALL_SIX)), SIX) == {}


def test_a_strace_that_may_not_watch_says_what_to_allow() -> None:
    said = "strace: attach: ptrace(PTRACE_SEIZE, 1): Operation not permitted\n"

    assert "Operation not permitted); a container needs --cap-add=SYS_PTRACE" in str(
        forbidden(said)
    )
