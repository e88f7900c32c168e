"""Where the script holds the poller: while it acts, or behind a fetch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scenario.trace import Event, What


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """All events from a HOLD to its RELEASE; ``fetched`` is the HOLD behind the one fetch."""

    events: tuple[Event, ...]

    @property
    def fetched(self) -> Event | None:
        return next((e for e in self.events if _holds(e) and e.why == "event"), None)

    @property
    def seqs(self) -> set[int]:
        """Its HOLD events."""
        return {event.seq for event in self.events if _holds(event)}

    @property
    def is_seen(self) -> bool:
        """Whether anything can come between what is made ready and its fetch.

        A single action is held too, but its release follows at once.
        """
        actions = sum(event.what is What.ACTION for event in self.events)
        started = any(event.what is What.START for event in self.events)
        return actions > 1 or started or self.fetched is not None


def holds(events: Sequence[Event]) -> tuple[Hold, ...]:
    """The holds that can be seen, in order."""
    return tuple(hold for hold in _all(events) if hold.is_seen)


def _all(events: Sequence[Event]) -> Iterator[Hold]:
    current: list[Event] = []
    for event in events:
        if current and _holds(event) and event.why != "event":
            yield Hold(events=tuple(current))
            current = [event]
        elif current or _holds(event):
            current.append(event)
        if current and event.what is What.RELEASE:
            yield Hold(events=tuple(current))
            current = []
    if current:
        yield Hold(events=tuple(current))


def _holds(event: Event) -> bool:
    return event.what is What.HOLD
