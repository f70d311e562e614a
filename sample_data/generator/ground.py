"""The ground: road, lane marks, zebra crossings, pavements; shadows, wetness and lamp light on it."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from .actors import Actor
from .camera import View, clip_near
from .lighting import Color, Light, mix

_UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class GroundPlan:
    """What the ground shows, in metres.

    Attributes:
        road_half: half the road's width; 0: a square without a road.
        pavement: width of the pavements.
        lanes: lanes each way.
        crossing: z of the cross street's middle, or None.
        crossing_half: half its width.
        zebras: z where zebra crossings begin.
        grass_side: -1, 1 or 0: the side that is a park.
        plaza_end: z where the square ends.
    """

    road_half: float
    pavement: float
    lanes: int = 1
    crossing: float | None = None
    crossing_half: float = 4.2
    zebras: tuple[float, ...] = ()
    grass_side: int = 0
    plaza_end: float = 0.0
    manholes: tuple[tuple[float, float], ...] = field(default=())


_FAR = 900.0


class GroundPainter:
    """Draws the flat colours of the ground; light, haze and shadows follow in ``finish_ground``."""

    def __init__(self, view: View, color: np.ndarray) -> None:
        self.view = view
        self.color = color

    def patch(self, corners: list[tuple[float, float]] | np.ndarray, color: Color | np.ndarray) -> None:
        """Fill a ground polygon of (x, z) points."""
        flat = np.asarray(corners, dtype=np.float64)
        points = clip_near(np.column_stack([flat[:, 0], np.zeros(len(flat)), flat[:, 1]]))
        if len(points) < 3:
            return
        uv = np.clip(self.view.project(points), -30000, 30000)
        red, green, blue = np.clip(color, 0, 1) * 255.0
        fixed = np.rint((uv - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(self.color, [fixed], (float(red), float(green), float(blue)), cv2.LINE_AA, 4)

    def rectangle(self, x0: float, x1: float, z0: float, z1: float, color: Color | np.ndarray) -> None:
        self.patch([(x0, z0), (x1, z0), (x1, z1), (x0, z1)], color)

    def draw(self, plan: GroundPlan) -> None:
        asphalt, paving, kerb = np.array((0.40, 0.42, 0.47)), np.array((0.74, 0.71, 0.66)), np.array((0.85, 0.83, 0.79))
        grass = np.array((0.45, 0.60, 0.36))
        self.rectangle(-_FAR, _FAR, 0.1, _FAR * 4, paving)
        if plan.road_half == 0:
            self._plaza(plan, paving)
            return
        if plan.grass_side:
            edge = plan.grass_side * (plan.road_half + plan.pavement)
            x0, x1 = sorted((edge, plan.grass_side * _FAR))
            self.rectangle(x0, x1, 0.1, _FAR, grass)
            for stripe in range(24):
                z0 = 4.0 + stripe * 6.0
                self.rectangle(x0, x1, z0, z0 + 3.0, grass * 1.06)
        self._tiles(plan, paving * 0.93)
        self.rectangle(-plan.road_half - 0.22, plan.road_half + 0.22, 0.1, _FAR * 4, kerb)
        self.rectangle(-plan.road_half, plan.road_half, 0.1, _FAR * 4, asphalt)
        if plan.crossing is not None:
            z0, z1 = plan.crossing - plan.crossing_half, plan.crossing + plan.crossing_half
            for sign in (-1, 1):
                x0, x1 = sorted((sign * plan.road_half, sign * _FAR))
                self.rectangle(x0, x1, z0 - 0.22, z1 + 0.22, kerb)
            self.rectangle(-_FAR, _FAR, z0, z1, asphalt)
        for x, z in plan.manholes:
            ring = np.linspace(0, 2 * np.pi, 20, endpoint=False)
            for size, tone in ((0.38, 0.72), (0.31, 0.86)):
                self.patch(np.column_stack([x + size * np.cos(ring), z + size * np.sin(ring)]), asphalt * tone)
        self._marks(plan)

    def _tiles(self, plan: GroundPlan, color: np.ndarray) -> None:
        edge = plan.road_half + plan.pavement
        for sign in (-1, 1):
            x0, x1 = sorted((sign * plan.road_half, sign * edge))
            for z in np.arange(1.0, 46.0, 1.2):
                self.rectangle(x0, x1, z, z + 0.035 + z * 0.0012, color)
            for x in np.arange(x0, x1, 1.2):
                self.rectangle(x, x + 0.03, 0.8, 46.0, color)

    def _marks(self, plan: GroundPlan) -> None:
        white = (0.93, 0.92, 0.88)
        blocked = [(z - 0.6, z + 4.0) for z in plan.zebras]
        if plan.crossing is not None:
            blocked.append((plan.crossing - plan.crossing_half - 0.4, plan.crossing + plan.crossing_half + 0.4))

        def free(z0: float, z1: float) -> bool:
            return all(z1 < low or z0 > high for low, high in blocked)

        lane = (plan.road_half - 0.3) / plan.lanes
        for z in np.arange(1.0, 170.0, 1.0):
            if not free(z, z + 1.0):
                continue
            if plan.lanes > 1:
                for x in (-0.16, 0.16):
                    self.rectangle(x - 0.06, x + 0.06, z, z + 1.0, white)
            elif int(z) % 6 < 3:
                self.rectangle(-0.07, 0.07, z, z + 1.0, white)
            if int(z) % 6 < 3:
                for index in range(1, plan.lanes):
                    for sign in (-1, 1):
                        self.rectangle(sign * index * lane - 0.06, sign * index * lane + 0.06, z, z + 1.0, white)
            for sign in (-1, 1):
                self.rectangle(
                    sign * (plan.road_half - 0.28),
                    sign * (plan.road_half - 0.18),
                    z,
                    z + 1.0,
                    mix(white, (0.4, 0.42, 0.47), 0.35),
                )
        for z in plan.zebras:
            for x in np.arange(-plan.road_half + 0.45, plan.road_half - 0.3, 1.0):
                self.rectangle(x, x + 0.52, z, z + 3.0, white)
            self.rectangle(0.2, plan.road_half - 0.3, z - 1.3, z - 0.9, white)

    def _plaza(self, plan: GroundPlan, paving: np.ndarray) -> None:
        for row, z in enumerate(np.arange(0.0, plan.plaza_end + 2.0, 2.4)):
            for column, x in enumerate(np.arange(-38.4, 38.4, 2.4)):
                if (row + column) % 2 == 0:
                    self.rectangle(x, x + 2.4, z, z + 2.4, paving * 0.945)
        ring = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        middle = plan.plaza_end * 0.52
        for size, tone in ((6.4, 0.82), (6.0, 1.04), (4.2, 0.86), (3.9, 1.0)):
            self.patch(np.column_stack([size * np.cos(ring), middle + size * np.sin(ring)]), paving * tone)


def shadow_mask(
    view: View, light: Light, actors: list[Actor], building_edges: list[tuple[int, float, float, float, float]]
) -> np.ndarray:
    """How much of the sun each pixel of ``view``'s canvas misses, float32 (height, width), 0..1."""
    mask = np.zeros((view.height, view.width), np.uint8)
    contact = np.zeros_like(mask)
    sun = light.sun_direction
    reach = np.array([-sun[0], -sun[2]]) / max(sun[1], 0.2)

    def fill(target: np.ndarray, ground: np.ndarray, value: float) -> None:
        points = clip_near(np.column_stack([ground[:, 0], np.zeros(len(ground)), ground[:, 1]]))
        if len(points) >= 3:
            uv = np.clip(view.project(points), -30000, 30000)
            cv2.fillPoly(target, [np.rint((uv - 0.5) * 16).astype(np.int32)], value, cv2.LINE_AA, 4)

    for side, line, start, end, height in building_edges:
        throw = reach * min(height, 5.0)
        if side * throw[0] < 0:
            fill(
                mask,
                np.array(
                    [(line, start), (line, end), (line + throw[0], end + throw[1]), (line + throw[0], start + throw[1])]
                ),
                235.0,
            )
    for actor in actors:
        if actor.footprint is None or actor.sort_depth > 90:
            continue
        base = actor.footprint
        moved = base + reach * min(actor.height_m, 5.0) * 0.85
        hull = cv2.convexHull(np.concatenate([base, moved]).astype(np.float32))[:, 0, :].astype(np.float64)
        if light.shadow > 0.15 and light.time_of_day != "night":
            fill(mask, hull, 255.0)
        middle = base.mean(axis=0)
        fill(contact, middle + (base - middle) * 1.08, 255.0)
    soft = cv2.GaussianBlur(mask, (0, 0), max(1.2, view.height / 420))
    under = cv2.GaussianBlur(contact, (0, 0), max(1.5, view.height / 260))
    return np.maximum(
        soft.astype(np.float32) * np.float32(light.shadow), under.astype(np.float32) * np.float32(0.55)
    ) / np.float32(255)


