"""Outlines and lines as files have them: those that are too short, and those that cross themselves."""

from __future__ import annotations

from typing import Final

import numpy as np

from predscope.geometry import Paths, segment_reduce, segment_sum

MAX_PAIRS: Final = 300_000
"""Pairs of edges compared in one call (0.1 s)."""
_MAX_POINTS: Final = 400
"""Of an outline: pairs of its edges grow with the square."""


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
    for all of them (H. Whitney, On regular closed curves in the plane, 1937). Pairs of edges are compared for rings
    that turn otherwise than once, and for as many of the others as ``MAX_PAIRS`` allow.

    Args:
        polygons: every ring holds whole points, at least three.

    Returns:
        bool (n,); False for what was not looked at.
    """
    crossing = np.zeros(len(polygons), bool)
    points = np.diff(polygons.path_starts) // 2
    costs = np.where((points > 3) & (points <= _MAX_POINTS), points * (points - 1) // 2, 0)
    order = np.argsort(_turn_once(polygons), kind="stable")  # those that do not, first
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


def _turn_once(polygons: Paths) -> np.ndarray:
    """bool (rings,): whether the edges of a ring turn by one whole turn, as those of every simple ring do."""
    starts = polygons.path_starts // 2
    xy = polygons.values[: 2 * starts[-1]].reshape(-1, 2)
    following, previous = np.arange(1, len(xy) + 1), np.arange(-1, len(xy) - 1)
    filled = np.diff(starts) > 0
    first, last = starts[:-1][filled], starts[1:][filled] - 1
    following[last], previous[first] = first, last
    ahead = xy[following] - xy
    behind = ahead[previous]
    cross = behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0]
    turns = segment_sum(np.arctan2(cross, (behind * ahead).sum(axis=1)), starts) / (2 * np.pi)
    result: np.ndarray = np.abs(np.abs(turns) - 1) < 0.01
    return result


def _rings_cross(rings: np.ndarray) -> np.ndarray:
    """bool (k,): rings (k, points, 2) with two edges that properly cross."""
    count = rings.shape[1]
    first, second = np.triu_indices(count, 2)  # edges that share a point cannot cross
    apart = ~((first == 0) & (second == count - 1))
    first, second = first[apart], second[apart]
    following = np.roll(rings, -1, axis=1)
    result = np.zeros(len(rings), bool)
    step = max(1, 200_000 // max(len(first), 1))
    for start in range(0, len(rings), step):
        a, b = rings[start : start + step, first], following[start : start + step, first]
        c, d = rings[start : start + step, second], following[start : start + step, second]
        # Two segments properly cross if the ends of each lie on different sides of the other.
        parted = (_side(a, b, c) * _side(a, b, d) < 0) & (_side(c, d, a) * _side(c, d, b) < 0)
        result[start : start + step] = parted.any(axis=1)
    return result


def _side(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> np.ndarray:
    """-1, 0 or 1 (rings, pairs): on which side of the line through a and b the point p lies."""
    cross = (b[..., 0] - a[..., 0]) * (p[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (p[..., 0] - a[..., 0])
    scale = np.abs(b - a).sum(axis=-1) * np.abs(p - a).sum(axis=-1)
    return np.where(np.abs(cross) <= 1e-9 * scale, 0, np.sign(cross))
