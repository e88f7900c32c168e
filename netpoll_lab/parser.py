"""The words that may stand on the command line. Imports nothing heavy: help comes at once."""

import argparse
import sys
from typing import NoReturn, TypeAlias

from netpoll_lab.witnesses import DEFAULT, NAMES

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

_EXAMPLES = """\
exit status: 0 agreement, 1 a difference, 2 bad input, 3 inconclusive (a run was too late
to say anything: harmless, run it again) or something was not run, 70 a bug in netpoll,
130 Ctrl-C, 141 a closed pipe; make exits with 2 whatever netpoll's status was

first steps (in a checkout type .venv/bin/netpoll, or `. .venv/bin/activate` before):
  netpoll list                        the questions that the catalogue asks
  netpoll compare six_in_one_batch    one of them, answered twice and explained
  netpoll compare                     all of them
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line; ``args.command`` names the module of ``commands``."""
    top = argparse.ArgumentParser(
        prog="netpoll",
        description="Which goroutine wakes, in which order, and why: a model of Go's network "
        "poller, a real epoll and the real Go runtime answer the same questions.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action=_Version, nargs=0, help="the version, and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_list(commands)
    _add_show(commands)
    _add_run(commands)
    _add_compare(commands)
    _add_matrix(commands)
    _add_eyes(commands)
    _add_rules(commands)
    _add_trace(commands)
    _add_timeline(commands)
    _add_go(commands)
    _add_beside(commands)
    _add_drift(commands)
    return top


def _add_list(commands: Commands) -> None:
    listing = commands.add_parser("list", help="the scenarios of the catalogue")
    listing.add_argument(
        "words",
        metavar="WORD",
        nargs="*",
        help="only those with all these words in their name, question or finding",
    )
    listing.add_argument("--names", action="store_true", help="only the names, one per line")


def _add_show(commands: Commands) -> None:
    show = commands.add_parser("show", help="one scenario in words, and its timeline")
    _add_scenario(show)


def _add_run(commands: Commands) -> None:
    run = commands.add_parser("run", help="what one witness sees of one scenario")
    _add_scenario(run)
    _add_backend(run)
    _add_no_look_ahead(run)
    run.add_argument(
        "-o", metavar="FILE", dest="output", help="also write the trace there; - prints only it"
    )
    run.add_argument("--channels", action="store_true", help="only the five channels, for diff(1)")


def _add_compare(commands: Commands) -> None:
    compare = commands.add_parser(
        "compare", help="do the witnesses agree? One scenario is explained, several are listed"
    )
    compare.add_argument(
        "scenarios",
        metavar="SCENARIO|FILE",
        nargs="*",
        help="a name from the catalogue or a .toml file (none: the whole catalogue)",
    )
    compare.add_argument(
        "--backends",
        metavar="A,B",
        help=f"which of {','.join(NAMES)} (default: {','.join(DEFAULT)}, which need no toolchain)",
    )
    compare.add_argument(
        "--go",
        metavar="R,R",
        help="with real Go of these releases, or all: each beside the model with its profile",
    )
    compare.add_argument(
        "--repeat", metavar="N", type=_at_least_one, default=1, help="run each N times"
    )
    compare.add_argument(
        "--tries",
        metavar="N",
        type=_at_least_one,
        default=1,
        help="try a run that was too late to say anything N times (one that differs only once)",
    )
    compare.add_argument("--json", metavar="FILE", help="also write the verdicts there")


def _add_matrix(commands: Commands) -> None:
    matrix = commands.add_parser(
        "matrix", help="each scenario on each Go release: real Go, the model with its profile"
    )
    matrix.add_argument(
        "scenarios",
        metavar="SCENARIO|FILE",
        nargs="*",
        help="a name from the catalogue or a .toml file (none: the whole catalogue)",
    )
    matrix.add_argument(
        "--go", metavar="R,R", help="which releases, or all (default: those that are installed)"
    )
    matrix.add_argument("--json", metavar="FILE", help="also write the verdicts there")
    matrix.add_argument(
        "-o", metavar="FILE", dest="output", help="also write it there as a page, in Markdown"
    )


def _add_eyes(commands: Commands) -> None:
    eyes = commands.add_parser(
        "eyes", help="a Go without the overlay: do strace and Go's own tracer agree?"
    )
    eyes.add_argument(
        "scenarios",
        metavar="SCENARIO|FILE",
        nargs="*",
        help="a name from the catalogue or a .toml file (none: the whole catalogue)",
    )
    eyes.add_argument(
        "--go", metavar="R,R", help="which releases, or all (default: the newest installed)"
    )
    eyes.add_argument("--eye", choices=("strace", "trace"), help="only this one (default: both)")


def _add_rules(commands: Commands) -> None:
    rules = commands.add_parser("rules", help="the contract: numbered rules with their sources")
    rules.add_argument(
        "rules", metavar="RULE", nargs="*", help="a number such as R07 or r7 (none: all rules)"
    )
    rules.add_argument(
        "--check", action="store_true", help="does each wrong implementation show a difference?"
    )


def _add_trace(commands: Commands) -> None:
    trace = commands.add_parser("trace", help="a trace file, event by event")
    trace.add_argument("file", metavar="FILE", help="a trace written by `netpoll run -o`")


def _add_timeline(commands: Commands) -> None:
    timeline = commands.add_parser("timeline", help="a picture of a scenario or of a trace")
    timeline.add_argument(
        "source", metavar="SCENARIO|TRACE", help="a name, a .toml file or a trace file"
    )
    _add_backend(timeline)
    timeline.add_argument(
        "-o", metavar="FILE", dest="output", required=True, help=".svg, .png, .pdf or .txt"
    )
    timeline.add_argument("--dark", action="store_true", help="light on dark")


def _add_go(commands: Commands) -> None:
    go = commands.add_parser("go", help="the Go toolchains that real Go is made from")
    actions: Commands = go.add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=_WithProgram
    )
    _add_go_install(actions)
    actions.add_parser("list", help="those that are there, and those that can be installed")
    remove = actions.add_parser("remove", help="take releases out of the cache again")
    remove.add_argument(
        "releases", metavar="RELEASE", nargs="+", help="such as 1.21, or a version such as 1.21.13"
    )
    _add_go_validate(actions)


