"""Shapes of objects as the evaluation compares them: run-length masks, keypoints, rotated boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hotcoco import mask as rle_codec

from predscope.errors import InputError
from predscope.evaluation.objects import Objects
from predscope.schema import Geometry

COCO_SIGMAS: Final = np.array(
    [0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89]
) / 10.0  # fmt: skip
"""Spread of the annotators at COCO's 17 keypoints, relative to the object's scale (pycocotools ``cocoeval.py``)."""


def segmentations(objects: Objects, frame_sizes: np.ndarray | None) -> list[dict[str, Any] | list[list[float]]]:
    """Per object its run lengths, or its polygon as flat rings; a plain box is the polygon of its corners.

    Of objects with keypoints, the mask or polygon that they may have besides.

    Args:
        objects: read with ``columns_for(IouType.SEGM)``.
        frame_sizes: float (frames, 2): width and height; needed where polygons have holes.
    """
    geometry = objects.shapes["geometry"].to_numpy(zero_copy_only=False)
    result: list[Any] = [None] * len(objects)
    has_points, has_mask = geometry == Geometry.KEYPOINTS, _has(objects, "rle_counts")
    masks = np.flatnonzero((geometry == Geometry.MASK) | (has_points & has_mask))
    columns = (_values(objects, name, masks) for name in ("rle_counts", "rle_height", "rle_width"))
    for position, counts, height, width in zip(masks.tolist(), *columns, strict=True):
        result[position] = {"size": [height, width], "counts": counts}
    polygons = np.flatnonzero((geometry == Geometry.POLYGON) | (has_points & ~has_mask & _has(objects, "polygons")))
    for position, parts in zip(polygons.tolist(), _values(objects, "polygons", polygons), strict=True):
        if any(len(rings) > 1 for rings in parts):
            result[position] = _with_holes(parts, *_frame_size(objects, position, frame_sizes))
        else:
            result[position] = [rings[0] for rings in parts]
    for position in [index for index, value in enumerate(result) if value is None]:
        x, y, w, h = objects.box[position].tolist()
        result[position] = [[x, y, x, y + h, x + w, y + h, x + w, y]]
    return result


def run_lengths(objects: Objects, frame_sizes: np.ndarray | None) -> list[dict[str, Any]]:
    """Per object its mask as run lengths of the size of its frame."""
    result: list[dict[str, Any]] = []
    for position, shape in enumerate(segmentations(objects, frame_sizes)):
        if isinstance(shape, list):
            width, height = _frame_size(objects, position, frame_sizes)
            parts = rle_codec.frPyObjects(shape, height, width)
            shape = parts[0] if len(parts) == 1 else rle_codec.merge(parts)
        result.append(shape)
    return result


def keypoints(objects: Objects, count: int | None = None) -> np.ndarray:
    """float64 (n, k, 3): x, y, v; zeros for objects that have none, and behind the last of those that have fewer.

    Args:
        objects: read with ``columns_for(IouType.KEYPOINTS)``.
        count: k; None: the largest number that occurs.
    """
    values, lengths = _number_lists(objects, "keypoints")
    count = int(lengths.max(initial=0)) // 3 if count is None else count
    result = np.zeros((len(objects), 3 * count))
    place = np.arange(len(values)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    kept = place < 3 * count
    result[np.repeat(np.arange(len(objects)), lengths)[kept], place[kept]] = values[kept]
    return result.reshape(len(objects), count, 3)


def keypoint_counts(class_count: int, *sets: Objects) -> np.ndarray:
    """int64 (classes,): how many keypoints the object of each class with the most of them has."""
    result = np.zeros(class_count, np.int64)
    for objects in sets:
        np.maximum.at(result, objects.class_id, _number_lists(objects, "keypoints")[1] // 3)
    return result


Sigmas = Sequence[float] | Mapping[int, Sequence[float]]
"""Spread of the annotators at each keypoint, of all classes alike or by class id."""


def class_sigmas(counts: np.ndarray, sigmas: Sigmas | None = None) -> list[np.ndarray]:
    """For each class its sigmas, float64 (k,).

    Args:
        counts: int (classes,): keypoints of each class; 0: it has none, and gets no sigmas.
        sigmas: those to use; classes that they leave out get the usual ones (see ``sigmas_for``).

    Raises:
        InputError: a class has another number of keypoints than there are sigmas for it.
    """
    result = []
    for class_id, count in enumerate(counts.tolist()):
        given = sigmas.get(class_id) if isinstance(sigmas, Mapping) else sigmas
        result.append(sigmas_for(count, given if count else None))
    return result


def sigmas_for(count: int, sigmas: Sequence[float] | None = None) -> np.ndarray:
    """float64 (count,): the given ones; else COCO's for 17 keypoints, and 1 / count for any other number.

    Raises:
        InputError: another number of them was given, or one is not above 0.
    """
    if sigmas is None:
        return COCO_SIGMAS if count == len(COCO_SIGMAS) else np.full(count, 1 / max(count, 1))
    if len(sigmas) != count:
        raise InputError(f"expected {count} keypoint sigmas, one a keypoint, got {len(sigmas)}.")
    spread = np.asarray(sigmas, np.float64)
    if not (spread > 0).all():
        raise InputError(f"keypoint sigmas must be above 0, got {spread.min():g}.")
    return spread


def oriented_boxes(objects: Objects) -> np.ndarray:
    """float64 (n, 5): cx, cy, w, h, angle in radians; plain boxes have angle 0."""
    x, y, w, h = objects.box.T
    result = np.stack([x + w / 2, y + h / 2, w, h, np.zeros(len(objects))], axis=1)
    values, lengths = _number_lists(objects, "oriented_box")
    result[lengths == 5] = values.reshape(-1, 5)
    return result


def _has(objects: Objects, name: str) -> np.ndarray:
    """bool (n,): whether an object has a value in a column, and not an empty one."""
    if name not in objects.shapes.column_names:
        return np.zeros(len(objects), bool)
    column = objects.shapes[name]
    lengths = pc.binary_length(column) if pa.types.is_binary(column.type) else pc.list_value_length(column)
    return pc.fill_null(lengths, 0).to_numpy().astype(bool)


def _values(objects: Objects, name: str, chosen: np.ndarray) -> list[Any]:
    """The values of the chosen objects (int positions)."""
    if name not in objects.shapes.column_names:
        return [None] * len(chosen)
    column = objects.shapes[name]
    return (column if len(chosen) == len(column) else column.take(pa.array(chosen))).to_pylist()


def _number_lists(objects: Objects, name: str) -> tuple[np.ndarray, np.ndarray]:
    """All numbers of a column of lists end to end (float64), and how many each object has (int64, 0: none)."""
    if name not in objects.shapes.column_names:
        return np.zeros(0), np.zeros(len(objects), np.int64)
    column = objects.shapes[name]
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    return pc.list_flatten(column).to_numpy().astype(np.float64, copy=False), lengths


def _frame_size(objects: Objects, position: int, frame_sizes: np.ndarray | None) -> tuple[int, int]:
    frame = int(objects.frame[position])
    size = None if frame_sizes is None else frame_sizes[frame]
    if size is None or not np.isfinite(size).all():
        raise InputError(
            f"the size of frame {frame} is not known, so its polygons cannot be compared as masks.",
            fix="Give the images, or width and height in the labels file.",
        )
    return int(size[0]), int(size[1])


def _with_holes(parts: list[list[list[float]]], width: int, height: int) -> dict[str, Any]:
    """Parts are united; a hole is taken off its own part only."""
    filled = np.zeros((height, width), np.uint8)
    for rings in parts:
        outer, *holes = (rle_codec.decode(rle_codec.frPyObjects([ring], height, width))[:, :, 0] for ring in rings)
        for hole in holes:
            outer = outer & ~(hole.astype(bool))
        filled |= outer.astype(np.uint8)
    return rle_codec.encode(np.asfortranarray(filled))


def with_keypoints(labels: Objects, predictions: Objects) -> tuple[Objects, Objects]:
    """What can be compared by keypoints, of objects that were read for it; ``row`` still names the originals.

    Predictions without keypoints are left out, and the labels of classes that never have any. Other labels without
    keypoints stay: that they are there is known, though not how they stand.
    """
    has_points = [_number_lists(objects, "keypoints")[1] > 0 for objects in (labels, predictions)]
    posed = np.union1d(labels.class_id[has_points[0]], predictions.class_id[has_points[1]])
    return labels.take(np.isin(labels.class_id, posed)), predictions.take(has_points[1])


def ignore_unmarked(labels: Objects) -> Objects:
    """Labels without any marked keypoint as ignored ones, as in COCO."""
    unmarked = ~(keypoints(labels)[:, :, 2] > 0).any(axis=1)
    return replace(labels, is_ignored=labels.is_ignored | unmarked)
