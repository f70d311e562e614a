"""``predscope view`` and ``predscope demo``: the app on a project, or straight on files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from predscope.cli.corrections import given_corrections, read_corrections
from predscope.cli.report_text import OF_LABELS, print_report
from predscope.cli.serving import serve
from predscope.errors import InputError
from predscope.locations import sample_data_folder
from predscope.progress import progress_line
from predscope.project import Project
from predscope.quick import QuickProject, quick_project

if TYPE_CHECKING:
    from predscope.importing.corrections import Corrections


def view(arguments: argparse.Namespace) -> int:
    """Open the app; returns when it is stopped."""
    from_files = arguments.images or arguments.labels or arguments.predictions
    if not from_files:
        if given := given_corrections(arguments):
            raise InputError(f"{given[0]} is only for files, given with --predictions.")
        project = Project.open(arguments.project) if arguments.project else Project.find()
        return serve(project, arguments, start_page="/")
    if arguments.project is not None:
        raise InputError(
            "give either a project or files (--images, --labels, --predictions), not both.",
            where=str(arguments.project),
            fix="To add files to a project, use: predscope import predictions PATH --project PROJECT",
        )
    corrections = read_corrections(arguments) if given_corrections(arguments) else None
    made = _from_files(arguments.images, arguments.labels, named_paths(arguments.predictions), corrections)
    return serve(made.project, arguments, start_page=_first_frame_page(made.project))


def demo(arguments: argparse.Namespace) -> int:
    """Build the sample project on the first call, and open the app on it."""
    samples = sample_data_folder()
    if not (samples / "images").is_dir():
        raise InputError(
            "the sample data is not there.", where=samples, fix="Run: python sample_data/make_sample_data.py"
        )
    models = {path.stem: path for path in sorted((samples / "predictions").glob("*.json"))}
    made = _from_files(samples / "images", samples / "labels" / "instances.json", models, name="Sample street scenes")
    return serve(made.project, arguments, start_page="/")


def named_paths(given: list[str]) -> dict[str, Path]:
    """``NAME=PATH`` or ``PATH`` to names and paths; a path without a name is named after its file."""
    named: dict[str, Path] = {}
    for text in given:
        name, separator, path = text.partition("=")
        if not separator or Path(text).exists():
            name, path = Path(text).stem or Path(text).name, text
        if name in named:
            raise InputError(
                f"two prediction sets are named {name!r}.", where=text, fix=f"Name them: --predictions other={path}"
            )
        named[name] = Path(path)
    return named


def _from_files(
    images: Path | None,
    labels: Path | None,
    predictions: dict[str, Path],
    corrections: Corrections | None = None,
    *,
    name: str | None = None,
) -> QuickProject:
    with progress_line() as progress:
        made = quick_project(
            images=images,
            labels=labels,
            predictions=predictions,
            corrections=corrections,
            name=name,
            progress=progress,
        )
    for which, report in made.reports.items():
        if made.is_new or report.has_errors:
            taken = OF_LABELS if which.startswith("labels") else None
            print_report(report, file=sys.stderr, taken=taken)
    return made


def _first_frame_page(project: Project) -> str:
    """The viewer on the first frame that has objects of every set, or as many as can be had."""
    from urllib.parse import urlencode

    return "/Frame?" + urlencode({"frame": project.frames["frame_id"].iloc[first_telling_frame(project)]})


def first_telling_frame(project: Project) -> int:
    """Index of the first frame whose image can be shown and which has objects of the most sets."""
    shown = (project.frames["image_status"] == "ok").to_numpy().astype(int)
    score = shown.copy()
    for role in ("labels", "predictions"):
        for name in project.set_names(role):
            offsets = project.objects(role, name).offsets
            score = score + ((offsets[1:] - offsets[:-1]) > 0)
    return int(score.argmax()) if len(score) else 0
