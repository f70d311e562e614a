"""All benchmarks in one run, as a table: ``python benchmarks/run.py [--work DIR] [--write benchmarks/RESULTS.md]``."""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.app import measure_app
from benchmarks.evaluation import measure_evaluation, measure_fiftyone, measure_steps
from benchmarks.imports import measure_imports
from benchmarks.large_imports import large_import_lines, measure_large_imports
from benchmarks.measure import Cost
from benchmarks.metrics import measure_metrics
from benchmarks.problem import FRAMES
from benchmarks.problem_variants import PART_FRAMES, make_large_results, make_masks, make_part


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "predscope-benchmarks")
    parser.add_argument("--write", type=Path, help="also write the tables to this Markdown file")
    parser.add_argument("--fiftyone", type=Path, metavar="PYTHON", help="an interpreter that has FiftyOne")
    parser.add_argument("--without-app", action="store_true", help="leave out what needs a browser")
    arguments = parser.parse_args()
    problem = arguments.work / "problem"
    # In a process of its own: what this one holds counts as memory of the commands it starts.
    subprocess.run([sys.executable, Path(__file__).with_name("problem_variants.py"), problem], check=True)
    imports = measure_imports(problem, arguments.work)
    large_imports = measure_large_imports(problem, arguments.work, arguments.fiftyone)
    labels, results = problem / "instances.json", problem / "results.json"
    evaluation = measure_evaluation(labels, results)
    large = measure_evaluation(labels, make_large_results(problem))
    masks = measure_evaluation(*make_masks(problem), "segm")
    part = make_part(problem)
    with_fiftyone = (
        measure_fiftyone(*part, problem / "images", arguments.fiftyone) if arguments.fiftyone is not None else {}
    )
    steps = measure_steps(labels, results)
    metrics = measure_metrics(arguments.work, problem)
    app = {} if arguments.without_app else measure_app(problem, arguments.work)
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
        *large_import_lines(large_imports),
        *_costs("files to COCO's numbers, each in a process of its own: 146,000 predictions", evaluation),
        *_costs("the same, 500,000 predictions", large),
        *_costs("the same, masks: 1,000 frames, 30,000 run-length predictions", masks),
        *_costs(
            f"the same, the first {PART_FRAMES:,} of {FRAMES:,} frames (memory without FiftyOne's MongoDB server)",
            with_fiftyone,
        ),
        "| steps of an evaluation, in one process | |",
        "|---|---:|",
        *(f"| {name} | {value:,.3g} |" for name, value in steps.items()),
        "",
        "| metrics | |",
        "|---|---:|",
        *(f"| {name} | {value:,.2f} |" for name, value in metrics.items()),
        "",
        *(["| the app, in headless Chromium | |", "|---|---:|"] if app else []),
        *(f"| {name} | {value:,.1f} |" for name, value in app.items()),
        *([""] if app else []),
    ]
    print("\n".join(lines))
    if arguments.write:
        arguments.write.write_text("\n".join(lines), encoding="utf-8")
    return 0


def _costs(title: str, costs: Mapping[str, Cost | str]) -> list[str]:
    if not costs:
        return []
    rows = [
        f"| {name} | {cost.seconds:.2f} | {cost.peak_mb:,.0f} |" if isinstance(cost, Cost) else f"| {name} | {cost} | |"
        for name, cost in costs.items()
    ]
    return [f"| {title} | seconds | peak MB |", "|---|---:|---:|", *rows, ""]


if __name__ == "__main__":
    sys.exit(main())
