"""The shapes of polygons and masks in a few numbers an object."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import pyarrow as pa
from hotcoco import mask as rle_codec

from predscope.schema import Geometry

HU_COUNT: Final = 7
_HU_ROOTS: Final = np.array([1, 2, 2, 2, 4, 3, 4])
"""The degree of each invariant in the central moments: its root is of the size of a single moment."""
_PIXEL_CORNERS: Final = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)


@dataclass(frozen=True)
class Outlines:
    """Of each of n objects; NaN where an object is neither a polygon nor a mask, or has no extent.

    Attributes:
        vertices: float64 (n,): points of all rings of a polygon; NaN for masks.
        convexity: float64 (n,): length of the convex hull / length of the outline, 0..1.
        solidity: float64 (n,): area / area of the convex hull, 0..1.
        hu: float64 (n, 7): Hu's moment invariants, each taken to the root of its degree, with its sign.
    """

    vertices: np.ndarray
    convexity: np.ndarray
    solidity: np.ndarray
    hu: np.ndarray


def measure_outlines(table: pa.Table) -> Outlines:
    """Measure the polygons and masks among objects.

    Args:
        table: with "geometry" and, where they are read, "polygons", "rle_counts", "rle_height" and "rle_width".
    """
    count = len(table)
    found = Outlines(*(np.full((count, *more), np.nan) for more in ((), (), (), (HU_COUNT,))))
    geometry = table["geometry"].to_numpy()
    names = table.column_names
    if "polygons" in names:
        rows = np.flatnonzero(geometry == Geometry.POLYGON)
        for row, parts in zip(rows.tolist(), table["polygons"].take(pa.array(rows)).to_pylist(), strict=True):
            _measure_polygon(parts or [], found, row)
    if "rle_counts" in names:
        rows = np.flatnonzero(geometry == Geometry.MASK)
        chosen = table.select(["rle_height", "rle_width", "rle_counts"]).take(pa.array(rows))
        columns = (chosen[name].to_pylist() for name in chosen.column_names)
        for row, height, width, counts in zip(rows.tolist(), *columns, strict=True):
            _measure_mask({"size": [height, width], "counts": counts}, found, row)
    return found


def hu_invariants(moments: dict[str, float]) -> np.ndarray:
    """float64 (7,): Hu's invariants (1962) from moments as OpenCV names them, to the roots of their degrees."""
    invariants = cv2.HuMoments(moments).reshape(-1)
    return np.sign(invariants) * np.abs(invariants) ** (1 / _HU_ROOTS)


def _measure_polygon(parts: list[list[list[float]]], found: Outlines, row: int) -> None:
    """Parts add up, holes are taken off; the hull is that of all parts together."""
    rings = [
        (np.array(ring, np.float64).reshape(-1, 2), is_hole)
        for part in parts
        for ring, is_hole in zip(part, itertools.chain([False], itertools.repeat(True)), strict=False)
    ]
    if not rings:
        return
    found.vertices[row] = sum(len(points) for points, _ in rings)
    origin = rings[0][0][0]
    outers = [(points - origin).astype(np.float32) for points, is_hole in rings if not is_hole]
    holes = [(points - origin).astype(np.float32) for points, is_hole in rings if is_hole]
    totals = _ring_moments(outers)
    for name, value in _ring_moments(holes).items():
        totals[name] -= value
    _write(found, row, np.concatenate(outers), sum(cv2.arcLength(ring, True) for ring in outers), totals)


def _measure_mask(mask: dict[str, Any], found: Outlines, row: int) -> None:
    x, y, w, h = (int(value) for value in np.asarray(rle_codec.toBbox([mask])).reshape(-1)[:4])
    if w < 1 or h < 1:
        return
    pixels = np.ascontiguousarray(rle_codec.decode(mask)[y : y + h, x : x + w])
    contours, _ = cv2.findContours(pixels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return
    # A contour runs through the centres of the outermost pixels; the hull is that of the pixels' corners.
    corners = (np.concatenate(contours).reshape(-1, 1, 2).astype(np.float32) + _PIXEL_CORNERS).reshape(-1, 2)
    length = sum(cv2.arcLength(contour, True) + 4 for contour in contours)
    _write(found, row, corners, length, cv2.moments(pixels, binaryImage=True))


def _write(found: Outlines, row: int, points: np.ndarray, length: float, moments: dict[str, float]) -> None:
    hull = cv2.convexHull(points)
    hull_area, area = cv2.contourArea(hull), moments["m00"]
    if hull_area <= 0 or area <= 0 or length <= 0:
        return
    found.convexity[row] = min(cv2.arcLength(hull, True) / length, 1.0)
    found.solidity[row] = min(area / hull_area, 1.0)
    found.hu[row] = hu_invariants(_central(moments))


def _ring_moments(rings: list[np.ndarray]) -> dict[str, float]:
    """Spatial moments of the rings, added up; their direction does not count."""
    totals = dict.fromkeys(("m00", "m10", "m01", "m20", "m11", "m02", "m30", "m21", "m12", "m03"), 0.0)
    for ring in rings:
        moments = cv2.moments(ring)
        for name in totals:
            totals[name] += moments[name]
    return totals


def _central(m: dict[str, float]) -> dict[str, float]:
    """Normalised central moments, nu, from spatial ones; a mask's come with them."""
    if "nu20" in m:
        return m
    area = m["m00"]
    x, y = m["m10"] / area, m["m01"] / area
    mu20, mu02, mu11 = m["m20"] - x * m["m10"], m["m02"] - y * m["m01"], m["m11"] - x * m["m01"]
    central = {
        "20": mu20,
        "11": mu11,
        "02": mu02,
        "30": m["m30"] - 3 * x * m["m20"] + 2 * x * x * m["m10"],
        "21": m["m21"] - 2 * x * m["m11"] - y * m["m20"] + 2 * x * x * m["m01"],
        "12": m["m12"] - 2 * y * m["m11"] - x * m["m02"] + 2 * y * y * m["m10"],
        "03": m["m03"] - 3 * y * m["m02"] + 2 * y * y * m["m01"],
    }
    spatial = {name: m[name] for name in ("m00", "m10", "m01", "m20", "m11", "m02", "m30", "m21", "m12", "m03")}
    powers = {2: area**2, 3: area**2.5}
    return {
        **spatial,
        **{f"mu{order}": value for order, value in central.items()},
        **{f"nu{order}": value / powers[int(order[0]) + int(order[1])] for order, value in central.items()},
    }
