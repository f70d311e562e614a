"""``predscope metrics``: what can be measured, measuring it, and joining what others have measured."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Any, Final

from predscope.cli.report_text import print_problem
from predscope.errors import InputError, ProjectError
from predscope.metrics.joining import JoinResult, join_values
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.reading import is_computed, project_metrics
from predscope.metrics.registry import all_metrics, unknown_metric
from predscope.metrics.report import MetricsReport
from predscope.metrics.running import run_metrics
from predscope.metrics.sources import project_sources, remove_source
from predscope.progress import progress_line
from predscope.project import Project
from predscope.report import Severity

EXIT_FAILURE: Final = 1
_TITLES: Final = {
    MeasuredOn.FRAME: "Frames",
    MeasuredOn.OBJECT: "Labels and predictions",
    MeasuredOn.LABEL: "Labels",
    MeasuredOn.PREDICTION: "Predictions",
}
_WIDEST: Final = 118


def list_metrics(arguments: argparse.Namespace) -> int:
    """Print every metric that the project can have, or, without a project, every one that there is."""
    project = _project_if_any(arguments.project)
    metrics = list(all_metrics().values()) if project is None else project_metrics(project)
    states = {metric.name: None if project is None else is_computed(project, metric) for metric in metrics}
    if arguments.json:
        records = [
            {**metric.to_json(), **({} if project is None else {"computed": states[metric.name]})} for metric in metrics
        ]
        json.dump({"metrics": records}, sys.stdout, indent=2)
        print()
        return 0
    width = min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)
    name_width = max(len(metric.name) for metric in metrics) + 2
    for measured_on, title in _TITLES.items():
        of_kind = [metric for metric in metrics if metric.measured_on is measured_on]
        if of_kind:
            print(title)
        for metric in of_kind:
            _print_metric(metric, states[metric.name], name_width, width)
        if of_kind:
            print()
    if any(state is False for state in states.values()):
        print("* not computed yet; compute with: predscope metrics run")
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Compute what is not up to date."""
    project = Project.open(arguments.project) if arguments.project else Project.find()
    if arguments.workers < 0:
        raise InputError(f"--workers must be 0 or more, got {arguments.workers}.")
    project = _with_versions(project, arguments.version)
    try:
        with progress_line() as progress:
            report = run_metrics(
                project, arguments.only, workers=arguments.workers, progress=progress, files=arguments.file
            )
    except KeyboardInterrupt:
        print("predscope: stopped; what was computed is kept, and the next run goes on from there.", file=sys.stderr)
        return EXIT_FAILURE
    if arguments.json:
        json.dump(report.to_json(), sys.stdout, indent=2)
        print()
    else:
        _print_report(report, arguments.only)
    is_failed = any(problem.severity is Severity.ERROR for problem in report.problems.values())
    return EXIT_FAILURE if report.is_cancelled or is_failed else 0


def _with_versions(project: Project, names: list[str]) -> Project:
    opened = project.versions_named(names)
    missing = set(names) - {one.name for one in opened}
    if missing:
        raise InputError(
            f"--version names a version that is not there: {', '.join(sorted(missing))}.",
            fix="Give a name and a number, such as model_a@1; predscope versions lists them.",
        )
    return project.with_versions(opened)


def join(arguments: argparse.Namespace) -> int:
    """Keep columns or embeddings of a file in the project."""
    project = Project.open(arguments.project) if arguments.project else Project.find()
    columns = None
    if arguments.column:
        pairs = (text.partition("=") for text in arguments.column)
        columns = {name: renamed or name for name, _, renamed in pairs}
    result = join_values(
        project, arguments.path, on=arguments.on, set_name=arguments.set, key=arguments.key, columns=columns
    )
    if arguments.json:
        json.dump(_join_json(result), sys.stdout, indent=2)
        print()
        return 0
    what = f"embeddings of {result.dimensions} dimensions" if result.dimensions else ", ".join(result.source.columns)
    noun = "frames" if result.source.set_name is None else f"{result.source.on}s of {result.source.set_name!r}"
    print(f"Joined {what}")
    print(f"  {result.matched:,} of {result.rows:,} rows matched; the project has {result.of:,} {noun}")
    if result.unmatched:
        print(f"  ! Rows that name nothing of the project were left out ({result.rows - result.matched:,})")
        print(f"      {', '.join(result.unmatched)}")
    if result.dimensions:
        print("  Bring the metrics that use them up to date with: predscope metrics run")
    return 0


def remove(arguments: argparse.Namespace) -> int:
    """Take joined values out of the project again."""
    project = Project.open(arguments.project) if arguments.project else Project.find()
    sources = [
        source
        for source in project_sources(project)
        if arguments.name in source.columns or (source.is_embedding and arguments.name == source.origin)
    ]
    if not sources:
        joined = [name for source in project_sources(project) for name in (source.columns or (source.origin,))]
        if not joined:
            raise InputError("nothing has been joined to this project.", where=str(project.path))
        raise unknown_metric(arguments.name, joined)
    for source in sources:
        project = remove_source(project, source)
        print(f"Removed {', '.join(source.columns) or 'embeddings'}, joined from {source.origin}")
    return 0


def _project_if_any(path: Path | None) -> Project | None:
    if path is not None:
        return Project.open(path)
    try:
        return Project.find()
    except ProjectError:
        return None


def _print_metric(metric: Metric, state: bool | None, name_width: int, width: int) -> None:
    mark = "*" if state is False else " "
    unit = metric.unit
    if metric.range is not None:
        unit = f"{metric.range[0]:g}..{metric.range[1]:g} {unit}".strip()
    elif metric.is_categorical:
        unit = "category"
    indent = 2 + name_width + 12
    lines = textwrap.wrap(metric.definition or metric.title, max(width - indent, 30)) or [""]
    print(f"{mark} {metric.name:<{name_width}}{unit:<12}{lines[0]}")
    for line in lines[1:]:
        print(" " * indent + line)


def _print_report(report: MetricsReport, only: list[str] | None) -> None:
    if report.is_up_to_date and not report.is_cancelled:
        print(f"Everything {'asked for ' if only else ''}is up to date; nothing was computed ({report.seconds:.1f} s).")
    else:
        values = _counted(sum(report.values.values()), "value")
        images = _counted(report.images, "image")
        print(f"{_counted(len(report.values), 'metric')}, {values}, {images} decoded, in {report.seconds:.1f} s")
    if report.missing:
        print(f"  - {_counted(report.missing, 'frame')} without an image file: no values of pixels")
    for problem in report.problems.values():
        print_problem(problem.to_json())
    if report.is_cancelled:
        print("Stopped; what was computed is kept, and the next run goes on from there.")


def _join_json(result: JoinResult) -> dict[str, Any]:
    return {
        "metrics": list(result.source.columns),
        "embedding_dimensions": result.dimensions or None,
        "on": result.source.on,
        "set": result.source.set_name,
        "rows": result.rows,
        "matched": result.matched,
        "of": result.of,
        "unmatched": list(result.unmatched),
    }


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
