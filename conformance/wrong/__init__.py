"""For each rule of the contract an implementation that breaks it, and nothing else.

Each is the model with as little overridden as it takes. If no scenario can tell one from the
right model, the rule is only words.
"""

from conformance.wrong import deadline, descriptor, poll, scheduler
from model import Runtime

_THEMES = (poll, descriptor, deadline, scheduler)


def wrong(name: str) -> type[Runtime]:
    """The wrong implementation of that name. Raises LookupError for an unknown one."""
    for theme in _THEMES:
        found = vars(theme).get(name)
        if isinstance(found, type) and issubclass(found, Runtime):
            return found
    raise LookupError(f"there is no wrong implementation {name!r}")


__all__ = ["wrong"]
