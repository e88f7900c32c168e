"""What goes wrong outside the witnesses: each error is one message with a place and a remedy."""


class NetpollError(Exception):
    """Bad input or a missing witness: one message, exit status 2."""


class ScenarioError(NetpollError):
    """A scenario that cannot be run. The message names file, line, column, and what may stand."""


class TraceError(NetpollError):
    """A trace that cannot be read. The message names file and line."""


class Unavailable(NetpollError):
    """A witness that is not there: the message says why and what to do."""
