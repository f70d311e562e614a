"""Trucks with a box or an open bed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .actors import Actor, box_footprint
from .lighting import Color, mix, palette
from .painter import Painter
from .solids import Pose, across, along, extrude
from .vehicle_parts import HEADLIGHT, TAIL_LIGHT, add_glass, draw_lamps, draw_tyres, draw_wheels

TRUCK_COLORS: Final = palette("3c6e9f c2493d e3b23c 557a46 e8e4da 5b4a7a")
BOX_COLORS: Final = palette("f1eee6 d9e3e6 f0d9b5 b7cfc2 e6c2b8")


@dataclass(slots=True)
class Truck:
    """A truck: a cab in front of a box or an open bed."""

    pose: Pose
    paint: Color
    box: Color
    stripe: Color
    open_bed: bool = False

    def draw(self, painter: Painter) -> None:
        dark_outside = painter.light.is_dark
        glass = painter.light.glass
        half, rear, front = 1.2, -3.7, 3.7
        places = [(f, s * half * 0.95) for f in (-2.3, 2.6) for s in (-1, 1)]
        draw_tyres(painter, self.pose, places, 0.47)
        chassis = extrude(
            [(rear, 0.5), (rear, 0.95), (front - 0.4, 0.95), (front - 0.4, 0.5)],
            half * 0.9,
            (0.18, 0.19, 0.21),
            bevel=0.02,
        )
        cab = extrude(
            [(1.85, 0.42), (1.85, 2.55), (2.05, 2.72), (3.1, 2.68), (3.42, 1.55), (front, 1.35), (front, 0.42)],
            half * 0.96,
            self.paint,
            bevel=0.09,
        )
        add_glass(cab, across((3.44, 1.58), (3.14, 2.55), -half * 0.8, half * 0.8), glass)
        for sign in (-1.0, 1.0):
            flank = sign * (half * 0.96 + 0.005)
            add_glass(cab, along([(2.15, 1.5), (2.15, 2.42), (2.95, 2.42), (3.2, 1.5)], flank), glass)
            cab.add(
                along([(2.1, 0.75), (2.12, 0.75), (2.12, 2.45), (2.1, 2.45)], flank), mix(self.paint, (0, 0, 0), 0.5)
            )
            inner, outer = sorted((sign * half * 0.58, sign * half * 0.88))
            lamp = HEADLIGHT if dark_outside else (0.93, 0.95, 0.96)
            cab.add(across((front + 0.01, 0.78), (front + 0.01, 1.0), inner, outer), lamp, 0.9 if dark_outside else 0.1)
        cab.add(across((front + 0.01, 0.42), (front + 0.01, 0.66), -half * 0.9, half * 0.9), (0.17, 0.18, 0.2))
        cab.add(across((front + 0.01, 0.8), (front + 0.01, 1.2), -half * 0.45, half * 0.45), (0.12, 0.12, 0.14))
        top = 1.6 if self.open_bed else 3.35
        cargo = extrude([(rear, 0.95), (rear, top), (1.7, top), (1.7, 0.95)], half * 1.02, self.box, bevel=0.03)
        for sign in (-1.0, 1.0):
            flank = sign * (half * 1.02 + 0.005)
            if self.open_bed:
                for post in np.linspace(rear + 0.2, 1.5, 6):
                    cargo.add(
                        along(
                            [(post - 0.05, 0.97), (post - 0.05, 1.58), (post + 0.05, 1.58), (post + 0.05, 0.97)], flank
                        ),
                        mix(self.box, (0, 0, 0), 0.3),
                    )
            else:
                cargo.add(along([(rear + 0.1, 1.55), (1.6, 1.15), (1.6, 1.75), (rear + 0.1, 2.15)], flank), self.stripe)
                cargo.add(
                    along([(-2.3, 2.35), (-2.3, 2.95), (-0.2, 2.95), (-0.2, 2.35)], flank),
                    mix(self.stripe, (1, 1, 1), 0.25),
                )
        if not self.open_bed:
            cargo.add(across((rear - 0.01, 1.0), (rear - 0.01, 3.25), -0.02, 0.02), (0.35, 0.36, 0.38))
        for sign in (-1.0, 1.0):
            inner, outer = sorted((sign * half * 0.62, sign * half * 0.95))
            chassis.add(
                across((rear - 0.02, 0.62), (rear - 0.02, 0.85), inner, outer), TAIL_LIGHT, 0.9 if dark_outside else 0.2
            )
        chassis.draw(painter, self.pose)
        draw_wheels(painter, self.pose, [(f, np.sign(s) * half * 0.97) for f, s in places], 0.47)
        away = float(np.linalg.norm(self.pose.world(np.array([3.0, 1, 0])) - painter.view.eye))
        near = float(np.linalg.norm(self.pose.world(np.array([-3.0, 1, 0])) - painter.view.eye))
        for solid in (cab, cargo) if away > near else (cargo, cab):
            solid.draw(painter, self.pose)
            if self.open_bed and solid is cargo:
                for number, (forward, side, radius) in enumerate(
                    (
                        (0.9, 0.4, 0.5),
                        (0.2, -0.4, 0.6),
                        (-0.6, 0.3, 0.65),
                        (-1.6, -0.3, 0.6),
                        (-2.4, 0.4, 0.55),
                        (-2.9, -0.4, 0.45),
                    )
                ):
                    heap = self.pose.balls([(forward, 1.2, side, radius), (forward - 0.2, 1.2, -side, radius)])
                    painter.blob(heap, np.array((0.60, 0.50, 0.38)) * (0.88 + 0.05 * number))
                edge = along([(rear, 1.2), (rear, top), (1.7, top), (1.7, 1.2)], 0.0)
                for sign in (-1.0, 1.0):
                    side = edge + np.array([0.0, 0.0, sign * half * 1.02])
                    outward = self.pose.world(np.array([0.0, 0.0, sign])) - self.pose.world(np.zeros(3))
                    world = self.pose.world(side)
                    if painter.faces_camera(outward, world.mean(axis=0)):
                        painter.face(world, self.box, outward)
        draw_lamps(painter, self.pose, front, half * 0.75, 0.85, 1.1)


def make_truck(pose: Pose, rng: np.random.Generator, track_id: str | None = None) -> Actor:
    """A truck with a box, or with an open bed."""
    open_bed = bool(rng.random() < 0.3)
    paint = TRUCK_COLORS[rng.integers(len(TRUCK_COLORS))]
    box = paint if open_bed else BOX_COLORS[rng.integers(len(BOX_COLORS))]
    stripe = TRUCK_COLORS[rng.integers(len(TRUCK_COLORS))]
    shape = Truck(pose, paint, tuple(mix(box, (0, 0, 0), 0.15)) if open_bed else box, stripe, open_bed)
    attributes = {"body": "open bed" if open_bed else "box"}
    return Actor(
        shape,
        pose.z,
        "truck",
        None,
        False,
        box_footprint(pose, 7.4, 2.4),
        3.0,
        attributes=attributes,
        track_id=track_id,
    )
