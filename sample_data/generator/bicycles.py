"""Bicycles, parked or with a rider."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from .actors import Actor
from .lighting import Color, palette
from .painter import CIRCLE, Painter
from .persons import Person, make_look, riding_joints
from .solids import Pose

_BIKES: Final = palette("c8384f 2a7f9e e9a13b 3f8f5f 30343b e8e2d6")


@dataclass(slots=True)
class Bicycle:
    """Wheels, frame, saddle and handlebar as tubes: one sees through it."""

    pose: Pose
    paint: Color
    phase: float = 0.0
    wheel: float = 0.345

    def draw(self, painter: Painter) -> None:
        radius, metal, black = self.wheel, (0.66, 0.68, 0.70), (0.10, 0.10, 0.12)
        detailed = painter.view.pixels_per_metre(self.pose.z) > 90
        for middle in (-0.53, 0.53):
            ring = np.column_stack([middle + radius * CIRCLE[:, 0], radius + radius * CIRCLE[:, 1], np.zeros(18)])
            if detailed:
                for angle in np.arange(6) * np.pi / 6 + self.phase:
                    spoke = radius * np.array([np.cos(angle), np.sin(angle)])
                    ends = [(middle - spoke[0], radius - spoke[1], 0.0), (middle + spoke[0], radius + spoke[1], 0.0)]
                    painter.stroke(self.pose.world(np.array(ends)), 0.004, (0.55, 0.57, 0.6))
            painter.stroke(self.pose.world(ring), 0.050, black, closed=True)
        crank, seat, bars = (-0.06, 0.30, 0.0), (-0.22, 0.86, 0.0), (0.40, 0.92, 0.0)
        lines = [
            ([(-0.53, radius, 0), crank, seat, (-0.53, radius, 0)], 0.036, self.paint),
            ([seat, (0.37, 0.80, 0), crank], 0.042, self.paint),
            ([bars, (0.53, radius, 0)], 0.042, self.paint),
            ([(-0.22, 0.80, 0), (-0.24, 0.94, 0)], 0.036, metal),
            ([(-0.36, 0.95, 0), (-0.12, 0.96, 0)], 0.075, black),
            ([(0.38, 0.97, -0.24), (0.42, 1.02, 0.0), (0.38, 0.97, 0.24)], 0.036, metal),
        ]
        for points, width, color in lines:
            painter.stroke(self.pose.world(np.array(points, dtype=np.float64)), width, color)
        if painter.light.is_dark:
            painter.glow(self.pose.world(np.array([0.55, 0.85, 0.0])), 0.35, (1.0, 0.93, 0.78), 0.5)


def make_cyclist(
    pose: Pose, rng: np.random.Generator, *, phase: float | None = None, track_id: str | None = None
) -> list[Actor]:
    """A bicycle and its rider, two objects."""
    look = make_look(rng, False)
    look = replace(look, height=1.72, legs="trousers", hair_style="hat")
    phase = float(rng.uniform(0, 2 * np.pi)) if phase is None else phase
    rider = Person(pose, look, riding_joints(1.72, phase))
    bicycle = Bicycle(pose, _BIKES[rng.integers(len(_BIKES))], phase)
    footprint = np.array([[pose.x, pose.z]]) + np.array([[-0.2, -0.2], [0.2, -0.2], [0.2, 0.2], [-0.2, 0.2]])
    rider_track = None if track_id is None else f"{track_id}-rider"
    return [
        Actor(
            shape=bicycle,
            sort_depth=pose.z + 0.02,
            class_name="bicycle",
            footprint=footprint,
            height_m=1.0,
            attributes={"ridden": "yes"},
            track_id=track_id,
        ),
        Actor(
            shape=rider,
            sort_depth=pose.z - 0.02,
            class_name="person",
            height_m=1.7,
            keypoints=rider.keypoints(),
            facing=rider.facing(),
            attributes={"pose": "riding"},
            track_id=rider_track,
        ),
    ]


def make_parked_bicycle(pose: Pose, rng: np.random.Generator) -> Actor:
    """A bicycle without a rider."""
    bicycle = Bicycle(pose, _BIKES[rng.integers(len(_BIKES))], float(rng.uniform(0, np.pi)))
    ends = pose.world(np.array([[-0.8, 0, -0.1], [0.8, 0, -0.1], [0.8, 0, 0.1], [-0.8, 0, 0.1]]))[:, [0, 2]]
    return Actor(bicycle, pose.z, "bicycle", None, False, ends, 0.5, attributes={"ridden": "no"})
