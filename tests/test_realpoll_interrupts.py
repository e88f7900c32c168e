"""Ctrl-C at any moment ends a run with KeyboardInterrupt, and nothing is left behind."""

import _weakrefset
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

import pytest

import realpoll.loop
from real_runs import descriptors, pair, scenario, threads, waiting
from realpoll import Loop, RealEpoll
from realpoll.interrupts import Interrupts

pytestmark = pytest.mark.linux
MOMENTS = 60
TCP = scenario(
    '[fds]\nf0 = "tcp"\nf1 = "pipe.read"\n[goroutines]\nr0 = ["read f0 64"]\nc = ["close f1"]',
    script='"write f0.peer 8", "go c"',
)


def run_a_scenario() -> None:
    RealEpoll().run(TCP)


def run_a_loop(interrupt_at: int | None = None) -> int:
    """Run a loop with a goroutine that waits, as ``moments`` does; nothing is left of it."""
    loop = Loop()

    async def body() -> None:
        ours, _theirs = pair(loop)
        loop.go(ours.read(64))
        await waiting(loop, 1)

    main = body()
    try:
        return moments(lambda: loop.run(main), interrupt_at)
    finally:
        main.close()
        if not loop.stopping:  # it had not come to protect itself
            loop.stop()


def moments(call: Callable[[], None], interrupt_at: int | None = None) -> int:
    """How many Python functions the calling thread enters and leaves; at one of them, Ctrl-C."""
    count = 0

    def watch(frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        # Python throws away what is raised in the callback of a weak reference, whoever runs.
        if frame.f_code.co_filename == _weakrefset.__file__:
            return
        if event in ("call", "return"):
            count += 1
            if count == interrupt_at:
                signal.raise_signal(signal.SIGINT)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        call()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.slow
def test_ctrl_c_at_any_moment_of_a_run_leaves_nothing_behind() -> None:
    interrupted = 0
    before = descriptors(), threads()
    # How often quiet is looked for differs from run to run; the first one also imports.
    total = min(moments(run_a_scenario) for _ in range(5))
    for moment in range(1, total, max(1, total // MOMENTS)):
        try:
            moments(run_a_scenario, moment)  # a run may be over sooner than the first one was
        except KeyboardInterrupt:
            interrupted += 1
        assert (descriptors(), threads()) == before, moment
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert interrupted > MOMENTS / 2


@pytest.mark.slow
def test_ctrl_c_at_any_moment_of_a_loop_leaves_nothing_behind() -> None:
    before = descriptors(), threads()
    total = min(run_a_loop() for _ in range(5))
    for moment in range(1, total, max(1, total // MOMENTS)):
        with contextlib.suppress(KeyboardInterrupt):
            run_a_loop(moment)
        assert (descriptors(), threads()) == before, moment


def test_a_goroutine_that_does_not_let_go_is_a_note_of_the_ctrl_c(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(realpoll.loop, "STOP_TIMEOUT_S", 0.01)
    before = descriptors(), threads()
    loop = Loop()
    let_go = threading.Event()

    async def main() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        let_go.wait()

    with pytest.raises(KeyboardInterrupt) as caught:
        loop.run(main())
    assert caught.value.__notes__ == ["threads that did not stop: realpoll-M0"]
    let_go.set()
    monkeypatch.undo()
    loop.stop()
    assert (descriptors(), threads()) == before


@pytest.mark.parametrize("wait", [True, False], ids=["the next wait", "the end"])
def test_what_was_kept_back_is_let_in_at_the_next_wait_or_at_the_end(wait: bool) -> None:
    told: list[str] = []

    def block() -> None:
        with Interrupts() as interrupts:
            signal.raise_signal(signal.SIGINT)
            told.append("went on")
            if wait:
                interrupts.wait(lambda: told.append("waited"))

    with pytest.raises(KeyboardInterrupt):
        block()
    assert told == ["went on"]


def test_a_handler_that_only_notes_it_does_not_end_the_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    before = signal.signal(signal.SIGINT, lambda *_: told.append("noted"))
    try:
        with Interrupts() as interrupts:
            interrupts.wait(lambda: signal.raise_signal(signal.SIGINT))
            told.append("waited")
    finally:
        signal.signal(signal.SIGINT, before)
    assert told == ["noted", "waited"]


def test_where_ctrl_c_is_ignored_it_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            interrupts.wait(lambda: signal.raise_signal(signal.SIGINT))
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
