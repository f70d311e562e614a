"""All benchmarks in one run, as a table: ``python benchmarks/run.py [--work DIR] [--write benchmarks/RESULTS.md]``."""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.app import measure_app
from benchmarks.evaluation import measure_evaluation, measure_steps
from benchmarks.imports import measure_imports
from benchmarks.problem import make_problem


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "predscope-benchmarks")
    parser.add_argument("--write", type=Path, help="also write the tables to this Markdown file")
    arguments = parser.parse_args()
    problem = make_problem(arguments.work / "problem")
    imports = measure_imports(problem, arguments.work)
    evaluation = measure_evaluation(problem / "instances.json", problem / "results.json")
    steps = measure_steps(problem / "instances.json", problem / "results.json")
    app = measure_app(problem, arguments.work)
    lines = [
        "# Benchmark results",
        "",
        "5,000 frames with images, 36,000 labels with polygons, 146,000 predictions; made by `benchmarks/problem.py`. "
        f"Python {platform.python_version()}, {platform.machine()}. Written by `make benchmark`.",
        "",
        "| files into a project, and loading elsewhere | seconds | peak MB |",
        "|---|---:|---:|",
        *(f"| {name} | {cost.seconds:.2f} | {cost.peak_mb:,.0f} |" for name, cost in imports.items()),
        "",
        "| files to all numbers, each in a process of its own | seconds | peak MB |",
        "|---|---:|---:|",
        *(f"| {name} | {cost.seconds:.2f} | {cost.peak_mb:,.0f} |" for name, cost in evaluation.items()),
        "",
        "| steps of an evaluation, in one process | |",
        "|---|---:|",
        *(f"| {name} | {value:,.3g} |" for name, value in steps.items()),
        "",
        "| the app, in headless Chromium | |",
        "|---|---:|",
        *(f"| {name} | {value:,.1f} |" for name, value in app.items()),
        "",
    ]
    print("\n".join(lines))
    if arguments.write:
        arguments.write.write_text("\n".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
