"""The text form, whole: what stands in a terminal, a mail, a failing test."""

from dataclasses import replace

import pytest

import timeline_by_hand as by_hand
from timeline import text

A_READ_THAT_WAITS = """\
MODEL  Go 1.27  a_read_that_waits  GOMAXPROCS=1
The poller wakes it, when the peer has written

  µs      6  10 12 15 22
  poller  ───▓▓▓▓▓▓   ───
  P0               r0█
  r0      ······1░░███

  ··· waiting for I/O   n wakeup   ░░░ runnable   ███ running   ─── epoll_wait
  ▓▓▓ netpoll
  One step is one event; the virtual times stand at the top.

  #  when     who  because      how                     runs
  1  12.0 µs  r0   f0 readable  f0.peer writes 8 bytes  1st
"""

SIX_IN_ONE_BATCH = """\
MODEL  Go 1.27  6_in_one_batch  GOMAXPROCS=1
They wake in event order but run in reverse: the last event runs first

  µs      10 12 14 16 18 20 25 27 28.3  30.9  33.5  44.7  56.5  68.3
  poller  ╌held╌╌╌╌╌╌╌╌╌╌╌╌╌▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓                  ───
  P0                                             r5█r4█r3█r2█r1█r0█
  r0      ·····················1░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░███
  r1      ························2░░░░░░░░░░░░░░░░░░░░░░░░░░███
  r2      ···························3░░░░░░░░░░░░░░░░░░░░███
  r3      ······························4░░░░░░░░░░░░░░███
  r4      ·································5░░░░░░░░███
  r5      ····································6░░███

  ··· waiting for I/O   n wakeup   ░░░ runnable   ███ running   ─── epoll_wait
  ╌╌╌ held by the script   ▓▓▓ netpoll
  One step is one event; the virtual times stand at the top.
  The script holds the poller while it acts: no fetch comes in between.

  #  when     who  because      how                        runs
  1  27.0 µs  r0   f0 readable  event 1 of 6 in the batch  6th
  2  28.3 µs  r1   f1 readable  event 2 of 6 in the batch  5th
  3  29.6 µs  r2   f2 readable  event 3 of 6 in the batch  4th
  4  30.9 µs  r3   f3 readable  event 4 of 6 in the batch  3rd
  5  32.2 µs  r4   f4 readable  event 5 of 6 in the batch  2nd
  6  33.5 µs  r5   f5 readable  event 6 of 6 in the batch  1st

  woken  r0  r1  r2  r3  r4  r5
  run    r5  r4  r3  r2  r1  r0   (reversed)
"""

SIX_IN_ASCII = """\
MODEL  Go 1.27  6_in_one_batch  GOMAXPROCS=1
They wake in event order but run in reverse: the last event runs first

  us      10 12 14 16 18 20 25 27 28.3  30.9  33.5  44.7  56.5  68.3
  poller  /held/////////////=====================                  ___
  P0                                             r5#r4#r3#r2#r1#r0#
  r0      .....................1--------------------------------###
  r1      ........................2--------------------------###
  r2      ...........................3--------------------###
  r3      ..............................4--------------###
  r4      .................................5--------###
  r5      ....................................6--###

  ... waiting for I/O   n wakeup   --- runnable   ### running   ___ epoll_wait
  /// held by the script   === netpoll
  One step is one event; the virtual times stand at the top.
  The script holds the poller while it acts: no fetch comes in between.

  #  when     who  because      how                        runs
  1  27.0 us  r0   f0 readable  event 1 of 6 in the batch  6th
  2  28.3 us  r1   f1 readable  event 2 of 6 in the batch  5th
  3  29.6 us  r2   f2 readable  event 3 of 6 in the batch  4th
  4  30.9 us  r3   f3 readable  event 4 of 6 in the batch  3rd
  5  32.2 us  r4   f4 readable  event 5 of 6 in the batch  2nd
  6  33.5 us  r5   f5 readable  event 6 of 6 in the batch  1st

  woken  r0  r1  r2  r3  r4  r5
  run    r5  r4  r3  r2  r1  r0   (reversed)
"""

