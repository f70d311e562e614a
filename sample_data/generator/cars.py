"""Cars of several bodies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from .actors import Actor, box_footprint
from .lighting import Color, mix, palette
from .painter import Painter
from .solids import Pose, Solid, across, along, extrude
from .vehicle_parts import HEADLIGHT, TAIL_LIGHT, add_glass, draw_lamps, draw_tyres, draw_wheels

Outline = list[tuple[float, float]]

CAR_COLORS: Final = palette("d8473a 2f6db3 f2f0ea 39434f e9b13b 3f9c8f b9c2c8 7c3f58 4b5f3a e07b45 23303f 8fb7d6")


@dataclass(frozen=True)
class CarStyle:
    """Side view of a car: body and cabin outlines (forward, up), the cabin's pillars and its wheels."""

    body: Outline
    cabin: Outline
    width: float
    wheel_radius: float
    axle: float
    pillars: tuple[float, ...]


CAR_STYLES: Final[dict[str, CarStyle]] = {
    "sedan": CarStyle(
        [(-2.28, 0.3), (-2.32, 0.72), (-2.2, 0.93), (-1.2, 0.98), (0.9, 0.95), (1.95, 0.83), (2.26, 0.64), (2.3, 0.3)],
        [(-1.8, 0.94), (-1.1, 1.40), (0.2, 1.44), (1.05, 0.94)], 1.80, 0.33, 1.38, (-0.42,),
    ),
    "hatchback": CarStyle(
        [(-1.9, 0.3), (-1.95, 0.7), (-1.88, 0.97), (0.8, 0.98), (1.6, 0.87), (1.9, 0.66), (1.95, 0.3)],
        [(-1.86, 0.95), (-1.5, 1.46), (0.1, 1.50), (0.98, 0.95)], 1.74, 0.32, 1.22, (-0.55,),
    ),
    "suv": CarStyle(
        [(-2.25, 0.38), (-2.3, 0.85), (-2.2, 1.08), (0.95, 1.08), (1.95, 1.0), (2.25, 0.78), (2.3, 0.38)],
        [(-2.18, 1.05), (-1.95, 1.68), (0.25, 1.72), (1.05, 1.05)], 1.90, 0.37, 1.40, (-1.05, -0.25),
    ),
    "van": CarStyle(
        [(-2.4, 0.36), (-2.45, 0.85), (-2.4, 1.1), (1.4, 1.1), (2.15, 0.98), (2.4, 0.75), (2.45, 0.36)],
        [(-2.38, 1.05), (-2.3, 1.88), (0.75, 1.92), (1.65, 1.05)], 1.92, 0.36, 1.48, (-1.2, 0.05),
    ),
    "coupe": CarStyle(
        [(-2.15, 0.26), (-2.2, 0.68), (-2.1, 0.88), (-1.3, 0.92), (0.7, 0.88), (1.9, 0.74), (2.15, 0.56), (2.2, 0.26)],
        [(-1.75, 0.88), (-0.85, 1.26), (0.05, 1.28), (0.98, 0.86)], 1.80, 0.34, 1.32, (),
    ),
}  # fmt: skip


def _inset(quad: np.ndarray, share: float) -> np.ndarray:
    middle = quad.mean(axis=0)
    return quad + (middle - quad) * share


