"""Trees, street lamps, traffic lights, benches and bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .actors import Actor
from .lighting import Color, mix, palette
from .painter import CIRCLE, Painter
from .solids import Pose, across, extrude

_LEAVES: Final = palette("5f9e4f 7cb05a 4f8f63 a3b24d d9a441 c9713f e8a5b0")
_METAL: Final = (0.22, 0.25, 0.27)
SIGNALS: Final = {"red": (1.0, 0.20, 0.16), "amber": (1.0, 0.72, 0.16), "green": (0.25, 0.92, 0.48)}


@dataclass(slots=True)
class Tree:
    """A trunk and a crown of balls, the darker ones behind."""

    x: float
    z: float
    height: float
    leaf: Color
    balls: np.ndarray

    def draw(self, painter: Painter) -> None:
        trunk = (0.40, 0.29, 0.22)
        base = np.array([[self.x, 0.0, self.z, 0.17], [self.x, self.height * 0.6, self.z, 0.11]])
        painter.blob(base, trunk)
        for sign in (-1.0, 1.0):
            branch = [[self.x, self.height * 0.45, self.z], [self.x + sign * 0.6, self.height * 0.68, self.z]]
            painter.stroke(np.array(branch), 0.12, trunk)
        for index, ball in enumerate(self.balls):
            tone = 0.72 + 0.38 * index / len(self.balls)
            painter.blob(ball, np.multiply(self.leaf, tone), 0.14)
        sun = np.sign(painter.light.sun_direction[0])
        for ball in self.balls[1::2]:
            for shift, size in ((0.35, 0.22), (0.05, 0.15), (0.5, 0.12)):
                spot = ball + np.array([sun * shift * ball[3], 0.35 * ball[3] - 0.3 * shift * ball[3], -0.2, 0.0])
                spot[3] = ball[3] * size
                painter.blob(spot, np.multiply(self.leaf, 1.22), 0.0)


@dataclass(slots=True)
class Lamp:
    """A street lamp whose arm reaches over the road."""

    x: float
    z: float
    reach: float
    height: float = 5.6

    def draw(self, painter: Painter) -> None:
        top = np.array([self.x, self.height, self.z])
        head = top + np.array([self.reach, 0.12, 0.0])
        painter.stroke(np.array([[self.x, 0.0, self.z], [self.x, 0.9, self.z]]), 0.20, _METAL)
        painter.stroke(np.array([[self.x, 0.0, self.z], top]), 0.11, _METAL)
        painter.stroke(np.array([top - [0, 0.5, 0], np.add(top, (self.reach * 0.3, 0.05, 0.0)), head]), 0.08, _METAL)
        lit = painter.light.is_dark
        bulb = np.array([[*(head - [0.28, 0.02, 0]), 0.09], [*np.add(head, (0.28, -0.02, 0.0)), 0.09]])
        painter.blob(np.add(bulb, (0.0, 0.07, 0.0, 0.0)), _METAL)
        painter.blob(bulb, (1.0, 0.93, 0.72) if lit else (0.85, 0.87, 0.86), 0.0, 1.0 if lit else 0.0)
        if lit:
            strength = 1.0 if painter.light.time_of_day == "night" else 0.6
            painter.glow(head, 1.7, painter.light.lamp_color, 0.75 * strength)
            painter.glow(head, 0.45, (1.0, 0.95, 0.82), strength)


@dataclass(slots=True)
class SignalPost:
    """The post that carries a traffic light."""

    x: float
    z: float
    height: float

    def draw(self, painter: Painter) -> None:
        painter.stroke(np.array([[self.x, 0.0, self.z], [self.x, self.height, self.z]]), 0.10, _METAL)
        painter.stroke(np.array([[self.x, 0.0, self.z], [self.x, 0.5, self.z]]), 0.19, _METAL)


@dataclass(slots=True)
class Signal:
    """The head of a traffic light, turned towards the camera."""

    x: float
    z: float
    low: float
    state: str

    def draw(self, painter: Painter) -> None:
        pose = Pose(self.x, self.z, np.pi)
        head = extrude(
            [(-0.14, self.low), (-0.14, self.low + 1.0), (0.14, self.low + 1.0), (0.14, self.low)],
            0.19,
            (0.14, 0.16, 0.17),
            bevel=0.04,
        )
        head.add(across((0.141, self.low + 0.03), (0.141, self.low + 0.97), -0.155, 0.155), (0.09, 0.10, 0.11))
        head.draw(painter, pose)
        for index, (name, color) in enumerate(SIGNALS.items()):
            up = self.low + 0.80 - 0.30 * index
            on = name == self.state
            disc = np.column_stack([np.full(18, 0.15), up + 0.115 * CIRCLE[:, 1], 0.115 * CIRCLE[:, 0]])
            shade = color if on else mix(color, (0.08, 0.08, 0.08), 0.78)
            painter.face(pose.world(disc), shade, np.array([0.0, 0.0, -1.0]), 1.0 if on else 0.0)
            if on:
                strength = {"day": 0.35, "dusk": 0.7, "night": 0.9}[painter.light.time_of_day]
                painter.glow(pose.world(np.array([0.16, up, 0.0])), 0.55, color, strength)


@dataclass(slots=True)
class Bench:
    """A bench along the street."""

    pose: Pose

    def draw(self, painter: Painter) -> None:
        wood = (0.64, 0.42, 0.26)
        for forward in (-0.7, 0.7):
            leg = np.array([[forward, 0.0, 0.0], [forward, 0.45, 0.0]])
            painter.stroke(self.pose.world(leg), 0.07, _METAL)
        for up, side in ((0.45, -0.15), (0.45, 0.15), (0.68, -0.25), (0.84, -0.27)):
            painter.stroke(self.pose.world(np.array([[-0.9, up, side], [0.9, up, side]])), 0.11, wood)


@dataclass(slots=True)
class Planter:
    """A box of flowers."""

    x: float
    z: float
    bloom: Color

    def draw(self, painter: Painter) -> None:
        extrude([(-0.3, 0.0), (-0.36, 0.5), (0.36, 0.5), (0.3, 0.0)], 0.5, (0.66, 0.60, 0.53), bevel=0.03).draw(
            painter, Pose(self.x, self.z, np.pi)
        )
        for index in range(7):
            ball = [self.x - 0.42 + 0.14 * index, 0.58 + 0.06 * (index % 3), self.z - 0.1, 0.15]
            painter.blob(np.array(ball), (0.30, 0.52, 0.28) if index % 2 == 0 else self.bloom)


def make_tree(x: float, z: float, rng: np.random.Generator, leaf: Color | None = None) -> Actor:
    """A tree of random shape; ``leaf`` keeps the trees of a street alike."""
    height = float(rng.uniform(4.6, 6.4))
    count = 9
    angles = rng.uniform(0, 2 * np.pi, count)
    spread = rng.uniform(0.25, 1.15, count)
    balls = np.column_stack(
        [
            x + spread * np.cos(angles),
            height * 0.86 + 0.85 * spread * np.sin(angles),
            z + rng.uniform(-0.4, 0.4, count),
            rng.uniform(0.75, 1.15, count),
        ]
    )
    balls = balls[np.argsort(balls[:, 1])]
    tree = Tree(x, z, height, leaf or _LEAVES[rng.integers(len(_LEAVES))], balls)
    footprint = np.array([x, z]) + 0.9 * CIRCLE[::2]
    return Actor(tree, z, footprint=footprint, height_m=height * 0.9)


def leaf_color(rng: np.random.Generator) -> Color:
    return _LEAVES[rng.choice(len(_LEAVES), p=[0.24, 0.22, 0.2, 0.12, 0.09, 0.06, 0.07])]


def make_signal(
    x: float, z: float, rng: np.random.Generator, state: str | None = None, track_id: str | None = None
) -> list[Actor]:
    """A traffic light on its post."""
    low = float(rng.uniform(2.5, 2.9))
    state = state or str(rng.choice(list(SIGNALS), p=[0.42, 0.12, 0.46]))
    head = Actor(
        Signal(x, z - 0.12, low, state), z - 0.14, "traffic light", attributes={"state": state}, track_id=track_id
    )
    return [Actor(SignalPost(x, z, low + 0.3), z, footprint=np.array([x, z]) + 0.08 * CIRCLE[::3], height_m=3.4), head]
