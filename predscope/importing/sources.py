"""Importing from files and folders: read by the format's reader, then staged, then published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from predscope import formats
from predscope.formats.archives import opened_archive
from predscope.formats.base import Reading
from predscope.formats.videos_nearby import images_in
from predscope.importing.corrections import Corrections
from predscope.importing.findings import note
from predscope.importing.readings import stage_reading
from predscope.importing.staged import ImportResult, StagedImport
from predscope.media import Progress
from predscope.project import Project
from predscope.reading_progress import watched
from predscope.schema import Role
from predscope.short_words import utf8_text

_FILE_SUFFIX: Final = re.compile(r"\.(json|txt|csv|parquet|xml|zip|pkl|gz)$", re.IGNORECASE)


def import_labels(
    project: Project,
    source: Path | str,
    *,
    format: str = "auto",
    name: str = "labels",
    images: Path | str | None = None,
    class_map: Mapping[Any, Any] | None = None,
    corrections: Corrections | None = None,
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
        corrections=corrections,
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
    corrections: Corrections | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Read predictions and publish them as a new version of a prediction set; see ``stage_predictions``."""
    with stage_predictions(
        project,
        source,
        format=format,
        name=name,
        class_map=class_map,
        corrections=corrections,
        strict=strict,
        progress=progress,
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
    corrections: Corrections | None = None,
    strict: bool = False,
    dry_run: bool = False,
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
        corrections: how to take the rows where the file does not say it, or says it wrongly.
        strict: refuse the whole input if any of its rows is rejected.
        dry_run: it is to be looked at alone, so that the project need not be one that can be written.
        progress: called with what is done (rows, files, megabytes), of how much (0: not known), and what is being done,
            in words; at least about every second. What it raises ends the import, which then leaves nothing.

    Raises:
        InputError: the source cannot be used, or does not belong to the project's images.
    """
    folder = None if images is None else Path(images)
    where = folder or project.images_root
    with watched(progress, f"Opening {Path(source).name}"), _opened(source, format, "labels", where) as reading:
        return stage_reading(
            project,
            reading,
            name=name,
            images=folder,
            class_map=class_map,
            corrections=corrections,
            strict=strict,
            dry_run=dry_run,
            progress=progress,
        )


def stage_predictions(
    project: Project,
    source: Path | str,
    *,
    format: str = "auto",
    name: str | None = None,
    class_map: Mapping[Any, Any] | None = None,
    corrections: Corrections | None = None,
    strict: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> StagedImport:
    """Read predictions and prepare a new version of a prediction set, without publishing it.

    Args:
        project: the project; it must have frames.
        source: file or folder.
        format: name of a reader, or "auto": told by the content.
        name: of the prediction set; None: the name of the source. An import of the same name is a new version.
        class_map: class of the project against what stands in the file (name, id, pixel value), either way round.
        corrections: how to take the rows where the file does not say it, or says it wrongly.
        strict: refuse the whole input if any of its rows is rejected.
        dry_run: it is to be looked at alone, so that the project need not be one that can be written.
        progress: called with what is done (rows, files, megabytes), of how much (0: not known), and what is being done,
            in words; at least about every second. What it raises ends the import, which then leaves nothing.

    Raises:
        InputError: the source cannot be used, or does not belong to the project's frames.
    """
    if name is None:
        name = default_set_name(Path(source), "predictions")
    where = project.images_root
    with watched(progress, f"Opening {Path(source).name}"), _opened(source, format, "predictions", where) as reading:
        return stage_reading(
            project,
            reading,
            name=name,
            class_map=class_map,
            corrections=corrections,
            strict=strict,
            dry_run=dry_run,
            progress=progress,
        )


@contextmanager
def _opened(source: Path | str, format: str, role: Role, images: Path | None) -> Iterator[Reading]:
    """The reading of an input, which must be over when this ends.

    Args:
        images: the images folder, where readers may look for videos.
    """
    with opened_archive(Path(source)) as opened, images_in(images):
        reading = opened.adopt(formats.open_input(opened.path, format=format, role=role), str(source))
        if opened.files:
            note(reading.report, "unpacked_archive", count=opened.files)
        if opened.refused:
            examples = [f"{name}: {why}" for name, why in list(opened.refused.items())[:5]]
            note(reading.report, "archive_member_refused", count=len(opened.refused), examples=examples)
        yield reading


def default_set_name(source: Path, role: Role) -> str:
    """The name of a set that is not given one: ``labels``, or for predictions the name of the source."""
    return "labels" if role == "labels" else _FILE_SUFFIX.sub("", utf8_text(source.resolve().name)) or "predictions"
