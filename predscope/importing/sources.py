"""Importing from files and folders: read by the format's reader, then staged, then published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from predscope import formats
from predscope.importing.importer import stage_reading
from predscope.importing.staged import ImportResult, StagedImport
from predscope.media import Progress
from predscope.project import Project

_FILE_SUFFIX: Final = re.compile(r"\.(json|txt|csv|parquet|xml|zip|pkl|gz)$", re.IGNORECASE)


def import_labels(
    project: Project,
    source: Path | str,
    *,
    format: str = "auto",
    name: str = "labels",
    images: Path | str | None = None,
    class_map: Mapping[Any, Any] | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Read labels and publish them as a new version of a label set; see ``stage_labels``."""
    with stage_labels(
        project,
        source,
        format=format,
        name=name,
        images=images,
        class_map=class_map,
        strict=strict,
        progress=progress,
    ) as staged:
        return staged.publish()


def import_predictions(
    project: Project,
    source: Path | str,
    *,
    format: str = "auto",
    name: str | None = None,
    class_map: Mapping[Any, Any] | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Read predictions and publish them as a new version of a prediction set; see ``stage_predictions``."""
    with stage_predictions(
        project, source, format=format, name=name, class_map=class_map, strict=strict, progress=progress
    ) as staged:
        return staged.publish()


def stage_labels(
    project: Project,
    source: Path | str,
    *,
    format: str = "auto",
    name: str = "labels",
    images: Path | str | None = None,
    class_map: Mapping[Any, Any] | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> StagedImport:
    """Read labels and prepare a new version of a label set, without publishing it.

    Args:
        project: the project.
        source: file or folder.
        format: name of a reader, or "auto": told by the content.
        name: of the label set; an import of the same name is a new version.
        images: folder of the images, if the project does not know it yet, or images were added.
        class_map: class of the project against what stands in the file (name, id, pixel value), either way round.
        strict: refuse the whole input if any of its rows is rejected.
        progress: called with rows done, rows in all (0: not known) and what is being done.

    Raises:
        InputError: the source cannot be used, or does not belong to the project's images.
    """
    reading = formats.open_input(Path(source), format=format, role="labels")
    reading.report.source = reading.report.source or str(source)
    folder = None if images is None else Path(images)
    return stage_reading(
        project, reading, name=name, images=folder, class_map=class_map, strict=strict, progress=progress
    )


def stage_predictions(
    project: Project,
    source: Path | str,
    *,
    format: str = "auto",
    name: str | None = None,
    class_map: Mapping[Any, Any] | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> StagedImport:
    """Read predictions and prepare a new version of a prediction set, without publishing it.

    Args:
        project: the project; it must have frames.
        source: file or folder.
        format: name of a reader, or "auto": told by the content.
        name: of the prediction set; None: the name of the source. An import of the same name is a new version.
        class_map: class of the project against what stands in the file (name, id, pixel value), either way round.
        strict: refuse the whole input if any of its rows is rejected.
        progress: called with rows done, rows in all (0: not known) and what is being done.

    Raises:
        InputError: the source cannot be used, or does not belong to the project's frames.
    """
    reading = formats.open_input(Path(source), format=format, role="predictions")
    reading.report.source = reading.report.source or str(source)
    if name is None:
        name = _FILE_SUFFIX.sub("", Path(source).resolve().name) or "predictions"
    return stage_reading(project, reading, name=name, class_map=class_map, strict=strict, progress=progress)
