"""Houses along the street: facades with windows, shops with awnings, cornices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .actors import Actor
from .lighting import Color, Light, mix, palette
from .painter import Painter

_WALLS: Final = palette("e8c39e d98e73 f0dcc0 b9c4b1 cf7f5f a9bcc9 e9b89c c9a27e dfd3c3 94a7a8 b96f5c efe3cf")
_AWNINGS: Final = palette("d1495b 2e8b8b e9a13b 3d6fb6 5d8a4a 8a4f7d")
_LIT: Final = palette("ffd98a ffc76b ffe6b0 ffb65c cfe3ff")


@dataclass(frozen=True)
class Facade:
    """How a facade looks; the arrays hold one entry per floor and column of windows."""

    wall: Color
    trim: Color
    floor_height: float
    bay: float
    window_width: float
    window_height: float
    lit: np.ndarray
    lit_color: np.ndarray
    blind: np.ndarray
    shops: np.ndarray
    balconies: bool
    roof: str


def make_facade(width: float, floors: int, light: Light, rng: np.random.Generator) -> Facade:
    """A random facade, ``width`` metres wide."""
    wall = _WALLS[rng.integers(len(_WALLS))]
    bay = float(rng.uniform(2.3, 3.1))
    columns = max(1, int(width // bay))
    shape = (floors, columns)
    modern = bool(rng.random() < 0.25)
    return Facade(
        wall=wall,
        trim=tuple(mix(wall, (1.0, 0.98, 0.94), 0.55)),
        floor_height=float(rng.uniform(3.0, 3.5)),
        bay=width / columns,
        window_width=0.74 if modern else float(rng.uniform(0.40, 0.52)),
        window_height=0.55 if modern else float(rng.uniform(0.50, 0.62)),
        lit=rng.random(shape) < light.lit_windows,
        lit_color=np.array(_LIT)[rng.integers(len(_LIT), size=shape)] * rng.uniform(0.72, 1.0, (*shape, 1)),
        blind=rng.choice([0.0, 0.0, 0.25, 0.5], size=shape),
        shops=rng.integers(len(_AWNINGS), size=columns // 2 + 1),
        balconies=bool(not modern and rng.random() < 0.35),
        roof=str(rng.choice(["cornice", "cornice", "gable"])),
    )


def draw_facade(
    painter: Painter,
    origin: np.ndarray,
    along: np.ndarray,
    normal: np.ndarray,
    width: float,
    facade: Facade,
    shops: bool,
) -> None:
    """Draw a facade whose lower corner is ``origin`` and that runs ``width`` metres along the unit vector ``along``."""
    floors, columns = facade.lit.shape
    total = floors * facade.floor_height + 0.9
    up = np.array([0.0, 1.0, 0.0])

    def quad(left: float, right: float, low: float, high: float, out: float = 0.0) -> np.ndarray:
        base = origin + normal * out
        return np.array(
            [base + along * u + up * y for u, y in ((left, low), (left, high), (right, high), (right, low))]
        )

    def put(points: np.ndarray, color: Color | np.ndarray, glowing: float = 0.0) -> None:
        painter.face(points, color, normal, glowing)

    nearest = float(min(origin[2], (origin + along * width)[2]))
    detailed = nearest < 55.0
    for column in range(columns):
        left, right = column * facade.bay, (column + 1) * facade.bay
        if (origin + along * right)[2] < 0.8 and (origin + along * left)[2] < 0.8:
            continue
        put(quad(left, right, 0.0, total), facade.wall)
        for floor in range(1, floors):
            low = floor * facade.floor_height
            half = facade.bay * facade.window_width / 2
            middle = (left + right) / 2
            bottom = low + facade.floor_height * 0.28
            top = bottom + facade.floor_height * facade.window_height
            lit = bool(facade.lit[floor, column])
            glass: Color | np.ndarray = painter.light.glass
            if detailed:
                put(quad(middle - half - 0.14, middle + half + 0.14, bottom - 0.10, top + 0.14), facade.trim)
            if lit:
                put(quad(middle - half, middle + half, bottom, top), facade.lit_color[floor, column], 0.92)
                if facade.blind[floor, column] and detailed:
                    put(
                        quad(middle - half, middle - half * 0.45, bottom, top),
                        facade.lit_color[floor, column] * 0.72,
                        0.8,
                    )
            else:
                glass = mix(glass, painter.light.sky[1], 0.25 + 0.04 * floor)
                put(quad(middle - half, middle + half, bottom, top), glass)
                if detailed:
                    blind = facade.blind[floor, column]
                    if blind:
                        put(
                            quad(middle - half, middle + half, top - (top - bottom) * blind, top),
                            mix(facade.trim, glass, 0.25),
                        )
                    corner = quad(middle - half, middle + half, bottom, top)
                    put(
                        np.array([corner[0], corner[1], corner[1] * 0.35 + corner[2] * 0.65]),
                        mix(glass, (1, 1, 1), 0.13),
                    )
            if detailed:
                put(quad(middle - 0.03, middle + 0.03, bottom, top), facade.trim)
                put(
                    quad(middle - half - 0.2, middle + half + 0.2, bottom - 0.2, bottom - 0.08, 0.12),
                    mix(facade.trim, (1, 1, 1), 0.2),
                )
                if facade.balconies and floor % 2 == 0 and column % 2 == 0:
                    _balcony(painter, quad, middle, half + 0.35, bottom - 0.25, normal, facade)
    if shops:
        _shops(painter, quad, width, facade, normal, detailed)
    put(quad(0.0, width, total - 0.55, total, 0.28), facade.trim)
    put(quad(0.0, width, total - 0.85, total - 0.55), mix(facade.wall, (0, 0, 0.05), 0.28))


def _balcony(
    painter: Painter, quad, middle: float, half: float, low: float, normal: np.ndarray, facade: Facade
) -> None:
    dark = mix(facade.wall, (0.1, 0.1, 0.15), 0.7)
    inner, outer = quad(middle - half, middle + half, low, low), quad(middle - half, middle + half, low, low, 0.8)
    painter.face(
        np.array([inner[0], outer[0], outer[3], inner[3]]),
        mix(facade.trim, (0, 0, 0), 0.25),
        np.array([0.0, -1.0, 0.0]),
    )
    painter.face(quad(middle - half, middle + half, low, low + 0.12, 0.8), facade.trim, normal)
    for rail in np.linspace(middle - half, middle + half, 7):
        painter.face(quad(rail - 0.025, rail + 0.025, low + 0.1, low + 0.95, 0.8), dark, normal)
    painter.face(quad(middle - half, middle + half, low + 0.9, low + 0.98, 0.8), dark, normal)


def _shops(painter: Painter, quad, width: float, facade: Facade, normal: np.ndarray, detailed: bool) -> None:
    """Shop windows, sign boards and striped awnings on the ground floor."""
    light, high = painter.light, facade.floor_height
    count = max(1, int(width // (2 * facade.bay)))
    span = width / count
    for shop in range(count):
        left, right = shop * span, (shop + 1) * span
        color = np.array(_AWNINGS[int(facade.shops[shop % len(facade.shops)])])
        open_late = light.is_dark and (shop + len(facade.shops)) % 4 != 0
        painter.face(quad(left + 0.1, right - 0.1, 0.0, high * 0.92), mix(facade.wall, color, 0.55) * 0.62, normal)
        pane = mix(light.glass, (1.0, 0.9, 0.7), 0.12) if not open_late else np.array((1.0, 0.83, 0.55))
        glow = 0.95 if open_late else 0.0
        door = left + span * 0.78
        painter.face(quad(left + 0.35, door - 0.2, 0.55, high * 0.74), pane, normal, glow)
        painter.face(quad(door, right - 0.35, 0.05, high * 0.74), mix(pane, (0, 0, 0), 0.22), normal, glow)
        if detailed:
            low, top = 0.55, high * 0.74
            corner = quad(left + 0.35, door - 0.2, low, top)
            streak = np.array(
                [
                    corner[0] * 0.8 + corner[3] * 0.2,
                    corner[1] * 0.6 + corner[2] * 0.4,
                    corner[1] * 0.35 + corner[2] * 0.65,
                    corner[0] * 0.55 + corner[3] * 0.45,
                ]
            )
            painter.face(streak, mix(pane, (1, 1, 1), 0.18), normal, glow)
            for index, share in enumerate((0.12, 0.3, 0.5, 0.7)):
                ware = left + 0.35 + (door - left - 0.75) * share
                tall = 0.45 + 0.25 * ((index * 7 + shop) % 3)
                painter.face(
                    quad(ware, ware + 0.42, low, low + tall), mix(pane, np.roll(color, index), 0.45), normal, glow * 0.7
                )
        painter.face(
            quad(left + 0.15, right - 0.15, high * 0.78, high * 0.92, 0.06),
            mix(color, (1, 1, 1), 0.06),
            normal,
            0.35 * glow,
        )
        if detailed:
            letters = np.linspace(left + span * 0.25, right - span * 0.25, 7)
            for index, letter in enumerate(letters[:-1]):
                painter.face(
                    quad(
                        letter,
                        letter + 0.62 * (letters[1] - letters[0]),
                        high * 0.815,
                        high * (0.865 + 0.02 * (index % 2)),
                        0.08,
                    ),
                    (0.98, 0.96, 0.90),
                    normal,
                    0.5 * glow,
                )
        if shop % 3 != 1:
            stripes = max(4, int(span / 0.5))
            edges = np.linspace(left + 0.2, right - 0.2, stripes + 1)
            slope = normal * 0.6 + np.array([0.0, 0.8, 0.0])
            for index in range(stripes):
                back, front = (
                    quad(edges[index], edges[index + 1], high * 0.78, high * 0.78),
                    quad(edges[index], edges[index + 1], high * 0.60, high * 0.60, 1.15),
                )
                tone = color if index % 2 == 0 else np.array((0.97, 0.95, 0.90))
                painter.face(np.array([front[0], back[1], back[2], front[3]]), tone, slope, 0.12 * glow)
                painter.face(
                    quad(edges[index], edges[index + 1], high * 0.54, high * 0.60, 1.15),
                    tone * 0.88,
                    normal,
                    0.12 * glow,
                )


@dataclass(slots=True)
class Building:
    """A house at the side of the street, or across its end.

    Attributes:
        side: -1 left of the street, 1 right of it, 0 across it (facing the camera).
        line: x of its facade (z of it when it stands across).
        start, end: z (or x) where it begins and ends.
    """

    side: int
    line: float
    start: float
    end: float
    front: Facade
    flank: Facade
    has_shops: bool

    @property
    def height(self) -> float:
        return self.front.lit.shape[0] * self.front.floor_height + 0.9

    def draw(self, painter: Painter) -> None:
        ahead, right = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
        if self.side == 0:
            origin = np.array([self.start, 0.0, self.line])
            self._roof(painter, origin, right, self.end - self.start, -ahead)
            draw_facade(painter, origin, right, -ahead, self.end - self.start, self.front, self.has_shops)
            return
        depth = self.flank.bay * self.flank.lit.shape[1]
        if self.start > 1.0:
            begin = self.line - depth if self.side < 0 else self.line
            draw_facade(painter, np.array([begin, 0.0, self.start]), right, -ahead, depth, self.flank, self.has_shops)
        origin = np.array([self.line, 0.0, self.start])
        draw_facade(painter, origin, ahead, -self.side * right, self.end - self.start, self.front, self.has_shops)

    def _roof(self, painter: Painter, origin: np.ndarray, along: np.ndarray, width: float, normal: np.ndarray) -> None:
        if self.front.roof != "gable":
            return
        base = origin + np.array([0.0, self.height, 0.0])
        peak = base + along * width / 2 + np.array([0.0, width * 0.28, 0.0])
        painter.face(np.array([base, peak, base + along * width]), mix(self.front.wall, (0.45, 0.2, 0.15), 0.6), normal)


def make_building(
    side: int, line: float, start: float, end: float, floors: int, light: Light, rng: np.random.Generator, shops: bool
) -> Actor:
    """A random house as an item of the scene."""
    front = make_facade(end - start, floors, light, rng)
    flank_light = make_facade(float(rng.uniform(9.0, 13.0)), floors, light, rng)
    flank = Facade(
        **{name: getattr(flank_light if name in _PER_CELL else front, name) for name in Facade.__dataclass_fields__}
    )
    building = Building(side, line, start, end, front, flank, shops)
    return Actor(building, end if side else line)


_PER_CELL: Final = {"bay", "lit", "lit_color", "blind", "shops"}
