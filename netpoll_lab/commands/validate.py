"""``netpoll go validate``: is what a real Go program's runtime did what the model permits?"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conformance.validate.checker import Checker
from conformance.validate.faults import Fault, fault
from conformance.validate.story import told
from conformance.validate.transitions import table
from model.releases import runtime
from netpoll_lab.interrupt import CTRL_C
from netpoll_lab.output import check_writable, write_whole
from netpoll_lab.status import CommandError, Interrupted, Status
from netpoll_lab.terminal import Progress, coloured
from realgo.build import build
from realgo.program import Program
from realgo.toolchain import Toolchain, find

OWN_GRACE_S = 0.4
"""A program that is interrupted together with us may end by itself, and say what it has to say."""
SAY_EVERY_S = 0.5
TAIL_NS = 100_000_000
"""How much of the end may be undecided."""
CUT = (
    "but for the end: a thread was cut off before it wrote down an access of {}, so the accesses"
    " after that have no place"
)
REPLACED = (
    "but only until the program replaced itself (exec): of what came then nothing is recorded"
)


@dataclass(slots=True)
class Watch:
    """One program being checked, and what it took."""

    checker: Checker
    events: int | None
    """After how many the program is stopped, and after how long; None: when it ends by itself."""
    seconds: float | None
    begun: float = field(default_factory=time.monotonic)
    took_s: float = 0.0
    checking_s: float = 0.0
    limited: bool = False
    interrupted: bool = False

    def stop(self) -> float | None:
        """Whether the program is to end now: how long it may take to do so by itself."""
        if CTRL_C.asked:
            self.interrupted = True
            return OWN_GRACE_S
        if self.checker.violation is not None or self.checker.tangled is not None:
            return 0.0
        enough = self.events is not None and self.checker.counts.records >= self.events
        late = self.seconds is not None and time.monotonic() - self.begun >= self.seconds
        self.limited = enough or late
        return 0.0 if self.limited else None

    def run(self, program: Program, progress: Progress) -> None:
        """Follow the program to its end."""
        said = self.begun
        for batch in program.batches(self.stop):
            start = time.monotonic()
            if batch:
                self.checker.check(batch)
            else:
                self.checker.stranded(time.monotonic_ns())
            now = time.monotonic()
            self.checking_s += now - start
            if now - said > SAY_EVERY_S:
                progress.say(f"{self.checker.counts.records:,} events checked")
                said = now
        self.took_s = time.monotonic() - self.begun


def perform(args: argparse.Namespace) -> int:
    """Build the program, run it, and print what came of it when it is over."""
    report = None if args.json is None else Path(args.json)
    if report is not None:
        check_writable(report)
    toolchain = find(args.go)
    package = _package(args.package)
    broken = None if args.fault is None else fault(args.fault)
    progress = Progress()
    try:
        faults = () if broken is None else (broken.edit,)
        executable = build(toolchain, package, first=faults, say=progress.say)
        checker = Checker(table(runtime(toolchain.release)))
        watch, program = _watched(executable, checker, args, progress)
    finally:
        progress.clear()
    if not watch.interrupted:
        checker.finish()
    sys.stderr.flush()
    status, lines = verdict(watch, program)
    print(*_told(watch, program, toolchain, package, broken, lines), sep="\n")
    if report is not None:
        found = _json(watch, program, toolchain, status)
        write_whole(report, lambda part: _dump(found, part))
    if watch.interrupted:
        raise Interrupted("interrupted: the program was stopped; the events above were checked")
    return status


def _watched(
    executable: Path, checker: Checker, args: argparse.Namespace, progress: Progress
) -> tuple[Watch, Program]:
    watch = Watch(checker, *args.limit)
    program = Program(executable, args.arguments, procs=args.procs)
    try:
        with CTRL_C.held(), program:  # held first: no Ctrl-C falls between its start and the watch
            watch.run(program, progress)
    except KeyboardInterrupt:
        watch.interrupted = True
        watch.took_s = time.monotonic() - watch.begun
    return watch, program


def _package(word: str) -> Path:
    package = Path(word)
    if not package.is_dir():
        why = "it is a file; name its folder" if package.exists() else "there is no such folder"
        raise CommandError(f"{word}: {why}, which holds the main package to be built")
    return package


def verdict(watch: Watch, program: Program) -> tuple[Status, list[str]]:
    """The exit status, and what is to be said of it."""
    checker = watch.checker
    if checker.violation is not None:
        return Status.DIFFERS, list(told(checker, checker.violation))
    if program.lost:
        return Status.INCONCLUSIVE, [
            "inconclusive: the checker was so far behind that the record ended before the program;"
            " up to there there is no violation. Give the machine more room, or use --limit"
        ]
    if checker.undecided is not None and checker.undecided[1] > TAIL_NS:
        name, ns = checker.undecided
        return Status.INCONCLUSIVE, [
            f"inconclusive: the program ended while an access of {name} had waited"
            f" {ns / 1e9:.1f} s for the one that it must follow"
        ]
    if checker.tangled is not None:
        return Status.INCONCLUSIVE, [f"inconclusive: {checker.tangled}"]
    if not program.pid:
        return Status.INCONCLUSIVE, [
            "inconclusive: the program never used its network poller, so there is nothing to check"
        ]
    cut = [] if checker.undecided is None else [CUT.format(checker.undecided[0])]
    cut += [REPLACED] if program.replaced else []
    return Status.AGREES, [
        "no violation: every access is one that the model's text makes, each word's accesses form"
        " a chain, and whoever was freed was made runnable",
        *cut,
    ]


def _told(
    watch: Watch,
    program: Program,
    toolchain: Toolchain,
    package: Path,
    broken: Fault | None,
    lines: list[str],
) -> Iterator[str]:
    counts, checker = watch.checker.counts, watch.checker
    procs = "" if checker.procs is None else f", GOMAXPROCS={checker.procs}"
    yield f"{package.resolve().name}: Go {toolchain.version}{procs}"
    if broken is not None:
        yield f"built with a fault: {broken.what}"
    rate, own = _rates(watch)
    yield (
        f"{counts.records:,} events in {watch.took_s:.1f} s, {rate:,.0f} a second;"
        f" the checker alone does {own:,.0f} a second"
    )
    accesses = ", ".join(f"{name} {n:,}" for name, n in sorted(counts.accesses.items()))
    yield f"accesses: {accesses or 'none'}; {checker.words:,} words"
    yield (
        f"goroutines freed: {counts.freed:,}; accesses that came out of order and were given"
        f" their place: {counts.late:,}"
    )
    yield program.ending() + (" after the limit" if watch.limited else "")
    good = watch.checker.violation is None
    yield from (coloured(line, "good" if good else "bad") for line in lines[:1])
    yield from lines[1:]


def _rates(watch: Watch) -> tuple[float, float]:
    """Events a second: of the program and its checker together, and of the checker alone."""
    records = watch.checker.counts.records
    return records / max(watch.took_s, 1e-9), records / max(watch.checking_s, 1e-9)


def _json(
    watch: Watch, program: Program, toolchain: Toolchain, status: Status
) -> dict[str, object]:
    violation = watch.checker.violation
    counts = watch.checker.counts
    return {
        "go": toolchain.version,
        "procs": watch.checker.procs,
        "status": int(status),
        "events": counts.records,
        "seconds": round(watch.took_s, 3),
        "checking_seconds": round(watch.checking_s, 3),
        "accesses": counts.accesses,
        "freed": counts.freed,
        "out_of_order": counts.late,
        "program_status": program.status,
        "stopped": program.stopped,
        "lost": program.lost,
        "replaced": program.replaced,
        "inconclusive": watch.checker.tangled,
        "violation": None
        if violation is None
        else {
            "rule": violation.rule.name.lower(),
            "record": violation.record._asdict(),
            "told": list(told(watch.checker, violation)),
        },
    }


def _dump(found: dict[str, object], part: Path) -> None:
    part.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
