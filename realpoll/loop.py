"""The loop: threads take tokens, tokens run goroutines, and whoever has nothing to run polls.

Threads are what Go calls Ms, tokens are Ps. A thread gives its token back before it blocks in a
poll, and another thread may take it. In this order a token's holder looks for what to run:

1. timers that are due;
2. every 61st turn the global queue;
3. ``soon``, then the local queue, then the global queue;
4. a poll that does not block, if anybody waits for a descriptor and nobody else polls;
5. the local queues of other tokens;
6. nothing: it gives the token back. If anybody waits for a descriptor or a timer and nobody polls,
   it blocks in a poll; otherwise it rests until somebody has a token for it.
"""

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from realpoll.connection import EXPIRED, NO_DEADLINE, Connection, Side
from realpoll.goroutine import Goroutine, Steps, Token, Worker
from realpoll.kernel import Kernel, Mask
from realpoll.monitor import Monitor
from realpoll.timers import Timer, Timers
from realpoll.traps import Sleep, StepAside

if TYPE_CHECKING:
    from realpoll.recorder import Recorder

GLOBAL_FIRST_EVERY = 61
"""Turns after which the global queue comes first, so that nobody there starves."""
LOCAL_SHARE = 128
"""Goroutines that move from the global queue to a local one at most, at a time."""
STOP_TIMEOUT_S = 2.0
READABLE = 0x001 | 0x2000 | 0x010 | 0x008  # EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR
WRITABLE = 0x004 | 0x010 | 0x008  # EPOLLOUT | EPOLLHUP | EPOLLERR
ERROR_ALONE = 0x008  # EPOLLERR


