"""``netpoll matrix``: every scenario, on every release of Go and the model with its profile."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from netpoll_lab import go_releases
from netpoll_lab.inputs import scenario_of
from netpoll_lab.matrix import Matrix, Word
from netpoll_lab.matrix_files import Circumstances, as_json, page
from netpoll_lab.matrix_text import head, legend, line, reasons, totals
from netpoll_lab.output import check_writable, write_whole
from netpoll_lab.status import Interrupted, Status
from netpoll_lab.terminal import Progress
from scenario import Scenario, catalogue

INCONCLUSIVE = frozenset({Word.RACY, Word.SILENT, Word.NOT_RUN})
SMALLEST = len("scenario")


def perform(args: argparse.Namespace) -> int:
    """Print the table as it grows. After Ctrl-C the JSON has what is known so far, the page is
    left as it was."""
    scenarios = [scenario_of(word) for word in args.scenarios] or list(catalogue().values())
    paths = {"json": args.json, "page": args.output}
    files = {kind: Path(path) for kind, path in paths.items() if path is not None}
    for path in files.values():
        check_writable(path)
    made = _circumstances(args.go)
    matrix = Matrix(made.releases, go_releases.NEWEST)
    finished = _run(matrix, scenarios)
    _end(matrix)
    if "json" in files:
        found = as_json(matrix.rows, made, finished=finished)
        text = json.dumps(found, indent=1) + "\n"
        write_whole(files["json"], lambda part: _write(part, text))
    if not finished:
        raise Interrupted(f"interrupted after {len(matrix.rows)} of {len(scenarios)} scenarios")
    if "page" in files:
        write_whole(files["page"], lambda part: _write(part, page(matrix.rows, made)))
    return _status(matrix)


def _circumstances(go: str | None) -> Circumstances:
    releases = go_releases.there() if go is None else go_releases.releases_of(go)
    versions = go_releases.versions(releases)
    return Circumstances(when=datetime.now(UTC), releases=releases, versions=versions)


def _run(matrix: Matrix, scenarios: list[Scenario]) -> bool:
    """Whether all were run: False after Ctrl-C."""
    width = max((SMALLEST, *(len(scenario.name) for scenario in scenarios)))
    print(*legend(matrix.releases), "", head(matrix.releases, width), sep="\n", flush=True)
    progress = Progress()
    try:
        for number, scenario in enumerate(scenarios, 1):
            progress.say(f"{number} of {len(scenarios)}  {scenario.name}")
            row = matrix.add(scenario)
            progress.clear()
            print(line(row, width), flush=True)
    except KeyboardInterrupt:
        return False
    finally:
        progress.clear()
    return True


def _end(matrix: Matrix) -> None:
    print(*reasons(matrix.rows), "", *totals(matrix.rows, matrix.releases), sep="\n")


def _status(matrix: Matrix) -> Status:
    words = {cell.word for row in matrix.rows for cell in row.all_cells}
    if Word.DIFFERS in words:
        return Status.DIFFERS
    agreed = words & {Word.SAME, Word.OTHER}
    return Status.INCONCLUSIVE if words & INCONCLUSIVE or not agreed else Status.AGREES


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
