"""Rotated boxes: the area that two of them share, for many pairs at once."""

from __future__ import annotations

import numpy as np

_CORNERS = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])


def shared_areas(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """float64 (n,): areas of the intersections of pairs of rotated boxes, pixels^2.

    Seen from the first box, which then stands upright, the area of the second inside it is an integral around the
    second (Green's theorem): over each side, where it is between the top and the bottom of the first, of how far it
    lies to the right of the first's left side, at most its width.

    Args:
        first, second: float64 (n, 5): cx, cy, w, h, angle in radians.
    """
    shift = second[:, :2] - first[:, :2]
    cos, sin = np.cos(first[:, 4]), np.sin(first[:, 4])
    centre = np.stack([shift[:, 0] * cos + shift[:, 1] * sin, shift[:, 1] * cos - shift[:, 0] * sin], axis=1)
    angle = second[:, 4] - first[:, 4]
    cos, sin = np.cos(angle), np.sin(angle)
    places = _CORNERS * second[:, None, 2:4]  # (n, 4, 2), in the second's own directions
    x = centre[:, 0, None] + places[:, :, 0] * cos[:, None] - places[:, :, 1] * sin[:, None]
    y = centre[:, 1, None] + places[:, :, 0] * sin[:, None] + places[:, :, 1] * cos[:, None]
    x += first[:, 2, None] / 2  # from the left side of the first
    y += first[:, 3, None] / 2  # from its top
    width, height = first[:, 2, None], first[:, 3, None]
    rise, run = np.roll(y, -1, axis=1) - y, np.roll(x, -1, axis=1) - x
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [np.where(rise == 0, 0.0, (np.clip(end, 0, height) - y) / rise) for end in (y, y + rise)]
    near, far = (x + share * run for share in ends)
    step = far - near
    is_steep = np.abs(step) < 1e-7 * (width + np.abs(near))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (_integral(far, width) - _integral(near, width)) / step
    mean = np.where(is_steep, np.clip((near + far) / 2, 0, width), mean)
    return np.abs((mean * (ends[1] - ends[0]) * rise).sum(axis=1))


def _integral(x: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Of what of 0 to x lies in 0 to ``width``."""
    inside = np.clip(x, 0, width)
    return inside * inside / 2 + width * np.maximum(x - width, 0)
