"""RealEpoll: the witness that asks the kernel. Can be imported anywhere."""

from realpoll.available import check_available
from realpoll.interrupts import Interrupts
from scenario.backend import CHANNELS
from scenario.trace import Trace
from scenario.words import Scenario


class RealEpoll:
    """Runs scenarios on real descriptors and real threads, and says what it saw.

    ``pipe``: break the poll through a pipe(7), not an eventfd(2).
    """

    name = "epoll"
    title = "REAL EPOLL"
    channels = frozenset(CHANNELS)

    def __init__(self, *, pipe: bool = False) -> None:
        self._pipe = pipe

    def run(self, scenario: Scenario) -> Trace:
        """What happened. Raises Unavailable where there is no epoll, or no way to see threads."""
        check_available()
        from realpoll.run import Run  # not importable everywhere

        with Interrupts() as interrupts:
            run = Run(scenario, interrupts, pipe=self._pipe)
            try:
                run.perform()
            except BaseException as error:
                run.close(error)
                raise
            run.close()
        return run.trace()
