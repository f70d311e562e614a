"""A batch of a reader as columns of our own: copies that validation may change, with shapes flattened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from predscope.formats.base import ObjectBatch
from predscope.geometry import NumberLists, Paths
from predscope.schema import OBJECT_SCHEMA, Geometry

GEOMETRIES: Final = tuple(Geometry)
CODE_OF: Final = {geometry: code for code, geometry in enumerate(GEOMETRIES)}
UNKNOWN_GEOMETRY: Final = -1
_Value = TypeVar("_Value")
_BYTES_A_NUMBER: Final = 32
"""Of a Python list: the number and the reference to it."""
_SHAPES_WEIGHED: Final = 200
_JSON_OPTIONS: Final = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


@dataclass(slots=True)
class Columns:
    """Objects on their way into a set.

    Attributes:
        geometry: int8 (n,), index into ``GEOMETRIES``, or ``UNKNOWN_GEOMETRY``.
        box: float64 (n, 4), NaN rows where there is none (yet).
        given_box: float64 (n, 4), the box of the file where ``box`` was cut, else NaN rows; None: none was.
        area, confidence: float64 (n,), NaN where absent; ``confidence`` None for labels.
        polygons, polylines, keypoints, oriented_box: flattened shapes; None where no object of the batch has one.
        oriented: float64 (n, 5), NaN rows where there is none.
        rle_counts, rle_size: as in the batch.
        mask_box, mask_area: of the run lengths; None without masks.
    """

    geometry: np.ndarray
    box: np.ndarray
    area: np.ndarray
    confidence: np.ndarray | None
    polygons: Paths | None
    polylines: Paths | None
    keypoints: NumberLists | None
    oriented_box: NumberLists | None
    rle_counts: Sequence[bytes | None] | None
    rle_size: np.ndarray | None
    given_box: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.geometry)

    def has(self, geometry: Geometry) -> np.ndarray:
        """bool (n,): which objects are of a geometry."""
        return self.geometry == CODE_OF[geometry]


def shape_bytes(batch: ObjectBatch) -> int:
    """About how much memory the shapes of a batch take, told by some of its objects."""
    step = len(batch) // _SHAPES_WEIGHED + 1
    numbers = sum(len(points) for points in (batch.keypoints or ())[::step] if points is not None)
    numbers += sum(len(scores) for scores in (batch.class_scores or ())[::step] if scores is not None)
    numbers += sum(len(ring) for parts in (batch.polygons or ())[::step] for part in parts or () for ring in part)
    numbers += sum(len(line) for lines in (batch.polylines or ())[::step] for line in lines or ())
    counts = sum(len(counts) for counts in (batch.rle_counts or ())[::step] if counts is not None)
    return step * (_BYTES_A_NUMBER * numbers + counts)


def columns_of(batch: ObjectBatch) -> Columns:
    """Copy a batch into columns. The batch stays as it is."""
    count = len(batch)
    return Columns(
        geometry=_geometry_codes(batch.geometry),
        box=np.full((count, 4), np.nan) if batch.box is None else np.array(batch.box, np.float64),
        area=np.full(count, np.nan) if batch.area is None else np.array(batch.area, np.float64),
        confidence=None if batch.confidence is None else np.array(batch.confidence, np.float64),
        polygons=None if (polygons := _filled(batch.polygons)) is None else Paths.from_polygons(polygons),
        polylines=None if (polylines := _filled(batch.polylines)) is None else Paths.from_polylines(polylines),
        keypoints=None if (keypoints := _filled(batch.keypoints)) is None else NumberLists.from_lists(keypoints),
        oriented_box=None if (oriented := _filled(batch.oriented_box)) is None else NumberLists.from_lists(oriented),
        rle_counts=_filled(batch.rle_counts),
        rle_size=batch.rle_size,
    )


def objects_table(
    batch: ObjectBatch, columns: Columns, frame_index: np.ndarray, class_id: np.ndarray, keep: np.ndarray
) -> pa.Table:
    """The rows to be kept as a table of the columns of ``OBJECT_SCHEMA``; those without any value are left out."""
    has_mask = None if columns.rle_counts is None else pa.array([c is None for c in columns.rle_counts], pa.bool_())
    sizes = (None, None) if has_mask is None or columns.rle_size is None else columns.rle_size.T
    attributes = _filled(batch.attributes)
    shapes: dict[str, Any] = {
        "oriented_box": None if columns.oriented_box is None else columns.oriented_box.to_arrow(),
        "polygons": None if columns.polygons is None else columns.polygons.to_polygons(),
        "rle_counts": None if columns.rle_counts is None else pa.array(columns.rle_counts, pa.binary()),
        "rle_height": _masked_int32(sizes[0], has_mask),
        "rle_width": _masked_int32(sizes[1], has_mask),
        "keypoints": None if columns.keypoints is None else columns.keypoints.to_arrow(),
        "polylines": None if columns.polylines is None else columns.polylines.to_polylines(),
    }
    values: dict[str, Any] = {
        "frame_index": frame_index,
        "class_id": class_id,
        "geometry": pa.DictionaryArray.from_arrays(np.maximum(columns.geometry, 0), pa.array(GEOMETRIES, pa.string())),
        "confidence": columns.confidence,
        **{name: np.ascontiguousarray(columns.box[:, side]) for side, name in enumerate("xywh")},
        "given_box": None if columns.given_box is None else _boxes(columns.given_box),
        "area": columns.area,
        "is_crowd": _flags(batch.is_crowd, len(batch)),
        "is_ignored": _flags(batch.is_ignored, len(batch)),
        **shapes,
        "class_scores": _filled(batch.class_scores),
        "track_id": _filled(batch.track_id),
        "source_id": _filled(batch.source_id),
        "attributes": None if attributes is None else [_json(entry) for entry in attributes],
    }
    table = pa.table(
        {
            field.name: _column(values[field.name], field.type)
            for field in OBJECT_SCHEMA
            if values[field.name] is not None
        }
    )
    return table if keep.all() else table.filter(pa.array(keep))


def _geometry_codes(geometry: np.ndarray) -> np.ndarray:
    codes, names = pd.factorize(np.asarray(geometry, dtype=object))
    known = [CODE_OF.get(name, UNKNOWN_GEOMETRY) for name in names]
    return np.append(np.array(known, np.int8), np.int8(UNKNOWN_GEOMETRY))[codes]


def _column(value: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(value, pa.Array):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return pa.array(value, kind, from_pandas=True)  # NaN means that there is none
    return pa.array(value, kind)


def _masked_int32(values: np.ndarray | None, absent: pa.Array | None) -> pa.Array | None:
    if values is None or absent is None:
        return None
    return pa.array(np.ascontiguousarray(values, np.int32), pa.int32(), mask=absent.to_numpy(zero_copy_only=False))


def _boxes(boxes: np.ndarray) -> pa.Array:
    """Lists of four; rows of NaN are null."""
    is_absent = np.isnan(boxes[:, 0])
    offsets = np.concatenate([[0], np.cumsum(np.where(is_absent, 0, 4))])
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(boxes[~is_absent].reshape(-1)), mask=pa.array(is_absent)
    )


def _flags(values: np.ndarray | None, count: int) -> np.ndarray:
    return np.zeros(count, bool) if values is None else np.asarray(values, bool)


def _filled(values: Sequence[_Value | None] | None) -> Sequence[_Value | None] | None:
    """The column, or None if it says nothing of any object."""
    return values if values is not None and any(value is not None for value in values) else None


def _json(attributes: dict[str, Any] | None) -> str | None:
    return orjson.dumps(attributes, default=str, option=_JSON_OPTIONS).decode() if attributes else None
