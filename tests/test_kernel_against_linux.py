"""The kernel's half of the model beside the running kernel: the same script, the same reports.

A script is operations of ``kernel_machine`` with ``;`` between them. After each one an epoll_wait
collects what is reported; operations joined with ``+`` share one. The results of the operations
are compared, too.
"""

from collections.abc import Iterator

import pytest

from kernel_machine import Machine, SettledModel, perform_all
from linux_kernel import LinuxKernel

pytestmark = pytest.mark.linux

TWO_WAYS = ("socketpair", "tcp")

STREAMS = {
    "a second write to an undrained reader is an edge": "write b 8; write b 8; drain a",
    "a partial read is none": "write b 100; read a 10; read a 10; wait; drain a",
    "a full read of one message": "write b 100; read a 100; read a 1",
    "a read over three messages": "write b 5 + write b 6 + write b 7; read a 64; read a 1",
    "the peer's reads are edges for the writer": (
        "write a 8 + write a 8; read b 4; read b 4; read b 8"
    ),
    "both directions at once": "write b 8 + write a 8; drain b; drain a",
    "fill and drain": "fill a; wait; drain b; write a 8; drain b",
    "filled by the peer": "fill b; read a 0; drain a; drain a",
    "the peer shuts down": "shutdown b; read a 8; read a 8; write a 8; drain b",
    "the peer shuts down twice": "shutdown b; shutdown b; read a 8",
    "data, then a shutdown": "write b 8 + shutdown b; read a 8; read a 8",
    "our own shutdown": "shutdown a; shutdown a; write a 8; write b 8; drain a",
    "both shut down": "shutdown a; shutdown b; read a 8; read b 8; write a 8; write b 8",
    "both shut down, and again": "shutdown a; shutdown b; shutdown a; shutdown b; close b",
    "both shut down with unread data": "write a 8 + shutdown a; shutdown b; close b; read a 8",
    "crowded, then drained": "crowd a; drain b; crowd a + close b",
    "both shut down, then close": "shutdown b; shutdown a; close b; read a 8; shutdown a",
    "the peer closes": "close b; read a 8; read a 8; write a 8; write a 8; read a 8",
    "the peer closes after a shutdown": "shutdown b; read a 8; close b; read a 8",
    "data, then a close": "write b 8 + close b; read a 4; read a 8; read a 8",
    "the peer closes with unread data": "write a 8; close b; read a 8; read a 8; write a 8",
    "unread data at both ends": "write a 8 + write b 8; close b; read a 8; read a 8; read a 8",
    "unread data at us only": "write b 8; close b; write a 8; drain a; write a 8",
    "a close after a shutdown with unread data": (
        "write a 8 + shutdown b; close b; read a 8; read a 8"
    ),
    "a write error is told once": "write a 8 + close b; write a 8; write a 8; read a 8",
    "the peer closes a filled connection": "fill a; close b; write a 8; read a 8",
    "a filled peer closes": "fill b; close b; drain a; read a 8",
    "a filled peer shuts down": "fill b; shutdown b; drain a; read a 8",
    "reset": "reset b; read a 8; read a 8; write a 8; shutdown a",
    "reset after data": "write b 8 + reset b; read a 4; read a 8; read a 8; write a 8",
    "reset with unread data": "write a 8 + reset b; write a 8; read a 8; read a 8",
    "reset after a shutdown": "shutdown b; reset b; read a 8; write a 8; write a 8",
    "reset of a filled connection": "fill a + fill b; reset b; write a 8; drain a; drain a",
    "reset after both shut down": "shutdown a + shutdown b; reset b; read a 8; write a 8",
    "DEL, then ADD": "write b 8; del a; write b 8; add a {mask}; add a; del a; del a",
    "DEL drops what is queued": "write b 8 + del a; add a {mask}",
    "MOD to the same": "mod a {mask}; write b 8; mod a {mask}; drain a; mod a {mask}",
    "MOD to nothing": "mod a none; write b 8; close b; mod a in",
    "MOD to RDHUP only": "mod a rdhup,et; write b 8; shutdown b; shutdown b; drain a",
    "MOD to OUT only": "mod a out,et; write b 8; write a 8; drain b; close b",
    "MOD to IN only": "mod a in,et; write a 8; drain b; shutdown a; write b 8",
    "MOD without ADD": "del a; mod a in; write b 8",
    "ADD when ready": "del a; write b 8 + shutdown b; add a {mask}; drain a",
    "both ends in one set": (
        "add b {mask}; write a 8; write b 8; drain a; drain b; shutdown a; close b"
    ),
    "both ends closed": "add b {mask}; close a; close b; add b; del a",
    "drained before the wait": "write b 8 + drain a; write b 8 + read a 4",
    "reset and closed before the wait": "write b 8 + reset b + drain a; write a 8",
    "a dup keeps a closed number": "dup a d + close a; write b 8; del a; del d; drain d; close d",
    "a dup back on the number": (
        "dup a d + close a + dup d a; write b 8; mod a in; del a; write b 8"
    ),
    "two registrations of one file": (
        "dup a d + add d {mask}; write b 8; drain a; close a; write b 8"
    ),
    "the peer's dup keeps it open": "dup b d + close b; write d 8; close d; read a 8; read a 8",
    "reopen on the same number": (
        "write b 8 + reopen a {kind} c; write b 8; add a {mask}; write c 8"
    ),
    "ADD of what is there": "add a; mod a in,et; write b 8; close a; add a; mod a; del a",
    "epoll_ready forgets what is not ready": (
        "write b 8; drain a + ready; write b 8 + ready + ready"
    ),
    "a read of 0 bytes": "read a 0; write b 8; read a 0; write a 0; close b; read a 0; write a 0",
    "oneshot": "mod a in,oneshot; write b 8; write b 8; add a; close b; mod a in,oneshot; mod a in",
    "edge-triggered oneshot": (
        "mod a out,in,et,oneshot; write b 8; mod a in,et,oneshot; drain a; write b 8"
    ),
    "a large write": "write b 30000; read a 10000; read a 20000; write a 30000; drain b",
}
PIPES = {
    "a write": "write w 8; write w 8; read r 4; drain r",
    "fullness is in slots": "fill w 4096; read r 4095; read r 1; fill w 4096; drain r",
    "small writes are merged": "fill w 100; read r 100; write w 4096; drain r",
    "a merge with the odd bytes first": (
        "write w 4000; write w 4100; fill w 4096; read r 4000; read r 4196"
    ),
    "a write that does not fit whole": (
        "fill w 4096; read r 8192; write w 10000; write w 1; drain r"
    ),
    "the first slot is merged into": (
        "write w 10; read r 5; write w 4086; fill w 4096; read r 4091; read r 5"
    ),
    "a failed write is an edge for the reader": "fill w 4096; write w 1; wait; read r 1; write w 1",
    "the writer goes": "close w; read r 8; read r 8; write r 8",
    "the writer goes with data": "write w 8; close w; read r 4; read r 8; read r 8",
    "the reader goes": "close r; write w 8; write w 8; read w 8",
    "the reader goes from a full pipe": "fill w 4096; close r; write w 8; mod w out,et; mod w none",
    "only the last writer counts": "dup w d; close w; write d 8; drain r; close d; drain r",
    "only the last reader counts": "dup r d; close r; write w 8; close d; write w 8",
    "nothing to shut down": "shutdown r; shutdown w; reset w; write w 0; read r 0",
    "interest 0": "mod r none + mod w none; write w 8; close w; drain r",
    "close and reopen": "write w 8 + close r; reopen w pipe x; add w {mask}",
}
COUNTERS = {
    "every write and every read is an edge": "write e 8; write e 8; read e 8; read e 8",
    "wrong sizes": "write e 4; write e 16; read e 4; write e 8; read e 16",
    "IN only": "mod e in,et; write e 8; read e 8; write e 8 + read e 8",
    "OUT only": "mod e out,et; write e 8; read e 8",
    "nearly full": "counter f 18446744073709551613 + add f {mask}; write f 8; write f 8; read f 8",
    "close with a dup": "dup e d; close e; write d 8; close d",
    "nothing to shut down": "shutdown e; reset e; write e 0; read e 0",
}
ORDERS = {
    "three at once": "write d 8 + write b 8 + write f 8; drain a + drain c + drain e",
    "one at a time": "write b 8 + write d 8 + write f 8 + wait 1; wait 1; wait 1; wait 1; wait 1",
    "leftovers stay in front": (
        "write b 8 + write d 8 + wait 1 + write f 8 + wait 2; wait 2; wait 2"
    ),
    "the old position": "write b 8 + write d 8; drain a + drain c; write d 8 + write b 8",
    "the old position without a wait": (
        "write b 8 + write d 8 + wait + drain a + drain c + write d 8 + write b 8"
    ),
    "DEL and ADD go to the tail": "write b 8 + write d 8 + del a + add a {mask}; drain a",
    "MOD stays in its place": "write b 8 + write d 8 + mod a {mask}; drain a",
    "a re-armed oneshot": "mod a in,oneshot; write b 8; write d 8 + mod a in,oneshot; drain a",
    "a closed one is left out": "write b 8 + write d 8 + write f 8 + close c; drain a",
    "ready no more costs no slot": "write b 8 + write d 8 + mod a in,et + drain a + wait 1; wait 1",
    "dups in reverse order": (
        "dup a x + dup a y + add x {mask} + add y {mask}; write b 8; write b 8; del x; write b 8"
    ),
    "an edge does not move": "write b 8 + write d 8 + write b 8; write f 8 + shutdown b",
    "poll forgets positions": (
        "write b 8 + write d 8 + wait + drain a + drain c + ready + write d 8 + write b 8"
    ),
    "peers closed in turn": "close d + close b + close f; wait 2; wait 2; wait 2",
    "deleted from the middle": (
        "write b 8 + write d 8 + write f 8 + del c + wait 1; wait; add c {mask}"
    ),
}
WIDE = {
    "unix: OUT is lost long before a write fails": (
        "open socketpair a b; add a; fill a 1; read b 68; read b 1; drain b 1",
        "open socketpair a b; add a in,out; write a 20000 + write a 20000; write a 30000; drain b",
        "open socketpair a b; add a; fill a 65536; read b 36544; read b 65536; drain b",
        "open socketpair a b; add a; fill a 3777; drain b 3777; fill a 4289; drain b 10",
        "open socketpair a b; add a; write a 1000000; write a 1; read b 200000; write a 1; drain b",
    ),
    "unix: no OUT edge above the line": (
        "open socketpair a b; add a; write b 8; fill a 1; read b 1; read b 1; drain b 1",
        "open socketpair a b; add a; write b 8; fill a 20000; read b 20000; drain b 20000",
    ),
    "tcp: a write to a closed peer that still has data on its way": (
        "open tcp a b; add b; fill a; close a; write b 1; drain b; drain b; write b 1",
    ),
    "tcp: no OUT edge without a failed write": (
        "open tcp a b; add a; write b 8; write a 30000; read b 30000; fill a; wait; drain b",
    ),
    "regular files": (
        "file f 10; add f; mod f; del f; read f 8; read f 8; read f 8; write f 8;"
        " shutdown f; reset f",
    ),
    "a number that is not open": (
        "open eventfd e; close e; close e; add e; mod e; del e; read e 8; write e 8; shutdown e",
    ),
    "mixed kinds": (
        "open socketpair a b; open tcp c d; open pipe r w; open eventfd e; add a + add c + add r"
        " + add w + add e; write b 1 + write d 1 + write w 1 + write e 8 + wait 2; wait 2; wait 2;"
        " drain r; close w + close d + close b; drain a + drain c; drain e",
    ),
}
MASKS = ("in,out,rdhup,et", "in,out,rdhup", "in,rdhup")


