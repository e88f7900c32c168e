"""What threads do: take tokens, run goroutines on them, and poll when there is nothing to run.

Threads are what Go calls Ms, tokens are Ps. A thread gives its token back before it blocks in a
poll, and another thread may take it. In this order a token's holder looks for what to run:

1. timers that are due;
2. every 61st turn the first of the global queue, alone;
3. ``soon``, then the local queue, then the global queue;
4. a poll that does not block, if anybody waits for a descriptor and nobody else polls;
5. the queues of other tokens;
6. nothing: it gives the token back. If anybody waits for a descriptor or a timer and nobody polls,
   it blocks in a poll; otherwise it rests until somebody has a token for it.
"""

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from realpoll.connection import EMPTY, NEWS, Connection
from realpoll.goroutine import Goroutine, Token, Worker
from realpoll.kernel import ERROR_ALONE, READABLE, WRITABLE, Kernel, Mask
from realpoll.monitor import Monitor
from realpoll.timers import Timers

if TYPE_CHECKING:
    from realpoll.recorder import Recorder

GLOBAL_FIRST_EVERY = 61
"""Turns after which the global queue comes first, so that nobody there starves."""
LOCAL_SHARE = 128
"""Goroutines that move from the global queue to a local one at most, at a time."""


class Scheduler:
    """Tokens, threads, queues and the one poller.

    ``lock`` guards everything here but the insides of a token, which belong to its holder.
    ``shared`` says that there is more than one token. ``waiting`` counts goroutines parked on
    descriptors, ``poller`` is who polls or hands out, ``until`` when a blocked poll ends by itself
    (None: never), ``everywhere`` the global queue. With one token its holder parks without the
    lock: ``parking`` and ``handing_out`` see to that (several tokens: ``handing_out`` for good).
    """

    def __init__(
        self, procs: int, kernel: Kernel, tap: "Recorder | None", *, monitored: bool
    ) -> None:
        self.procs = procs
        self.shared = procs > 1
        self.kernel = kernel
        self.tap = tap
        self.lock = threading.Lock()
        self.now = time.monotonic_ns
        self.connections: dict[int, Connection] = {}
        self.timers = Timers(self)
        self.waiting = 0
        self.parking = False
        self.handing_out = self.shared
        self.poller: Worker | Monitor | None = None
        self.blocked = False
        self.until: int | None = None
        self.last_poll = self.now()
        self.everywhere: deque[Goroutine] = deque()
        self.tokens = tuple(Token(number) for number in range(procs))
        self.idle_tokens = list(reversed(self.tokens))
        self.resting: list[Worker] = []
        self.workers: list[Worker] = []
        self.stopping = False
        self.failure: BaseException | None = None
        self.finished = threading.Event()
        self.must_finish = False
        self._here = threading.local()
        self.monitor = Monitor(self) if monitored else None

    # Making things ready. The lock is held in all of these.

    def make_ready(self, goroutine: Goroutine) -> None:
        """Let a goroutine run next on the calling thread's token."""
        if self.stopping:
            return
        token: Token = self._here.worker.token
        token.make_ready(goroutine)
        if self.idle_tokens:
            self.dispatch(self.idle_tokens.pop())

    def spread(self, freed: list[Goroutine], token: Token | None) -> Goroutine | None:
        """Queue what a poll freed, the last first; that one itself if there is a token for it."""
        freed.reverse()
        if token is None:
            self._spread_everywhere(freed)
            return None
        if not freed:
            return None
        others = min(len(freed) - 1, len(self.idle_tokens))
        self._spread_everywhere(freed[1 : 1 + others])
        token.local.extend(freed[1 + others :])
        return freed[0]

    def _spread_everywhere(self, freed: list[Goroutine]) -> None:
        self.everywhere.extend(freed)
        for _ in range(min(len(freed), len(self.idle_tokens))):
            self.dispatch(self.idle_tokens.pop())

    def dispatch(self, token: Token) -> None:
        """Give a token to a resting thread, or to a new one."""
        worker = self.resting.pop() if self.resting else self.hire()
        self._take(worker, token)
        worker.bell.release()

    def hire(self) -> Worker:
        """A new thread, which rests."""
        worker = Worker(len(self.workers))
        thread = threading.Thread(
            target=self._work, args=(worker,), name=f"realpoll-{worker.name}", daemon=True
        )
        thread.start()
        worker.thread = thread  # there is none to join before it has started
        self.workers.append(worker)
        return worker

    def _take(self, worker: Worker, token: Token) -> None:
        worker.token = token
        worker.doing = "runs"
        if self.monitor is not None:
            self.monitor.rouse()
        if self.tap is not None:
            self.tap.acquire(worker, token)

    # What a thread does.

    def _work(self, worker: Worker) -> None:
        self._here.worker = worker
        worker.tid = threading.get_native_id()
        if self.tap is not None:
            self.tap.enter(worker.name)
        worker.bell.acquire()
        try:
            while (goroutine := self._choose(worker)) is not None:
                self._run(worker, goroutine)
        except BaseException as error:  # ours or a goroutine's: whoever runs the loop raises it
            self.failure = error
            self.finished.set()

    def _run(self, worker: Worker, goroutine: Goroutine) -> None:
        """Run a goroutine until it waits or ends, and then those after it in the local queue."""
        token = worker.token
        assert token is not None
        local, everywhere, heap = token.local, self.everywhere, self.timers.heap
        tap, shared = self.tap, self.shared
        while True:
            if tap is not None:
                tap.run(goroutine, worker)
            send = goroutine.send
            try:
                while not send(None).park(goroutine):
                    pass
            except StopIteration:
                if tap is not None:
                    tap.leave(goroutine, "done")
            # The short way: nothing but the local queue has anything.
            if not local or everywhere or token.soon is not None or heap or shared:
                return
            goroutine = local.popleft()
            token.turns += 1
            token.step_aside = False

    def _choose(self, worker: Worker) -> Goroutine | None:
        """The next goroutine for a thread, or None when the loop stops."""
        while (token := worker.token) is not None and not self.stopping:
            if self.timers.heap:
                self.timers.fire_due()
            first = self.everywhere and token.turns % GLOBAL_FIRST_EVERY == 0
            if token.soon is not None and not first:
                goroutine = self._from_soon(token)
                if goroutine is not None:
                    token.step_aside = False
                    return goroutine  # it shares the turn of whoever made it ready
            goroutine = (
                (self._first_of_everywhere() if first else None)
                or self._from_local(token)
                or self._from_everywhere(token)
                or self._glance(worker, token)
                or self._steal(token)
                or self._rest(worker, token)
            )
            if goroutine is not None and worker.token is not None:
                worker.token.turns += 1
                worker.token.step_aside = False
                return goroutine
        return None

    def _from_soon(self, token: Token) -> Goroutine | None:
        with self.lock:  # another token may want to steal it
            goroutine, token.soon = token.soon, None
            return goroutine

    def _from_local(self, token: Token) -> Goroutine | None:
        try:
            return token.local.popleft()
        except IndexError:
            return None

    def _first_of_everywhere(self) -> Goroutine | None:
        """The first of the global queue; the others stay there, behind what is local."""
        with self.lock:  # another token may want to take it
            return self.everywhere.popleft() if self.everywhere else None

    def _from_everywhere(self, token: Token) -> Goroutine | None:
        """The first of the global queue; some more of it move to the local queue."""
        queue = self.everywhere
        if not queue:
            return None
        with self.lock:
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
        """Poll without blocking, if anybody waits for a descriptor and nobody else polls."""
        with self.lock:
            if self.poller is not None or not self.waiting:
                return None
            self.poller = worker
        events, mark = self.kernel.wait(0)
        with self.lock:
            self.poller = None
            if not events:
                return None  # we go on looking, and poll again if there is nothing else
            first = self.spread(self.hand_out(events, mark, 0), token)
            self.have_polled()
            return first

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
                    self.timers.break_poll_for(due)
                self._lie_down(worker)
        if polls:
            return self._watch(worker, due)
        worker.bell.acquire()
        return None

    def have_polled(self) -> None:
        """Whoever rested because we polled may poll now. Precondition: the lock is held."""
        if self.idle_tokens and (self.waiting > 0 or self.timers.heap):
            self.dispatch(self.idle_tokens.pop())

    def _stealable(self) -> bool:
        return self.shared and any(token.local or token.soon for token in self.tokens)

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
        asleep = len(self.idle_tokens) == self.procs and self.poller is None
        if asleep and self.must_finish and not self.finished.is_set():
            self.failure = RuntimeError("all goroutines are asleep, and nothing can wake them")
            self.finished.set()

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
        tap, find = self.tap, self.connections.get
        if tap is not None:
            tap.poll([(fd, mask, self._stale(fd, mark)) for fd, mask in events], timeout)
        freed: list[Goroutine] = []
        self._keep_parkers_out()
        for fd, mask in events:
            connection = find(fd)
            if connection is None or connection.born > mark:
                if fd == self.kernel.break_fd and timeout != 0:
                    self._silence()
                continue
            if mask == ERROR_ALONE or connection.broken:
                connection.broken = mask == ERROR_ALONE
                connection.careful = True
            if mask & READABLE:
                side = connection.reader
                waiter = side.slot
                if waiter is not NEWS:
                    side.slot = NEWS
                    if tap is not None:
                        tap.news(waiter, side)
                    if waiter is not EMPTY:
                        freed.append(waiter)
            if mask & WRITABLE:
                side = connection.writer
                waiter = side.slot
                if waiter is not NEWS:
                    side.slot = NEWS
                    if tap is not None:
                        tap.news(waiter, side)
                    if waiter is not EMPTY:
                        freed.append(waiter)
        self.waiting -= len(freed)
        self.handing_out = self.shared
        return freed

    def _keep_parkers_out(self) -> None:
        """Let nobody park until ``handing_out`` is taken back. Precondition: the lock is held.

        With one token its holder parks without the lock: it says that it is ``parking`` and then
        looks whether somebody is ``handing_out``. We say and look in the opposite order, so at
        least one sees the other, and that one waits. Two stores are cheaper than a lock.
        """
        self.handing_out = True
        while self.parking and not self.shared:
            time.sleep(0)

    def _stale(self, fd: int, mark: int) -> bool:
        connection = self.connections.get(fd)
        return connection is None or connection.born > mark

    def _silence(self) -> None:
        self.kernel.silence()
        if self.tap is not None:
            self.tap.silence()
