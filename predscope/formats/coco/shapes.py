"""Shapes as COCO records write them: segmentations, run lengths and keypoints, turned into columns.

Everything here takes records in canonical form and raises ``OddRecords`` at the first thing that is not; such a chunk
is then tidied record by record (``repair``) and tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
from hotcoco import mask as rle_codec

MAX_MASK_PIXELS: Final = 1 << 31
"""A mask larger than this is taken for damage: nobody could draw it."""

NUMBERS: Final = frozenset({int, float})


class OddRecords(ValueError):  # noqa: N818 - not an error: the signal to look at the records one by one
    """Some records are not in canonical form."""


@dataclass(slots=True)
class Segmentations:
    """Columns of ``schema.OBJECT_SCHEMA``; None where no record has such a shape."""

    polygons: list[Any] | None = None
    rle_counts: list[bytes | None] | None = None
    rle_size: np.ndarray | None = None


def number_rows(rows: list[list[Any]], length: int) -> np.ndarray:
    """Lists of ``length`` numbers each as a float64 (n, length) array."""
    if set(map(type, rows)) - {list} or set(map(len, rows)) - {length}:
        raise OddRecords
    return flat_numbers(rows).reshape(len(rows), length)


def flat_numbers(rows: list[list[Any]]) -> np.ndarray:
    """All numbers of the lists one after the other, float64. bool, text, NaN and infinity are not numbers."""
    if set(map(type, chain.from_iterable(rows))) - NUMBERS:
        raise OddRecords
    try:
        numbers = np.fromiter(chain.from_iterable(rows), np.float64)
    except OverflowError:
        raise OddRecords from None
    if not np.isfinite(numbers).all():
        raise OddRecords
    return numbers


def segmentation_columns(values: list[Any]) -> Segmentations:
    """Polygons (lists of flat rings, each ring one part) and run lengths (dicts), by record."""
    kinds = set(map(type, values))
    if kinds - {list, dict, type(None)}:
        raise OddRecords
    found = Segmentations()
    if list in kinds:
        rings = list(chain.from_iterable(value for value in values if type(value) is list))
        if rings:
            if set(map(type, rings)) - {list} or any(size < 6 or size % 2 for size in set(map(len, rings))):
                raise OddRecords
            flat_numbers(rings)
            found.polygons = [[[ring] for ring in value] if type(value) is list and value else None for value in values]
    if dict in kinds:
        rles = [canonical_rle(value) if type(value) is dict else None for value in values]
        try:
            rle_codec.area([rle for rle in rles if rle is not None])
        except (ValueError, TypeError, OverflowError):
            raise OddRecords from None
        found.rle_counts = [None if rle is None else rle["counts"] for rle in rles]
        found.rle_size = np.array([(0, 0) if rle is None else rle["size"] for rle in rles], np.int32)
    return found


def canonical_rle(value: dict[str, Any]) -> dict[str, Any]:
    """``{"size": [height, width], "counts": compressed bytes}`` from any of COCO's forms.

    Raises:
        OddRecords: not a run length encoding, or run lengths that do not add up to its size.
    """
    size, counts = value.get("size"), value.get("counts")
    if type(size) is not list or len(size) != 2 or type(size[0]) is not int or type(size[1]) is not int:
        raise OddRecords
    height, width = size
    if height <= 0 or width <= 0 or height * width > MAX_MASK_PIXELS:
        raise OddRecords
    if type(counts) is str:
        try:
            return {"size": size, "counts": counts.encode("ascii")}
        except UnicodeEncodeError:
            raise OddRecords from None
    if type(counts) is not list or set(map(type, counts)) - {int} or min(counts, default=0) < 0:
        raise OddRecords
    if sum(counts) != height * width:
        raise OddRecords
    return {"size": size, "counts": rle_codec.frPyObjects({"size": size, "counts": counts}, height, width)["counts"]}


def keypoint_column(values: list[Any]) -> list[Any] | None:
    """Flat x, y, v lists by record; None where nobody has any. Empty lists count as none."""
    kinds = set(map(type, values))
    if kinds - {list, type(None)}:
        raise OddRecords
    points = [value for value in values if value]
    if not points:
        return None
    if any(size % 3 for size in set(map(len, points))):
        raise OddRecords
    flat_numbers(points)
    return [value or None for value in values]


def hull_of_rings(rings: list[list[float]]) -> tuple[float, float, float, float]:
    """x, y, w, h of the box around flat x, y lists."""
    xs = [x for ring in rings for x in ring[0::2]]
    ys = [y for ring in rings for y in ring[1::2]]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def hull_of_keypoints(points: list[float], *, visible_only: bool) -> tuple[float, float, float, float]:
    """x, y, w, h of the box around keypoints; of all of them where none is visible."""
    triples = list(zip(points[0::3], points[1::3], points[2::3], strict=True))
    used = [triple for triple in triples if triple[2] > 0] if visible_only else []
    xs, ys, _ = zip(*(used or triples), strict=True)
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def hulls_of_masks(counts: list[bytes], sizes: np.ndarray) -> np.ndarray:
    """x, y, w, h float64 (n, 4) of the boxes around masks."""
    rles = [{"size": size, "counts": count} for size, count in zip(sizes.tolist(), counts, strict=True)]
    return np.asarray(rle_codec.toBbox(rles), np.float64).reshape(-1, 4)
