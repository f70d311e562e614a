"""Composes scenes: which street, which traffic, who walks where."""

from __future__ import annotations

import numpy as np

from . import bicycles, dogs, furniture
from .actors import Actor
from .camera import View
from .composer import AWAY, LEFT, RIGHT, TOWARDS, Composer, SceneRequest, place_camera
from .ground import GroundPlan
from .renderer import Scene
from .solids import Pose
from .square import compose_square


def compose(request: SceneRequest, rng: np.random.Generator) -> Scene:
    """A scene as requested; everything else is random."""
    return compose_square(request, rng) if request.place == "square" else _compose_street(request, rng)


def _compose_street(request: SceneRequest, rng: np.random.Generator) -> Scene:
    lanes = 2 if rng.random() < 0.3 else 1
    crossing = float(rng.uniform(15.0, 20.0)) if request.place == "crossing" else None
    half = 3.5 * lanes + 0.2
    zebras = (crossing - 4.2 - 4.4,) if crossing else ((float(rng.uniform(8, 22)),) if rng.random() < 0.35 else ())
    plan = GroundPlan(
        road_half=half,
        pavement=float(rng.uniform(2.8, 3.6)),
        lanes=lanes,
        crossing=crossing,
        zebras=zebras,
        grass_side=int(rng.choice([-1, 1])) if request.place == "park" else 0,
        manholes=tuple((float(rng.uniform(-half, half) * 0.7), float(rng.uniform(5, 30))) for _ in range(2)),
    )
    composer = Composer(request, rng)
    view, camera = place_camera(request, rng, plan)
    furnish_street(composer, plan)
    if request.empty:
        return composer.finish(view, plan, camera)
    _traffic(composer, plan, view)
    _signals(composer, plan)
    _people(composer, plan, view)
    return composer.finish(view, plan, camera)


def furnish_street(composer: Composer, plan: GroundPlan) -> None:
    """Houses, trees, lamps and planters along a street."""
    rng = composer.rng
    line = plan.road_half + plan.pavement
    leaf = furniture.leaf_color(rng)
    spacing = float(rng.uniform(8.5, 11.0))
    if plan.crossing is not None:
        for side, z in ((-1, plan.crossing - 6.4), (1, plan.crossing + 6.2), (1, plan.crossing - 12.0)):
            composer.street_lamp(side * (plan.road_half + 0.6), z, -side * 1.4)
            composer.taken.append((side * (plan.road_half + 0.6), z, 0.15, 0.15))
    for side in (-1, 1):
        if plan.grass_side == side:
            for _ in range(16):
                composer.actors.append(
                    furniture.make_tree(
                        side * (line + rng.uniform(1.0, 26.0)),
                        float(rng.uniform(9.0, 75.0)),
                        rng,
                        leaf if rng.random() < 0.7 else None,
                    )
                )
            for z in (9.0, 19.0, 29.0):
                composer.actors.append(Actor(furniture.Bench(Pose(side * (line - 0.6), z, AWAY)), z))
        elif plan.crossing is None:
            composer.row_of_houses(side, line, float(rng.uniform(-6.0, -2.0)), 120.0)
        else:
            composer.row_of_houses(side, line, float(rng.uniform(-9.0, -6.0)), plan.crossing - plan.crossing_half - 2.6)
            composer.row_of_houses(side, line, plan.crossing + plan.crossing_half + 2.6, 120.0)
        trees = plan.grass_side != side and rng.random() < 0.7
        x = side * (plan.road_half + 0.75)
        for number, z in enumerate(np.arange(8.5, 75.0, spacing / 2)):
            z = float(z)
            if plan.crossing is not None and abs(z - plan.crossing) < plan.crossing_half + 3.0:
                continue
            if any(low - 0.8 < z < low + 3.8 for low in plan.zebras):
                continue
            if number % 2 == 0 and trees:
                composer.actors.append(furniture.make_tree(x, z, rng, leaf))
                composer.taken.append((x, z, 0.3, 0.3))
            elif number % 4 == 1 or (number % 4 == 3 and side > 0):
                composer.street_lamp(x, z, -side * 1.3)
                composer.taken.append((x, z, 0.15, 0.15))
            elif not trees and number % 4 == 2 and z < 40:
                bloom = [(0.90, 0.36, 0.42), (0.96, 0.78, 0.30), (0.80, 0.55, 0.85)][int(rng.integers(3))]
                composer.actors.append(Actor(furniture.Planter(x, z, bloom), z))
                composer.taken.append((x, z, 0.6, 0.4))


def _blocked(plan: GroundPlan, z: float, margin: float) -> bool:
    """A vehicle along the street would stand on the cross street or on a zebra crossing."""
    if plan.crossing is not None and abs(z - plan.crossing) < plan.crossing_half + margin:
        return True
    return any(low - margin < z < low + 3.2 + margin for low in plan.zebras)


