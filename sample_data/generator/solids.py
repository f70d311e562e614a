"""Solid bodies: bevelled extrusions of a side view, with details laid on their faces."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .lighting import Color
from .painter import Painter

_RIM_ANGLES = np.linspace(0.0, 2.0 * np.pi, 36, endpoint=False)
_RIM = np.stack([np.cos(_RIM_ANGLES), np.sin(_RIM_ANGLES)], axis=1)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where something stands on the ground, and where it looks: heading 0 is away from the camera, in radians."""

    x: float
    z: float
    heading: float = 0.0

    def world(self, local: np.ndarray) -> np.ndarray:
        """World points (..., 3) of local points (..., 3): forward, up, to the right."""
        local = np.asarray(local, dtype=np.float64)
        sin, cos = np.sin(self.heading), np.cos(self.heading)
        forward, up, right = local[..., 0], local[..., 1], local[..., 2]
        return np.stack([self.x + forward * sin + right * cos, up, self.z + forward * cos - right * sin], axis=-1)

    def balls(self, local: list[tuple[float, float, float, float]]) -> np.ndarray:
        """World balls (n, 4) of local ones: forward, up, right, radius."""
        array = np.asarray(local, dtype=np.float64)
        return np.concatenate([self.world(array[:, :3]), array[:, 3:]], axis=1)


@dataclass(slots=True)
class _Face:
    points: np.ndarray
    color: Color | np.ndarray
    glowing: float = 0.0


@dataclass(slots=True)
class Solid:
    """A convex body in local coordinates; faces that look away from the camera are not drawn."""

    center: np.ndarray
    faces: list[_Face] = field(default_factory=list)

    def add(self, points: np.ndarray | list, color: Color | np.ndarray, glowing: float = 0.0) -> None:
        """Add a face or a detail on a face; later ones are drawn over earlier ones."""
        self.faces.append(_Face(np.asarray(points, dtype=np.float64), color, glowing))

    def draw(self, painter: Painter, pose: Pose) -> None:
        center = pose.world(self.center)
        for face in self.faces:
            points = pose.world(face.points)
            middle = points.mean(axis=0)
            normal = _newell(points)
            if normal @ (middle - center) < 0:
                normal = -normal
            if painter.faces_camera(normal, middle):
                painter.face(points, face.color, normal, face.glowing)


def _newell(points: np.ndarray) -> np.ndarray:
    """Unit normal of a nearly flat polygon."""
    following = np.roll(points, -1, axis=0)
    normal = np.cross(points, following).sum(axis=0)
    return normal / max(float(np.linalg.norm(normal)), 1e-9)


def extrude(
    outline: list[tuple[float, float]],
    half_width: float,
    color: Color,
    *,
    bevel: float = 0.06,
    top_half_width: float | None = None,
) -> Solid:
    """A body from its side view.

    Args:
        outline: forward, up; from the lower rear corner over the top to the lower front corner.
        half_width: metres from the middle to either side.
        bevel: how far the edges along the sides are cut, in metres.
        top_half_width: half width at the top, for bodies that narrow upwards.
    """
    side = np.asarray(outline, dtype=np.float64)
    low, high = side[:, 1].min(), side[:, 1].max()
    rise = (side[:, 1] - low) / max(high - low, 1e-6)
    widths = half_width + ((half_width if top_half_width is None else top_half_width) - half_width) * rise
    middle = side.mean(axis=0)
    offset = side - middle
    inner = middle + offset * (1.0 - bevel / np.maximum(np.abs(offset).max(axis=0), bevel * 2))
    solid = Solid(np.array([middle[0], middle[1], 0.0]))
    for sign in (-1.0, 1.0):
        flank = np.column_stack([inner, sign * widths])
        solid.add(flank, color)
        edge = np.column_stack([side, sign * (widths - bevel)])
        for index in range(len(side) - 1):
            solid.add([flank[index], flank[index + 1], edge[index + 1], edge[index]], np.asarray(color) * 1.04)
    for index in range(len(side) - 1):
        a, b = side[index], side[index + 1]
        wa, wb = widths[index] - bevel, widths[index + 1] - bevel
        solid.add([(a[0], a[1], -wa), (b[0], b[1], -wb), (b[0], b[1], wb), (a[0], a[1], wa)], color)
    return solid


def wheel_ring(forward: float, up: float, side: float, radius: float) -> np.ndarray:
    """Points (36, 3) of a wheel's rim, local."""
    return np.column_stack([forward + radius * _RIM[:, 0], up + radius * _RIM[:, 1], np.full(len(_RIM), side)])


def across(
    first: tuple[float, float], second: tuple[float, float], left: float, right: float, out: float = 0.0
) -> np.ndarray:
    """A quad between two (forward, up) lines, from ``left`` to ``right`` across the body."""
    return np.array(
        [
            (first[0] + out, first[1], left),
            (second[0] + out, second[1], left),
            (second[0] + out, second[1], right),
            (first[0] + out, first[1], right),
        ]
    )


def along(outline: list[tuple[float, float]] | np.ndarray, side: float) -> np.ndarray:
    """A polygon of (forward, up) points on the flank at ``side``."""
    points = np.asarray(outline, dtype=np.float64)
    return np.column_stack([points, np.full(len(points), side)])