A_BREAK = """\
MODEL  Go 1.27  break_by_earlier_timer  GOMAXPROCS=1
A break gets the poller up, so that the earlier timer is not missed

  ms      0  0.003 0.008 0.012 20 20.003   20.009   40 40.004   80 80.004
  break         ▼     ▽              ▼     ▽
  poller  ─M0────────────▓▓▓─M0───────────────▓▓▓───▓▓▓      ───▓▓▓      ───
  P0         t0████               t1████                  t1█         t0█
  r0      ··································································
  t0         ██████················································2░░███
  t1                              ██████···············1░░███

  ··· waiting for I/O or asleep   n wakeup   ░░░ runnable   ███ running
  ─── epoll_wait   ▓▓▓ netpoll   ▼ break written   ▽ break coalesced
  One step is one event; the virtual times stand at the top.

  #  when       who  because                 how                runs
  ▼  0.006 ms   t0   sets a timer for 80 ms  waits for ever     written
  ▽  0.009 ms   M1   sees a timer for 80 ms  one is on its way  coalesced
  ▼  20.006 ms  t1   sets a timer for 40 ms  waits for 80 ms    written
  ▽  20.009 ms  M1   sees a timer for 40 ms  one is on its way  coalesced
  1  40.004 ms  t1   its sleep is over       due at 40 ms       1st
  2  80.004 ms  t0   its sleep is over       due at 80 ms       2nd

  woken  t1  t0
  run    t1  t0   (the same order)
"""

A_DEADLINE = """\
REAL EPOLL  Linux 6.18  a_deadline  GOMAXPROCS=1
The timer frees the reader; no descriptor was ready

  ms      0.11  0.2   0.35  30.26
  break         ▼
  poller  ─M0──────▓▓▓───▓▓▓▓▓▓
  P0         d█████            r0█
  r0      ··················1░░███
  d          ██████

  ··· waiting for I/O   n wakeup   ░░░ runnable   ███ running   ─── epoll_wait
  ▓▓▓ netpoll   ▼ break written
  One step is one event; the wall-clock times stand at the top.
  Not recorded by this witness: the kernel's ready list, netpollWakeSig, the
  monitor.

  #  when       who  because                      how             runs
  ▼  0.200 ms   d    sets a deadline for 30.1 ms  waits for ever  written
  1  30.260 ms  r0   read deadline of f0          due at 30.1 ms  1st
"""

REUSE = """\
MODEL  Go 1.27  reuse_with_a_stale_event  GOMAXPROCS=1
The old event is dropped; the new reader waits for its own

  µs      3  6  8  11 13 15 16 20 26 29 31 40 43 45 48
  poller  ╌╌╌▚stopped▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▓▓▓─M0───▓▓▓▓▓▓
  P0               c█████   r0█c██                  c██
  r0      ············1░░░░░███
  c                ██████······███···············2░░███

  ··· waiting for I/O or another goroutine   n wakeup   ░░░ runnable
  ███ running   ─── epoll_wait   ╌╌╌ held by the script
  ▚▚▚ stopped behind its fetch   ▓▓▓ netpoll
  One step is one event; the virtual times stand at the top.
  The script stops the poller between its fetch and the first event.

  #  when     who  because             how                     runs
  1  13.0 µs  r0   c closes f0         freed without a poll    1st
  \N{MULTIPLICATION SIGN}  29.0 µs  M0   an old event of f0  closed after the fetch  dropped
  2  45.0 µs  c    f0 readable         f0.peer writes 8 bytes  2nd

  woken  r0  c
  run    r0  c   (the same order)
"""

FORTY = """\
MODEL  Go 1.27  40_in_one_batch  GOMAXPROCS=1
They wake in event order but run in reverse: the last event runs first

  µs      93 95 106.7 132.7 151   269   381.1
  poller  ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓               ───
  P0                        r39r29r19r9█r0█
  r0      ···1░░░░░░░░░░░░░░░░░░░░░░░░░░███
  r9      ······10░░░░░░░░░░░░░░░░░░░███
  r19     ·········20░░░░░░░░░░░░░███
  r29     ············30░░░░░░░███
  r39     ···············40░███

  ··· waiting for I/O   n wakeup   ░░░ runnable   ███ running   ─── epoll_wait
  ▓▓▓ netpoll
  One step is one event; the virtual times stand at the top.
  Left out: 35 of 40 goroutines.
  The script holds the poller while it acts: no fetch comes in between.

  #   when      who  because       how                          runs
  1   95.0 µs   r0   f0 readable   event 1 of 40 in the batch   40th
  2   96.3 µs   r1   f1 readable   event 2 of 40 in the batch   39th
  3   97.6 µs   r2   f2 readable   event 3 of 40 in the batch   38th
     … 34 more in the same way
  38  143.1 µs  r37  f37 readable  event 38 of 40 in the batch  3rd
  39  144.4 µs  r38  f38 readable  event 39 of 40 in the batch  2nd
  40  145.7 µs  r39  f39 readable  event 40 of 40 in the batch  1st

  woken  r0  r1  r2  r3  r4  r5  r6  r7  r8  r9  r10  r11  r12  r1…
  run    r39  r38  r37  r36  r35  r34  r33  r32  r31  r30  r29  r2…   (reversed)
"""


