"""Record what real Go does with the catalogue: ``python tests/record_go.py [RELEASE ...]``.

Writes ``tests/recorded/go1.27.3.json`` for each release (none: the newest), to which a test holds
the model where no toolchain is. A scenario whose runs are not all alike stops it.
"""

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.report import is_for
from realgo import RealGo
from realgo.toolchain import RELEASES, find
from recorded_channels import as_recorded
from scenario import NetpollError, Scenario, catalogue, channels

HERE = Path(__file__).parent / "recorded"
RUNS = 5


def main(releases: list[str]) -> None:
    """Record each release, or stop with one message."""
    for release in releases or RELEASES[-1:]:
        version = find(release).version
        backend = RealGo(release, runs=RUNS)
        scenarios = {
            name: recorded(backend, scenario)
            for name, scenario in catalogue().items()
            if is_for(scenario, "go")
        }
        write(HERE / f"go{version}.json", circumstances(version), scenarios)
        print(f"Go {version}: {len(scenarios)} scenarios")


def recorded(backend: RealGo, scenario: Scenario) -> dict[str, Any]:
    """The channels of a scenario, which all runs that were not late must have."""
    trace = backend.run(scenario)
    if trace.inconclusive:
        raise SystemExit(f"{scenario.name}: {'; '.join(trace.inconclusive)}")
    return as_recorded(channels(trace), scenario.procs)


def circumstances(version: str) -> str:
    """When and on what, in one sentence."""
    kernel = ".".join(platform.release().split(".")[:2])
    return (
        f"{datetime.now(UTC).date()}, go{version} on Linux {kernel} {platform.machine()};"
        f" {RUNS} runs of each scenario, a process each; all that were not late are equal"
        " (who runs first with several Ps: as a multiset)"
    )


def write(path: Path, when: str, scenarios: dict[str, dict[str, Any]]) -> None:
    """A line for each scenario, so that a change of one is seen in a diff."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(s)}" for name, s in scenarios.items())
    path.write_text(f'{{\n"recorded": {json.dumps(when)},\n"scenarios": {{\n{lines}\n}}}}\n')


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except NetpollError as error:
        raise SystemExit(str(error)) from None
