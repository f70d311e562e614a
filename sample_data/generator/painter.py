"""Drawing on a canvas: flat, shaded polygons, hulls of balls, strokes; with an item number per pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .camera import NEAR_M, View, clip_near
from .lighting import Color, Light

_SHIFT = 4  # fractional bits of the coordinates that OpenCV is given
_ANGLES = np.linspace(0.0, 2.0 * np.pi, 18, endpoint=False)
CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
"""Points (18, 2) of the unit circle."""
_FINE_ANGLES = np.linspace(0.0, 2.0 * np.pi, 54, endpoint=False)
_FINE_CIRCLE = np.stack([np.cos(_FINE_ANGLES), np.sin(_FINE_ANGLES)], axis=1)


@dataclass(frozen=True, slots=True)
class Glow:
    """A light that shines into the lens: where (canvas pixels), how wide, which colour, from which item and depth."""

    u: float
    v: float
    radius: float
    color: np.ndarray
    item: int
    depth: float


class Painter:
    """Draws world shapes through a view.

    Attributes:
        color: uint8 (height, width, 3) RGB canvas.
        items: uint16 (height, width), the item drawn last at each pixel, or None where nobody needs it.
        glows: lights to be added when everything is drawn.
    """

    def __init__(self, view: View, light: Light, color: np.ndarray, items: np.ndarray | None = None) -> None:
        self.view = view
        self.light = light
        self.color = color
        self.items = items
        self.glows: list[Glow] = []
        self._item = 0
        self._alone: np.ndarray | None = None
        self._bounds = np.zeros(4)
        self._record = False
        self._eye = view.eye

    def begin(self, item: int, record: bool) -> None:
        """What is drawn from now on is ``item``; ``record`` also measures how much of it the frame could show."""
        self._item = item
        self._record = record and self.items is not None
        self._bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])
        if self._record and self._alone is None:
            self._alone = np.zeros(self.color.shape[:2], np.uint8)

    def end(self) -> tuple[int, np.ndarray]:
        """Area in frame pixels that the item would cover if nothing hid it, and its hull x0, y0, x1, y1 (canvas)."""
        if not self._record or self._alone is None or not np.isfinite(self._bounds).all():
            return 0, self._bounds
        height, width = self._alone.shape
        x0, y0 = (max(0, int(value) // 2 * 2 - 4) for value in self._bounds[:2])
        x1, y1 = min(width, int(self._bounds[2]) + 5), min(height, int(self._bounds[3]) + 5)
        if x1 <= x0 or y1 <= y0:
            return 0, self._bounds
        area = int(np.count_nonzero(self._alone[y0:y1:2, x0:x1:2]))
        self._alone[y0:y1, x0:x1] = 0
        return area, self._bounds

    def _note(self, uv: np.ndarray, margin: float = 0.0) -> None:
        self._bounds[:2] = np.minimum(self._bounds[:2], uv.min(axis=0) - margin)
        self._bounds[2:] = np.maximum(self._bounds[2:], uv.max(axis=0) + margin)

    def polygon(self, uv: np.ndarray, color: np.ndarray) -> None:
        """Fill canvas points (n, 2) with a final colour."""
        points = np.rint((np.clip(uv, -30000, 30000) - 0.5) * (1 << _SHIFT)).astype(np.int32)
        red, green, blue = np.clip(color, 0.0, 1.0) * 255.0
        cv2.fillPoly(self.color, [points], (float(red), float(green), float(blue)), cv2.LINE_AA, _SHIFT)
        if self.items is not None:
            cv2.fillPoly(self.items, [points], float(self._item), cv2.LINE_8, _SHIFT)
            if self._record and self._alone is not None:
                cv2.fillPoly(self._alone, [points], 1.0, cv2.LINE_8, _SHIFT)
                self._note(uv)

    def faces_camera(self, normal: np.ndarray, point: np.ndarray) -> bool:
        return float(normal @ (self._eye - point)) > 0.0

    def face(self, points: np.ndarray, color: Color | np.ndarray, normal: np.ndarray, glowing: float = 0.0) -> None:
        """Fill a flat polygon (n, 3); ``glowing`` (0..1) is the share of its colour that needs no light."""
        points = clip_near(np.asarray(points, dtype=np.float64))
        if len(points) < 3:
            return
        middle = points.mean(axis=0)
        shaded = self.light.shade(color, normal, middle)
        if glowing > 0.0:
            shaded = shaded + glowing * (self.light.through_haze(color, float(middle[2]) * 0.6) - shaded)
        self.polygon(self.view.project(points), shaded)

    def quads(
        self, quads: np.ndarray, colors: np.ndarray, normal: np.ndarray, glowing: np.ndarray | None = None
    ) -> None:
        """Fill many quads (n, 4, 3) that share a normal; those that reach behind the camera are clipped."""
        for index, quad in enumerate(quads):
            if quad[:, 2].max() > NEAR_M:
                self.face(quad, colors[index], normal, 0.0 if glowing is None else float(glowing[index]))

    def blob(self, balls: np.ndarray, color: Color | np.ndarray, highlight: float = 0.16, glowing: float = 0.0) -> None:
        """Fill the hull of balls (n, 4: x, y, z, radius), with a lighter side towards the sun."""
        balls = np.asarray(balls, dtype=np.float64).reshape(-1, 4)
        if balls[:, 2].min() < NEAR_M:
            return
        centers = self.view.project(balls[:, :3])
        radii = self.view.focal * balls[:, 3] / balls[:, 2]
        sun = self.light.sun_direction
        middle = balls[:, :3].mean(axis=0)
        side = np.array([np.sign(sun[0]) * 0.35, 0.35, -0.85])
        shaded = self.light.shade(np.asarray(color) * (1.0 - highlight), side, middle)
        if glowing > 0.0:
            shaded = shaded + glowing * (np.asarray(color) - shaded)
        self.polygon(_hull(centers, radii), shaded)
        if highlight > 0.0 and radii.max() > 3.5:
            shift = np.array([0.24 * np.sign(sun[0]), 0.14 if self.view.mirrored else -0.14])
            lit = self.light.shade(np.asarray(color) * (1.0 + 0.6 * highlight), side, middle)
            if glowing > 0.0:
                lit = lit + glowing * (np.asarray(color) - lit)
            self.polygon(_hull(centers + radii[:, None] * shift, radii * 0.70), lit)

    def stroke(self, points: np.ndarray, width_m: float, color: Color | np.ndarray, closed: bool = False) -> None:
        """Draw a line of world points (n, 3), as thick as a tube of that width."""
        points = np.asarray(points, dtype=np.float64)
        depth = float(points[:, 2].mean())
        if points[:, 2].min() < NEAR_M:
            return
        shaded = self.light.shade(color, np.array([0.0, 0.3, -0.95]), points.mean(axis=0))
        uv = self.view.project(points)
        fixed = np.rint((np.clip(uv, -30000, 30000) - 0.5) * (1 << _SHIFT)).astype(np.int32)
        thickness = max(2, round(self.view.pixels_per_metre(depth) * width_m))
        red, green, blue = np.clip(shaded, 0.0, 1.0) * 255.0
        rgb = (float(red), float(green), float(blue))
        cv2.polylines(self.color, [fixed], closed, rgb, thickness, cv2.LINE_AA, _SHIFT)
        if self.items is not None:
            cv2.polylines(self.items, [fixed], closed, float(self._item), thickness, cv2.LINE_8, _SHIFT)
            if self._record and self._alone is not None:
                cv2.polylines(self._alone, [fixed], closed, 1.0, thickness, cv2.LINE_8, _SHIFT)
                self._note(uv, thickness / 2 + 1)

    def glow(self, point: np.ndarray, radius_m: float, color: Color | np.ndarray, strength: float = 1.0) -> None:
        """Let a light at ``point`` shine into the lens."""
        if point[2] < NEAR_M:
            return
        u, v = self.view.project(np.asarray(point, dtype=np.float64))
        radius = float(np.clip(self.view.pixels_per_metre(point[2]) * radius_m, 4.0, self.view.height * 0.22))
        fade = float(np.exp(-point[2] / (4.0 * self.light.haze_distance_m)))
        self.glows.append(Glow(u, v, radius, np.asarray(color) * strength * fade, self._item, float(point[2])))


def _hull(centers: np.ndarray, radii: np.ndarray) -> np.ndarray:
    circle = CIRCLE if radii.max() < 30.0 else _FINE_CIRCLE
    points = (centers[:, None, :] + np.maximum(radii, 0.75)[:, None, None] * circle[None]).reshape(-1, 2)
    if len(centers) == 1:
        return points
    return cv2.convexHull(points.astype(np.float32))[:, 0, :].astype(np.float64)