def test_a_read_that_waits_as_text() -> None:
    assert text(by_hand.a_read_that_waits()) == A_READ_THAT_WAITS


def test_six_in_one_batch_as_text() -> None:
    assert text(by_hand.batch(6)) == SIX_IN_ONE_BATCH


def test_six_in_one_batch_as_ascii_text() -> None:
    assert text(by_hand.batch(6), ascii=True) == SIX_IN_ASCII
    assert SIX_IN_ASCII.isascii()


def test_a_break_as_text() -> None:
    assert text(by_hand.a_break()) == A_BREAK


def test_a_deadline_of_real_epoll_as_text() -> None:
    assert text(by_hand.a_deadline()) == A_DEADLINE


def test_a_stale_event_as_text() -> None:
    assert text(by_hand.reuse_with_a_stale_event()) == REUSE


def test_forty_readers_as_text() -> None:
    assert text(by_hand.batch(40)) == FORTY


@pytest.mark.slow
def test_no_line_is_longer_than_was_asked_for() -> None:
    traces = [*by_hand.by_name().values(), by_hand.batch(1), by_hand.batch(20), by_hand.batch(200)]
    for trace in traces:
        wordy = replace(
            trace,
            finding="A long finding that goes on " * 8,
            scenario="s" * 90,
            goroutines={f"{g}{'_' * 50}": steps for g, steps in trace.goroutines.items()},
            events=tuple(replace(e, g=f"{e.g}{'_' * 50}") if e.g else e for e in trace.events),
        )
        for width in (60, 80, 133):
            for lines in (text(trace, width=width), text(wordy, width=width, ascii=True)):
                assert max(map(len, lines.splitlines())) <= width
                assert lines == "\n".join(line.rstrip() for line in lines.splitlines()) + "\n"


def test_a_narrower_text_than_sixty_letters_is_not_tried() -> None:
    assert text(by_hand.a_break(), width=20) == text(by_hand.a_break(), width=60)


def test_a_long_finding_wraps_and_is_whole() -> None:
    finding = "Whoever reads this sentence to its end has seen that it needs more than one line"
    lines = text(replace(by_hand.a_read_that_waits(), finding=finding), width=60).splitlines()
    assert " ".join(lines[1:3]) == finding


def test_a_trace_without_a_finding_says_who_woke() -> None:
    unnamed = replace(by_hand.batch(6), finding="")
    assert text(unnamed).splitlines()[1] == "6 wakeups: r0, r1, r2, r3, r4, r5"


def test_colours_are_only_added() -> None:
    import re

    for trace in by_hand.by_name().values():
        plain, coloured = text(trace), text(trace, color=True)
        assert "\x1b" not in plain
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
        assert coloured.count("\x1b[0m") * 2 == coloured.count("\x1b")


def test_a_trace_without_times_has_no_times() -> None:
    trace = by_hand.a_break()
    bare = replace(trace, events=tuple(replace(event, t=None) for event in trace.events))
    timed = text(trace).splitlines()
    untimed = text(bare).splitlines()
    assert untimed[4:10] == timed[4:10]
    assert untimed[3] == ""
    assert "  One step is one event; this trace has no times." in untimed


def test_a_run_that_counts_for_nothing_says_so() -> None:
    late = replace(by_hand.a_deadline(), inconclusive=("entry 0 was 7 ms late",))
    assert "  This run counts for nothing: entry 0 was 7 ms late." in text(late).splitlines()


def test_an_empty_trace_has_no_wakeup() -> None:
    assert text(replace(by_hand.a_read_that_waits(), events=())).endswith("\n  No wakeup.\n")


def test_what_is_too_long_for_one_strip_comes_in_blocks() -> None:
    lines = text(by_hand.batch(30)).splitlines()
    assert len([line for line in lines if line.startswith("  r29 ")]) == 1
    narrow = text(by_hand.batch(30), width=60).splitlines()
    assert len([line for line in narrow if line.split()[:1] == ["P0"]]) == 2


def test_a_timers_time_is_whole_where_there_is_little_room() -> None:
    trace = by_hand.a_break()
    late = tuple(replace(e, t=(e.t or 0) + 10**9) for e in trace.events)
    narrow = text(replace(trace, events=late), width=72)
    rows = [line for line in narrow.splitlines() if line.startswith(("  ▼", "  ▽"))]

    assert len(rows) == 4
    assert all(" a timer for 80 ms  " in row or " a timer for 40 ms  " in row for row in rows)
    assert "sets a timer for 80 ms" in text(replace(trace, events=late), width=100)