@dataclass(slots=True)
class Car:
    """A car: bevelled body, cabin with panes, wheels, lamps."""

    pose: Pose
    style: CarStyle
    paint: Color
    taxi: bool = False

    def draw(self, painter: Painter) -> None:
        style, half = self.style, self.style.width / 2
        light = painter.light
        lamps_on = light.is_dark
        places = [(sign_f * style.axle, sign_s * half * 0.97) for sign_f in (-1, 1) for sign_s in (-1, 1)]
        draw_tyres(painter, self.pose, places, style.wheel_radius)
        body = extrude(style.body, half, self.paint, bevel=0.09)
        rear, front = style.body[0][0], style.body[-1][0]
        low = style.body[0][1]
        belt = style.cabin[0][1]
        dark = tuple(0.34 * channel + 0.05 for channel in self.paint)
        for sign in (-1.0, 1.0):
            flank = sign * (half + 0.004)
            body.add(
                along(
                    [(rear + 0.12, low), (front - 0.12, low), (front - 0.14, low + 0.13), (rear + 0.14, low + 0.13)],
                    flank,
                ),
                dark,
            )
            body.add(
                along(
                    [
                        (rear + 0.2, belt - 0.20),
                        (front - 0.5, belt - 0.24),
                        (front - 0.45, belt - 0.19),
                        (rear + 0.2, belt - 0.15),
                    ],
                    flank,
                ),
                mix(self.paint, (1, 1, 1), 0.22),
            )
            for seam in (*style.pillars, style.cabin[-1][0] - 0.2):
                body.add(
                    along(
                        [
                            (seam - 0.012, low + 0.16),
                            (seam + 0.012, low + 0.16),
                            (seam + 0.012, belt - 0.06),
                            (seam - 0.012, belt - 0.06),
                        ],
                        flank,
                    ),
                    dark,
                )
            for seam in style.pillars:
                body.add(
                    along(
                        [
                            (seam + 0.10, belt - 0.17),
                            (seam + 0.28, belt - 0.17),
                            (seam + 0.28, belt - 0.13),
                            (seam + 0.10, belt - 0.13),
                        ],
                        flank,
                    ),
                    dark,
                )
        self._nose(body, front, low, belt, lamps_on)
        self._tail(body, rear, low, belt, lamps_on)
        cabin = self._cabin(light.glass if not lamps_on else mix(light.glass, (0.05, 0.05, 0.08), 0.3))
        body.draw(painter, self.pose)
        draw_wheels(painter, self.pose, [(f, np.sign(s) * half) for f, s in places], style.wheel_radius)
        cabin.draw(painter, self.pose)
        if self.taxi:
            top = style.cabin[1][1]
            sign = extrude(
                [(-0.55, top), (-0.5, top + 0.17), (-0.3, top + 0.17), (-0.25, top)],
                0.32,
                (0.98, 0.90, 0.55),
                bevel=0.02,
            )
            sign.draw(painter, self.pose)
        draw_lamps(painter, self.pose, front, half * 0.72, low + 0.40)

    def _nose(self, body: Solid, front: float, low: float, belt: float, lamps_on: bool) -> None:
        half, x = self.style.width / 2, front + 0.02
        lamp = HEADLIGHT if lamps_on else (0.93, 0.95, 0.96)
        body.add(across((x, low), (x, low + 0.16), -half * 0.92, half * 0.92), (0.16, 0.17, 0.19))
        body.add(across((x, low + 0.2), (x, low + 0.33), -half * 0.45, half * 0.45), (0.10, 0.10, 0.12))
        body.add(across((x, low + 0.06), (x, low + 0.17), -0.26, 0.26, 0.01), (0.93, 0.93, 0.88))
        for sign in (-1.0, 1.0):
            inner, outer = sorted((sign * half * 0.54, sign * half * 0.92))
            body.add(
                across((x - 0.02, low + 0.25), (x - 0.06, low + 0.40), inner, outer), lamp, 0.9 if lamps_on else 0.1
            )
            body.add(
                along(
                    [
                        (front - 0.38, low + 0.33),
                        (front - 0.06, low + 0.24),
                        (front - 0.08, low + 0.37),
                        (front - 0.36, low + 0.42),
                    ],
                    sign * (half + 0.005),
                ),
                lamp,
                0.5 if lamps_on else 0.1,
            )

    def _tail(self, body: Solid, rear: float, low: float, belt: float, lamps_on: bool) -> None:
        half, x = self.style.width / 2, rear - 0.03
        body.add(across((x, low), (x, low + 0.17), -half * 0.92, half * 0.92), (0.16, 0.17, 0.19))
        body.add(across((x - 0.02, low + 0.26), (x - 0.02, low + 0.38), -0.27, 0.27), (0.93, 0.93, 0.88))
        for sign in (-1.0, 1.0):
            inner, outer = sorted((sign * half * 0.58, sign * half * 0.93))
            body.add(
                across((x - 0.03, belt - 0.30), (x - 0.03, belt - 0.12), inner, outer),
                TAIL_LIGHT,
                0.85 if lamps_on else 0.15,
            )
            body.add(
                along(
                    [
                        (rear + 0.03, belt - 0.30),
                        (rear + 0.26, belt - 0.28),
                        (rear + 0.26, belt - 0.15),
                        (rear + 0.05, belt - 0.13),
                    ],
                    sign * (half + 0.005),
                ),
                TAIL_LIGHT,
                0.5 if lamps_on else 0.1,
            )

    def _cabin(self, glass: Color | np.ndarray) -> Solid:
        style, half = self.style, self.style.width / 2
        base, roof = half * 0.93, half * 0.74
        cabin = extrude(style.cabin, base, self.paint, bevel=0.05, top_half_width=roof)
        (rb, rt, ft, fb) = (np.array(point) for point in style.cabin)
        for low, high in ((fb, ft), (rb, rt)):
            pane = _inset(across(tuple(low), tuple(high), -1.0, 1.0), 0.0)
            pane[[0, 3], 2] = (-base * 0.93, base * 0.93)
            pane[[1, 2], 2] = (-roof * 0.88, roof * 0.88)
            low_edge, high_edge = pane[0] + (pane[1] - pane[0]) * 0.08, pane[0] + (pane[1] - pane[0]) * 0.90
            low_right, high_right = pane[3] + (pane[2] - pane[3]) * 0.08, pane[3] + (pane[2] - pane[3]) * 0.90
            add_glass(cabin, np.array([low_edge, high_edge, high_right, low_right]), glass)
        edges = [None, *style.pillars, None]
        for sign in (-1.0, 1.0):
            for first, second in pairwise(edges):
                quad = []
                for edge, (bottom, top), step in ((first, (rb, rt), 0.07), (second, (fb, ft), -0.07)):
                    for share in (0.14, 0.86) if step > 0 else (0.86, 0.14):
                        up = bottom[1] + (top[1] - bottom[1]) * share
                        corner = bottom[0] + (top[0] - bottom[0]) * share
                        forward = (corner + 1.6 * step) if edge is None else (edge + 0.6 * step)
                        quad.append((forward, up, sign * (base + (roof - base) * share + 0.01)))
                add_glass(cabin, np.array(quad), glass)
        return cabin


def make_car(pose: Pose, rng: np.random.Generator, track_id: str | None = None) -> Actor:
    """A car with a random body and paint."""
    body = str(rng.choice(["sedan", "hatchback", "suv", "van", "coupe"], p=[0.28, 0.30, 0.22, 0.12, 0.08]))
    taxi = body == "sedan" and bool(rng.random() < 0.3)
    paint = (0.96, 0.77, 0.20) if taxi else CAR_COLORS[rng.integers(len(CAR_COLORS))]
    style = CAR_STYLES[body]
    footprint = box_footprint(pose, style.body[-1][0] * 2, style.width)
    attributes = {"body": "taxi" if taxi else body}
    return Actor(
        Car(pose, style, paint, taxi),
        pose.z,
        "car",
        None,
        False,
        footprint,
        1.4,
        attributes=attributes,
        track_id=track_id,
    )