def finish_ground(
    color: np.ndarray,
    view: View,
    light: Light,
    shadows: np.ndarray,
    texture: np.ndarray,
    reflection: np.ndarray | None,
    beams: list[tuple[float, float, float, float]],
) -> None:
    """Light the ground of ``color`` (uint8 RGB, in place): sun, lamps, headlight beams, texture, water, haze.

    Args:
        shadows: from ``shadow_mask``, on the canvas of ``view`` or a smaller one.
        texture: float32 noise about 0, (height, width) of any size.
        reflection: float32 RGB 0..1 of the mirrored scene for a wet road, or None.
        beams: x, z, direction x and z of headlights.
    """
    top = max(0, int(np.ceil(view.horizon_v)))
    height, width = view.height - top, view.width
    if height <= 0:
        return
    step = 4
    rows = np.arange(top, view.height, step) + 0.5
    columns = np.arange(0, width, step) + 0.5
    z = np.minimum(view.ground_at(rows), 2000.0)[:, None] * np.ones((1, len(columns)))
    x = view.eye_x + (columns[None, :] - view.center_u) * z / view.focal
    lamps = light.lamp_light(x, z)
    for beam_x, beam_z, ahead_x, ahead_z in beams:
        along = (x - beam_x) * ahead_x + (z - beam_z) * ahead_z
        across = (x - beam_x) * ahead_z - (z - beam_z) * ahead_x
        spread = 0.7 + 0.22 * np.maximum(along, 0)
        lamps = lamps + 0.55 * np.exp(-((across / spread) ** 2)) * np.exp(-np.maximum(along, 0) / 6.0) * (along > 0) * (
            1 if light.time_of_day == "night" else 0.4
        )
    lamps = np.minimum(lamps, 1.5)
    upward = float(light.sun_direction[1])
    ambient = np.asarray(light.ambient) + 0.85 * np.asarray(light.sun) * upward
    lit = (ambient[None, None] + lamps[..., None] * np.asarray(light.lamp_color) * 0.85).astype(np.float32)
    haze = (1.0 - np.exp(-np.maximum(z - 6.0, 0) / light.haze_distance_m)).astype(np.float32)
    lit = cv2.resize(lit, (width, height), interpolation=cv2.INTER_LINEAR)
    haze = cv2.resize(haze, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    ground = color[top:].astype(np.float32) / np.float32(255)
    shade = cv2.resize(shadows, (width, view.height), interpolation=cv2.INTER_LINEAR)[top:, :, None]
    noise = cv2.resize(texture, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    if reflection is not None:
        ground *= np.float32(0.72)
    ground *= lit * (1.0 + noise)
    cool = np.array([1.0, 0.96, 0.86], np.float32)
    ground *= 1.0 - shade * cool
    if reflection is not None:
        puddles = np.clip((noise * 14.0) + 0.45, 0.0, 1.0)
        share = (0.34 + 0.36 * puddles) * (0.75 + 0.25 * haze)
        ground += (
            reflection[-height:] * np.float32(1.0 if light.time_of_day == "day" else 1.2) - ground
        ) * share.astype(np.float32)
    ground += (np.asarray(light.haze, np.float32) - ground) * haze
    color[top:] = np.clip(ground * 255.0 + 0.5, 0, 255).astype(np.uint8)
