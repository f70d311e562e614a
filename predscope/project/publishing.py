"""The one way in which a project changes: everything is written first, then one replacement of the manifest shows it.

Readers take no lock: they see the state before or after, also when the publisher is killed at any moment.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from predscope.errors import ProjectError
from predscope.project.classes import ClassChanges
from predscope.project.durable import replace_whole, sync_folder, writing_into
from predscope.project.frames import FrameChanges
from predscope.project.locking import hold_lock
from predscope.project.manifest import (
    LOCK_NAME,
    MANIFEST_NAME,
    Manifest,
    SetVersion,
    frames_file,
    now,
    read_manifest,
    set_folder,
)
from predscope.project.object_sorting import ObjectSorter
from predscope.project.own_folders import remove_own_files, taking_back_folders
from predscope.project.staging import StagingArea, sweep
from predscope.project.tables import (
    OBJECTS_NAME,
    read_frames,
    read_pixel_maps,
    write_frames,
    write_objects,
    write_pixel_maps,
)
from predscope.report import ImportReport
from predscope.schema import FRAME_SCHEMA, Role

STAGED_SET: Final = "set"
STAGED_FRAMES: Final = "frames.parquet"
STAGED_RECORD: Final = "staged.json"
_RENUMBERED_SET: Final = "renumbered"


@dataclass(frozen=True, slots=True)
class Change:
    """What an import, or a change of the images folder, does to a project.

    Attributes:
        frames: frames added and changed.
        classes: classes added and changed.
        images_root: a new images folder as the manifest keeps it; None: as it is.
        settings: settings to change.
    """

    frames: FrameChanges = field(default_factory=lambda: FrameChanges(0, [], {}))
    classes: ClassChanges = field(default_factory=ClassChanges)
    images_root: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StagedSet:
    """The objects of an import that lie in the "set" folder of a staging area."""

    role: Role
    name: str
    report: ImportReport


def publish(project: Path, area: StagingArea, change: Change, staged: StagedSet | None = None) -> Manifest:
    """Publish a change, with or without a new version of a set, and give back the manifest of the new state.

    Imports that were published since this one was prepared are kept: its new frames and classes are put behind theirs.

    Raises:
        ProjectError: the project is gone, damaged or locked, or files cannot be written. It stays as it was.
    """
    with writing_into(project), hold_lock(project / LOCK_NAME):
        manifest = read_manifest(project)
        if staged is not None and not (area.folder / STAGED_SET / OBJECTS_NAME).is_file():
            raise ProjectError(
                f"{area.folder}: the prepared import was removed before it was published. Import it again."
            )
        sweep(project, manifest)
        classes, class_of = change.classes.apply(manifest.classes)
        source_ids = {key: int(class_of[value]) for key, value in change.classes.source_ids.items()}
        manifest, frame_of = _with_frames(project, manifest, change.frames)
        manifest = manifest.changed(
            images_root=manifest.images_root if change.images_root is None else change.images_root,
            settings={**manifest.settings, **change.settings},
            classes=classes,
            class_source_ids={**manifest.class_source_ids, **source_ids},
        )
        if staged is not None:
            _renumber(area, frame_of, class_of, manifest.frame_count)
            manifest = _place_set(project, area, manifest, staged)
        manifest.save(project)
        return manifest


def change_sets(project: Path, edit: Callable[[Manifest], Manifest]) -> Manifest:
    """Publish other sets and versions than there were, and remove the files of those that are no more.

    Args:
        edit: makes the new manifest out of the newest, and puts folders in place that only the new one speaks of. What
            it raises leaves the project as it was.

    Raises:
        ProjectError: the project is gone, damaged or locked, or files cannot be written. It stays as it was.
    """
    with writing_into(project), hold_lock(project / LOCK_NAME):
        manifest = read_manifest(project)
        sweep(project, manifest)
        manifest = edit(manifest).changed()
        manifest.save(project)
        with suppress(OSError):  # the change is made; the next sweep finds what is left
            sweep(project, manifest)
        return manifest


def create(project: Path, name: str, frames: FrameChanges, images_root: str | None) -> Manifest:
    """Make a project, in a folder that may be there already but holds none.

    Raises:
        ProjectError: another process was first, or files cannot be written. What was there before is left.
    """
    with writing_into(project), taking_back_folders(project):
        project.mkdir(parents=True, exist_ok=True)
        with hold_lock(project / LOCK_NAME):
            if (project / MANIFEST_NAME).exists():
                raise ProjectError(f"{project}: another process has made a project here meanwhile. Open it.")
            try:
                manifest, _ = _with_frames(project, Manifest.new(name), frames)
                manifest = replace(manifest, images_root=images_root)
                manifest.save(project)
            except BaseException:
                remove_own_files(project)
                raise
            return manifest


def write_staged_record(area: StagingArea, manifest: Manifest, role: Role, name: str, frames: pa.Table) -> None:
    """Leave beside a staged set what another process needs to show it: frames and manifest as they would become."""
    write_frames(area.folder / STAGED_FRAMES, frames)
    record = {"role": role, "name": name, "manifest": manifest.to_json()}
    (area.folder / STAGED_RECORD).write_bytes(orjson.dumps(record))


def rename_staged_record(area: StagingArea, name: str) -> None:
    """Give the set in ``write_staged_record`` another name."""
    path = area.folder / STAGED_RECORD
    replace_whole(path, orjson.dumps({**orjson.loads(path.read_bytes()), "name": name}))


def current_frames(project: Path, manifest: Manifest) -> pa.Table:
    """The frames of a manifest.

    Raises:
        ProjectError: their file is missing or damaged.
    """
    if manifest.frames_version == 0:
        return FRAME_SCHEMA.empty_table()
    path = frames_file(project, manifest.frames_version)
    try:
        return read_frames(path)
    except (OSError, pa.ArrowException) as error:
        raise ProjectError(
            f"{path}: the frames of the project cannot be read ({error}). Put the file back from a copy, or make the "
            "project anew with predscope init."
        ) from None


def _with_frames(project: Path, manifest: Manifest, changes: FrameChanges) -> tuple[Manifest, np.ndarray]:
    """Write the next version of the frames; returns where each prepared frame is in it."""
    if changes.is_empty:
        return manifest, np.arange(manifest.frame_count)
    frames, frame_of = changes.apply(current_frames(project, manifest))
    target = frames_file(project, manifest.frames_version + 1)
    make_folders(target.parent, project)
    write_frames(target, frames)  # nothing refers to it before the manifest does
    sync_folder(target.parent)
    return replace(manifest, frames_version=manifest.frames_version + 1, frame_count=len(frames)), frame_of


def _place_set(project: Path, area: StagingArea, manifest: Manifest, staged: StagedSet) -> Manifest:
    version = SetVersion(
        version=manifest.next_version(staged.role, staged.name),
        created=now(),
        source=staged.report.source,
        format=staged.report.format,
        rows=staged.report.rows,
        imported=staged.report.imported,
        repaired=staged.report.repaired,
        rejected=staged.report.rejected,
        frames=manifest.frame_count,
    )
    target = set_folder(project, staged.role, staged.name, version.version)
    make_folders(target.parent, project)
    (area.folder / STAGED_SET).rename(target)
    sync_folder(target.parent)
    return manifest.with_version(staged.role, staged.name, version)


def _renumber(area: StagingArea, frame_of: np.ndarray, class_of: np.ndarray, frame_count: int) -> None:
    """Rewrite staged objects whose frames or classes got other numbers because another import was published first."""
    if _is_identity(frame_of) and _is_identity(class_of):
        return
    folder = area.folder / STAGED_SET
    pixel_maps = read_pixel_maps(folder)
    if pixel_maps is not None:
        write_pixel_maps(folder, pixel_maps.set_column(0, pixel_maps.schema.field(0), _taken(frame_of, pixel_maps[0])))
    sorter = ObjectSorter(area.chunks)
    with pq.ParquetFile(folder / OBJECTS_NAME) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, use_threads=False)
            for name, new in (("frame_index", frame_of), ("class_id", class_of)):
                position = table.schema.get_field_index(name)
                table = table.set_column(position, table.schema.field(position), _taken(new, table[name]))
            sorter.add(table.select([name for name in table.column_names if table[name].null_count < len(table)]))
    renumbered = area.folder / _RENUMBERED_SET
    renumbered.mkdir()
    write_objects(renumbered, sorter, frame_count)
    for path in renumbered.iterdir():
        path.replace(folder / path.name)
    renumbered.rmdir()
    sync_folder(folder)


def _taken(new: np.ndarray, old: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.take(pa.array(new, pa.int32()), old)


def _is_identity(positions: np.ndarray) -> bool:
    return bool((positions == np.arange(len(positions))).all())


def make_folders(folder: Path, project: Path) -> None:
    """Make a folder inside the project, each new level on disk before the next."""
    missing = []
    while folder != project and not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)