class Loop:
    """Goroutines over one epoll instance. ``procs`` tokens; any number of threads.

    ``lock`` guards everything here but the insides of a token, which belong to its holder.
    ``waiting`` counts goroutines parked on descriptors, ``poller`` is who polls or hands out,
    ``until`` when a blocked poll ends by itself (None: never).
    """

    def __init__(
        self, procs: int = 1, *, kernel: Kernel | None = None, tap: "Recorder | None" = None
    ) -> None:
        self.procs = procs
        self.kernel = kernel or Kernel()
        self.tap = tap
        self.lock = threading.Lock()
        self.now = time.monotonic_ns
        self.connections: dict[int, Connection] = {}
        self.timers = Timers()
        self.waiting = 0
        self.poller: Worker | Monitor | None = None
        self.blocked = False
        self.until: int | None = None
        self.last_poll = self.now()
        self.everywhere: deque[Goroutine] = deque()
        self.idle_tokens = [Token(number) for number in reversed(range(procs))]
        self.tokens = tuple(reversed(self.idle_tokens))
        self.resting: list[Worker] = []
        self.workers: list[Worker] = []
        self.stopping = False
        self.failure: BaseException | None = None
        self.finished = threading.Event()
        self.alive: set[Goroutine] = set()
        self._here = threading.local()
        self.monitor = Monitor(self)

    # What a program calls.

    def run(self, main: Steps) -> Any:
        """Run ``main`` and whatever it starts, until it ends; its value. Others are dropped then.

        Raises what any goroutine raises.
        """
        result: list[Any] = []
        try:
            self.start(self._until_done(main, result), "main")
            self.finished.wait()
        finally:
            self.stop()
        if self.failure is not None:
            raise self.failure
        return result[0]

    async def _until_done(self, main: Steps, result: list[Any]) -> None:
        result.append(await main)
        self.finished.set()

    def connection(self, fd: int) -> Connection:
        """A connection over a non-blocking descriptor, which now belongs to it."""
        made = Connection(self, fd)
        if made.polled:
            self.connections[fd] = made
        return made

    def go(self, steps: Steps, name: str = "goroutine") -> Goroutine:
        """Start a goroutine from inside another; it runs next."""
        with self.lock:
            goroutine = self._born(steps, name)
            self.make_ready(goroutine)
        return goroutine

    def start(self, steps: Steps, name: str) -> Goroutine:
        """Start a goroutine from a thread outside, which takes a token for this and leaves again.

        Precondition: a token is idle.
        """
        with self.lock:
            goroutine = self._born(steps, name)
            token = self.idle_tokens.pop()
            token.make_ready(goroutine)
            self._dispatch(token)
        return goroutine

    def sleep(self, ns: int) -> Sleep:
        """Await this to sleep for some ns."""
        return Sleep(self, ns)

    def step_aside(self) -> StepAside:
        """Await this to let everybody else run first."""
        return StepAside(self, "yield")

    def asked_to_step_aside(self) -> bool:
        """Whether the monitor finds that the calling goroutine has been running for long."""
        token = self._here.worker.token
        return token is not None and token.step_aside

    def stop(self) -> None:
        """End all threads, close all goroutines and descriptors. May be called twice."""
        with self.lock:
            self.stopping = True
            for worker in self.resting:
                worker.bell.release()
            self.resting.clear()
        self.kernel.ring()
        self.monitor.stop()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for worker in self.workers:
            if worker.thread is not None:
                worker.thread.join(max(0.0, deadline - time.monotonic()))
        self._close_all()

    def _close_all(self) -> None:
        stuck = [w.name for w in self.workers if w.thread is not None and w.thread.is_alive()]
        if stuck:
            raise RuntimeError(f"threads that did not stop: {', '.join(stuck)}")
        for goroutine in list(self.alive):
            goroutine.steps.close()
        self.alive.clear()
        for connection in list(self.connections.values()):
            if not connection.closed:
                connection.closing = True
                connection.finish()
        self.kernel.close()

    # Making things ready. The lock is held in all of these.

    def _born(self, steps: Steps, name: str) -> Goroutine:
        goroutine = Goroutine(steps, name)
        self.alive.add(goroutine)
        if self.tap is not None:
            self.tap.start(goroutine)
        return goroutine

    def make_ready(self, goroutine: Goroutine) -> None:
        """Let a goroutine run next on the calling thread's token."""
        if self.stopping:
            return
        token = self._here.worker.token
        token.make_ready(goroutine)
        if self.idle_tokens:
            self._dispatch(self.idle_tokens.pop())

    def spread(self, freed: list[Goroutine], token: Token | None) -> Goroutine | None:
        """Queue what a poll freed, the last first; that one itself if there is a token for it."""
        freed.reverse()
        if token is None:
            self.everywhere.extend(freed)
            wanted = len(freed)
            first = None
        else:
            first = freed[0] if freed else None
            wanted = min(len(freed) - 1, len(self.idle_tokens)) if freed else 0
            self.everywhere.extend(freed[1 : 1 + wanted])
            token.local.extend(freed[1 + wanted :])
        for _ in range(min(wanted, len(self.idle_tokens))):
            self._dispatch(self.idle_tokens.pop())
        return first

    def _dispatch(self, token: Token) -> None:
        """Give a token to a resting thread, or to a new one."""
        if self.resting:
            worker = self.resting.pop()
            self._take(worker, token)
            worker.bell.release()
            return
        worker = Worker(len(self.workers))
        self.workers.append(worker)
        self._take(worker, token)
        worker.thread = threading.Thread(
            target=self._work, args=(worker,), name=f"realpoll-{worker.name}", daemon=True
        )
        worker.thread.start()

    def _take(self, worker: Worker, token: Token) -> None:
        worker.token = token
        worker.doing = "runs"
        self.monitor.rouse()
        if self.tap is not None:
            self.tap.acquire(worker, token)

    # Timers. The lock is held in all of these.

    def add_timer(self, timer: Timer, now: int) -> None:
        """Set a timer, and break a blocked poll that would outlast it."""
        self.timers.add(timer)
        if self.tap is not None:
            self.tap.timer("set", timer, now)
        self._break_for(timer.due)

    def _break_for(self, due: int) -> None:
        if self.blocked and (self.until is None or self.until > due):
            written = self.kernel.ring()
            if self.tap is not None:
                self.tap.ring(written)

    def move_deadline(self, side: Side, due: int | None, now: int) -> None:
        """Give a side another deadline; one that is not in the future counts as passed."""
        self.cancel_deadline(side)
        if due is None:
            side.due = NO_DEADLINE
        elif due <= now:
            side.due = EXPIRED
        else:
            side.due = due
            side.timer = Timer(due, side=side)
            self.add_timer(side.timer, now)

    def cancel_deadline(self, side: Side) -> None:
        """Stop a side's timer, if it has one."""
        if side.timer is not None:
            self.timers.cancel(side.timer)
            if self.tap is not None:
                self.tap.timer("stop", side.timer, self.now())
            side.timer = None

    def _fire_due(self) -> None:
        """Let sleepers and the victims of deadlines go. Precondition: the caller has a token."""
        with self.lock:
            now = self.now()
            while (timer := self.timers.take_due(now)) is not None:
                if self.tap is not None:
                    self.tap.timer("fire", timer, now)
                freed = self._fire(timer)
                if freed is not None:
                    self.make_ready(freed)
            if self.tap is not None:
                self.tap.fired()

    def _fire(self, timer: Timer) -> Goroutine | None:
        if timer.side is not None:
            timer.side.due = EXPIRED
            timer.side.timer = None
            return timer.side.free("deadline")
        if self.tap is not None and timer.sleeper is not None:
            self.tap.wake(timer.sleeper, None, "timer")
        return timer.sleeper

    # What a thread does.

    def _work(self, worker: Worker) -> None:
        self._here.worker = worker
        worker.tid = threading.get_native_id()
        try:
            while (goroutine := self._choose(worker)) is not None:
                self._run(worker, goroutine)
        except BaseException as error:  # a bug of ours or of a goroutine: `run` raises it
            self.failure = error
            self.finished.set()

    def _run(self, worker: Worker, goroutine: Goroutine) -> None:
        """Run a goroutine until it waits or ends."""
        if self.tap is not None:
            self.tap.run(goroutine, worker)
        send = goroutine.steps.send
        try:
            while not send(None).park(goroutine):
                pass
        except StopIteration:
            self.alive.discard(goroutine)
            if self.tap is not None:
                self.tap.leave(goroutine, "done")

    def _choose(self, worker: Worker) -> Goroutine | None:
        """The next goroutine for a thread, or None when the loop stops."""
        token = worker.token
        while token is not None and not self.stopping:
            if self.timers.live:
                self._fire_due()
            if self.everywhere and token.turns % GLOBAL_FIRST_EVERY == 0:
                goroutine = self._from_everywhere(token)
            else:
                goroutine = None
                if token.soon is not None:
                    goroutine = self._from_soon(token)
                    if goroutine is not None:
                        return goroutine  # it shares the turn of whoever made it ready
                if token.local:
                    goroutine = self._from_local(token)
                elif self.everywhere:
                    goroutine = self._from_everywhere(token)
                elif self.waiting and self.poller is None:
                    goroutine = self._glance(worker, token)
            if goroutine is None and self.procs > 1:
                goroutine = self._steal(token)
            if goroutine is None:
                goroutine = self._rest(worker, token)
            if goroutine is not None:
                self._new_turn(worker)
                return goroutine
            token = worker.token
        return None

    def _new_turn(self, worker: Worker) -> None:
        token = worker.token
        if token is not None:
            token.turns += 1
            token.step_aside = False

    def _from_soon(self, token: Token) -> Goroutine | None:
        if self.procs == 1:
            goroutine, token.soon = token.soon, None
            return goroutine
        with self.lock:  # another token may want to steal it
            goroutine, token.soon = token.soon, None
            return goroutine

    def _from_local(self, token: Token) -> Goroutine | None:
        try:
            return token.local.popleft()
        except IndexError:  # another token was quicker
            return None

    def _from_everywhere(self, token: Token) -> Goroutine | None:
        """The first of the global queue; some more of it move to the local queue."""
        with self.lock:
            queue = self.everywhere
            if not queue:
                return None
            share = min(LOCAL_SHARE, len(queue), len(queue) // self.procs + 1)
            first = queue.popleft()
            token.local.extend(queue.popleft() for _ in range(share - 1))
            return first

    def _steal(self, token: Token) -> Goroutine | None:
        for other in self.tokens:
            if other is not token:
                goroutine = self._from_local(other) or self._from_soon(other)
                if goroutine is not None:
                    return goroutine
        return None

    def _glance(self, worker: Worker, token: Token) -> Goroutine | None:
        """Poll without blocking."""
        with self.lock:
            if self.poller is not None:
                return None
            self.poller = worker
        events, mark = self.kernel.wait(0)
        with self.lock:
            self.poller = None
            return self.spread(self.hand_out(events, mark, 0), token) if events else None

    def _rest(self, worker: Worker, token: Token) -> Goroutine | None:
        """Give the token back and poll, or wait for another token.

        None: look again, if the thread has a token now.
        """
        with self.lock:
            if self.everywhere or self.stopping or self._stealable():
                return None
            worker.token = None
            self.idle_tokens.append(token)
            if self.tap is not None:
                self.tap.give(worker, token)
            due = self.timers.next_due()
            polls = self.poller is None and (self.waiting > 0 or due is not None)
            if polls:
                self._block(worker, due)
            else:
                if due is not None:
                    self._break_for(due)
                self._lie_down(worker)
        if polls:
            return self._watch(worker, due)
        worker.bell.acquire()
        return None

    def _stealable(self) -> bool:
        return self.procs > 1 and any(token.local or token.soon for token in self.tokens)

    def _block(self, worker: Worker, due: int | None) -> None:
        self.poller = worker
        self.until = due
        self.blocked = True
        worker.doing = "polls"
        if self.tap is not None:
            self.tap.wait(worker, None if due is None else max(0, due - self.now()))

    def _lie_down(self, worker: Worker) -> None:
        worker.doing = "rests"
        self.resting.append(worker)

    def _watch(self, worker: Worker, due: int | None) -> Goroutine | None:
        """Block in a poll, hand out what it brings, and go on if there is a token."""
        timeout = None if due is None else max(0, due - self.now())
        events, mark = self.kernel.wait(timeout)
        with self.lock:
            freed = self.hand_out(events, mark, timeout)
            self.poller = self.until = None
            self.blocked = False
            self.last_poll = self.now()
            if self.stopping:
                return None
            if self.idle_tokens:
                token = self.idle_tokens.pop()
                self._take(worker, token)
                return self.spread(freed, token)
            self.spread(freed, None)
            self._lie_down(worker)
        worker.bell.acquire()
        return None

    def hand_out(self, events: list[Mask], mark: int, timeout: int | None) -> list[Goroutine]:
        """Free who waits for what came, in order. Precondition: the lock is held."""
        if self.tap is not None:
            self.tap.poll([(fd, mask, self._stale(fd, mark)) for fd, mask in events], timeout)
        freed: list[Goroutine] = []
        for fd, mask in events:
            connection = self.connections.get(fd)
            if connection is None or connection.born > mark:
                if fd == self.kernel.break_fd and timeout != 0:
                    self._silence()
                continue
            connection.broken = mask == ERROR_ALONE
            if mask & READABLE and (waiter := connection.reader.report()) is not None:
                freed.append(waiter)
            if mask & WRITABLE and (waiter := connection.writer.report()) is not None:
                freed.append(waiter)
        return freed

    def _stale(self, fd: int, mark: int) -> bool:
        connection = self.connections.get(fd)
        return connection is None or connection.born > mark

    def _silence(self) -> None:
        self.kernel.silence()
        if self.tap is not None:
            self.tap.silence()
