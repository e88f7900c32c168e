"""The steps of a scenario's goroutines, performed on a loop."""

import errno
import os
import time
from collections.abc import Awaitable, Callable

from realpoll.connection import Connection
from realpoll.descriptors import Link, errno_name, fill, shortage
from realpoll.errors import Closed, NoDeadline, NotPollable, PartialWrite, Timeout, Trouble
from realpoll.lateness import Lateness
from realpoll.loop import Loop
from realpoll.recorder import Recorder
from realpoll.traps import StepAside
from scenario.words import NO_DEADLINE_NS, Op, Step

SLICE_S = 200e-6
Result = tuple[int | str | None, str]
DONE: Result = (None, "ok")
TIMED = frozenset({Op.BUSY})


class Steps:
    """Performs steps. ``links`` and ``connections`` are by the scenario's names."""

    def __init__(
        self,
        loop: Loop,
        recorder: Recorder,
        lateness: Lateness,
        links: dict[str, Link],
        programs: dict[str, tuple[Step, ...]],
    ) -> None:
        self.loop = loop
        self.recorder = recorder
        self.lateness = lateness
        self.links = links
        self.programs = programs
        self.connections: dict[str, Connection] = {}
        self._how: dict[Op, Callable[[Step], Awaitable[Result]]] = {
            Op.READ: self._read,
            Op.WRITE: self._write,
            Op.FILL: self._fill,
            Op.SLEEP: self._sleep,
            Op.SET_READ_DEADLINE: self._set_deadline,
            Op.SET_WRITE_DEADLINE: self._set_deadline,
            Op.SET_DEADLINE: self._set_deadline,
            Op.CLOSE: self._close,
            Op.REOPEN: self._reopen,
            Op.BUSY: self._busy,
            Op.YIELD: self._yield,
            Op.GO: self._go,
            Op.IS_POLL_DESCRIPTOR: self._is_poll_descriptor,
        }

    def open(self, name: str) -> None:
        """Register a link's descriptor under its name."""
        fd = self.links[name].fd
        self.recorder.names[fd] = name
        self.connections[name] = self.loop.connection(fd)

    async def program(self, g: str) -> None:
        """The steps of one goroutine, in order; a step that fails does not end it."""
        for index, step in enumerate(self.programs[g]):
            self.recorder.begin(g, index, step.text)
            count, error = await self._result(step)
            self.recorder.step(g, index, step.text, count, error)

    async def _result(self, step: Step) -> Result:
        transfers = step.op in (Op.READ, Op.WRITE)
        try:
            return await self._how[step.op](step)
        except Trouble as trouble:
            return (trouble.done if transfers else None), _WORDS[type(trouble)]
        except PartialWrite as error:
            return error.done, errno_name(error)
        except OSError as error:
            return (0 if transfers else None), errno_name(error)

    def _on(self, step: Step) -> Connection:
        return self.connections[step.fd or ""]

    async def _read(self, step: Step) -> Result:
        data = await self._on(step).read(step.nbytes or 0)
        return len(data), "ok" if data or not step.nbytes else "eof"

    async def _write(self, step: Step) -> Result:
        message = self.links[step.fd or ""].message(step.nbytes or 0)
        return await self._on(step).write(message), "ok"

    async def _fill(self, step: Step) -> Result:
        connection = self._on(step)
        if connection.closed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))  # the number may be another's
        link = self.links[step.fd or ""]
        fill(connection.fd, link.kind, link.peer)
        return DONE

    async def _sleep(self, step: Step) -> Result:
        await self.loop.sleep(step.ns or 0)
        return DONE

    async def _set_deadline(self, step: Step) -> Result:
        self._on(step).set_deadline(
            None if step.ns == NO_DEADLINE_NS else step.ns,
            read=step.op is not Op.SET_WRITE_DEADLINE,
            write=step.op is not Op.SET_READ_DEADLINE,
        )
        return DONE

    async def _close(self, step: Step) -> Result:
        await self._on(step).close()
        return DONE

    async def _reopen(self, step: Step) -> Result:
        try:
            self.links[step.fd or ""].reopen()
        except OSError as error:
            raise shortage(f"{step.text}", error) from error
        self.recorder.reopened(step.fd or "")
        self.open(step.fd or "")
        return DONE

    async def _busy(self, step: Step) -> Result:
        """Keep the token for a time, in short slices, and step aside when asked.

        It holds the token and not the interpreter's lock: to the loop that is the same, and the
        threads that record are not held up.
        """
        begun = self.loop.now()
        ns = step.ns or 0
        due = self.lateness.start(f"`{step.text}`", ns, begun)
        while (left := begun + ns - self.loop.now()) > 0 and not self.loop.stopping:
            time.sleep(min(SLICE_S, left / 1e9))
            if self.loop.asked_to_step_aside():
                await StepAside(self.loop, "preempted")
        self.lateness.end(f"`{step.text}`", due, self.loop.now())
        return DONE

    async def _yield(self, step: Step) -> Result:
        await self.loop.step_aside()
        return DONE

    async def _go(self, step: Step) -> Result:
        g = step.g or ""
        self.loop.go(self.program(g), g)
        return DONE

    async def _is_poll_descriptor(self, step: Step) -> Result:
        own = {"epfd": self.loop.kernel.epoll.fileno(), "break": self.loop.kernel.break_fd}
        fd = own[step.fd] if step.fd in own else self.links[step.fd or ""].fd
        return ("yes" if self.loop.kernel.owns(fd) else "no"), "ok"

    def close_links(self) -> None:
        """Close what the loop does not: peers, and descriptors that epoll refused."""
        for name, link in self.links.items():
            link.close_peer()
            connection = self.connections.get(name)
            if connection is None or not (connection.closed or connection.polled):
                os.close(link.fd)


_WORDS: dict[type[Trouble], str] = {
    Closed: "closed",
    Timeout: "timeout",
    NotPollable: "not pollable",
    NoDeadline: "not pollable",
}
