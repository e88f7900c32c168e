"""Whether TCP has something under way between two ports of this machine: proc_net_tcp says so."""

from collections.abc import Iterable
from pathlib import Path

TABLE = Path("/proc/net/tcp")
ESTABLISHED = "01"
LOOPBACK = "0100007F"
"""127.0.0.1 as the table writes it."""

Pair = tuple[int, int]


def arrived(pairs: Iterable[Pair], ended: Iterable[Pair], table: Path = TABLE) -> bool:
    """Whether nothing is unacknowledged at either end of any of these connections.

    A pair is (Go's port, the peer's). Of those in ``ended`` the peer has closed, shut down or
    reset its end: what it sent for that has arrived when Go's end is no longer established.
    """
    rows = _rows(table)
    for ours, peer in pairs:
        for row in (rows.get((ours, peer)), rows.get((peer, ours))):
            if row is not None and row[1]:
                return False
    return all(rows.get(pair, ("", 0))[0] != ESTABLISHED for pair in ended)


def _rows(table: Path) -> dict[Pair, tuple[str, int]]:
    """(local port, remote port): the state and the bytes sent and not acknowledged."""
    rows = {}
    for line in table.read_text().splitlines()[1:]:
        _, local, remote, state, queues, *_ = line.split()
        (here, port), (there, other) = local.split(":"), remote.split(":")
        if here == there == LOOPBACK:
            rows[int(port, 16), int(other, 16)] = (state, int(queues.split(":")[0], 16))
    return rows
