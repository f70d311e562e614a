"""Values and embeddings that the user has brought: kept in the project, by frame id or object, never out of date.

Each lies in ``data/metrics/ID/values.parquet`` and is spoken of in the manifest's settings, so that it appears and
disappears in one step, and the project's revision changes with it. Unlike what is computed it cannot be had again from
the images, so it is no part of the cache.
"""

from __future__ import annotations

import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from predscope.errors import ProjectError
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.project import ObjectSet, Project
from predscope.project.durable import sync_file, sync_folder, writing_into
from predscope.project.manifest import now
from predscope.project.project import apply_change
from predscope.project.publishing import Change
from predscope.project.version_names import parse_version_name
from predscope.recently_used import RecentlyUsed

KEY_COLUMN: Final = "key"
EMBEDDING_COLUMN: Final = "embedding"
_SETTING: Final = "metrics:"
_VALUES_NAME: Final = "values.parquet"
_ABANDONED_SECONDS: Final = 3600

JoinedOn = Literal["frame", "label", "prediction"]
Key = Literal["frame_id", "row", "source_id"]

_tables: Final[RecentlyUsed[pa.Table]] = RecentlyUsed(16)


@dataclass(frozen=True, slots=True)
class Source:
    """One file that the user has joined.

    Attributes:
        source_id: name of its folder; later ones sort behind earlier ones.
        on: what its rows are about.
        set_name: of the labels or predictions; None for frames.
        key: what its rows name frames or objects by: frames by id, objects by row or by the id of the labels file.
        version: of the set, where objects are named by row: rows of another version are other objects.
        columns: names of its metrics; empty for embeddings.
        origin: name of the file.
        created: when it was joined, ISO 8601, UTC.
    """

    source_id: str
    on: JoinedOn
    set_name: str | None
    key: Key
    version: int | None
    columns: tuple[str, ...]
    origin: str
    created: str

    @property
    def is_embedding(self) -> bool:
        return not self.columns

    def is_for(self, objects: ObjectSet | None) -> bool:
        """Whether it speaks of a set, or, for None, of frames."""
        if objects is None:
            return self.on == "frame"
        of_version = parse_version_name(objects.name)
        names = (objects.name, of_version[0] if of_version is not None else objects.name)
        if f"{self.on}s" != objects.role or self.set_name not in names:
            return False
        return self.version is None or self.version == objects.version

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Source.__slots__ if name != "source_id"}

    @classmethod
    def from_json(cls, source_id: str, record: dict[str, Any]) -> Source:
        return cls(source_id=source_id, **{**record, "columns": tuple(record["columns"])})


def project_sources(project: Project) -> list[Source]:
    """All that has been joined, oldest first."""
    found = [
        Source.from_json(name.removeprefix(_SETTING), record)
        for name, record in project.settings.items()
        if name.startswith(_SETTING) and record is not None
    ]
    return sorted(found, key=lambda source: source.source_id)


def publish_source(
    project: Project,
    table: pa.Table,
    *,
    on: JoinedOn,
    set_name: str | None,
    key: Key,
    version: int | None,
    columns: tuple[str, ...],
    origin: str,
) -> tuple[Project, Source]:
    """Keep a table in the project; returns the new revision.

    Args:
        table: "key" and the columns, or "key" and "embedding".
    """
    created = now()
    number = 1 + max((int(source.source_id.partition("-")[0]) for source in project_sources(project)), default=0)
    source_id = f"{number:06d}-{secrets.token_hex(4)}"
    source = Source(source_id, on, set_name, key, version, columns, origin, created)
    folder = _folder(project, source_id)
    with writing_into(project.path):
        _sweep(project, folder.parent)
        folder.mkdir(parents=True)
        pq.write_table(table, folder / _VALUES_NAME, compression="zstd")
        sync_file(folder / _VALUES_NAME)
        for parent in (folder, folder.parent, folder.parent.parent):
            sync_folder(parent)
    change = Change(settings={_SETTING + source_id: source.to_json()})
    return Project(project.path, apply_change(project.path, change)), source


def remove_source(project: Project, source: Source) -> Project:
    """Take a joined file out of the project again; returns the new revision.

    The values stay on disk, for readers of older revisions.
    """
    return Project(project.path, apply_change(project.path, Change(settings={_SETTING + source.source_id: None})))


def metrics_of_sources(project: Project, objects: ObjectSet | None) -> dict[str, tuple[Metric, Source]]:
    """Joined metrics of a set, or of frames, by name; of two with the same name the later one."""
    found: dict[str, tuple[Metric, Source]] = {}
    for source in project_sources(project):
        if source.is_embedding or not source.is_for(objects):
            continue
        schema = source_table(project, source).schema
        for name in source.columns:
            kind = schema.field(name).type
            found[name] = (
                Metric(
                    name=name,
                    title=name.replace("_", " ").strip().capitalize() or name,
                    measured_on=MeasuredOn(source.on),
                    definition=f"Joined from {source.origin}.",
                    is_categorical=pa.types.is_string(kind),
                    is_integer=pa.types.is_integer(kind),
                ),
                source,
            )
    return found


def embedding_source(project: Project, objects: ObjectSet | None) -> Source | None:
    """The embeddings of a set, or of frames, that were joined last."""
    found = [source for source in project_sources(project) if source.is_embedding and source.is_for(objects)]
    return found[-1] if found else None


def source_table(project: Project, source: Source) -> pa.Table:
    """What was joined.

    Raises:
        ProjectError: the file is gone or damaged.
    """
    path = _folder(project, source.source_id) / _VALUES_NAME

    def read() -> pa.Table:
        try:
            return pq.read_table(path, partitioning=None)
        except (OSError, pa.ArrowException) as error:
            raise ProjectError(
                f"{path}: the values joined from {source.origin} cannot be read ({error}). Join them again."
            ) from None

    return _tables.get(str(path), read)


def rows_of_source(project: Project, source: Source, objects: ObjectSet | None) -> np.ndarray:
    """int64 (frames or objects,): for each its row in the table of the source; -1: none. Of several the last."""
    keys = source_table(project, source)[KEY_COLUMN]
    if source.key == "row" and objects is not None:
        rows = np.full(objects.count, -1, np.int64)
        rows[keys.to_numpy()] = np.arange(len(keys))
        return rows
    place_of = {key: place for place, key in enumerate(keys.to_pylist())}
    if objects is None:
        own = project.frames_table["frame_id"].to_pylist()
    else:
        own = objects.table(["source_id"])["source_id"].to_pylist()
    return np.fromiter((place_of.get(name, -1) for name in own), np.int64, len(own))


def source_vectors(project: Project, source: Source, objects: ObjectSet | None) -> np.ndarray:
    """float32 (frames or objects, d): embeddings; NaN rows where there is none."""
    column = source_table(project, source)[EMBEDDING_COLUMN].combine_chunks()
    numbers = column.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    vectors = numbers.reshape(len(column), column.type.list_size)
    rows = rows_of_source(project, source, objects)
    result = vectors[rows] if len(vectors) else np.full((len(rows), 1), np.nan, np.float32)
    result[rows < 0] = np.nan
    return result


def _sweep(project: Project, parent: Path) -> None:
    """Remove what joins that were killed have left behind; one that is under way is younger than that."""
    known = {name.removeprefix(_SETTING) for name in project.settings}
    for folder in parent.iterdir() if parent.is_dir() else ():
        if folder.name not in known and time.time() - folder.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _folder(project: Project, source_id: str) -> Path:
    return project.path / "data" / "metrics" / source_id
