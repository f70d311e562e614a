"""The first frame: a busy crossing by day that shows every class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import bicycles, furniture
from .camera import View
from .cars import CAR_COLORS, Car
from .composer import AWAY, LEFT, RIGHT, TOWARDS, Composer, SceneRequest
from .ground import GroundPlan
from .layout import furnish_street
from .renderer import Scene
from .solids import Pose


def hero_scene(seed: int) -> Scene:
    """A scene set by hand; only looks (clothes, colours, houses) are random."""
    rng = np.random.default_rng([seed, 0, 2])
    plan = GroundPlan(3.9, 3.4, 1, crossing=17.5, zebras=(8.9,), manholes=((1.6, 6.2), (-2.0, 25.0)))
    composer = Composer(SceneRequest("crossing", "day"), rng)
    sun = np.array([0.62, 0.70, -0.36])
    composer.light = replace(composer.light, sun_direction=sun / np.linalg.norm(sun))
    furnish_street(composer, plan)
    for kind, x, z, heading in (
        ("bus", 4.6, 19.4, LEFT),
        ("car", -5.4, 15.6, RIGHT),
        ("truck", -1.95, 28.5, TOWARDS),
        ("car", 1.9, 27.0, AWAY),
        ("car", 1.95, 35.0, AWAY),
        ("car", -1.95, 39.5, TOWARDS),
        ("car", -2.05, 7.3, TOWARDS),
        ("car", 1.95, 44.0, AWAY),
        ("bus", 2.0, 58.0, AWAY),
    ):
        composer.vehicle(kind, Pose(x, z, heading))
    for actor in composer.actors:
        if isinstance(actor.shape, Car) and actor.sort_depth < 8.0:
            actor.shape.paint = CAR_COLORS[0]
    composer.cyclist(2.5, 6.5, AWAY - 0.35)
    composer.cyclist(2.9, 14.4, LEFT)
    for x, z, heading in (
        (-0.9, 10.2, RIGHT), (0.6, 11.0, LEFT), (1.5, 9.9, RIGHT + 0.2), (3.0, 10.9, LEFT - 0.1), (-2.7, 11.3, RIGHT),
        (4.9, 8.2, TOWARDS + 0.3), (5.6, 8.6, TOWARDS - 0.2), (-5.6, 11.9, AWAY + 0.4), (6.2, 11.8, LEFT),
        (-6.3, 23.8, TOWARDS), (5.4, 24.5, AWAY), (-5.2, 26.0, AWAY), (6.1, 28.0, TOWARDS), (-5.9, 31.0, TOWARDS),
        (5.6, 36.0, AWAY),
    ):  # fmt: skip
        composer.person(x, z, heading)
    composer.dog_walker(-5.3, 9.0, RIGHT - 0.25)
    if composer.free(-5.0, 12.3, 0.9, 0.3):
        composer.actors.append(bicycles.make_parked_bicycle(Pose(5.2, 12.4, 0.9), rng))
    for side in (-1, 1):
        composer.actors += furniture.make_signal(side * 4.4, 8.5, rng, "red")
        composer.actors += furniture.make_signal(side * 4.4, 22.6, rng, "red")
    view = View(960, 640, 700.0, 470.0, 214.0, 0.1, 3.3)
    return composer.finish(view, plan, "mast")
