"""A scene in the making: what is where, and which ground is taken."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from . import bicycles, buses, cars, dogs, persons, trucks
from .actors import Actor
from .buildings import make_building
from .camera import View
from .furniture import Lamp
from .ground import GroundPlan
from .lighting import Light, make_light
from .renderer import Scene
from .solids import Pose

AWAY, TOWARDS, RIGHT, LEFT = 0.0, np.pi, np.pi / 2, -np.pi / 2
"""Headings."""


@dataclass(frozen=True)
class SceneRequest:
    """What a frame should show.

    Attributes:
        place: "street", "crossing", "park" (houses on one side only) or "square".
        blur: "none", "motion", "defocus".
        busy: 0.4 (quiet) to 1.6 (rush hour), a factor on the number of things.
        empty: nothing to label.
    """

    place: str
    time_of_day: str
    weather: str = "clear"
    blur: str = "none"
    busy: float = 1.0
    width: int = 960
    height: int = 640
    empty: bool = False


class Composer:
    """Fills one scene. Ground that is taken stays taken, so that nothing stands in something else."""

    def __init__(self, request: SceneRequest, rng: np.random.Generator) -> None:
        self.request = request
        self.rng = rng
        self.light = make_light(request.time_of_day, request.weather, rng)
        self.actors: list[Actor] = []
        self.houses: list[tuple[int, float, float, float, float]] = []
        self.lamps: list[tuple[float, float, float]] = []
        self.beams: list[tuple[float, float, float, float]] = []
        self.taken: list[tuple[float, float, float, float]] = []

    def free(self, x: float, z: float, half_x: float, half_z: float) -> bool:
        """Take a rectangle of ground, if nobody has it."""
        for other_x, other_z, other_half_x, other_half_z in self.taken:
            if abs(x - other_x) < half_x + other_half_x and abs(z - other_z) < half_z + other_half_z:
                return False
        self.taken.append((x, z, half_x, half_z))
        return True

    def vehicle(self, kind: str, pose: Pose, track_id: str | None = None) -> bool:
        """Put a car, bus or truck there if it is free."""
        long, wide = {"car": (2.5, 1.1), "bus": (5.9, 1.5), "truck": (4.1, 1.4)}[kind]
        sideways = abs(np.sin(pose.heading)) > 0.7
        if not self.free(pose.x, pose.z, long if sideways else wide, wide if sideways else long):
            return False
        make = {"car": cars.make_car, "bus": buses.make_bus, "truck": trucks.make_truck}[kind]
        self.actors.append(make(pose, self.rng, track_id))
        if self.light.is_dark:
            ahead = pose.world(np.array([1.0, 0.0, 0.0])) - pose.world(np.zeros(3))
            nose = pose.world(np.array([{"car": 2.3, "bus": 5.4, "truck": 3.7}[kind], 0.0, 0.0]))
            self.beams.append((nose[0], nose[2], ahead[0], ahead[2]))
        return True

    def person(self, x: float, z: float, heading: float, **options: object) -> bool:
        if not self.free(x, z, 0.32, 0.32):
            return False
        rainy = self.light.weather == "rain"
        self.actors += persons.make_person(Pose(x, z, heading), self.rng, rainy=rainy, **options)  # type: ignore[arg-type]
        return True

    def dog_walker(self, x: float, z: float, heading: float) -> None:
        """Somebody with a dog on a leash."""
        if not self.free(x, z, 0.9, 0.6):
            return
        pose = Pose(x, z, heading)
        self.actors += persons.make_person(pose, self.rng, rainy=self.light.weather == "rain", stride=0.8)
        dog = pose.world(np.array([0.85, 0.0, 0.35 if self.rng.random() < 0.5 else -0.35]))
        hand = pose.world(np.array([0.15, 0.85, 0.2]))
        turn = self.rng.uniform(-0.3, 0.3)
        self.actors += dogs.make_leashed_dog(Pose(dog[0], dog[2], heading + turn), hand, self.rng)

    def cyclist(self, x: float, z: float, heading: float) -> None:
        sideways = abs(np.sin(heading)) > 0.5
        if self.free(x, z, 1.0 if sideways else 0.4, 0.4 if sideways else 1.0):
            self.actors += bicycles.make_cyclist(Pose(x, z, heading), self.rng)

    def street_lamp(self, x: float, z: float, reach: float) -> None:
        lamp = Lamp(x, z, reach)
        self.actors.append(Actor(lamp, z))
        self.lamps.append((x + reach, z, lamp.height))

    def row_of_houses(self, side: int, line: float, first: float, last: float) -> None:
        """Houses from z ``first`` to ``last``, wall to wall."""
        z = first
        while z < last:
            width = float(self.rng.uniform(7.0, 12.0))
            end = min(z + width, last) if last - z - width > 4.0 else last
            floors = int(self.rng.integers(3, 7))
            house = make_building(
                side, side * line, z, end, floors, self.light, self.rng, bool(self.rng.random() < 0.75)
            )
            self.actors.append(house)
            self.houses.append((side, side * line, z, end, floors * 3.2))
            z = end

    def finish(self, view: View, plan: GroundPlan, camera: str) -> Scene:
        lamp_places = (
            np.array([(x, z) for x, z, _ in self.lamps]).reshape(-1, 2) if self.light.is_dark else np.empty((0, 2))
        )
        light: Light = replace(self.light, lamps=lamp_places)
        return Scene(
            view,
            light,
            plan,
            self.actors,
            self.houses,
            self.lamps if light.is_dark else [],
            self.beams,
            self.request.blur,
            camera,
        )


def place_camera(request: SceneRequest, rng: np.random.Generator, plan: GroundPlan) -> tuple[View, str]:
    """A camera for the place, and its name."""
    width, height = request.width, request.height
    portrait = height > width
    focal = (0.95 if portrait else rng.uniform(0.66, 0.80)) * width
    high = bool(rng.random() < 0.5)
    if request.place == "square":
        eye_y, eye_x, horizon, name = rng.uniform(2.2, 3.2), rng.uniform(-2, 2), 0.40, "square"
    elif high:
        eye_y, eye_x, horizon, name = rng.uniform(3.4, 4.8), rng.uniform(-1.5, 1.5), 0.31, "mast"
    else:
        eye_y, eye_x, horizon, name = rng.uniform(1.75, 2.1), plan.road_half * 0.5, 0.44, "dashcam"
    center = width * (0.5 + rng.uniform(-0.09, 0.09))
    return View(width, height, focal, center, height * (horizon + rng.uniform(-0.02, 0.03)), eye_x, eye_y), name
