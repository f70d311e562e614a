"""What happens to the picture after the scene: lamp light in the air, glow, rain, blur, grain, vignette."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import View
from .lighting import Light
from .painter import Glow


def add_glows(
    image: np.ndarray, glows: list[Glow], scale: float, items: np.ndarray | None, depths: np.ndarray | None
) -> None:
    """Add lights to ``image`` (float32 RGB 0..1, in place) unless something nearer hides them.

    Args:
        scale: image pixels per pixel of the canvas that the glows speak of.
        items: (height, width) item per image pixel, with ``depths`` in metres per item; None: nothing hides.
    """
    height, width = image.shape[:2]
    for glow in glows:
        u, v, radius = glow.u * scale, glow.v * scale, glow.radius * scale
        if items is not None and depths is not None and 0 <= int(u) < width and 0 <= int(v) < height:
            item = int(items[int(v), int(u)])
            if item not in (0, glow.item) and depths[item] < glow.depth - 0.5:
                continue
        x0, x1 = max(0, int(u - 2 * radius)), min(width, int(u + 2 * radius) + 1)
        y0, y1 = max(0, int(v - 2 * radius)), min(height, int(v + 2 * radius) + 1)
        if x1 <= x0 or y1 <= y0:
            continue
        x = (np.arange(x0, x1) - u) / radius
        y = (np.arange(y0, y1) - v) / radius
        squared = x[None, :] ** 2 + y[:, None] ** 2
        fall = (0.55 * np.exp(-squared * 14.0) + 0.45 * np.exp(-squared * 2.4))[..., None] * np.maximum(
            1 - squared / 4, 0
        )[..., None]
        patch = image[y0:y1, x0:x1]
        light = np.minimum(fall * glow.color, 1.0).astype(np.float32)
        patch += light * (1.0 - np.clip(patch, 0, 1) * 0.75)


def add_lamp_cones(image: np.ndarray, view: View, light: Light, lamps: list[tuple[float, float, float]]) -> None:
    """Add the light that hangs in the air below street lamps at (x, z, height)."""
    strength = light.lamp_strength * {"clear": 0.16, "rain": 0.26, "fog": 0.30}[light.weather]
    if strength <= 0:
        return
    small = np.zeros((view.height // 2, view.width // 2), np.float32)
    for x, z, high in sorted(lamps, key=lambda lamp: -lamp[1]):
        if not 3.0 < z < 60.0:
            continue
        top, left, right = view.project(np.array([[x, high, z], [x - 2.3, 0.0, z], [x + 2.3, 0.0, z]]))
        if top[1] < 0:
            continue  # a cone without its lamp looks like a searchlight
        one = np.zeros_like(small)
        points = np.array([np.add(top, (-1, 0)), np.add(top, (1, 0)), right, left]) / 2
        cv2.fillPoly(one, [np.clip(points, -9999, 9999).astype(np.int32)], 1.0, cv2.LINE_AA)
        rows = np.arange(small.shape[0], dtype=np.float32)
        fade = np.clip(1.0 - (rows - top[1] / 2) / max((left[1] - top[1]) / 2, 1.0), 0.0, 1.0) ** 1.3
        small = np.maximum(small, one * fade[:, None] * np.float32(np.exp(-z / 60.0)))
    soft = cv2.resize(cv2.GaussianBlur(small, (0, 0), 3.0), (view.width, view.height))
    image += soft[..., None] * np.asarray(light.lamp_color, np.float32) * np.float32(strength)


def add_bloom(image: np.ndarray, light: Light) -> None:
    """Let bright places shine into their surroundings."""
    amount, floor = (0.10, 0.82) if light.time_of_day == "day" else (0.30, 0.62)
    small = cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    bright = np.maximum(small - np.float32(floor), 0)
    soft = cv2.GaussianBlur(bright, (0, 0), small.shape[0] / 34)
    image += cv2.resize(soft, (image.shape[1], image.shape[0])) * np.float32(amount * 2.2)


def add_rain(image: np.ndarray, view: View, light: Light, rng: np.random.Generator) -> None:
    """Draw rain: streaks near and far, rings where drops meet the road."""
    height, width = image.shape[:2]
    layer = np.zeros((height, width), np.float32)
    slant = rng.uniform(-0.22, 0.22)
    for count, length, thickness, value in ((240, 14, 1, 0.45), (120, 26, 1, 0.75), (16, 46, 2, 0.7)):
        for _ in range(int(count * width * height / 614400)):
            x, y = rng.uniform(-20, width + 20), rng.uniform(-30, height)
            size = length * rng.uniform(0.7, 1.3)
            ends = np.rint(np.array([(x, y), (x + slant * size, y + size)]) * 16).astype(np.int32)
            cv2.line(layer, tuple(map(int, ends[0])), tuple(map(int, ends[1])), value, thickness, cv2.LINE_AA, 4)
    for _ in range(120):
        v = view.horizon_v + (height - view.horizon_v) * rng.uniform(0.12, 1.0)
        size = 1.0 + 7.0 * (v - view.horizon_v) / max(height - view.horizon_v, 1) * rng.uniform(0.5, 1.0)
        cv2.ellipse(
            layer,
            (int(rng.uniform(0, width)), int(v)),
            (int(size), max(1, int(size * 0.3))),
            0,
            0,
            360,
            0.35,
            1,
            cv2.LINE_AA,
        )
    layer = cv2.GaussianBlur(layer, (0, 0), 0.6)[..., None]
    tint = {"day": (0.92, 0.95, 1.0), "dusk": (0.95, 0.85, 0.9), "night": (0.62, 0.70, 0.88)}[light.time_of_day]
    image += (np.asarray(tint, np.float32) - image) * (layer * np.float32(0.30))


def finish(image: np.ndarray, blur: str, angle: float, rng: np.random.Generator) -> np.ndarray:
    """Blur, tone, vignette and grain; returns uint8 RGB."""
    height, width = image.shape[:2]
    if blur == "motion":
        size = max(5, round(width / 80)) | 1
        kernel = np.zeros((size, size), np.float32)
        half = size // 2
        dx, dy = np.cos(angle) * half, np.sin(angle) * half
        cv2.line(kernel, (round(half - dx), round(half - dy)), (round(half + dx), round(half + dy)), 1.0, 1)
        image = cv2.filter2D(image, -1, kernel / kernel.sum())
    elif blur == "defocus":
        image = cv2.GaussianBlur(image, (0, 0), width / 380)
    y, x = np.ogrid[0:height, 0:width]
    distance = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2).astype(np.float32)
    image = image * (1.0 - 0.28 * distance)[..., None]
    image = np.clip(image, 0.0, 1.0)
    image = image * image * (3 - 2 * image) * np.float32(0.30) + image * np.float32(0.70)
    grain = rng.standard_normal((height // 2 + 1, width // 2 + 1), dtype=np.float32)
    grain = cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR) * np.float32(0.004)
    return np.clip((image + grain[..., None]) * 255 + 0.5, 0, 255).astype(np.uint8)
