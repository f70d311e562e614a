"""Records of a COCO file (annotations or results) as columns.

The good path never looks at one record by itself: columns are pulled out by comprehensions and checked as sets of
types and lengths. Only a chunk with something odd in it is tidied record by record (``repair``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from predscope.formats.base import ObjectBatch, Reference, Role, text_column
from predscope.formats.coco.attributes import is_kept, kept_attributes
from predscope.formats.coco.repair import tidy_records
from predscope.formats.coco.shapes import (
    NUMBERS,
    OddRecords,
    Segmentations,
    hull_of_keypoints,
    hull_of_rings,
    hulls_of_masks,
    keypoint_column,
    number_rows,
    segmentation_columns,
)
from predscope.report import MAX_EXAMPLES, ImportReport, Severity
from predscope.schema import Geometry

_IGNORE_KEYS: Final = ("ignore", "ignored", "difficult")
_COLUMN_KEYS: Final = frozenset(
    {
        *("id", "image_id", "category_id", "bbox", "segmentation", "area", "iscrowd", "score", "keypoints"),
        *("num_keypoints", "track_id", "file_name", "category_name", "attributes", *_IGNORE_KEYS),
    }
)


@dataclass(frozen=True, slots=True)
class RecordKind:
    """What the records of one list are.

    Attributes:
        place_prefix: where they stand, e.g. ``annotations[``.
        role: predictions need a score; a label's score becomes an attribute.
        frame_key, class_key: the members that name the frame and the class.
    """

    place_prefix: str
    role: Role
    frame_key: str = "image_id"
    class_key: str = "category_id"

    @classmethod
    def of(cls, record: Any, place_prefix: str, role: Role) -> RecordKind:
        """Judged by the first record: names are used where it has no ids."""
        keys = record if isinstance(record, dict) else {}
        return cls(
            place_prefix,
            role,
            frame_key="file_name" if "image_id" not in keys and "file_name" in keys else "image_id",
            class_key="category_name" if "category_id" not in keys and "category_name" in keys else "category_id",
        )


def records_to_batch(
    records: list[Any], places: np.ndarray, kind: RecordKind, report: ImportReport
) -> ObjectBatch | None:
    """One chunk of records as a batch; None when none is left.

    Records that cannot be read are rejected in ``report``.

    Args:
        places: of the records in their list: numbers, or text (n,).
    """
    try:
        return _columns(records, places, kind, report)
    except OddRecords:
        tidy, rows = tidy_records(records, places, kind, report)
        return _columns(tidy, places[rows], kind, report) if tidy else None


def _columns(records: list[Any], places: np.ndarray, kind: RecordKind, report: ImportReport) -> ObjectBatch:
    if set(map(type, records)) != {dict}:
        raise OddRecords
    keys = frozenset().union(*records)
    count = len(records)
    batch = ObjectBatch(
        frame_ref=_references(records, kind.frame_key),
        class_ref=_references(records, kind.class_key),
        frame_ref_is=_reference_kind(kind.frame_key, "image_id"),
        class_ref_is=_reference_kind(kind.class_key, "category_id"),
        geometry=np.full(count, Geometry.BOX, object),
        place=places,
        place_prefix=kind.place_prefix,
        place_suffix="]",
    )
    if kind.role == "predictions":
        batch.confidence = _numbers(records, "score", optional=False)
    if "area" in keys:
        batch.area = _numbers(records, "area", optional=True)
    if "iscrowd" in keys:
        batch.is_crowd = _flags(records, "iscrowd")
    for key in _IGNORE_KEYS:
        if key in keys:
            flags = _flags(records, key)
            batch.is_ignored = flags if batch.is_ignored is None else batch.is_ignored | flags
    if "track_id" in keys:
        batch.track_id = _texts(records, "track_id")
    if "id" in keys:
        batch.source_id = _texts(records, "id")
    batch.attributes = _attributes(records, places, keys, kind, report)
    shapes = Segmentations()
    if "segmentation" in keys:
        shapes = segmentation_columns([record.get("segmentation") for record in records])
    batch.polygons, batch.rle_counts, batch.rle_size = shapes.polygons, shapes.rle_counts, shapes.rle_size
    if "keypoints" in keys:
        batch.keypoints = keypoint_column([record.get("keypoints") for record in records])
    boxes = [record.get("bbox") for record in records]
    has_box = np.fromiter((box is not None for box in boxes), bool, count)
    _set_geometry(batch, has_box)
    _set_boxes(batch, boxes, has_box, records)
    _note_unknown(records, keys, report)
    return batch


def _note_unknown(records: list[dict[str, Any]], keys: frozenset[str], report: ImportReport) -> None:
    """Say which members COCO does not define, by the first records that have any, and what becomes of them."""
    unknown = sorted(key for key in keys - _COLUMN_KEYS if isinstance(key, str))
    if not unknown or "unknown_members" in report.problems:
        return
    examples = []
    for key in unknown[:MAX_EXAMPLES]:
        value = next((record[key] for record in records if record.get(key) is not None), "")
        examples.append(f"{key}: {'kept as an attribute' if is_kept(value) else 'left out, as too long'}")
    report.note(
        "unknown_members",
        Severity.INFO,
        "Records have members that COCO does not define; they are kept as attributes.",
        count=len(unknown),
        examples=examples,
    )


def _reference_kind(key: str, id_key: str) -> Reference:
    return "id" if key == id_key else "name"


def _references(records: list[dict[str, Any]], key: str) -> np.ndarray:
    """Ids or names: int64 where all are integers, else object (str)."""
    values = [record.get(key) for record in records]
    kinds = set(map(type, values))
    if kinds == {int}:
        try:
            return np.array(values, np.int64)
        except OverflowError:
            raise OddRecords from None
    if kinds - {int, str}:
        raise OddRecords
    return text_column(list(map(str, values)))


def _numbers(records: list[dict[str, Any]], key: str, *, optional: bool) -> np.ndarray:
    values = [record.get(key) for record in records]
    kinds = set(map(type, values))
    if optional and type(None) in kinds:
        values = [np.nan if value is None else value for value in values]
        kinds.discard(type(None))
    if kinds - NUMBERS:
        raise OddRecords
    try:
        numbers = np.array(values, np.float64)
    except OverflowError:
        raise OddRecords from None
    if not optional and not np.isfinite(numbers).all():
        raise OddRecords
    return numbers


def _flags(records: list[dict[str, Any]], key: str) -> np.ndarray:
    values = [record.get(key) for record in records]
    if set(map(type, values)) - {int, bool, type(None)}:
        raise OddRecords
    return np.array(list(map(bool, values)))


def _texts(records: list[dict[str, Any]], key: str) -> list[str | None]:
    values = [record.get(key) for record in records]
    if set(map(type, values)) - {int, str, type(None)}:
        raise OddRecords
    return [None if value is None else str(value) for value in values]


def _attributes(
    records: list[dict[str, Any]],
    places: np.ndarray,
    keys: frozenset[str],
    kind: RecordKind,
    report: ImportReport,
) -> list[dict[str, Any] | None] | None:
    """What else the records say: unknown members, and those inside ``attributes``."""
    extra = [key for key in keys - _COLUMN_KEYS if isinstance(key, str)]
    if kind.role == "labels" and "score" in keys:
        extra.append("score")
    if not extra and "attributes" not in keys:
        return None
    extra.sort()
    columns: list[dict[str, Any] | None] = []
    for record, place in zip(records, places.tolist(), strict=True):
        values = [(key, record[key]) for key in extra if key in record]
        nested = record.get("attributes")
        if type(nested) is dict:
            values += nested.items()
        found = kept_attributes(values, f"{kind.place_prefix}{place}]", report) if values else None
        columns.append(found or None)
    return columns


def _set_geometry(batch: ObjectBatch, has_box: np.ndarray) -> None:
    """The richest shape a record has: keypoints that somebody set, else polygon or mask, else the box."""
    if batch.polygons is not None:
        batch.geometry[[shape is not None for shape in batch.polygons]] = Geometry.POLYGON
    if batch.rle_counts is not None:
        batch.geometry[[shape is not None for shape in batch.rle_counts]] = Geometry.MASK
    if batch.keypoints is not None:
        shapeless = (batch.geometry == Geometry.BOX) & ~has_box
        for row, points in enumerate(batch.keypoints):
            if points and (shapeless[row] or any(points[2::3])):
                batch.geometry[row] = Geometry.KEYPOINTS


def _set_boxes(batch: ObjectBatch, boxes: list[Any], has_box: np.ndarray, records: list[dict[str, Any]]) -> None:
    """The file's boxes; where it has none, the hull of the shape; without any shape, a class of the whole frame."""
    if has_box.all():
        batch.box = number_rows(boxes, 4)
        return
    batch.box = np.full((len(boxes), 4), np.nan)
    batch.box[has_box] = number_rows([box for box in boxes if box is not None], 4)
    masks = []
    for row in np.flatnonzero(~has_box).tolist():
        if batch.rle_counts is not None and batch.rle_counts[row] is not None:
            masks.append(row)
        elif batch.polygons is not None and batch.polygons[row]:
            batch.box[row] = hull_of_rings([part[0] for part in batch.polygons[row]])
        elif batch.keypoints is not None and batch.keypoints[row]:
            batch.box[row] = hull_of_keypoints(batch.keypoints[row], visible_only=batch.confidence is None)
        elif records[row].get("segmentation") is None and records[row].get("keypoints") is None:
            batch.geometry[row] = Geometry.CLASSIFICATION
        else:
            raise OddRecords
    if masks and batch.rle_counts is not None and batch.rle_size is not None:
        counts = [counts for row in masks if (counts := batch.rle_counts[row]) is not None]
        batch.box[masks] = hulls_of_masks(counts, batch.rle_size[masks])
