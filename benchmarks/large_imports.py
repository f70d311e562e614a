"""A million predictions from one file, beside what loading it takes elsewhere; and ten million from a program.

``python benchmarks/large_imports.py FOLDER [--fiftyone PYTHON] [--rows 10000000]``, the folder as
``problem_variants.py`` fills it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.imports import PEERS
from benchmarks.measure import Cost, run
from benchmarks.problem_variants import MILLION, make_large_results, make_part

WRITTEN: Final = 10_000_000
_PREDSCOPE: Final = [sys.executable, "-m", "predscope"]


@dataclass(frozen=True, slots=True)
class LargeCost:
    """What some rows took.

    Attributes:
        rows: how many.
        seconds: wall time.
        peak_mb: largest resident set, MB; None: not measured.
    """

    rows: int
    seconds: float
    peak_mb: float | None

    @property
    def microseconds_a_row(self) -> float:
        return 1e6 * self.seconds / self.rows


def measure_large_imports(
    problem: Path, work: Path, fiftyone: Path | None, rows: int = WRITTEN
) -> dict[str, LargeCost | str]:
    """Name -> cost, or why it could not be had; the first is ours from the file."""
    project = work / "large-import-project"
    shutil.rmtree(project, ignore_errors=True)
    labels, results = problem / "instances.json", make_large_results(problem, MILLION)
    run([*_PREDSCOPE, "init", project, "--images", problem / "images"])
    run([*_PREDSCOPE, "import", "labels", labels, "--project", project])
    ours = run([*_PREDSCOPE, "import", "predictions", results, "--project", project, "--name", "million"])
    costs: dict[str, LargeCost | str] = {"predscope import predictions": _of(MILLION, ours)}
    for name, script in PEERS.items():
        costs[f"{name}, with labels"] = _of(MILLION, run([sys.executable, "-c", script, labels, results]))
    if fiftyone is not None:
        part = make_part(problem, results=results.name)
        costs["FiftyOne, add_coco_labels, a part of the file"] = _fiftyone(fiftyone, *part, problem / "images")
    written = run([sys.executable, Path(__file__).with_name("write_many.py"), project, str(rows)])
    costs["predscope.PredictionWriter"] = _of(rows, written)
    return costs


def _of(rows: int, cost: Cost) -> LargeCost:
    return LargeCost(rows, cost.seconds, cost.peak_mb)


def _fiftyone(python: Path, labels: Path, results: Path, images: Path) -> LargeCost | str:
    """The time of adding predictions alone: frames and labels come before. Its database is a process of its own."""
    command = [
        str(python),
        str(Path(__file__).with_name("peer_fiftyone.py")),
        *map(str, (labels, results, images)),
        "load",
    ]
    environment = {**os.environ, "FIFTYONE_DO_NOT_TRACK": "true"}
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    except (OSError, subprocess.CalledProcessError) as error:
        return str(getattr(error, "stderr", "") or error).strip().splitlines()[-1]
    steps = dict(line.split("\t") for line in done.stdout.splitlines() if "\t" in line)
    return LargeCost(len(orjson.loads(results.read_bytes())), float(steps["load predictions"]), None)


def large_import_lines(costs: dict[str, LargeCost | str]) -> list[str]:
    """The costs as a table in Markdown; ratios of the time a row to that of the first."""
    (first, *_) = costs.values()
    lines = [
        "| a million predictions from COCO JSON, and loading elsewhere | rows | seconds | µs a row | ratio | peak MB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, cost in costs.items():
        if isinstance(cost, str) or isinstance(first, str):
            lines.append(f"| {name} | {cost} | | | | |")
            continue
        ratio = cost.microseconds_a_row / first.microseconds_a_row
        memory = "" if cost.peak_mb is None else f"{cost.peak_mb:,.0f}"
        lines.append(
            f"| {name} | {cost.rows:,} | {cost.seconds:.1f} | {cost.microseconds_a_row:.1f} | {ratio:.2f} | {memory} |"
        )
    return [*lines, ""]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--fiftyone", type=Path, metavar="PYTHON", help="an interpreter that has FiftyOne")
    parser.add_argument("--rows", type=int, default=WRITTEN, help="written by the writer")
    arguments = parser.parse_args()
    problem = arguments.work / "problem"
    subprocess.run([sys.executable, Path(__file__).with_name("problem_variants.py"), problem], check=True)
    costs = measure_large_imports(problem, arguments.work, arguments.fiftyone, arguments.rows)
    print("\n".join(large_import_lines(costs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
