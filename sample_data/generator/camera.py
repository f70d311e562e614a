"""The camera: a pinhole with a shifted lens, so that upright things stay upright in the picture.

World coordinates are metres: x to the right, y up, z away from the camera, the ground at y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

NEAR_M = 0.8
"""Nothing nearer than this is drawn."""


@dataclass(frozen=True, slots=True)
class View:
    """A camera and the canvas it looks through; all lengths on the canvas are its own pixels.

    Attributes:
        width, height: canvas size in pixels.
        focal: pixels a metre covers at one metre distance.
        center_u: where the street vanishes, pixels from the left.
        horizon_v: the horizon, pixels from the top.
        eye_x, eye_y: the camera's place in metres (its z is 0).
        mirrored: looks at the world's mirror image in a wet road instead.
    """

    width: int
    height: int
    focal: float
    center_u: float
    horizon_v: float
    eye_x: float
    eye_y: float
    mirrored: bool = False

    @property
    def eye(self) -> np.ndarray:
        """Where the camera stands, (3,); below the ground when it looks at reflections."""
        return np.array([self.eye_x, -self.eye_y if self.mirrored else self.eye_y, 0.0])

    def scaled(self, factor: float, mirrored: bool = False) -> View:
        """The same camera on a canvas ``factor`` times as large."""
        return replace(
            self,
            width=round(self.width * factor),
            height=round(self.height * factor),
            focal=self.focal * factor,
            center_u=self.center_u * factor,
            horizon_v=self.horizon_v * factor,
            mirrored=mirrored,
        )

    def project(self, points: np.ndarray) -> np.ndarray:
        """Canvas coordinates (..., 2) of world points (..., 3)."""
        depth = np.maximum(points[..., 2], NEAR_M)
        height = -points[..., 1] if self.mirrored else points[..., 1]
        u = self.center_u + self.focal * (points[..., 0] - self.eye_x) / depth
        v = self.horizon_v + self.focal * (self.eye_y - height) / depth
        return np.stack([u, v], axis=-1)

    def pixels_per_metre(self, depth: float) -> float:
        return self.focal / max(depth, NEAR_M)

    def ground_at(self, v: np.ndarray) -> np.ndarray:
        """Distance z in metres of the ground seen at rows ``v`` (infinite at and above the horizon)."""
        below = np.asarray(v, dtype=np.float64) - self.horizon_v
        return np.where(below > 1e-3, self.focal * self.eye_y / np.maximum(below, 1e-3), np.inf)


def clip_near(points: np.ndarray) -> np.ndarray:
    """The part of a polygon (n, 3) that lies beyond ``NEAR_M``; empty (0, 3) when there is none."""
    inside = points[:, 2] >= NEAR_M
    if inside.all():
        return points
    kept = []
    for index, current in enumerate(points):
        previous = points[index - 1]
        if inside[index] != inside[index - 1]:
            share = (NEAR_M - previous[2]) / (current[2] - previous[2])
            kept.append(previous + share * (current - previous))
        if inside[index]:
            kept.append(current)
    return np.array(kept) if len(kept) >= 3 else np.empty((0, 3))