def scripts() -> dict[str, str]:
    """Each kind's cases, edge- and level-triggered, by a name for pytest."""
    named: dict[str, str] = {}
    for mask in MASKS:
        for kind in TWO_WAYS:
            for name, case in STREAMS.items():
                named[f"{kind}: {name} [{mask}]"] = on_a_pair(kind, mask, case)
            for name, case in ORDERS.items():
                named[f"{kind}, order: {name} [{mask}]"] = on_three_pairs(kind, mask, case)
        for name, case in PIPES.items():
            opened = f"open pipe r w; add r {mask} + add w {mask}; "
            named[f"pipe: {name} [{mask}]"] = opened + case.format(mask=mask)
        for name, case in COUNTERS.items():
            opened = f"open eventfd e; add e {mask}; "
            named[f"eventfd: {name} [{mask}]"] = opened + case.format(mask=mask)
    for name, cases in WIDE.items():
        named |= {f"{name} ({number})": case for number, case in enumerate(cases)}
    return named


def on_a_pair(kind: str, mask: str, case: str) -> str:
    return f"open {kind} a b; add a {mask}; " + case.format(kind=kind, mask=mask)


def on_three_pairs(kind: str, mask: str, case: str) -> str:
    opened = "; ".join(f"open {kind} {pair}" for pair in ("a b", "c d", "e f"))
    added = " + ".join(f"add {name} {mask}" for name in "ace")
    return f"{opened}; {added}; " + case.format(kind=kind, mask=mask)


SCRIPTS = scripts()


@pytest.fixture
def linux() -> Iterator[LinuxKernel]:
    kernel = LinuxKernel()
    yield kernel
    kernel.close_all()


@pytest.mark.parametrize(
    "script",
    [
        # TCP waits for its timers before its window is seen to be shut.
        pytest.param(script, id=name, marks=pytest.mark.slow if "tcp: crowded" in name else ())
        for name, script in SCRIPTS.items()
    ],
)
def test_the_model_reports_what_linux_reports(script: str, linux: LinuxKernel) -> None:
    real = perform_all(Machine(linux, linux.settle), script)
    model = SettledModel()
    assert perform_all(Machine(model, model.settle), script) == real
