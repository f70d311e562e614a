"""Dogs, trotting beside somebody or alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .actors import Actor
from .lighting import Color, mix, palette
from .painter import Painter
from .persons import round_footprint
from .solids import Pose

_COATS: Final = palette("8a5a34 c99a5b f0e4d0 2f2a28 6f6257 b9763f")
Ball = tuple[float, float, float, float]


@dataclass(slots=True)
class Dog:
    """A dog that trots."""

    pose: Pose
    coat: Color
    size: float
    phase: float

    def draw(self, painter: Painter) -> None:
        size, dark = self.size, np.multiply(self.coat, 0.78)
        parts: list[tuple[list[Ball], Color | np.ndarray]] = []
        for forward, offset in ((0.26, 0.0), (-0.26, np.pi)):
            for sign in (-1.0, 1.0):
                swing = 0.11 * np.sin(self.phase + offset + (0 if sign > 0 else np.pi))
                tone = self.coat if sign > 0 else dark
                parts.append(
                    ([(forward, 0.36, sign * 0.085, 0.062), (forward + swing * 0.5, 0.2, sign * 0.085, 0.038)], tone)
                )
                parts.append(
                    (
                        [
                            (forward + swing * 0.5, 0.2, sign * 0.085, 0.036),
                            (forward + swing, 0.04, sign * 0.085, 0.036),
                        ],
                        tone,
                    )
                )
        wag = 0.08 * np.sin(self.phase * 1.7)
        parts.append(([(-0.34, 0.47, 0.0, 0.04), (-0.52, 0.66, wag, 0.025)], self.coat))
        parts.append(([(0.30, 0.46, 0.0, 0.13), (-0.28, 0.44, 0.0, 0.115)], self.coat))
        parts.append(([(0.34, 0.50, 0.0, 0.095), (0.46, 0.66, 0.0, 0.08)], self.coat))
        parts.append(([(0.48, 0.70, 0.0, 0.10)], self.coat))
        parts.append(([(0.54, 0.675, 0.0, 0.066), (0.66, 0.655, 0.0, 0.046)], mix(self.coat, (1, 0.95, 0.88), 0.25)))
        parts.append(([(0.70, 0.668, 0.0, 0.022)], (0.10, 0.09, 0.09)))
        for sign in (-1.0, 1.0):
            parts.append(([(0.44, 0.76, sign * 0.075, 0.04), (0.42, 0.65, sign * 0.10, 0.034)], dark))
        parts.append(([(0.37, 0.555, 0.0, 0.098)], (0.80, 0.22, 0.20)))
        world = []
        for balls, color in parts:
            scaled = [(f * size, u * size, r * size, radius * size) for f, u, r, radius in balls]
            world.append((self.pose.balls(scaled), color))
        legs, rest = world[:8], world[8:]
        for balls, color in [
            *sorted(legs, key=lambda part: -float(part[0][:, 2].mean())),
            *sorted(rest, key=lambda part: -float(part[0][:, 2].mean())),
        ]:
            painter.blob(balls, color)


@dataclass(slots=True)
class Leash:
    """A leash that sags a little."""

    collar: np.ndarray
    hand: np.ndarray

    def draw(self, painter: Painter) -> None:
        sag = (self.collar + self.hand) / 2 - np.array([0.0, 0.14, 0.0])
        painter.stroke(np.array([self.collar, sag, self.hand]), 0.014, (0.62, 0.18, 0.16))


def make_dog(
    pose: Pose,
    rng: np.random.Generator,
    *,
    on_leash: bool = False,
    phase: float | None = None,
    track_id: str | None = None,
) -> Actor:
    """A dog."""
    size = float(rng.uniform(0.72, 1.12))
    phase = float(rng.uniform(0, 2 * np.pi)) if phase is None else phase
    return Actor(
        shape=Dog(pose, _COATS[rng.integers(len(_COATS))], size, phase),
        sort_depth=pose.z,
        class_name="dog",
        footprint=round_footprint(pose, 0.3 * size),
        height_m=0.5,
        attributes={"leash": "yes" if on_leash else "no"},
        track_id=track_id,
    )


def make_leashed_dog(pose: Pose, hand: np.ndarray, rng: np.random.Generator) -> list[Actor]:
    """A dog, and its leash to the hand (3,) that holds it; the leash is scenery."""
    dog = make_dog(pose, rng, on_leash=True)
    collar = pose.world(np.array([0.32, 0.50, 0.0]))
    return [dog, Actor(Leash(collar, hand), pose.z + 0.01)]
