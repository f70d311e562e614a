"""Which content each image file had when it was last looked at: size and time of change stand for it until they differ.

Only paths, sizes and times are compared to know that nothing is to be computed; no image is opened for that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from predscope.metrics.parts import COMPACT_ABOVE, READ_ATTEMPTS, list_parts, remove_parts, write_part

_SCHEMA: Final = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),  # as the project's frames name it
        pa.field("file_size", pa.int64(), nullable=False),
        pa.field("modified_ns", pa.int64(), nullable=False),
        pa.field("apply_exif", pa.bool_(), nullable=False),
        pa.field("content", pa.uint64(), nullable=False),  # see pixels.content_key
        pa.field("problem", pa.string(), nullable=False),  # why it cannot be decoded; "" if it can
    ]
)


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """An image file as it was last looked at; columns of the index."""

    path: str
    file_size: int
    modified_ns: int
    apply_exif: bool
    content: int
    problem: str


class ImageIndex:
    """A folder of parts, like a ``Store``: the latest record of a path counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def parts(self) -> tuple[str, ...]:
        """Names of the parts, oldest first: changes with every change of the index."""
        return list_parts(self.folder)

    def read(self) -> dict[str, ImageRecord]:
        """The latest record by path. Not to be changed."""
        for _ in range(READ_ATTEMPTS):
            try:
                return _read(self.folder, self.parts())
            except FileNotFoundError:
                continue
        return {}

    def append(self, records: Iterable[ImageRecord]) -> None:
        """Write one part."""
        rows = list(records)
        columns = [[getattr(row, field.name) for row in rows] for field in _SCHEMA]
        arrays = [pa.array(values, field.type) for values, field in zip(columns, _SCHEMA, strict=True)]
        write_part(self.folder, pa.table(arrays, schema=_SCHEMA))

    def compact(self) -> None:
        """Merge the parts into one, if there are many."""
        parts = self.parts()
        if len(parts) <= COMPACT_ABOVE:
            return
        self.append(self.read().values())
        remove_parts(self.folder, parts)


@lru_cache(maxsize=4)
def _read(folder: Path, parts: tuple[str, ...]) -> dict[str, ImageRecord]:
    records: dict[str, ImageRecord] = {}
    for part in parts:
        try:
            table = pq.read_table(folder / part, schema=_SCHEMA, partitioning=None, use_threads=False)
        except FileNotFoundError:
            raise
        except (OSError, pa.ArrowException):
            continue  # damaged: those images are looked at again
        for row in zip(*(table[name].to_pylist() for name in _SCHEMA.names), strict=True):
            records[row[0]] = ImageRecord(*row)
    return records
