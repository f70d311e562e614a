"""Writing labels or predictions of a project in somebody else's format."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from predscope.errors import InputError
from predscope.export.base import Destination, Exporter
from predscope.export.beside_objects import note_what_is_left_out
from predscope.export.images import IMAGE_MODES, ImageMode, Images
from predscope.export.registry import find_exporter
from predscope.export.report import ExportReport
from predscope.export.selection import OUTCOMES, ExportSelection, Filters, OutcomeName, select
from predscope.export.target import check_target, writing_whole
from predscope.project import Project
from predscope.schema import Role


def export_objects(
    project: Project,
    path: Path | str,
    *,
    role: Role,
    name: str | None = None,
    format: str,
    version: int | None = None,
    classes: Sequence[str] | None = None,
    min_confidence: float | None = None,
    frames: Sequence[str] | None = None,
    view: str | None = None,
    outcome: OutcomeName | None = None,
    against: str | None = None,
    images: ImageMode = "none",
    overwrite: bool = False,
) -> ExportReport:
    """Write labels or predictions, or some of them, whole or not at all.

    Args:
        project: the project.
        path: the file or folder to write; which of them depends on the format. With images always a folder.
        role: labels, or predictions.
        name: of the set; None: the project's first of that role.
        format: name of a format, see ``exporters``.
        version: number of a version of the set; None: the newest.
        classes, min_confidence, frames, view, outcome, against: what of the set is written, see ``Filters``.
        images: whether images are copied beside, linked, or left where they are.
        overwrite: replace what stands at ``path``: a file, or a folder that an export has made.

    Returns:
        What was written, and what the format could not hold.

    Raises:
        InputError: the arguments cannot be used, or the place cannot be written to.
        ProjectError: there is no such set or version.
    """
    if outcome is not None and outcome not in OUTCOMES:
        raise InputError(f"must be one of {', '.join(OUTCOMES)}, got {outcome!r}.", where="--outcome")
    filters = Filters(classes, min_confidence, frames, view, outcome, against)
    selection = select(project, role, name, version, filters)
    return write_selection(selection, path, format=format, images=images, overwrite=overwrite)


def write_selection(
    selection: ExportSelection, path: Path | str, *, format: str, images: ImageMode = "none", overwrite: bool = False
) -> ExportReport:
    """Write what was selected; see ``export_objects``."""
    if images not in IMAGE_MODES:
        raise InputError(f"images must be one of {', '.join(IMAGE_MODES)}, got {images!r}.")
    exporter = find_exporter(format, selection.role)
    target = Path(path)
    is_folder = not exporter.suffix or images != "none"
    check_target(selection.project, target, is_folder=is_folder, overwrite=overwrite)
    objects = selection.objects
    report = ExportReport(target, exporter.name, objects.role, objects.name, objects.version)
    note_what_is_left_out(selection, exporter, report)
    with writing_whole(target, report, is_folder=is_folder) as place:
        exporter.write(selection, Destination(place, Images(selection.project, images, report), report))
    return report


def export_download(selection: ExportSelection, format: str) -> tuple[str, bytes, ExportReport]:
    """What was selected as one file to be downloaded: the file of the format, or its folder as a zip archive.

    Returns:
        Name and content of the file, and what was written.

    Raises:
        InputError: the format cannot hold it.
    """
    exporter = find_exporter(format, selection.role)
    with tempfile.TemporaryDirectory(prefix="predscope-export-") as folder:
        target = Path(folder) / download_name(selection, exporter)
        report = write_selection(selection, target, format=format)
        if not exporter.suffix:
            target = Path(shutil.make_archive(str(target), "zip", target))
        report.path = Path(target.name)
        return target.name, target.read_bytes(), report


def download_name(selection: ExportSelection, exporter: Exporter) -> str:
    """``model_a_coco.json``; without an ending where it is a folder."""
    stem = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in selection.objects.name)
    return f"{stem}_{exporter.name}{exporter.suffix}"
