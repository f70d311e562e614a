"""What all vehicles have: panes, wheels, lamps."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from .lighting import Color, mix
from .painter import Painter
from .solids import Pose, Solid, wheel_ring

_TYRE: Final = (0.11, 0.11, 0.13)
_RIM: Final = (0.70, 0.72, 0.75)
HEADLIGHT: Final = (1.0, 0.95, 0.80)
TAIL_LIGHT: Final = (0.85, 0.10, 0.10)


def add_glass(solid: Solid, quad: np.ndarray, color: Color | np.ndarray, streak: bool = True) -> None:
    """A pane, with the slanted reflection that says glass; corners: low, high, high, low."""
    solid.add(quad, color)
    if streak:
        a, b, c, d = quad
        band = [a + (d - a) * 0.22, b + (c - b) * 0.38, b + (c - b) * 0.62, a + (d - a) * 0.46]
        solid.add(band, mix(color, (1.0, 1.0, 1.0), 0.16))


def draw_tyres(painter: Painter, pose: Pose, places: list[tuple[float, float]], radius: float) -> None:
    """The tyres' treads, seen from the front or the rear below the body."""
    for forward, side in places:
        outer = np.sign(side) * 0.04
        rings = [wheel_ring(forward, radius, side + outer, radius), wheel_ring(forward, radius, side * 0.78, radius)]
        points = painter.view.project(pose.world(np.concatenate(rings)))
        color = painter.light.shade(_TYRE, np.array([0.0, 0.0, -1.0]), np.array([pose.x, 0.3, pose.z]))
        painter.polygon(_convex(points), color)


def _convex(points: np.ndarray) -> np.ndarray:
    return cv2.convexHull(points.astype(np.float32))[:, 0, :].astype(np.float64)


def draw_wheels(painter: Painter, pose: Pose, places: list[tuple[float, float]], radius: float) -> None:
    """The wheels' discs on the flanks that the camera sees."""
    for forward, side in places:
        outward = pose.world(np.array([0.0, 0.0, np.sign(side)])) - pose.world(np.zeros(3))
        middle = pose.world(np.array([forward, radius, side]))
        if not painter.faces_camera(outward, middle):
            continue
        arch = wheel_ring(forward, radius, side * 1.0, radius * 1.2)
        arch[:, 1] = np.maximum(arch[:, 1], radius * 0.55)
        painter.face(pose.world(arch), (0.07, 0.07, 0.09), outward)
        for size, color in ((1.0, _TYRE), (0.64, _RIM), (0.50, (0.50, 0.52, 0.56)), (0.16, (0.82, 0.83, 0.85))):
            painter.face(pose.world(wheel_ring(forward, radius, side * 1.02, radius * size)), color, outward)


def draw_lamps(painter: Painter, pose: Pose, half_length: float, side: float, up: float, scale: float = 1.0) -> None:
    """Head and tail lights' glow, where they shine towards the camera."""
    if not painter.light.is_dark:
        return
    strength = 1.0 if painter.light.time_of_day == "night" else 0.55
    ahead = pose.world(np.array([1.0, 0.0, 0.0])) - pose.world(np.zeros(3))
    for sign in (-1.0, 1.0):
        front = pose.world(np.array([half_length, up, sign * side]))
        rear = pose.world(np.array([-half_length, up + 0.1, sign * side]))
        toward = float(ahead @ (painter.view.eye - front)) / max(float(np.linalg.norm(painter.view.eye - front)), 1e-6)
        if toward > 0.12:
            painter.glow(front, (0.9 + 0.5 * toward) * scale, (1.0, 0.92, 0.72), strength * (0.35 + 0.65 * toward))
        elif toward < -0.12:
            painter.glow(rear, 0.55 * scale, (1.0, 0.16, 0.12), strength * 0.8)
