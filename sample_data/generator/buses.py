"""City buses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from .actors import Actor, box_footprint
from .lighting import Color, mix, palette
from .painter import Painter
from .solids import Pose, across, along, extrude
from .vehicle_parts import HEADLIGHT, TAIL_LIGHT, add_glass, draw_lamps, draw_tyres, draw_wheels

BUS_COLORS: Final = palette("e4572e 2a9d8f f4b942 3d6fb6 c8384f")


@dataclass(slots=True)
class Bus:
    """A city bus: window band, doors, destination display."""

    pose: Pose
    paint: Color
    accent: Color

    def draw(self, painter: Painter) -> None:
        dark_outside = painter.light.is_dark
        glass = np.array(painter.light.glass) * 0.9
        lit = (1.0, 0.86, 0.58) if painter.light.time_of_day == "night" else tuple(glass)
        glow = 0.75 if painter.light.time_of_day == "night" else 0.0
        half, length = 1.27, 5.4
        places = [(f, s * half * 0.98) for f in (-2.9, 3.1) for s in (-1, 1)]
        draw_tyres(painter, self.pose, places, 0.48)
        body = extrude(
            [
                (-length, 0.35),
                (-length - 0.06, 1.2),
                (-length, 3.0),
                (-length + 0.2, 3.15),
                (length - 0.2, 3.15),
                (length, 2.95),
                (length + 0.08, 1.2),
                (length, 0.35),
            ],
            half,
            self.paint,
            bevel=0.12,
        )
        for sign in (-1.0, 1.0):
            flank = sign * (half + 0.005)
            body.add(
                along(
                    [(-length + 0.1, 0.42), (length - 0.1, 0.42), (length - 0.1, 0.62), (-length + 0.1, 0.62)], flank
                ),
                mix(self.paint, (0, 0, 0), 0.45),
            )
            body.add(
                along(
                    [(-length + 0.1, 0.95), (length - 0.1, 0.95), (length - 0.1, 1.15), (-length + 0.1, 1.15)], flank
                ),
                self.accent,
            )
            panes = np.linspace(-length + 0.25, length - 0.35, 8)
            for left, right in pairwise(panes):
                pane = along(
                    [(left + 0.07, 1.38), (left + 0.07, 2.55), (right - 0.07, 2.55), (right - 0.07, 1.38)], flank
                )
                body.add(pane, lit, glow)
                if not glow:
                    add_glass(body, pane, glass)
                else:
                    head = (left + right) / 2
                    body.add(
                        along(
                            [
                                (head - 0.2, 1.38),
                                (head - 0.17, 1.72),
                                (head, 1.82),
                                (head + 0.17, 1.72),
                                (head + 0.2, 1.38),
                            ],
                            flank,
                        ),
                        (0.30, 0.20, 0.18),
                    )
            if sign > 0:
                for door in (-0.9, 4.2):
                    body.add(
                        along(
                            [(door - 0.65, 0.45), (door - 0.65, 2.5), (door + 0.65, 2.5), (door + 0.65, 0.45)], flank
                        ),
                        mix(glass, (0, 0, 0), 0.25),
                        0.3 * glow,
                    )
                    body.add(
                        along(
                            [(door - 0.03, 0.45), (door - 0.03, 2.5), (door + 0.03, 2.5), (door + 0.03, 0.45)], flank
                        ),
                        self.paint,
                    )
        for x, is_front in ((length + 0.09, True), (-length - 0.07, False)):
            low, high = (1.15, 2.5) if is_front else (1.6, 2.5)
            add_glass(
                body,
                across((x, low), (x - 0.02, high), -half * 0.88, half * 0.88),
                glass if not glow else mix(glass, lit, 0.25),
            )
            body.add(across((x, 2.58), (x, 2.9), -half * 0.7, half * 0.7), (0.08, 0.08, 0.09))
            for dot in np.linspace(-0.6, 0.5, 6):
                body.add(across((x, 2.66), (x, 2.83), dot, dot + 0.13, 0.0), (1.0, 0.66, 0.16), 0.9)
            body.add(across((x, 0.38), (x, 0.62), -half * 0.93, half * 0.93), (0.17, 0.18, 0.2))
            for sign in (-1.0, 1.0):
                inner, outer = sorted((sign * half * 0.60, sign * half * 0.92))
                color = (HEADLIGHT if dark_outside else (0.93, 0.95, 0.96)) if is_front else TAIL_LIGHT
                body.add(across((x, 0.68), (x, 0.92), inner, outer), color, 0.9 if dark_outside else 0.1)
        body.draw(painter, self.pose)
        draw_wheels(painter, self.pose, [(f, np.sign(s) * half) for f, s in places], 0.48)
        draw_lamps(painter, self.pose, length, half * 0.75, 0.8, 1.2)


def make_bus(pose: Pose, rng: np.random.Generator, track_id: str | None = None) -> Actor:
    """A bus in one of the liveries."""
    paint = BUS_COLORS[rng.integers(len(BUS_COLORS))]
    accent = (0.97, 0.95, 0.90) if rng.random() < 0.7 else BUS_COLORS[rng.integers(len(BUS_COLORS))]
    footprint = box_footprint(pose, 10.9, 2.5)
    return Actor(
        Bus(pose, paint, accent),
        pose.z,
        "bus",
        None,
        False,
        footprint,
        3.1,
        attributes={"body": "city bus"},
        track_id=track_id,
    )
