"""From what a reader found to a staged import."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from predscope.formats.base import Reading
from predscope.importing.corrections import Corrections
from predscope.importing.frames.known import KnownFrames
from predscope.importing.importer import Import
from predscope.importing.staged import StagedImport
from predscope.media import Progress
from predscope.project import Project
from predscope.reading_progress import watched


def stage_reading(
    project: Project,
    reading: Reading,
    *,
    name: str,
    images: Path | None = None,
    frames: KnownFrames | None = None,
    class_map: Mapping[Any, Any] | None = None,
    corrections: Corrections | None = None,
    strict: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> StagedImport:
    """Prepare the import of what a reader found; the role is that of the reading.

    Args:
        project: a view of the project; others may publish meanwhile.
        reading: consumed by this call.
        name: of the set.
        images: folder of the images (labels only); becomes the project's, if it has none yet.
        frames: those of the import, where its maker knows them; None: they are found by ids and names.
        class_map: see ``class_map.read_class_map``.
        corrections: how to take the rows where the files do not say it, or say it wrongly.
        strict: refuse the whole input if any of its rows is rejected.
        dry_run: it is to be looked at alone, so that the project need not be one that can be written.
        progress: see ``sources.stage_labels``.

    Raises:
        InputError: the input does not belong to this project, or ``strict`` was not satisfied.
    """
    with (
        watched(progress, f"Importing {reading.role}", by_rows=reading.row_count > 0) as told,
        Import(
            project,
            reading,
            name=name,
            images=images,
            frames=frames,
            class_map=class_map,
            corrections=corrections,
            strict=strict,
            dry_run=dry_run,
            progress=told,
        ) as importing,
    ):
        for batch in reading.batches:
            importing.add(batch)
        return importing.finish()
