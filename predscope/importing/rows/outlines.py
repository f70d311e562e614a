"""Outlines and lines as files have them: those that are too short, and those that cross themselves."""

from __future__ import annotations

from typing import Final

import numpy as np

from predscope.geometry import Paths, segment_reduce, segment_sum

MAX_PAIRS: Final = 300_000
"""Pairs of edges compared in one call, which is a batch of objects (0.02 s)."""
MAX_POINTS: Final = 400
"""Of an outline whose edges are compared: their pairs grow with the square."""
_MATRIX_ENTRIES: Final = 50_000
"""Pairs of an edge and a point that are held at a time."""


def any_not_finite(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """bool (n,): segments of the values that hold a NaN or an infinite number."""
    bad = ~np.isfinite(values)
    if not bad.any():
        return np.zeros(len(starts) - 1, bool)
    return segment_reduce(np.logical_or, bad, starts, False).astype(bool)


def whole_points(paths: Paths, *, is_polygon: bool) -> tuple[Paths, np.ndarray]:
    """Paths without those that are too short or broken, and which objects lost any."""
    drop = paths.unusable_paths(is_polygon=is_polygon)
    dropped = np.zeros(len(paths), bool)
    if not drop.any():
        return paths, dropped
    dropped[paths.objects_of_paths()[drop]] = True
    return paths.without_paths(drop), dropped


def cross_themselves(polygons: Paths) -> np.ndarray:
    """Which polygons have a ring two of whose edges properly cross; touching is not crossing.

    A ring that crosses itself an odd number of times turns round itself an even number of times, which is found fast
    for all of them (H. Whitney, On regular closed curves in the plane, 1937), and one that turns once, and never back,
    is convex. Pairs of edges are compared for rings that turn otherwise than once, and for as many of the others as
    ``MAX_PAIRS`` allow.

    Args:
        polygons: every ring holds whole points, at least three.

    Returns:
        bool (n,); False for what was not looked at.
    """
    crossing = np.zeros(len(polygons), bool)
    points = np.diff(polygons.path_starts) // 2
    turn_once, is_convex = _turns(polygons)
    costs = np.where((points > 3) & (points <= MAX_POINTS) & ~is_convex, points * (points - 1) // 2, 0)
    order = np.argsort(turn_once, kind="stable")  # those that do not, first
    order = order[costs[order] > 0]
    rings = order[np.cumsum(costs[order]) <= MAX_PAIRS]
    owners = polygons.objects_of_paths()
    xy = polygons.values[: len(polygons.values) // 2 * 2].reshape(-1, 2)
    first_points = polygons.path_starts[:-1] // 2
    for count in np.unique(points[rings]).tolist():
        group = rings[points[rings] == count]
        found = _rings_cross(xy[first_points[group][:, None] + np.arange(count)])
        crossing[owners[group[found]]] = True
    return crossing


def _turns(polygons: Paths) -> tuple[np.ndarray, np.ndarray]:
    """bool (rings,) twice: whether the edges of a ring turn by one whole turn, and whether they never turn back then.

    The edges of every simple ring turn by one whole turn.
    """
    starts = polygons.path_starts // 2
    xy = polygons.values[: 2 * starts[-1]].reshape(-1, 2)
    following, previous = np.arange(1, len(xy) + 1), np.arange(-1, len(xy) - 1)
    filled = np.diff(starts) > 0
    first, last = starts[:-1][filled], starts[1:][filled] - 1
    following[last], previous[first] = first, last
    ahead = xy[following] - xy
    behind = ahead[previous]
    cross = behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0]
    dot = behind[:, 0] * ahead[:, 0] + behind[:, 1] * ahead[:, 1]
    turns = segment_sum(np.arctan2(cross, dot), starts) / (2 * np.pi)
    once = np.abs(np.abs(turns) - 1) < 0.01
    to_left, to_right = (segment_sum((cross * side > 0).astype(np.float64), starts) > 0 for side in (1, -1))
    return once, once & ~(to_left & to_right)


def _rings_cross(rings: np.ndarray) -> np.ndarray:
    """bool (k,): rings (k, points, 2) with two edges that properly cross."""
    result = np.zeros(len(rings), bool)
    step = max(1, _MATRIX_ENTRIES // rings.shape[1] ** 2)
    for start in range(0, len(rings), step):
        x, y = rings[start : start + step, :, 0], rings[start : start + step, :, 1]
        edge_x, edge_y = np.roll(x, -1, axis=1) - x, np.roll(y, -1, axis=1) - y
        # On which side of the line through edge i the point j lies: (k, i, j). Edges that share a point cannot cross:
        # of their own line a point is on neither side.
        side = edge_x[:, :, None] * (y[:, None] - y[:, :, None]) - edge_y[:, :, None] * (x[:, None] - x[:, :, None])
        extent = np.ptp(x, axis=1) + np.ptp(y, axis=1)
        blur = (1e-9 * extent[:, None] * (np.abs(edge_x) + np.abs(edge_y)))[:, :, None]
        left, right = side > blur, side < -blur
        # Two segments properly cross if the ends of each lie on different sides of the other.
        parted = (left & np.roll(right, -1, axis=2)) | (right & np.roll(left, -1, axis=2))
        result[start : start + step] = (parted & parted.transpose(0, 2, 1)).any(axis=(1, 2))
    return result
