"""The sky and what stands against it far away: sun, moon, stars, clouds, the skyline."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import View
from .lighting import Light, mix


def draw_sky(color: np.ndarray, view: View, light: Light, rng: np.random.Generator) -> None:
    """Fill ``color`` (uint8 RGB) with the sky above the horizon, and its lowest colour below."""
    small = (view.width // 2, view.height // 2)
    horizon = view.horizon_v / 2
    rows = np.clip(np.arange(small[1]) / max(horizon, 1.0), 0, 1)
    stops = np.linspace(0.0, 1.0, len(light.sky)) ** 0.85
    gradient = np.stack([np.interp(rows, stops, [stop[channel] for stop in light.sky]) for channel in range(3)], axis=1)
    sky = np.repeat(gradient[:, None, :], small[0], axis=1).astype(np.float32)
    x, y = np.meshgrid(np.arange(small[0], dtype=np.float32), np.arange(small[1], dtype=np.float32))
    side = np.sign(light.sun_direction[0])
    clear = light.weather == "clear"
    sun_u = small[0] * (0.5 + side * rng.uniform(0.1, 0.34))
    if light.time_of_day == "day":
        sun_v = horizon * rng.uniform(0.14, 0.3)
        _halo(sky, x, y, sun_u, sun_v, small[0] * 0.20, (1.0, 0.97, 0.85), 0.75 if clear else 0.2)
        if clear:
            _disc(sky, x, y, sun_u, sun_v, small[1] * 0.028, (1.0, 0.99, 0.92))
    elif light.time_of_day == "dusk":
        sun_v = horizon * rng.uniform(0.80, 0.92)
        _halo(sky, x, y, sun_u, sun_v, small[0] * 0.34, (1.0, 0.72, 0.42), 0.75 if clear else 0.25)
        if clear:
            _disc(sky, x, y, sun_u, sun_v, small[1] * 0.058, (1.0, 0.90, 0.66))
    else:
        if clear:
            _stars(sky, horizon, rng)
            moon_v = horizon * rng.uniform(0.16, 0.36)
            radius = small[1] * 0.036
            _halo(sky, x, y, sun_u, moon_v, small[0] * 0.10, (0.75, 0.80, 0.95), 0.4)
            _disc(sky, x, y, sun_u, moon_v, radius, (0.96, 0.95, 0.87))
            for du, dv, size in ((-0.3, 0.2, 0.22), (0.25, -0.3, 0.16), (0.2, 0.4, 0.12)):
                _disc(sky, x, y, sun_u + du * radius, moon_v + dv * radius, radius * size, (0.85, 0.84, 0.78))
        _halo(sky, x, y, small[0] * 0.5, horizon * 1.02, small[0] * 0.42, light.lamp_color, 0.20)
    _clouds(sky, horizon, light, rng)
    full = cv2.resize(sky, (view.width, view.height), interpolation=cv2.INTER_LINEAR)
    color[:] = np.clip(full * 255 + 0.5, 0, 255).astype(np.uint8)
    _skyline(color, view, light, rng)


def _halo(
    sky: np.ndarray, x: np.ndarray, y: np.ndarray, u: float, v: float, radius: float, color, share: float
) -> None:
    fall = (np.exp(-np.sqrt((x - u) ** 2 + (y - v) ** 2) / radius) * share)[..., None].astype(np.float32)
    sky += (np.asarray(color, np.float32) - sky) * fall


def _disc(sky: np.ndarray, x: np.ndarray, y: np.ndarray, u: float, v: float, radius: float, color) -> None:
    inside = np.clip(radius - np.sqrt((x - u) ** 2 + (y - v) ** 2) + 0.5, 0, 1)[..., None].astype(np.float32)
    sky += (np.asarray(color, np.float32) - sky) * inside


def _stars(sky: np.ndarray, horizon: float, rng: np.random.Generator) -> None:
    for _ in range(130):
        u, v = int(rng.integers(sky.shape[1])), int(horizon * rng.random() ** 1.5 * 0.95)
        sky[v, u] += np.float32(rng.uniform(0.15, 0.75) * (1 - v / max(horizon, 1)))


def _clouds(sky: np.ndarray, horizon: float, light: Light, rng: np.random.Generator) -> None:
    tint = {"day": (1.0, 0.99, 0.97), "dusk": (1.0, 0.66, 0.56), "night": (0.24, 0.28, 0.45)}[light.time_of_day]
    shade = {"day": (0.82, 0.87, 0.93), "dusk": (0.58, 0.36, 0.55), "night": (0.12, 0.15, 0.28)}[light.time_of_day]
    count = int(rng.integers(3, 7)) if light.weather == "clear" else 9
    strength = {"clear": 0.85, "rain": 0.4, "fog": 0.15}[light.weather] * (0.6 if light.time_of_day == "night" else 1.0)
    bright, dark = (np.zeros(sky.shape[:2], np.float32) for _ in range(2))
    for _ in range(count):
        u, v = rng.uniform(0, sky.shape[1]), horizon * rng.uniform(0.06, 0.72)
        length = sky.shape[1] * rng.uniform(0.06, 0.17) * (0.5 + 0.6 * (1 - v / horizon))
        puffs = int(rng.integers(5, 9))
        for puff in range(puffs):
            share = puff / (puffs - 1) * 2 - 1
            size = length * 0.26 * (1.15 - abs(share)) * rng.uniform(0.8, 1.2)
            middle = (int(u + share * length), int(v - size * 0.35))
            cv2.ellipse(bright, middle, (int(size * 1.3), int(size * 0.62)), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
            cv2.ellipse(
                dark,
                (middle[0], int(v + size * 0.10)),
                (int(size * 1.35), int(size * 0.30)),
                0,
                0,
                360,
                1.0,
                -1,
                cv2.LINE_AA,
            )
    for layer, color, share in ((bright, tint, strength), (dark, shade, strength * 0.45)):
        soft = cv2.GaussianBlur(layer, (0, 0), sky.shape[1] / 260)[..., None] * np.float32(share)
        sky += (np.asarray(color, np.float32) - sky) * soft


def _skyline(color: np.ndarray, view: View, light: Light, rng: np.random.Generator) -> None:
    """Three rows of far houses, the nearer the darker, with a tower among them."""
    haze = np.asarray(light.haze)
    dark = {"day": (0.52, 0.62, 0.74), "dusk": (0.34, 0.25, 0.44), "night": (0.07, 0.09, 0.19)}[light.time_of_day]
    unit = view.width / 960
    for layer, share in enumerate((0.30, 0.55, 0.78)):
        share = share * {"clear": 1.0, "rain": 0.6, "fog": 0.25}[light.weather]
        tone = mix(haze, dark, share)
        rgb = tuple(float(channel) for channel in np.clip(tone, 0, 1) * 255)
        u = -10.0 * unit
        base = int(view.horizon_v + 3 * unit)
        while u < view.width:
            width = rng.uniform(14, 40) * unit
            height = rng.uniform(18, 70) * unit * (1.25 - 0.3 * layer)
            top = int(view.horizon_v - height)
            cv2.rectangle(color, (int(u), top), (int(u + width), base), rgb, -1)
            if rng.random() < 0.16:
                spire = np.array(
                    [(u + width * 0.3, top), (u + width * 0.5, top - height * 0.6), (u + width * 0.7, top)]
                )
                cv2.fillPoly(color, [spire.astype(np.int32)], rgb, cv2.LINE_AA)
            if light.is_dark and light.weather != "fog" and layer > 0:
                for _ in range(int(width * height / (140 * unit * unit))):
                    if rng.random() < light.lit_windows:
                        x, y = int(u + rng.uniform(2, max(width - 4, 3))), int(top + rng.uniform(3, max(height - 4, 4)))
                        lit = mix(tone, (1.0, 0.82, 0.5), 0.65) * 255
                        size = max(1, int(1.6 * unit))
                        cv2.rectangle(color, (x, y), (x + size, y + size), tuple(float(c) for c in lit), -1)
            u += width + rng.uniform(-2, 3) * unit
