"""Shapes turned into those that a format has: outlines of masks, corners of turned boxes, parts joined to one ring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hotcoco import mask as rle_codec

Ring = list[float]
"""Flat x, y, pixels."""


def box_as_given(row: dict[str, Any]) -> list[float] | None:
    """x, y, w, h of an object as its file had it, before it was cut to the frame; None: it has no box."""
    given = row.get("given_box")
    if given is not None:
        return [float(number) for number in given]
    return None if row["x"] is None else [row["x"], row["y"], row["w"], row["h"]]


def corners_of(oriented: Sequence[float]) -> Ring:
    """The four corners of [cx, cy, w, h, angle], from the first one clockwise on screen."""
    x, y, width, height, angle = oriented
    cos, sin = math.cos(angle), math.sin(angle)
    ring: Ring = []
    for along, across in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        ring += [x + along * width * cos - across * height * sin, y + along * width * sin + across * height * cos]
    return ring


def joined_ring(rings: Sequence[Ring]) -> Ring:
    """Rings as one, with seams of no width between the first point of the first ring and that of each other one."""
    if len(rings) == 1:
        return list(rings[0])
    start = rings[0][:2]
    joined = [*rings[0], *start]
    for ring in rings[1:]:
        joined += [*ring, *ring[:2], *start]
    return joined


def outline_rings(polygons: Sequence[Sequence[Ring]]) -> list[Ring]:
    """All rings of an outline, outer ones clockwise on screen and holes the other way, so that holes take area away."""
    return [
        _turned(ring, clockwise=place == 0) for part in polygons for place, ring in enumerate(part) if len(ring) >= 6
    ]


def _turned(ring: Ring, *, clockwise: bool) -> Ring:
    points = np.asarray(ring, np.float64).reshape(-1, 2)
    x, y = points.T
    is_clockwise = float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) >= 0  # y runs down
    return list(ring) if is_clockwise == clockwise else points[::-1].ravel().tolist()


def mask_rings(counts: bytes, size: tuple[int, int]) -> list[Ring]:
    """Outlines of a mask along the borders of its pixels: outer rings clockwise on screen, holes the other way.

    Args:
        counts: COCO compressed counts.
        size: height and width.
    """
    mask = np.asarray(rle_codec.decode({"size": list(size), "counts": counts}), np.uint8)
    if not mask.any():
        return []
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    part = np.pad(mask[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1], 1).astype(np.int8)
    x, y = _turning_points(part)
    rings = []
    for turns in _loops(x, y):
        first = turns[np.lexsort((x[turns], y[turns]))[0]]
        is_hole = part[y[first] + 1, x[first] + 1] == 0
        ring = np.column_stack([x[turns] + left, y[turns] + top]).astype(np.float64).ravel().tolist()
        rings.append(_turned(ring, clockwise=not is_hole))
    return rings


def _turning_points(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners of pixels where a border turns; where two pixels touch at a corner alone, two borders turn."""
    above_left, above_right, below_left, below_right = part[:-1, :-1], part[:-1, 1:], part[1:, :-1], part[1:, 1:]
    turns = ((above_left + above_right + below_left + below_right) % 2).astype(np.int8)
    turns[(above_left == below_right) & (above_right == below_left) & (above_left != above_right)] = 2
    y, x = np.nonzero(turns)
    count = turns[y, x]
    return np.repeat(x, count), np.repeat(y, count)


def _loops(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Turning points linked to closed borders: neighbours in a row are the ends of an edge, and those in a column."""
    across, down = np.lexsort((x, y)), np.lexsort((y, x))
    partner = np.empty((2, len(x)), np.int64)
    for direction, order in enumerate((across, down)):
        partner[direction, order[0::2]], partner[direction, order[1::2]] = order[1::2], order[0::2]
    along = partner.tolist()
    seen = [False] * len(x)
    loops = []
    for start in range(len(x)):
        if seen[start]:
            continue
        loop, at, direction = [], start, 0
        while not seen[at]:
            seen[at] = True
            loop.append(at)
            at, direction = along[direction][at], 1 - direction
        loops.append(np.array(loop))
    return loops


def outline_as_mask(polygons: Sequence[Sequence[Ring]], size: tuple[int, int]) -> bytes:
    """COCO compressed counts of outlines with holes, each ring filled as COCO fills outlines.

    Args:
        polygons: parts > rings.
        size: height and width of the frame.
    """
    height, width = size
    parts = []
    for outer, *holes in polygons:
        part = rle_codec.merge(rle_codec.frPyObjects([outer], height, width))
        if holes:
            solid = np.asarray(rle_codec.decode(part), bool)
            hollow = np.asarray(rle_codec.decode(rle_codec.merge(rle_codec.frPyObjects(holes, height, width))), bool)
            part = rle_codec.encode(np.asfortranarray((solid & ~hollow).astype(np.uint8)))
        parts.append(part)
    merged = rle_codec.merge(parts)
    counts = merged["counts"]
    return counts.encode() if isinstance(counts, str) else bytes(counts)
