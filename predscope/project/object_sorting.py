"""Objects put into the order of their frames, with memory for a part of them.

Tables are collected to chunks. A chunk that is full is sorted and written to a file of its own; in the end the chunks
are merged, a range of frames at a time. What fits into one chunk never touches the disk.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from predscope.schema import OBJECT_SCHEMA

CHUNK_ROWS: Final = 500_000
CHUNK_BYTES: Final = 64_000_000
"""A chunk is full at either; while it is sorted, memory holds it twice."""
_READ_BYTES: Final = 1_000_000
"""A chunk is read back in pieces of about this size: the merge holds one of each chunk."""
_MAX_READ_ROWS: Final = 20_000


class ObjectSorter:
    """Takes objects in any order and gives them back by frame; those of one frame keep the order in which they came.

    Args:
        folder: a place for chunks, made when the first is written; it is the sorter's alone.
        chunk_rows, chunk_bytes: when a chunk is full; by default ``CHUNK_ROWS`` and ``CHUNK_BYTES``.

    Attributes:
        rows: objects so far.
        byte_count: the memory they would take.
    """

    def __init__(self, folder: Path, *, chunk_rows: int | None = None, chunk_bytes: int | None = None) -> None:
        self._folder = folder
        self._chunk_rows = CHUNK_ROWS if chunk_rows is None else chunk_rows
        self._chunk_bytes = CHUNK_BYTES if chunk_bytes is None else chunk_bytes
        self._pending: list[pa.Table] = []
        self._pending_rows = 0
        self._pending_bytes = 0
        self._chunks: list[Path] = []
        self._counts = np.zeros(0, np.int64)
        self.rows = 0
        self.byte_count = 0

    def add(self, table: pa.Table) -> None:
        """Take a table of columns of ``OBJECT_SCHEMA``; those that are absent are null."""
        if not len(table):
            return
        counts = np.bincount(table["frame_index"].to_numpy(), minlength=len(self._counts))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        size = table.nbytes
        self._pending.append(table)
        self._pending_rows += len(table)
        self._pending_bytes += size
        self.rows += len(table)
        self.byte_count += size
        if self._pending_rows >= self._chunk_rows or self._pending_bytes >= self._chunk_bytes:
            self._write_chunk()

    def offsets(self, frame_count: int) -> np.ndarray:
        """int64 (frame_count + 1,): rows of frame i are offsets[i]:offsets[i + 1]."""
        offsets = np.zeros(frame_count + 1, np.int64)
        np.cumsum(np.pad(self._counts, (0, frame_count - len(self._counts))), out=offsets[1:])
        return offsets

    def merged(self, frame_stops: Sequence[int] | np.ndarray) -> Iterator[pa.Table]:
        """The objects, a table for each range of frames, sorted. May be called once; no more may be added then.

        Args:
            frame_stops: ascending; range i is the frames from frame_stops[i - 1] (the first: 0) up to, and without,
                frame_stops[i].
        """
        runs = [_Run.of_file(path) for path in self._chunks]
        if self._pending:
            runs.append(_Run.of_table(sort_by_frame(self._take_pending())))
        try:
            for stop in frame_stops:
                pieces = [piece for run in runs for piece in run.take_until(int(stop))]
                yield sort_by_frame(pieces)
        finally:
            self.discard()

    def discard(self) -> None:
        """Forget everything, and remove the files."""
        self._pending, self._chunks = [], []
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take_pending(self) -> list[pa.Table]:
        tables, self._pending = self._pending, []
        self._pending_rows = self._pending_bytes = 0
        return tables

    def _write_chunk(self) -> None:
        rows_a_read = int(np.clip(_READ_BYTES * self._pending_rows // max(self._pending_bytes, 1), 1, _MAX_READ_ROWS))
        table = sort_by_frame(self._take_pending())
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{len(self._chunks)}.arrow"
        # Of one piece, so that a column of dictionaries has one dictionary, as the format wants it.
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table.combine_chunks(), max_chunksize=rows_a_read)
        self._chunks.append(path)


class _Run:
    """A sorted chunk that is consumed from its front."""

    def __init__(self, path: Path | None, rest: pa.Table | None) -> None:
        self._path = path
        self._next = 0
        self._rest = rest

    @classmethod
    def of_file(cls, path: Path) -> _Run:
        return cls(path, None)

    @classmethod
    def of_table(cls, table: pa.Table) -> _Run:
        return cls(None, table)

    def take_until(self, frame: int) -> list[pa.Table]:
        """What is left of the objects on frames before ``frame``."""
        pieces = []
        while self._rest is not None or self._path is not None:
            if self._rest is None:
                self._read()
                continue
            position = int(np.searchsorted(self._rest["frame_index"].to_numpy(), frame))
            if position:
                pieces.append(self._rest.slice(0, position))
            self._rest = self._rest.slice(position) if position < len(self._rest) else None
            if self._rest is not None:
                break
        return pieces

    def _read(self) -> None:
        # Read, not mapped: pages of a mapped file would count as memory of this process. And opened for each piece:
        # there may be more chunks than a process may have files open.
        with pa.OSFile(str(self._path)) as file, pa.ipc.open_file(file) as chunk:
            self._rest = pa.Table.from_batches([chunk.get_batch(self._next)])
            self._next += 1
            if self._next == chunk.num_record_batches:
                self._path = None


def sort_by_frame(tables: Sequence[pa.Table]) -> pa.Table:
    """One table in the order of ``frame_index``; objects of one frame keep the order in which they came.

    Columns that are absent in some of the tables are null there; those absent in all stay absent, see
    ``tables.complete_columns``.
    """
    table = pa.concat_tables(tables, promote_options="default") if tables else OBJECT_SCHEMA.empty_table()
    frame_index = table["frame_index"].to_numpy()
    if len(frame_index) > 1 and (np.diff(frame_index) < 0).any():
        table = table.combine_chunks().take(pa.array(np.argsort(frame_index, kind="stable")))
    return table
