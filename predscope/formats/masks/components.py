"""Regions of class-index masks, and of masks of instances, as run lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from hotcoco import mask as rle_codec

from predscope.run_lengths import read_run_lengths


@dataclass(frozen=True, slots=True)
class MaskRegions:
    """The regions of one mask image, one row each.

    Attributes:
        values: int64 (n,), the pixel value of each.
        boxes: float64 (n, 4): x, y, w, h in pixels.
        areas: float64 (n,): pixels.
        counts: COCO compressed run lengths, exact, holes kept.
    """

    values: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    counts: list[bytes]


def find_regions(mask: np.ndarray, values: list[int]) -> MaskRegions:
    """Each 8-connected region of each of these pixel values in ``mask`` (h, w)."""
    regions = np.zeros(mask.shape, np.int32)
    found_values: list[np.ndarray] = []
    boxes: list[np.ndarray] = []
    areas: list[np.ndarray] = []
    total = 0
    for value in values:
        same = mask == value
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            same.view(np.uint8), connectivity=8, ltype=cv2.CV_32S
        )
        np.add(labels, total, out=regions, where=same)
        stats = stats[1:]
        found_values.append(np.full(count - 1, value, np.int64))
        boxes.append(stats[:, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]])
        areas.append(stats[:, cv2.CC_STAT_AREA])
        total += count - 1
    if not total:
        return MaskRegions(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0), [])
    return MaskRegions(
        np.concatenate(found_values),
        np.concatenate(boxes).astype(np.float64),
        np.concatenate(areas).astype(np.float64),
        encode_regions(regions, total),
    )


def find_instances(ids: np.ndarray, without: Sequence[int] = (0,)) -> MaskRegions:
    """One region for each value of ``ids`` (h, w), connected or not, but for those in ``without``."""
    starts, lengths, run_values = _find_runs(ids)
    values, inverse = np.unique(run_values, return_inverse=True)
    is_left_out = np.isin(values, without)
    kept = values[~is_left_out]
    numbers = np.where(is_left_out, 0, np.cumsum(~is_left_out))
    counts = _encode_runs(starts, lengths, numbers[inverse], len(kept), ids.shape)
    found = read_run_lengths(counts, np.tile(np.array(ids.shape), (len(kept), 1)))
    return MaskRegions(kept.astype(np.int64), found.box, found.area, counts)


def encode_regions(regions: np.ndarray, count: int) -> list[bytes]:
    """Run lengths of regions numbered 1..count in ``regions`` (h, w), 0 elsewhere.

    One pass over the image finds the runs of all regions at once, so that thousands of specks cost no more than one
    large region.
    """
    return _encode_runs(*_find_runs(regions), count, regions.shape)


def _find_runs(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts, lengths and values of the runs of equal pixels, down the columns of an image (h, w)."""
    flat = image.ravel(order="F")
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    return starts, np.diff(starts, append=flat.size), flat[starts]


def _encode_runs(
    starts: np.ndarray, lengths: np.ndarray, owners: np.ndarray, count: int, shape: tuple[int, ...]
) -> list[bytes]:
    """COCO run lengths of the regions 1..count that own the runs of an image of this shape (h, w)."""
    height, width = shape
    order = np.argsort(owners, kind="stable")
    starts, lengths = starts[order], lengths[order]
    bounds = np.searchsorted(owners[order], np.arange(1, count + 2))
    encoded = []
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        edges = np.empty(2 * (last - first) + 2, np.int64)
        edges[0], edges[-1] = 0, height * width
        edges[1:-1:2] = starts[first:last]
        edges[2:-1:2] = starts[first:last] + lengths[first:last]
        runs = np.diff(edges)
        counts = runs.tolist() if runs[-1] else runs[:-1].tolist()
        encoded.append(rle_codec.frPyObjects({"size": [height, width], "counts": counts}, height, width)["counts"])
    return encoded