def _add_go_install(actions: Commands) -> None:
    install = actions.add_parser(
        "install", help="bring Go releases with pip, side by side, into a cache folder of yours"
    )
    install.add_argument(
        "releases",
        metavar="RELEASE",
        nargs="*",
        help="1.21 to 1.27, or `all` (none: the newest); 75 MB to fetch and 250 MB to keep each",
    )


def _add_go_validate(actions: Commands) -> None:
    validate = actions.add_parser(
        "validate",
        help="is what the runtime of a Go program does what the model permits?",
        usage="%(prog)s [-h] [--go R] [--procs N] [--limit N|Ns] [--json FILE] [--fault NAME]"
        " FOLDER [-- ARGS]",
        epilog="ARGS are the program's own: netpoll go validate examples/load -- -clients 8",
    )
    validate.add_argument("package", metavar="FOLDER", help="of the main package")
    validate.add_argument("--go", metavar="R", help="which release, such as 1.21 (default: newest)")
    validate.add_argument(
        "--procs", metavar="N", type=_at_least_one, help="GOMAXPROCS (default: Go's own choice)"
    )
    validate.add_argument(
        "--limit",
        metavar="N|Ns",
        type=_limit,
        default=(None, None),
        help="stop the program after N events, or after N seconds such as 30s",
    )
    validate.add_argument("--json", metavar="FILE", help="also write what was found there")
    validate.add_argument(
        "--fault",
        metavar="NAME",
        help="build Go with a known fault, to see it found (an unknown name lists them)",
    )


class _WithProgram(argparse.ArgumentParser):
    """What follows ``--`` is not parsed: ``arguments`` has it."""

    def parse_known_args(  # type: ignore[override]
        self, args: list[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        if not self.prog.endswith(" validate"):
            return super().parse_known_args(args, namespace)
        words = sys.argv[1:] if args is None else list(args)
        at = words.index("--") if "--" in words else len(words)
        known, extras = super().parse_known_args(words[:at], namespace)
        if extras:
            self.error(f"{' '.join(extras)}: the program's own arguments stand behind a --")
        known.arguments = words[at + 1 :]
        return known, extras


def _add_beside(commands: Commands) -> None:
    beside = commands.add_parser("beside", help="Go's own text next to the model's")
    beside.add_argument(
        "name",
        metavar="FUNCTION",
        nargs="?",
        help="such as netpollblock, pollDesc.publishInfo or (*fdMutex).rwlock (none: a list)",
    )
    beside.add_argument("--go", metavar="R", help="which release, such as 1.21 (default: newest)")
    beside.add_argument(
        "--width", metavar="N", type=_at_least_one, help="columns (default: the terminal's)"
    )


def _add_drift(commands: Commands) -> None:
    drift = commands.add_parser(
        "drift", help="what has changed in Go under the model, and what to read again"
    )
    drift.add_argument(
        "releases",
        metavar="R",
        nargs="*",
        help="two releases to be compared (none: the toolchains here with the record)",
    )
    drift.add_argument("--go", metavar="R,R", help="only these toolchains, or all")
    drift.add_argument("--goroot", metavar="DIR", help="the toolchain there, of whatever release")
    drift.add_argument(
        "--diff", action="store_true", help="of two releases: Go's own text, line by line"
    )
    drift.add_argument(
        "--record", action="store_true", help="renew the record from the toolchains here"
    )


def _add_scenario(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "scenario", metavar="SCENARIO|FILE", help="a name from the catalogue or a .toml file"
    )


def _add_backend(command: argparse.ArgumentParser) -> None:
    command.add_argument("--backend", choices=NAMES, default=NAMES[0], help="who is asked")
    command.add_argument(
        "--go",
        metavar="R",
        help="of which Go release the model or go is, such as 1.21 (default: the newest)",
    )
    command.add_argument(
        "--seed", metavar="N", type=int, default=0, help="the model's seed (default 0)"
    )


def _add_no_look_ahead(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-look-ahead",
        action="store_false",
        dest="look_ahead",
        help="the model makes every access an event of its own: slower, and the same channels",
    )


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> NoReturn:
        from importlib.metadata import version

        print(f"netpoll {version('netpoll-lab')}")
        parser.exit()


def _limit(word: str) -> tuple[int | None, float | None]:
    """Events and seconds: one of the two."""
    number = word.removesuffix("s")
    if not number.isdecimal() or int(number) < 1:
        raise argparse.ArgumentTypeError(
            f"{word!r} is neither a number of events, such as 1000000, nor a time, such as 30s"
        )
    return (None, float(number)) if word.endswith("s") else (int(number), None)


def _at_least_one(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number from 1 on")
    return int(word)
