"""One version of a label or prediction set, read from disk in pieces."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from predscope.errors import ProjectError
from predscope.project.tables import (
    OBJECTS_NAME,
    OFFSETS_NAME,
    PIXEL_MAPS_NAME,
    REPORT_NAME,
    complete_columns,
    read_pixel_maps,
)
from predscope.report import ImportReport
from predscope.schema import OBJECT_SCHEMA, Role

ROW_COLUMN: Final = "row"
_CACHE_BYTES: Final = 48_000_000


class ObjectSet:
    """The labels or predictions of one import: ``OBJECT_SCHEMA`` rows, sorted by frame, that never change.

    A row's number is the object's id within the version. Everything derived from a version may be cached for as long
    as the version exists: by role, name and version number. Instances may be used from several threads.

    Attributes:
        role: "labels" or "predictions".
        name: the name of the set.
        version: its number, from 1; 0 for one that is staged and not published.
    """

    def __init__(self, role: Role, name: str, version: int, folder: Path, frame_count: int) -> None:
        self.role: Role = role
        self.name = name
        self.version = version
        self._folder = folder
        self._frame_count = frame_count
        self._groups: OrderedDict[tuple[int, tuple[str, ...]], pa.Table] = OrderedDict()
        self._groups_lock = threading.Lock()

    def __repr__(self) -> str:
        return f"ObjectSet({self.role} {self.name!r} version {self.version}: {self.count:,} objects)"

    @property
    def path(self) -> Path:
        """The Parquet file, for DuckDB or pandas; sorted by ``frame_index``, file row number == object id."""
        return self._folder / OBJECTS_NAME

    @property
    def count(self) -> int:
        """How many objects there are."""
        return int(self.offsets[-1])

    @cached_property
    def report(self) -> ImportReport:
        """What became of every row of the input."""
        return ImportReport.from_json(orjson.loads(self._read_bytes(REPORT_NAME)))

    @cached_property
    def offsets(self) -> np.ndarray:
        """int64 (frames + 1,): the rows of frame i are ``offsets[i]:offsets[i + 1]``; read-only.

        Frames that the project got after this import have no rows.
        """
        try:
            offsets = np.load(self._folder / OFFSETS_NAME, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise self._damaged(error) from None
        missing = self._frame_count + 1 - len(offsets)
        if missing > 0:
            offsets = np.concatenate([offsets, np.full(missing, offsets[-1], np.int64)])
        offsets.flags.writeable = False
        return offsets

    @property
    def pixel_maps_path(self) -> Path:
        """Where the table of ``pixel_maps`` is, if there is one."""
        return self._folder / PIXEL_MAPS_NAME

    @cached_property
    def pixel_maps(self) -> pa.Table | None:
        """``PIXEL_MAP_SCHEMA``: the frames that came as class-index masks; None where the set is of another kind."""
        try:
            return read_pixel_maps(self._folder)
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged(error) from None

    def of_frame(self, frame_index: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Objects of one frame; see ``of_frames``."""
        return self.of_frames([frame_index], columns)

    def of_frames(self, frame_indices: Sequence[int] | np.ndarray, columns: Sequence[str] | None = None) -> pa.Table:
        """Objects of some frames, in the order in which the frames are given; reads only the row groups they lie in.

        Args:
            frame_indices: indices of frames of the project.
            columns: names out of ``OBJECT_SCHEMA``; None: all.

        Returns:
            The columns asked for, with the object's id in front, as int64 column "row".

        Raises:
            IndexError: there is no such frame.
        """
        indices = np.asarray(frame_indices, dtype=np.int64).reshape(-1)
        offsets = self.offsets
        if len(indices) and (indices.min() < 0 or indices.max() >= len(offsets) - 1):
            raise IndexError(f"frame indices must be 0 to {len(offsets) - 2}, got {indices.min()} to {indices.max()}")
        counts = offsets[indices + 1] - offsets[indices]
        before = np.cumsum(counts) - counts
        rows = np.arange(counts.sum()) + np.repeat(offsets[indices] - before, counts)
        return self.rows(rows, columns)

    def rows(self, rows: Sequence[int] | np.ndarray, columns: Sequence[str] | None = None) -> pa.Table:
        """Objects by their ids, in the order given, like ``of_frames``."""
        wanted = np.asarray(rows, dtype=np.int64).reshape(-1)
        names = tuple(OBJECT_SCHEMA.names if columns is None else columns)
        if not len(wanted):
            return self._with_rows(pa.schema([OBJECT_SCHEMA.field(name) for name in names]).empty_table(), wanted)
        group_of = np.searchsorted(self._group_starts, wanted, side="right") - 1
        groups = np.unique(group_of)
        parts = []
        for group in groups:
            inside = wanted[group_of == group] - self._group_starts[group]
            table = self._read_group(int(group), names)
            first = int(inside[0])
            if np.array_equal(inside, np.arange(first, first + len(inside))):
                parts.append(table.slice(first, len(inside)))
            else:
                parts.append(table.take(pa.array(inside)))
        result = pa.concat_tables(parts)
        if len(groups) > 1 and (np.diff(group_of) < 0).any():
            order = np.empty(len(wanted), np.int64)
            order[np.argsort(group_of, kind="stable")] = np.arange(len(wanted))
            result = result.combine_chunks().take(pa.array(order))
        return self._with_rows(result, wanted)

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All objects, in the order of their ids."""
        try:
            # With the schema, so that columns that files of earlier versions lack are null.
            return pq.read_table(
                self.path, columns=None if columns is None else list(columns), schema=OBJECT_SCHEMA, partitioning=None
            )
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged(error) from None

    @cached_property
    def _metadata(self) -> pq.FileMetaData:
        try:
            return pq.read_metadata(self.path)
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged(error) from None

    @cached_property
    def _group_starts(self) -> np.ndarray:
        metadata = self._metadata
        lengths = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        return np.concatenate([[0], np.cumsum(lengths[:-1])]).astype(np.int64)

    def _read_group(self, group: int, names: tuple[str, ...]) -> pa.Table:
        """A row group from the file, or from the few that were read last: neighbours of a frame lie in the same one."""
        key = (group, names)
        with self._groups_lock:
            if key in self._groups:
                self._groups.move_to_end(key)
                return self._groups[key]
        try:
            with pq.ParquetFile(self.path, metadata=self._metadata) as file:
                table = file.read_row_group(group, columns=list(names), use_threads=False).combine_chunks()
        except (OSError, pa.ArrowInvalid) as error:
            raise self._damaged(error) from None
        table = table.select(names) if len(table.column_names) == len(names) else complete_columns(table, names)
        with self._groups_lock:
            self._groups[key] = table
            while len(self._groups) > 1 and sum(kept.nbytes for kept in self._groups.values()) > _CACHE_BYTES:
                self._groups.popitem(last=False)
        return table

    @staticmethod
    def _with_rows(table: pa.Table, rows: np.ndarray) -> pa.Table:
        return table.add_column(0, ROW_COLUMN, pa.array(rows, pa.int64()))

    def _read_bytes(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> ProjectError:
        return ProjectError(
            f"{self._folder}: version {self.version} of {self.role} {self.name!r} cannot be read ({error}). "
            "Import it again, or put the folder back from a copy."
        )
