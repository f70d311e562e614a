"""Boxes, polygons and points in columns: hulls, areas and repairs without a loop over objects.

All functions are pure. Coordinates are pixels, x to the right and y down; boxes are float64 (n, 4): x, y, w, h, with
NaN rows where an object has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa

_MIN_RING_NUMBERS: Final = 6


@dataclass(frozen=True, slots=True)
class Paths:
    """Polygons or polylines of n objects, flattened.

    Attributes:
        values: float64 (m,): x, y, x, y, ... of all paths, one after the other.
        path_starts: int64 (p + 1,): where each path (ring or line) begins in ``values``.
        part_starts: int64 (k + 1,): where each part begins among the paths (polylines: one path a part).
        object_starts: int64 (n + 1,): where each object begins among the parts.
        present: bool (n,): the object has such a shape.
    """

    values: np.ndarray
    path_starts: np.ndarray
    part_starts: np.ndarray
    object_starts: np.ndarray
    present: np.ndarray

    def __len__(self) -> int:
        return len(self.present)

    @classmethod
    def from_polygons(cls, polygons: Sequence[Any]) -> Paths:
        """From per object None or parts > rings > flat x, y numbers (None counts as NaN)."""
        present = np.fromiter((entry is not None for entry in polygons), bool, len(polygons))
        parts, object_starts = _flatten(entry if entry is not None else () for entry in polygons)
        rings, part_starts = _flatten(parts)
        values, ring_starts = _flatten_numbers(rings)
        return cls(values, ring_starts, part_starts, object_starts, present)

    @classmethod
    def from_polylines(cls, polylines: Sequence[Any]) -> Paths:
        """From per object None or lines > flat x, y numbers."""
        present = np.fromiter((entry is not None for entry in polylines), bool, len(polylines))
        lines, object_starts = _flatten(entry if entry is not None else () for entry in polylines)
        values, line_starts = _flatten_numbers(lines)
        return cls(values, line_starts, np.arange(len(lines) + 1), object_starts, present)

    @property
    def object_value_starts(self) -> np.ndarray:
        """int64 (n + 1,): where each object begins in ``values``."""
        return self.path_starts[self.part_starts[self.object_starts]]

    def to_polygons(self) -> pa.Array:
        """A column of lists of parts of rings of numbers."""
        rings = pa.ListArray.from_arrays(_int32(self.path_starts), pa.array(self.values))
        parts = pa.ListArray.from_arrays(_int32(self.part_starts), rings)
        return pa.ListArray.from_arrays(_int32(self.object_starts), parts, mask=pa.array(~self.present))

    def to_polylines(self) -> pa.Array:
        """A column of lists of lines of numbers."""
        lines = pa.ListArray.from_arrays(_int32(self.path_starts), pa.array(self.values))
        return pa.ListArray.from_arrays(_int32(self.object_starts), lines, mask=pa.array(~self.present))

    def scaled(self, scale: np.ndarray) -> Paths:
        """Times the (n, 2) factors of x and y of each object. Every path must hold whole points."""
        factors = np.repeat(scale, np.diff(self.object_value_starts) // 2, axis=0).reshape(-1)
        return Paths(self.values * factors, self.path_starts, self.part_starts, self.object_starts, self.present)

    def moved(self, offset: np.ndarray) -> Paths:
        """Plus the (n, 2) offsets of x and y of each object. Every path must hold whole points."""
        offsets = np.repeat(offset, np.diff(self.object_value_starts) // 2, axis=0).reshape(-1)
        return Paths(self.values + offsets, self.path_starts, self.part_starts, self.object_starts, self.present)

    def without_paths(self, drop: np.ndarray) -> Paths:
        """Without the paths marked in the bool (p,) array; parts left without any path go too."""
        keep = ~drop
        lengths = np.diff(self.path_starts)
        kept_before = np.concatenate([[0], np.cumsum(keep)])
        part_starts = kept_before[self.part_starts]
        part_is_left = np.diff(part_starts) > 0
        parts_before = np.concatenate([[0], np.cumsum(part_is_left)])
        return Paths(
            self.values[np.repeat(keep, lengths)],
            starts_of(lengths[keep]),
            np.concatenate([part_starts[:-1][part_is_left], part_starts[-1:]]),
            parts_before[self.object_starts],
            self.present,
        )

    def unusable_paths(self, *, is_polygon: bool) -> np.ndarray:
        """bool (p,): rings with fewer than three points (lines: two) or half a point, and the holes of such rings."""
        lengths = np.diff(self.path_starts)
        bad = (lengths < (_MIN_RING_NUMBERS if is_polygon else 4)) | (lengths % 2 == 1)
        if is_polygon and bad.any():
            first_path = self.part_starts[:-1]
            has_paths = np.diff(self.part_starts) > 0
            outer_is_bad = np.zeros(len(first_path), bool)
            outer_is_bad[has_paths] = bad[first_path[has_paths]]
            bad = bad | np.repeat(outer_is_bad, np.diff(self.part_starts))
        return bad

    def objects_of_paths(self) -> np.ndarray:
        """int64 (p,): the object that each path belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.part_starts[self.object_starts]))

    def bounds(self) -> np.ndarray:
        """Boxes (n, 4) around all points of each object. Every path must hold whole points."""
        return bounds_of_points(self.values[0::2], self.values[1::2], self.object_value_starts // 2)

    def polygon_areas(self) -> np.ndarray:
        """float64 (n,): areas by the shoelace formula, holes taken off; parts are summed, overlapping or not."""
        x, y = self.values[0::2], self.values[1::2]
        starts = self.path_starts // 2
        following = np.arange(1, len(x) + 1)
        filled = np.diff(starts) > 0
        following[starts[1:][filled] - 1] = starts[:-1][filled]
        # Relative to the ring's first point, so that far-off rings lose no precision.
        origin = np.repeat(starts[:-1], np.diff(starts))
        dx, dy = x - x[origin], y - y[origin]
        doubled = segment_sum(dx * dy[following] - dx[following] * dy, starts)
        ring_areas = np.abs(doubled) / 2
        is_hole = np.ones(len(ring_areas), bool)
        is_hole[self.part_starts[:-1][np.diff(self.part_starts) > 0]] = False
        areas = segment_sum(np.where(is_hole, -ring_areas, ring_areas), self.part_starts[self.object_starts])
        return np.where(self.present, areas, np.nan)


@dataclass(frozen=True, slots=True)
class NumberLists:
    """A flat list of numbers for each of n objects: keypoints, oriented boxes.

    Attributes:
        values: float64 (m,).
        starts: int64 (n + 1,): where each object begins in ``values``.
        present: bool (n,): the object has such a list.
    """

    values: np.ndarray
    starts: np.ndarray
    present: np.ndarray

    @classmethod
    def from_lists(cls, lists: Sequence[Any]) -> NumberLists:
        present = np.fromiter((entry is not None for entry in lists), bool, len(lists))
        values, starts = _flatten_numbers([entry if entry is not None else () for entry in lists])
        return cls(values, starts, present)

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.starts)

    def to_arrow(self) -> pa.Array:
        """A column of lists of numbers."""
        return pa.ListArray.from_arrays(_int32(self.starts), pa.array(self.values), mask=pa.array(~self.present))

    def scaled(self, scale: np.ndarray) -> NumberLists:
        """Times the (n, k) factors of each object; every list must hold groups of k numbers, or nothing."""
        factors = np.repeat(scale, self.lengths // scale.shape[1], axis=0).reshape(-1)
        return NumberLists(self.values * factors, self.starts, self.present)

    def moved(self, offset: np.ndarray) -> NumberLists:
        """Plus the (n, k) offsets of each object; every list must hold groups of k numbers, or nothing."""
        offsets = np.repeat(offset, self.lengths // offset.shape[1], axis=0).reshape(-1)
        return NumberLists(self.values + offsets, self.starts, self.present)

    def emptied(self, drop: np.ndarray) -> NumberLists:
        """Without the numbers of the objects marked in the bool (n,) array."""
        lengths = self.lengths
        kept = np.where(drop, 0, lengths)
        return NumberLists(self.values[np.repeat(~drop, lengths)], starts_of(kept), self.present)


def starts_of(lengths: np.ndarray) -> np.ndarray:
    """int64 (n + 1,): where segments of these lengths begin, and the last ends."""
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def segment_reduce(reduce: np.ufunc, values: np.ndarray, starts: np.ndarray, empty: float) -> np.ndarray:
    """``reduce`` over values[starts[i]:starts[i + 1]] for each i; ``empty`` where that is nothing."""
    result = np.full(len(starts) - 1, empty, dtype=np.result_type(values, type(empty)))
    filled = np.diff(starts) > 0
    if filled.any():
        # Empty segments take no room, so the starts of the filled ones are enough.
        result[filled] = reduce.reduceat(values[: starts[-1]], starts[:-1][filled])
    return result


def segment_sum(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Sum of each segment; 0 for an empty one."""
    return segment_reduce(np.add, values, starts, 0)


def bounds_of_points(x: np.ndarray, y: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) around the points of each segment; NaN for segments without points."""
    left = segment_reduce(np.minimum, x, starts, np.nan)
    top = segment_reduce(np.minimum, y, starts, np.nan)
    right = segment_reduce(np.maximum, x, starts, np.nan)
    bottom = segment_reduce(np.maximum, y, starts, np.nan)
    return np.stack([left, top, right - left, bottom - top], axis=1)


def bounds_of_keypoints(keypoints: NumberLists) -> np.ndarray:
    """Boxes (n, 4) around the points with v > 0. Every list must hold x, y, v triples."""
    x, y, v = keypoints.values[0::3], keypoints.values[1::3], keypoints.values[2::3]
    visible = v > 0
    starts = starts_of(segment_sum(visible.astype(np.int64), keypoints.starts // 3))
    return bounds_of_points(x[visible], y[visible], starts)


def bounds_of_oriented_boxes(oriented: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) around rotated rectangles (n, 5): cx, cy, w, h, angle in radians."""
    cx, cy, w, h, angle = oriented.T
    cosine, sine = np.abs(np.cos(angle)), np.abs(np.sin(angle))
    width, height = w * cosine + h * sine, w * sine + h * cosine
    return np.stack([cx - width / 2, cy - height / 2, width, height], axis=1)


def overhang_of_boxes(box: np.ndarray, width: np.ndarray, height: np.ndarray) -> np.ndarray:
    """float64 (n,): by how many pixels boxes reach outside their frames at most; NaN where either is unknown."""
    x, y, w, h = box.T
    return np.maximum.reduce([-x, -y, x + w - width, y + h - height, np.zeros(len(box))])


def clip_boxes(box: np.ndarray, width: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) cut to their frames; boxes fully outside get zero width or height at the border."""
    left, top = np.clip(box[:, 0], 0, width), np.clip(box[:, 1], 0, height)
    right, bottom = np.clip(box[:, 0] + box[:, 2], 0, width), np.clip(box[:, 1] + box[:, 3], 0, height)
    return np.stack([left, top, right - left, bottom - top], axis=1)


def intersection_areas(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """float64 (n, m): what boxes (n, 4) have in common with boxes (m, 4), pixels^2; NaN where a box is."""
    left_top = np.maximum(first[:, None, :2], second[None, :, :2])
    right_bottom = np.minimum((first[:, :2] + first[:, 2:])[:, None], (second[:, :2] + second[:, 2:])[None])
    common: np.ndarray = np.clip(right_bottom - left_top, 0, None).prod(axis=2)
    return common


def pairwise_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """float64 (n,): intersection over union of boxes (n, 4) row by row; 0 where a box is NaN or empty."""
    low = np.maximum(first[:, :2], second[:, :2])
    high = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    common = np.clip(high - low, 0, None).prod(axis=1)
    areas = np.clip(first[:, 2:], 0, None).prod(axis=1) + np.clip(second[:, 2:], 0, None).prod(axis=1)
    union = areas - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def _flatten(groups: Any) -> tuple[list[Any], np.ndarray]:
    groups = list(groups)
    lengths = np.fromiter(map(len, groups), np.int64, len(groups))
    return list(chain.from_iterable(groups)), starts_of(lengths)


def _flatten_numbers(groups: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.fromiter(map(len, groups), np.int64, len(groups))
    starts = starts_of(lengths)
    try:
        values = np.fromiter(chain.from_iterable(groups), np.float64, int(starts[-1]))
    except TypeError:  # a null among the numbers
        values = np.array([np.nan if v is None else v for v in chain.from_iterable(groups)], np.float64)
    return values, starts


def _int32(starts: np.ndarray) -> pa.Array:
    return pa.array(starts, pa.int32())
