"""How long a command keeps one waiting before it does anything.

Seconds are the process's own (CPU, user and system), so that a busy machine does not blur them.
"""

import os
import subprocess
import sys
from statistics import median

COMMANDS = {
    "python": ("-c", "pass"),
    "import_model": ("-c", "import model"),
    "netpoll_help": ("-m", "netpoll_lab", "--help"),
}
ROUNDS = 5


def seconds(arguments: tuple[str, ...]) -> float:
    """What one run of the interpreter with these arguments takes. Raises where it fails."""
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, child.args)
    return used.ru_utime + used.ru_stime


def measure(rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds, medians of interleaved rounds.

    Keys: ``python`` alone, ``netpoll_help``, and ``import_model``, what that adds to ``python``.
    """
    seen: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            seen[name].append(seconds(arguments))
    found = {name: median(times) for name, times in seen.items()}
    return found | {"import_model": found["import_model"] - found["python"]}


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:28} {value:12.3f}")
