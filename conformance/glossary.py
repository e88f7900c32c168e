"""The words that an explanation explains, each in a line; docs/glossary.md says more of each."""

import re
from collections.abc import Iterator, Mapping

GLOSSARY: Mapping[str, str] = {
    "goroutine": "a light thread of a Go program; here each is a list of steps",
    "descriptor": "a number that stands for an open socket, pipe or file",
    "GOMAXPROCS": "the number of Ps",
    "P": "a processor of Go's scheduler: a goroutine runs only while a thread has one",
    "M": "a thread of the operating system; with a P it runs goroutines",
    "poller": "the thread that asks epoll_wait which descriptors are ready, and frees who waits",
    "monitor": "a thread without a P (Go's sysmon) that polls when nobody has for 10 ms",
    "break": "a write that gets the blocked poller out of epoll_wait, for an earlier timer",
    "deadline": "a time after which a read or write waits no longer and says timeout",
    "stale": "of an event: older than the descriptor that now has its number",
    "EPOLLERR": "the event that says only that the descriptor has an error",
}
"""In the order of their explanation."""

_SPELT: Mapping[str, str] = {"P": "Ps?", "M": "M[0-9]*", "poller": "(?:poll|POLL)\\w*"}


def words_in(text: str) -> Iterator[tuple[str, str]]:
    """The words that occur in a text, with their meanings; of meanings too, down the list."""
    read = text
    for word, meaning in GLOSSARY.items():
        if re.search(rf"\b{_SPELT.get(word, word + 's?')}\b", read):
            read += f"\n{meaning}"
            yield word, meaning
