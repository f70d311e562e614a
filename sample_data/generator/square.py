"""Squares: houses across the end, trees at the sides, people everywhere, a market crowd."""

from __future__ import annotations

import numpy as np

from . import furniture, persons
from .buildings import make_building
from .composer import LEFT, RIGHT, Composer, SceneRequest, place_camera
from .ground import GroundPlan
from .renderer import Scene
from .solids import Pose


def compose_square(request: SceneRequest, rng: np.random.Generator) -> Scene:
    """A random square."""
    end = float(rng.uniform(34.0, 42.0))
    plan = GroundPlan(road_half=0.0, pavement=0.0, plaza_end=end)
    composer = Composer(request, rng)
    view, camera = place_camera(request, rng, plan)
    x = -30.0
    while x < 30.0:
        width = float(rng.uniform(6.0, 9.5))
        composer.actors.append(make_building(0, end, x, x + width, int(rng.integers(3, 6)), composer.light, rng, True))
        x += width
    leaf = furniture.leaf_color(rng)
    for z in np.arange(9.0, end - 2.0, 6.0):
        for side in (-1, 1):
            composer.actors.append(furniture.make_tree(side * (8.5 + 0.18 * z), float(z), rng, leaf))
            composer.taken.append((side * (8.5 + 0.18 * z), float(z), 0.4, 0.4))
            if int(z) % 4 < 3:
                composer.street_lamp(side * 6.6, float(z) + 3.0, -side * 0.7)
    if request.empty:
        return composer.finish(view, plan, camera)
    if request.busy >= 1.2:
        _crowd(composer, end)
    for _ in range(round(rng.uniform(13, 20) * request.busy)):
        z = float(5.5 + 17.0 * rng.random())
        composer.person(float(rng.uniform(-0.62, 0.62) * z), z, float(rng.uniform(0, 2 * np.pi)))
    for _ in range(3):
        z = float(rng.uniform(6.0, 18.0))
        heading = float(rng.choice([RIGHT, LEFT])) + float(rng.normal(0, 0.3))
        composer.cyclist(float(rng.uniform(-0.5, 0.5) * z), z, heading)
    for _ in range(int(rng.integers(1, 4))):
        z = float(rng.uniform(6.0, 13.0))
        composer.dog_walker(float(rng.uniform(-0.5, 0.5) * z), z, float(rng.uniform(0, 2 * np.pi)))
    van = str(rng.choice(["car", "truck", "bus"], p=[0.4, 0.4, 0.2]))
    composer.vehicle(van, Pose(float(rng.uniform(-10, 10)), end - 5.0, float(rng.choice([RIGHT, LEFT]))))
    return composer.finish(view, plan, camera)


def _crowd(composer: Composer, end: float) -> None:
    """A market crowd, labelled as one region."""
    rng = composer.rng
    middle = float(rng.uniform(-4.0, 4.0))
    for z in np.linspace(end - 9.0, end - 13.0, 4):
        for x in np.arange(-6.5, 6.5, 0.62):
            place = Pose(
                middle + float(x) + float(rng.normal(0, 0.12)),
                float(z) + float(rng.normal(0, 0.2)),
                float(rng.uniform(0, 6.28)),
            )
            for actor in persons.make_person(place, rng, stride=0.0):
                actor.object_key, actor.is_crowd = "crowd", actor.class_name == "person"
                actor.keypoints = None
                composer.actors.append(actor)
    composer.taken.append((middle, end - 11.0, 7.0, 2.8))
