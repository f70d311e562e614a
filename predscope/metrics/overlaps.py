"""How the boxes of one frame lie on and beside each other: a few numbers an object, without keeping any pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

GRID: Final = 16
"""Points along each side of a box at which is asked whether another box covers it."""
_BLOCK_PAIRS: Final = 200_000
"""Pairs looked at in one go: their columns stay in the processor's cache."""
_PLACES: Final = np.arange(GRID)[None, :]


@dataclass(frozen=True)
class Overlaps:
    """Of each of n boxes, against the others of its frame; objects without a box have NaN and are no others.

    Attributes:
        highest_iou: float64 (n,): with any other; 0 where it touches none.
        highest_iou_same_class: float64 (n,): with another of its class.
        covered: float64 (n,): share of its area that the others cover together, on a grid of 16 x 16 points.
        covered_before: float64 (n,): the same by those in front of it in the order of the set. The areas that are left
            add up to the union of the boxes of a frame.
        nearest_same_class: float64 (n,), pixels: distance of its centre to that of the nearest other one of its class;
            NaN where there is none.
    """

    highest_iou: np.ndarray
    highest_iou_same_class: np.ndarray
    covered: np.ndarray
    covered_before: np.ndarray
    nearest_same_class: np.ndarray


def measure_overlaps(frame: np.ndarray, class_id: np.ndarray, box: np.ndarray) -> Overlaps:
    """Compare each box with all others of its frame.

    Args:
        frame: int (n,), rising.
        class_id: int (n,).
        box: float64 (n, 4): x, y, w, h.
    """
    has_box = ~np.isnan(box).any(axis=1)
    rows = np.flatnonzero(has_box)
    found = _measure(frame[rows], class_id[rows], box[rows])
    columns = []
    for values in found:
        column = np.full(len(frame), np.nan)
        column[rows] = values
        columns.append(column)
    return Overlaps(*columns)


def _measure(frame: np.ndarray, class_id: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, ...]:
    count = len(frame)
    left, top, width, height = np.ascontiguousarray(box.T)
    right, bottom = left + width, top + height
    centre_x, centre_y, area = left + width / 2, top + height / 2, width * height
    highest, highest_same = np.zeros(count), np.zeros(count)
    covered, covered_before = np.zeros(count), np.zeros(count)
    nearest = np.full(count, np.inf)
    for own, other in _pairs_of_frames(frame):
        is_same = class_id[own] == class_id[other]
        same, near = own[is_same], other[is_same]
        apart = (centre_x[same] - centre_x[near]) ** 2 + (centre_y[same] - centre_y[near]) ** 2
        _reduce(np.minimum, nearest, same, apart)

        across = np.minimum(right[own], right[other]) - np.maximum(left[own], left[other])
        touching = np.flatnonzero(across > 0)
        own, other, across, is_same = own[touching], other[touching], across[touching], is_same[touching]
        down = np.minimum(bottom[own], bottom[other]) - np.maximum(top[own], top[other])
        touching = np.flatnonzero(down > 0)
        own, other, is_same = own[touching], other[touching], is_same[touching]
        shared = across[touching] * down[touching]
        iou = shared / (area[own] + area[other] - shared)
        _reduce(np.maximum, highest, own, iou)
        _reduce(np.maximum, highest_same, own[is_same], iou[is_same])

        points = _covered_points(left, right, width, own, other), _covered_points(top, bottom, height, own, other)
        _cover(covered, own, *points)
        before = other < own
        _cover(covered_before, own[before], points[0][before], points[1][before])
    return highest, highest_same, covered, covered_before, np.where(np.isinf(nearest), np.nan, np.sqrt(nearest))


def _pairs_of_frames(frame: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each object with every other one of its frame, in blocks that hold all pairs of an object; own ones rise."""
    first = np.searchsorted(frame, frame, side="left")
    count = np.searchsorted(frame, frame, side="right") - first
    ends = np.cumsum(count)
    start = 0
    while start < len(frame):
        before = ends[start] - count[start]
        stop = max(start + 1, int(np.searchsorted(ends, before + _BLOCK_PAIRS, side="right")))
        amount = count[start:stop]
        own = np.repeat(np.arange(start, stop), amount)
        other = np.arange(len(own)) + np.repeat(first[start:stop] - (ends[start:stop] - amount) + before, amount)
        is_other = own != other
        yield own[is_other], other[is_other]
        start = stop


def _covered_points(
    low: np.ndarray, high: np.ndarray, length: np.ndarray, own: np.ndarray, other: np.ndarray
) -> np.ndarray:
    """uint16 (pairs,): of the ``GRID`` points along a side of the own box, those within the other, as bits."""
    scale = GRID / length[own]
    first = np.clip(np.ceil((low[other] - low[own]) * scale - 0.5), 0, GRID).astype(np.uint32)
    last = np.clip(np.ceil((high[other] - low[own]) * scale - 0.5), 0, GRID).astype(np.uint32)
    one = np.uint32(1)
    return ((one << last) - (one << np.minimum(first, last))).astype(np.uint16)


def _cover(share: np.ndarray, own: np.ndarray, across: np.ndarray, down: np.ndarray) -> None:
    """Write the share of points that are within any of the other boxes; ``own`` rises."""
    if not len(own):
        return
    starts = np.flatnonzero(np.diff(own, prepend=-1))
    is_row_covered = ((down[:, None] >> _PLACES.astype(np.uint16)) & 1).astype(bool)
    points = np.bitwise_or.reduceat(np.where(is_row_covered, across[:, None], np.uint16(0)), starts, axis=0)
    share[own[starts]] = np.bitwise_count(points).sum(axis=1) / GRID**2


def _reduce(reduce: np.ufunc, result: np.ndarray, own: np.ndarray, values: np.ndarray) -> None:
    """Write ``reduce`` of the values of each object; ``own`` rises, and has all pairs of an object."""
    if len(own):
        starts = np.flatnonzero(np.diff(own, prepend=-1))
        result[own[starts]] = reduce.reduceat(values, starts)
