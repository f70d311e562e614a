"""Frames and objects as Parquet: written once, sorted by frame, read in pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from predscope.project.durable import sync_file, sync_folder
from predscope.project.object_sorting import ObjectSorter
from predscope.schema import FRAME_SCHEMA, OBJECT_SCHEMA, PIXEL_MAP_SCHEMA

OBJECTS_NAME: Final = "objects.parquet"
OFFSETS_NAME: Final = "offsets.npy"
REPORT_NAME: Final = "report.json"
PIXEL_MAPS_NAME: Final = "pixel_maps.parquet"

MAX_GROUP_ROWS: Final = 20_000
MIN_GROUP_ROWS: Final = 1_000
GROUP_BYTES: Final = 8_000_000
"""Row groups are cut so that decoding one takes a few milliseconds, also when objects carry long outlines."""

_DICTIONARY_COLUMNS: Final = ["frame_index", "class_id", "geometry", "track_id", "rle_height", "rle_width"]
_STATISTICS_COLUMNS: Final = ["frame_index", "class_id", "geometry", "confidence", "x", "y", "w", "h", "area"]

_PANDAS_TYPES: Final[dict[pa.DataType, Any]] = {
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.string(): pd.StringDtype(na_value=np.nan),
}


def write_objects(
    folder: Path, objects: ObjectSorter, frame_count: int, look: Callable[[pa.Table], None] | None = None
) -> None:
    """Write objects, sorted by frame, and their offsets into a folder, and wait until they are on disk.

    Columns of ``OBJECT_SCHEMA`` that the objects lack are null. No frame is spread over two row groups, so that one
    frame is one row group away at any size.

    Args:
        folder: of the set.
        objects: all of them; used up by this.
        frame_count: frames of the project.
        look: is shown the objects as they are written, some whole frames at a time.
    """
    offsets = objects.offsets(frame_count)
    path = folder / OBJECTS_NAME
    group_rows = MAX_GROUP_ROWS
    if objects.rows:
        bytes_a_row = max(objects.byte_count / objects.rows, 1)
        group_rows = int(np.clip(GROUP_BYTES / bytes_a_row, MIN_GROUP_ROWS, MAX_GROUP_ROWS))
    with pq.ParquetWriter(
        path,
        OBJECT_SCHEMA,
        compression="zstd",
        compression_level=1,
        use_dictionary=_DICTIONARY_COLUMNS,
        write_statistics=_STATISTICS_COLUMNS,
        data_page_size=1 << 20,
    ) as writer:
        for table in objects.merged(_group_stops(offsets, group_rows)):
            if look is not None:
                look(table)
            writer.write_table(complete_columns(table), row_group_size=max(len(table), 1))
    sync_file(path)
    with (folder / OFFSETS_NAME).open("wb") as file:
        np.save(file, offsets, allow_pickle=False)
    sync_file(folder / OFFSETS_NAME)
    sync_folder(folder)


def write_pixel_maps(folder: Path, table: pa.Table) -> None:
    """Write a table of ``PIXEL_MAP_SCHEMA`` into the folder of a set, and wait until it is on disk."""
    path = folder / PIXEL_MAPS_NAME
    pq.write_table(table.sort_by("frame_index"), path, compression="zstd", compression_level=1)
    sync_file(path)
    sync_folder(folder)


def read_pixel_maps(folder: Path) -> pa.Table | None:
    """The table that ``write_pixel_maps`` wrote; None: there is none."""
    path = folder / PIXEL_MAPS_NAME
    return pq.read_table(path, schema=PIXEL_MAP_SCHEMA, use_threads=False) if path.is_file() else None


def write_frames(path: Path, table: pa.Table) -> None:
    """Write the table of frames, and wait until it is on disk."""
    pq.write_table(table.cast(FRAME_SCHEMA), path, compression="zstd", compression_level=1)
    sync_file(path)


def read_frames(path: Path) -> pa.Table:
    """The table of frames, ``FRAME_SCHEMA``."""
    return pq.read_table(path, schema=FRAME_SCHEMA, use_threads=False)


def frames_to_pandas(table: pa.Table) -> pd.DataFrame:
    """Frames as pandas columns: nullable integers and booleans (missing is ``pd.NA``), strings with NaN for missing."""
    frames = table.to_pandas(types_mapper=_PANDAS_TYPES.get)
    for column in ("width", "height", "sequence_index"):
        frames[column] = pd.array(table[column].to_pandas(), dtype=pd.Int32Dtype())
    return frames


def complete_columns(table: pa.Table, names: Sequence[str] = tuple(OBJECT_SCHEMA.names)) -> pa.Table:
    """These columns of ``OBJECT_SCHEMA`` (by default all), in this order; absent ones are null."""
    schema = pa.schema([OBJECT_SCHEMA.field(name) for name in names])
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _group_stops(offsets: np.ndarray, group_rows: int) -> list[int]:
    """Frames before which a row group ends, such that groups have about ``group_rows`` rows."""
    stops = []
    start, total = 0, int(offsets[-1])
    while start < total:
        stop = int(offsets[np.searchsorted(offsets, start + group_rows, side="right") - 1])
        if stop <= start:  # one frame with more rows than that
            stop = int(offsets[np.searchsorted(offsets, start, side="right")])
        stops.append(int(np.searchsorted(offsets, stop)))
        start = stop
    return stops
