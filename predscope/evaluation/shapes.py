"""Shapes of objects as the evaluation compares them: run-length masks, keypoints, rotated boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
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

    Args:
        objects: read with ``columns_for(IouType.SEGM)``.
        frame_sizes: float (frames, 2): width and height; needed where polygons have holes.
    """
    geometry = objects.shapes["geometry"].to_numpy(zero_copy_only=False)
    result: list[Any] = [None] * len(objects)
    counts, heights, widths = (_values(objects, name) for name in ("rle_counts", "rle_height", "rle_width"))
    for position in np.flatnonzero(geometry == Geometry.MASK).tolist():
        result[position] = {"size": [heights[position], widths[position]], "counts": counts[position]}
    is_polygon = geometry == Geometry.POLYGON
    polygons = _values(objects, "polygons") if is_polygon.any() else []
    for position in np.flatnonzero(is_polygon).tolist():
        parts = polygons[position]
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
    lists = [value or [] for value in _values(objects, "keypoints")]
    longest = max(map(len, lists), default=0) // 3
    count = longest if count is None else count
    result = np.zeros((len(objects), 3 * count))
    for position, values in enumerate(lists):
        result[position, : min(len(values), 3 * count)] = values[: 3 * count]
    return result.reshape(len(objects), count, 3)


def keypoint_count(*sets: Objects) -> int:
    """How many keypoints the object with the most of them has."""
    return max((len(value or ()) // 3 for objects in sets for value in _values(objects, "keypoints")), default=0)


def sigmas_for(count: int, sigmas: Sequence[float] | None = None) -> np.ndarray:
    """float64 (count,): the given ones; else COCO's for 17 keypoints, and 1 / count for any other number.

    Raises:
        InputError: another number of them was given.
    """
    if sigmas is None:
        return COCO_SIGMAS if count == len(COCO_SIGMAS) else np.full(count, 1 / max(count, 1))
    if len(sigmas) != count:
        raise InputError(f"expected {count} keypoint sigmas, one a keypoint, got {len(sigmas)}.")
    return np.asarray(sigmas, np.float64)


def oriented_boxes(objects: Objects) -> np.ndarray:
    """float64 (n, 5): cx, cy, w, h, angle in radians; plain boxes have angle 0."""
    x, y, w, h = objects.box.T
    result = np.stack([x + w / 2, y + h / 2, w, h, np.zeros(len(objects))], axis=1)
    for position, values in enumerate(_values(objects, "oriented_box")):
        if values is not None:
            result[position] = values
    return result


def _values(objects: Objects, name: str) -> list[Any]:
    if name not in objects.shapes.column_names:
        return [None] * len(objects)
    return objects.shapes[name].to_pylist()


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


def ignore_unmarked(labels: Objects) -> Objects:
    """Labels without any marked keypoint as ignored ones, as in COCO."""
    unmarked = ~(keypoints(labels)[:, :, 2] > 0).any(axis=1)
    return replace(labels, is_ignored=labels.is_ignored | unmarked)
