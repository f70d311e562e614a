"""Light and colour of a time of day and a weather. Colours are RGB, 0..1."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Color = tuple[float, float, float]


def mix(first: Color | np.ndarray, second: Color | np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """``first`` with a share (0..1) of ``second``."""
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    return a + (b - a) * np.asarray(share)


def from_hex(code: str) -> Color:
    """``"c96f4a"`` as RGB, 0..1."""
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def palette(codes: str) -> list[Color]:
    """Colours from hex codes with blanks between them."""
    return [from_hex(code) for code in codes.split()]


@dataclass(frozen=True)
class Light:
    """What lights a scene.

    Attributes:
        time_of_day, weather: "day" | "dusk" | "night"; "clear" | "rain" | "fog".
        sky: colours from the top of the sky to the horizon.
        ambient, sun: light from everywhere, and from ``sun_direction`` (a unit vector towards the sun or moon).
        haze, haze_distance_m: colour that distance fades to, and the distance at which about 63 % of it is reached.
        shadow: how dark cast shadows are, 0..1.
        lamps: (n, 2) x, z of burning street lamps; empty by day.
        lit_windows: share of windows with light behind them.
        glass: colour of glass with no light behind it.
    """

    time_of_day: str
    weather: str
    sky: tuple[Color, ...]
    ambient: Color
    sun: Color
    sun_direction: np.ndarray
    haze: Color
    haze_distance_m: float
    shadow: float
    lit_windows: float
    glass: Color
    lamp_color: Color = (1.0, 0.78, 0.46)
    lamps: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))

    @property
    def is_dark(self) -> bool:
        """Headlights, street lamps and shop windows are on."""
        return self.time_of_day != "day"

    @property
    def lamp_strength(self) -> float:
        return {"day": 0.0, "dusk": 0.35, "night": 0.95}[self.time_of_day]

    def lamp_light(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Brightness (same shape as ``x``) that the street lamps give at places on the ground."""
        brightness = np.zeros(np.broadcast(x, z).shape)
        for lamp_x, lamp_z in self.lamps:
            brightness += np.exp(-((x - lamp_x) ** 2 + (z - lamp_z) ** 2) / 26.0)
        return self.lamp_strength * np.minimum(brightness, 1.25)

    def shade(self, color: Color | np.ndarray, normal: np.ndarray, point: np.ndarray) -> np.ndarray:
        """Colour (3,) of a surface with a unit ``normal`` at ``point``, as seen through the haze."""
        upward = 0.80 + 0.20 * normal[1]
        facing = max(0.0, float(normal @ self.sun_direction))
        light = np.asarray(self.ambient) * upward + np.asarray(self.sun) * facing
        if len(self.lamps) and point[2] < 70.0:
            fade = max(0.25, 1.0 - max(0.0, point[1] - 2.5) / 7.0)
            light = light + fade * float(self.lamp_light(point[0], point[2])) * 0.8 * np.asarray(self.lamp_color)
        return self.through_haze(np.minimum(np.asarray(color) * light, 1.0), float(point[2]))

    def through_haze(self, color: Color | np.ndarray, depth_m: float) -> np.ndarray:
        share = 1.0 - np.exp(-max(depth_m - 6.0, 0.0) / self.haze_distance_m)
        return mix(color, self.haze, share)


def _unit(x: float, y: float, z: float) -> np.ndarray:
    vector = np.array([x, y, z])
    return vector / np.linalg.norm(vector)


_SKIES: dict[str, tuple[str, ...]] = {
    "day": ("3f8fd2 86c3ea dcedf0 fbeedd", "4a9ad4 9fd3ec e3f1ee fdf1df", "5b8fc7 a9c9e6 e9e6e2 fde6cf"),
    "dusk": ("2b2a5e 6a4687 d8718a ffb070", "31386f 83578f ef8376 ffc27d", "25305f 5d5896 c77fa0 ffad86"),
    "night": ("070b20 0f1a3c 1d2c58 3a4373", "080a1c 141640 282a5c 4a4376", "050d1e 0c2240 1b3a58 355672"),
}


def make_light(time_of_day: str, weather: str, rng: np.random.Generator) -> Light:
    """The light of a scene, without its lamps (``dataclasses.replace`` adds them)."""
    sky = tuple(from_hex(code) for code in _SKIES[time_of_day][rng.integers(3)].split())
    side = 1.0 if rng.random() < 0.5 else -1.0
    if time_of_day == "day":
        ambient, sun = (0.76, 0.79, 0.86), (0.46, 0.41, 0.29)
        direction = _unit(side * rng.uniform(0.55, 1.0), rng.uniform(0.75, 1.05), -rng.uniform(0.15, 0.6))
        distance, shadow, lit, glass = 120.0, 0.42, 0.0, (0.42, 0.56, 0.66)
    elif time_of_day == "dusk":
        ambient, sun = (0.55, 0.48, 0.60), (0.55, 0.30, 0.15)
        direction = _unit(side * rng.uniform(0.7, 1.0), 0.38, rng.uniform(-0.1, 0.4))
        distance, shadow, lit, glass = 95.0, 0.26, 0.30, (0.45, 0.36, 0.47)
    else:
        ambient, sun = (0.25, 0.28, 0.44), (0.05, 0.06, 0.09)
        direction = _unit(side * 0.5, 0.9, 0.3)
        distance, shadow, lit, glass = 130.0, 0.25, 0.42, (0.10, 0.14, 0.24)
    haze: Color = sky[-1]
    if weather in ("rain", "fog"):
        gray = {"day": (0.72, 0.76, 0.79), "dusk": (0.62, 0.52, 0.58), "night": (0.24, 0.28, 0.42)}[time_of_day]
        strength = 0.72 if weather == "rain" else 0.85
        pale = strength if time_of_day == "day" else 0.6 * strength
        sky = tuple(tuple(mix(color, gray, pale)) for color in sky)  # type: ignore[misc]
        haze = sky[-1]
        sun = tuple(0.18 * channel for channel in sun)  # type: ignore[assignment]
        ambient = tuple(mix(ambient, np.full(3, np.mean(ambient) * 1.12), 0.5))  # type: ignore[assignment]
        shadow *= 0.45
        distance = 55.0 if weather == "rain" else float(rng.uniform(15.0, 23.0))
        lit = max(lit, 0.10)
    return Light(time_of_day, weather, sky, ambient, sun, direction, haze, distance, shadow, lit, glass)
