"""What stands or moves in a scene, and how the renderer draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .painter import Painter
from .solids import Pose


class Drawable(Protocol):
    """A shape that knows how to draw itself. Drawing has no randomness: reflections draw it a second time."""

    def draw(self, painter: Painter) -> None: ...


@dataclass(slots=True)
class Actor:
    """One item of a scene.

    Attributes:
        shape: draws it.
        sort_depth: z in metres; items are drawn from far to near.
        class_name: its class when it is labelled, else None (scenery).
        object_key: items with the same key are one object (a crowd).
        is_crowd: labelled as one region of many.
        footprint: ground points (n, 2: x, z) that its shadow starts from, or None: no shadow.
        height_m: height that throws the shadow.
        keypoints: (17, 3) world points of a person, or None.
        facing: what a person looks at, a unit vector (3,), with ``keypoints``.
        attributes: facts for the label ("body": "sedan", ...).
        track_id: the same in every frame of a sequence.
    """

    shape: Drawable
    sort_depth: float
    class_name: str | None = None
    object_key: str | None = None
    is_crowd: bool = False
    footprint: np.ndarray | None = None
    height_m: float = 0.0
    keypoints: np.ndarray | None = None
    facing: np.ndarray | None = None
    attributes: dict[str, str] | None = None
    track_id: str | None = None


def box_footprint(pose: Pose, length_m: float, width_m: float) -> np.ndarray:
    """Corners (4, 2: x, z) of something that stands on the ground."""
    half_length, half_width = length_m / 2, width_m / 2
    corners = [(-half_length, 0, -half_width), (half_length, 0, -half_width), (half_length, 0, half_width)]
    return pose.world(np.array([*corners, (-half_length, 0, half_width)], dtype=np.float64))[:, [0, 2]]
