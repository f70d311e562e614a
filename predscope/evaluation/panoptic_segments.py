"""The masks of two sets as panoptic segments: every pixel belongs to one of them, or to none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import orjson
import pyarrow as pa

from predscope.evaluation.ignored_classes import without_ignored
from predscope.evaluation.objects import Objects
from predscope.evaluation.panoptic import VOID, Panoptic, Segments, evaluate_panoptic
from predscope.evaluation.pixels import FrameLine, PixelMaps, class_lines
from predscope.schema import Geometry, ObjectClass

IS_THING: Final = "isthing"
"""The attribute that says whether a segment is a countable thing (true) or stuff (false)."""


def compare_segments(
    labels: Objects,
    predictions: Objects,
    classes: tuple[ObjectClass, ...],
    label_maps: PixelMaps,
    *,
    frame_sizes: np.ndarray,
    is_thing: np.ndarray | None = None,
) -> Panoptic:
    """Panoptic quality of masks, on the frames whose labels came as panoptic maps.

    Ignored labels, and those of ignored classes, are void; predictions of ignored classes are left out. Where
    predictions overlap, the more confident is on top. A frame without predictions has its labels missed.

    Args:
        labels, predictions: read with ``columns_for(IouType.SEGM)``.
        frame_sizes: float (frames of the project, 2): width and height, pixels; NaN where unknown.
        is_thing: bool (classes,); None: all are.
    """
    labels = without_ignored(labels, classes)
    labels = labels.take(~labels.is_ignored | labels.is_crowd)
    predictions = without_ignored(predictions, classes)

    def frames() -> Iterator[tuple[Segments, Segments]]:
        for frame, size in zip(label_maps.frame.tolist(), label_maps.size, strict=True):
            line = FrameLine(np.array([frame]), size[None])
            yield _segments(labels, line, frame_sizes), _segments(predictions, line, frame_sizes)

    return evaluate_panoptic(frames(), classes, is_thing)


def things(classes: Sequence[ObjectClass], *tables: pa.Table) -> np.ndarray | None:
    """bool (classes,): what the attribute ``isthing`` says of the objects of each class, in the first table that says.

    Classes of which nothing is said are things; None: nothing is said of any.

    Args:
        tables: columns ``class_id`` and ``attributes``.
    """
    said: dict[int, bool] = {}
    for table in tables:
        columns = ["class_id", "attributes"]
        for row in table.select(columns).group_by(columns).aggregate([]).to_pylist():
            attributes = orjson.loads(row["attributes"]) if row["attributes"] else {}
            if isinstance(attributes.get(IS_THING), bool):
                said.setdefault(row["class_id"], attributes[IS_THING])
    if not said:
        return None
    return np.array([said.get(entry.class_id, True) for entry in classes], bool)


def _segments(objects: Objects, line: FrameLine, frame_sizes: np.ndarray) -> Segments:
    """The masks on the one frame of a line, numbered from 1."""
    first, stop = np.searchsorted(objects.frame, [line.frame[0], line.frame[0] + 1])
    own = objects.take(np.arange(first, stop))
    kinds = own.shapes["geometry"].to_numpy(zero_copy_only=False)
    own = own.take(np.isin(kinds, [Geometry.MASK, Geometry.POLYGON]))
    height, width = line.size[0].tolist()
    number = np.arange(1, len(own) + 1)
    ids = np.full((height, width), VOID, np.int64)
    if len(own):
        lines = class_lines(line, own, number, -own.rank, np.array([VOID]), [], VOID, frame_sizes)
        ids = lines.picture(height, width)
    return Segments(ids, number, own.class_id, own.is_crowd)
