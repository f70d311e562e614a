"""Computed values on disk: Parquet parts by key, written whole, merged by reading them all.

A part is a table with a column "key" (uint64) and one column for each metric (``brightness@1``: float64, NaN for a
value that cannot be told) or feature (``thumbnail@1``: fixed-size binary). Null, and a column that a part lacks, mean
"not computed". Of several parts that hold a value, the latest wins. A part that cannot be read counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from predscope.metrics.parts import COMPACT_ABOVE, READ_ATTEMPTS, list_parts, remove_parts, write_part

KEY: Final = "key"


@dataclass(frozen=True)
class Values:
    """What is known of the keys of a store.

    Attributes:
        keys: uint64 (n,), rising, each once.
        columns: by column name: float64 (n,), or uint8 (n, bytes) for features.
        known: by column name: bool (n,): computed.
    """

    keys: np.ndarray
    columns: dict[str, np.ndarray]
    known: dict[str, np.ndarray]

    def rows_of(self, keys: np.ndarray) -> np.ndarray:
        """int64: the row of each key; -1 for keys that are not there."""
        if not len(self.keys):
            return np.full(len(keys), -1, np.int64)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, place, -1)

    def is_known(self, name: str, keys: np.ndarray) -> np.ndarray:
        """bool: whether the column has been computed for each key."""
        rows = self.rows_of(keys)
        if name not in self.known or not len(self.keys):
            return np.zeros(len(keys), bool)
        return (rows >= 0) & self.known[name][rows]

    def numbers(self, name: str, keys: np.ndarray) -> np.ndarray:
        """float64: the value of each key; NaN where it is not known, or cannot be told."""
        if name not in self.columns or not len(self.keys):
            return np.full(len(keys), np.nan)
        rows = self.rows_of(keys)
        return np.where((rows >= 0) & self.known[name][rows], self.columns[name][rows], np.nan)

    def vectors(self, name: str, keys: np.ndarray, dtype: str, length: int) -> np.ndarray:
        """float32 (keys, length): the vector of each key; NaN rows where it is not known, or cannot be told."""
        result = np.full((len(keys), length), np.nan, np.float32)
        if name in self.columns and len(self.keys):
            rows = self.rows_of(keys)
            found = np.flatnonzero((rows >= 0) & self.known[name][rows])
            content = np.ascontiguousarray(self.columns[name][rows[found]])
            result[found] = content.view(dtype).reshape(len(found), length)
        return result


class Store:
    """A folder of parts. Several processes may write to it and read from it at the same time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def parts(self) -> tuple[str, ...]:
        """Names of the parts, oldest first: changes whenever something is computed."""
        return list_parts(self.folder)

    def column_names(self) -> set[str]:
        """Every column that some part has."""
        return {name for part in self.parts() for name in _schema_names(self.folder, part)} - {KEY}

    def read(self, columns: Iterable[str]) -> Values:
        """The values of some columns; those that no part has are absent."""
        wanted = tuple(sorted(set(columns)))
        for _ in range(READ_ATTEMPTS):
            parts = self.parts()
            try:
                return _read_parts(self.folder, parts, wanted)
            except FileNotFoundError:
                continue
        return _merged([], wanted)

    def append(self, keys: np.ndarray, columns: Mapping[str, np.ndarray]) -> None:
        """Write one part.

        Args:
            keys: uint64 (n,).
            columns: float64 (n,), infinite where it has not been computed; or uint8 (n, bytes).
        """
        if not len(keys) or not columns:
            return
        arrays = [pa.array(keys.astype(np.uint64))]
        for values in columns.values():
            if values.ndim == 2:
                arrays.append(_binary_column(values))
            else:
                arrays.append(pa.array(values.astype(np.float64), mask=np.isinf(values)))
        write_part(self.folder, pa.table(arrays, names=[KEY, *columns]), use_dictionary=False)

    def compact(self, *, drop: Iterable[str] = (), always: bool = False) -> None:
        """Merge the parts into one, if there are many.

        Args:
            drop: columns that are out of date.
            always: also if there are few.
        """
        parts = self.parts()
        dropped = set(drop)
        names = sorted(self.column_names() - dropped)
        is_stale = any(dropped & set(_schema_names(self.folder, part)) for part in parts)
        if len(parts) <= (1 if always else COMPACT_ABOVE) and not is_stale:
            return
        merged = self.read(names)
        arrays: list[pa.Array] = [pa.array(merged.keys)]
        for name in names:
            values, missing = merged.columns[name], ~merged.known[name]
            if values.ndim == 2:
                arrays.append(_binary_column(values, missing))
            else:
                arrays.append(pa.array(values, mask=missing))
        write_part(self.folder, pa.table(arrays, names=[KEY, *names]), use_dictionary=False)
        remove_parts(self.folder, parts)


@lru_cache(maxsize=4096)
def _schema_names(folder: Path, part: str) -> tuple[str, ...]:
    try:
        return tuple(pq.read_schema(folder / part).names)
    except (OSError, pa.ArrowException):
        return ()


@lru_cache(maxsize=16)
def _read_parts(folder: Path, parts: tuple[str, ...], columns: tuple[str, ...]) -> Values:
    """Kept in memory by the names of the parts, which never change their content."""
    tables = []
    for part in parts:
        present = [name for name in columns if name in _schema_names(folder, part)]
        if not present:
            continue
        try:
            tables.append(pq.read_table(folder / part, columns=[KEY, *present], partitioning=None, use_threads=False))
        except FileNotFoundError:
            raise
        except (OSError, pa.ArrowException):
            continue  # damaged: what it held is computed again
    return _merged(tables, columns)


def _merged(tables: list[pa.Table], columns: tuple[str, ...]) -> Values:
    if not tables:
        return Values(np.zeros(0, np.uint64), {}, {})
    table = pa.concat_tables(tables, promote_options="default")
    keys, place = np.unique(table[KEY].to_numpy(), return_inverse=True)
    values: dict[str, np.ndarray] = {}
    known: dict[str, np.ndarray] = {}
    for name in columns:
        if name not in table.column_names:
            continue
        column = table[name].combine_chunks()
        is_given = column.is_valid().to_numpy(zero_copy_only=False)
        target = place[is_given]  # later parts come later, and the last one written to a place stays
        given = column.drop_null()
        if pa.types.is_fixed_size_binary(column.type):
            width = column.type.byte_width
            buffer = np.frombuffer(given.buffers()[1], np.uint8)
            start = given.offset * width
            content = buffer[start : start + len(given) * width].reshape(-1, width)
            values[name] = np.zeros((len(keys), width), np.uint8)
        else:
            content = given.to_numpy(zero_copy_only=False)
            values[name] = np.full(len(keys), np.nan)
        values[name][target] = content
        known[name] = np.zeros(len(keys), bool)
        known[name][target] = True
    return Values(keys, values, known)


def _binary_column(values: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """A fixed-size binary column from uint8 (n, bytes)."""
    rows = np.ascontiguousarray(values, np.uint8)
    validity = None
    if missing is not None and missing.any():
        validity = pa.py_buffer(np.packbits(~missing, bitorder="little").tobytes())
    buffers = [validity, pa.py_buffer(rows.tobytes())]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(rows.shape[1]), len(rows), buffers)
