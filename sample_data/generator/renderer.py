"""Draws a scene, and keeps which item every pixel shows."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from . import weather
from .actors import Actor
from .camera import View
from .ground import GroundPainter, GroundPlan, finish_ground, shadow_mask
from .lighting import Light
from .painter import Painter
from .sky import draw_sky

SUPERSAMPLING = 2


@dataclass
class Scene:
    """All that a picture needs.

    Attributes:
        view: the camera, in pixels of the finished picture.
        buildings: side, line, start, end, height of the houses, for their shadows.
        lamps: x, z, height of the street lamps' bulbs.
        beams: x, z and direction x, z of headlights.
        blur: "none", "motion" or "defocus".
        camera: what the camera is called in the frame's metadata.
    """

    view: View
    light: Light
    plan: GroundPlan
    actors: list[Actor]
    buildings: list[tuple[int, float, float, float, float]] = field(default_factory=list)
    lamps: list[tuple[float, float, float]] = field(default_factory=list)
    beams: list[tuple[float, float, float, float]] = field(default_factory=list)
    blur: str = "none"
    camera: str = "dashcam"


@dataclass
class Rendering:
    """A drawn scene.

    Attributes:
        image: uint8 (height, width, 3) RGB, or None when only the labels were asked for.
        items: uint16 (height, width); 0 is sky and ground, i is ``actors[i - 1]``.
        actors: in the order they were drawn.
        whole_area: per actor, the pixels it would cover if nothing hid it.
        hulls: per actor x0, y0, x1, y1 of its whole shape, also outside the frame.
    """

    image: np.ndarray | None
    items: np.ndarray
    actors: list[Actor]
    whole_area: list[int]
    hulls: list[np.ndarray]


def render(scene: Scene, look_seed: list[int], with_image: bool = True) -> Rendering:
    """Draw ``scene``; the labels do not depend on ``look_seed`` or on ``with_image``."""
    rng = np.random.default_rng(look_seed)
    view = scene.view.scaled(SUPERSAMPLING)
    light = scene.light
    ordered = sorted(scene.actors, key=lambda actor: -actor.sort_depth)
    color = np.zeros((view.height, view.width, 3), np.uint8)
    items = np.zeros((view.height, view.width), np.uint16)
    if with_image:
        draw_sky(color, view, light, rng)
        reflection = _reflection(scene, ordered, color, view) if light.weather == "rain" else None
        GroundPainter(view, color).draw(scene.plan)
        shadows = shadow_mask(scene.view, light, ordered, scene.buildings)
        finish_ground(color, view, light, shadows, _texture(rng), reflection, scene.beams if light.is_dark else [])
    painter = Painter(view, light, color, items)
    areas, hulls = [], []
    for number, actor in enumerate(ordered, start=1):
        painter.begin(number, record=actor.class_name is not None)
        actor.shape.draw(painter)
        area, bounds = painter.end()
        areas.append(area)
        hulls.append(bounds / SUPERSAMPLING)
    small_items = np.ascontiguousarray(items[::SUPERSAMPLING, ::SUPERSAMPLING])
    image = _develop(scene, painter, color, small_items, ordered, rng) if with_image else None
    return Rendering(image, small_items, ordered, areas, hulls)


def _texture(rng: np.random.Generator) -> np.ndarray:
    """Faint patches that make asphalt look like asphalt; float32 about 0."""
    coarse = cv2.resize(rng.standard_normal((14, 10), dtype=np.float32), (240, 160), interpolation=cv2.INTER_CUBIC)
    fine = rng.standard_normal((160, 240), dtype=np.float32)
    return coarse * np.float32(0.030) + cv2.GaussianBlur(fine, (0, 0), 0.7) * np.float32(0.012)


def _reflection(scene: Scene, ordered: list[Actor], sky: np.ndarray, view: View) -> np.ndarray:
    """The mirror image of the scene as a wet road shows it, float32 RGB on the canvas of ``view``."""
    mirrored = scene.view.scaled(1.0, mirrored=True)
    small = cv2.resize(sky, (mirrored.width, mirrored.height), interpolation=cv2.INTER_AREA)
    horizon = int(mirrored.horizon_v)
    rows = np.clip(2 * horizon - np.arange(mirrored.height), 0, horizon)
    canvas = np.ascontiguousarray(small[rows])
    painter = Painter(mirrored, scene.light, canvas)
    for actor in ordered:
        painter.begin(1, record=False)
        actor.shape.draw(painter)
    image = canvas.astype(np.float32) / np.float32(255)
    weather.add_glows(image, painter.glows, 1.0, None, None)
    image = cv2.blur(image, (3, 23))
    image = cv2.GaussianBlur(image, (0, 0), sigmaX=1.2, sigmaY=5.0)
    ripple = 2.5 * np.sin(np.arange(mirrored.height) * 0.55 + 2.0 * np.sin(np.arange(mirrored.height) * 0.13))
    x = np.arange(mirrored.width, dtype=np.float32)[None, :] + ripple.astype(np.float32)[:, None]
    y = np.repeat(np.arange(mirrored.height, dtype=np.float32)[:, None], mirrored.width, axis=1)
    image = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(image, (view.width, view.height), interpolation=cv2.INTER_LINEAR)


def _develop(
    scene: Scene, painter: Painter, color: np.ndarray, items: np.ndarray, ordered: list[Actor], rng: np.random.Generator
) -> np.ndarray:
    """From the drawn canvas to the finished picture."""
    light, view = scene.light, scene.view
    image = cv2.resize(color, (view.width, view.height), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(
        255
    )
    depths = np.array([np.inf] + [actor.sort_depth for actor in ordered])
    weather.add_lamp_cones(image, view, light, scene.lamps)
    weather.add_glows(image, painter.glows, 1.0 / SUPERSAMPLING, items, depths)
    weather.add_bloom(image, light)
    if light.weather == "fog":
        image += (np.asarray(light.haze, np.float32) - image) * np.float32(0.14)
    if light.weather == "rain":
        weather.add_rain(image, view, light, rng)
    return weather.finish(image, scene.blur, rng.uniform(-0.3, 0.3), rng)