def _traffic(composer: Composer, plan: GroundPlan, view: View) -> None:
    rng, busy = composer.rng, composer.request.busy
    if plan.crossing is not None:
        lanes = ((plan.crossing - 1.9, RIGHT), (plan.crossing + 1.9, LEFT))
        for z, heading in lanes:
            for _ in range(int(rng.integers(1, 3))):
                kind = str(rng.choice(["car", "bus", "truck"], p=[0.52, 0.24, 0.24]))
                reach = 0.7 * z * (view.width / 2) / view.focal
                composer.vehicle(kind, Pose(float(rng.uniform(-reach, reach)), z, heading + rng.normal(0, 0.03)))
    lane = (plan.road_half - 0.3) / plan.lanes
    for index in range(plan.lanes):
        x = (index + 0.5) * lane
        for side, heading in ((1, AWAY), (-1, TOWARDS)):
            for _ in range(round(rng.uniform(2.0, 5.0) * busy)):
                kind = str(rng.choice(["car", "bus", "truck"], p=[0.70, 0.14, 0.16]))
                z = float({"car": 7.0, "bus": 15.0, "truck": 11.5}[kind] + 55.0 * rng.random() ** 1.5)
                if not _blocked(plan, z, {"car": 2.6, "bus": 5.8, "truck": 4.2}[kind]):
                    composer.vehicle(kind, Pose(side * x + rng.normal(0, 0.12), z, heading + rng.normal(0, 0.035)))
    if plan.lanes == 1 and rng.random() < 0.8:
        side = int(rng.choice([-1, 1]))
        for z in np.arange(rng.uniform(8.0, 10.0), 60.0, 5.9):
            if rng.random() < 0.65 and not _blocked(plan, float(z), 3.2):
                composer.vehicle("car", Pose(side * (plan.road_half + 0.25), float(z), AWAY if side > 0 else TOWARDS))
    for _ in range(round(rng.uniform(1.0, 3.4) * busy)):
        side = int(rng.choice([-1, 1]))
        z = float(5.5 + 24.0 * rng.random())
        if plan.crossing is not None and rng.random() < 0.4:
            composer.cyclist(float(rng.uniform(-6, 6)), plan.crossing - 3.7, RIGHT + rng.normal(0, 0.1))
        else:
            composer.cyclist(side * (plan.road_half - 0.55), z, (AWAY if side > 0 else TOWARDS) + rng.normal(0, 0.2))


def _signals(composer: Composer, plan: GroundPlan) -> None:
    rng = composer.rng
    if not plan.zebras or (plan.crossing is None and rng.random() < 0.35):
        return
    z = plan.zebras[0] - 0.5
    state = str(rng.choice(list(furniture.SIGNALS), p=[0.45, 0.13, 0.42]))
    for side in (-1, 1):
        composer.actors += furniture.make_signal(side * (plan.road_half + 0.45), z, rng, state)
    if plan.crossing is not None:
        far = plan.crossing + plan.crossing_half + 0.8
        for side in (-1, 1):
            composer.actors += furniture.make_signal(side * (plan.road_half + 0.45), far, rng, state)


def _people(composer: Composer, plan: GroundPlan, view: View) -> None:
    rng, busy = composer.rng, composer.request.busy
    inner, outer = plan.road_half + 0.9, plan.road_half + plan.pavement - 0.5
    for _ in range(round(rng.uniform(7, 14) * busy)):
        side = int(rng.choice([-1, 1]))
        z = float(5.5 + 42.0 * rng.random() ** 1.35)
        if plan.crossing is not None and abs(z - plan.crossing) < plan.crossing_half + 0.3:
            continue
        heading = (AWAY if rng.random() < 0.45 else TOWARDS) + float(rng.normal(0, 0.5))
        composer.person(side * float(rng.uniform(inner, outer)), z, heading)
    for zebra in plan.zebras:
        for _ in range(round(rng.uniform(2, 6) * busy)):
            x = float(rng.uniform(-plan.road_half, plan.road_half))
            composer.person(
                x,
                zebra + float(rng.uniform(0.3, 2.8)),
                (RIGHT if rng.random() < 0.5 else LEFT) + float(rng.normal(0, 0.15)),
            )
        if rng.random() < 0.3:
            composer.cyclist(float(rng.uniform(-2, 2)), zebra + 1.5, RIGHT if rng.random() < 0.5 else LEFT)
    for _ in range(int(rng.random() < 0.75) + int(rng.random() < 0.3)):
        side = int(rng.choice([-1, 1]))
        composer.dog_walker(
            side * float(rng.uniform(inner, outer)),
            float(rng.uniform(6.0, 17.0)),
            float(rng.choice([0.5, 2.4, -0.6, -2.4])),
        )
    for _ in range(int(rng.integers(0, 3))):
        side = int(rng.choice([-1, 1]))
        x, z = side * (plan.road_half + 1.1), float(rng.uniform(6.5, 16.0))
        if composer.free(x, z, 0.4, 1.0):
            composer.actors.append(bicycles.make_parked_bicycle(Pose(x, z, float(rng.choice([0.5, 0.9, -0.7]))), rng))
    if rng.random() < 0.12 * busy:
        composer.actors.append(
            dogs.make_dog(Pose(float(rng.uniform(-3, 3)), float(rng.uniform(6, 12)), float(rng.uniform(0, 6.28))), rng)
        )
