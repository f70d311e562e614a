"""A short video: one street, a fixed camera, everything moves and keeps its track id."""

from __future__ import annotations

from typing import Final

import numpy as np

from . import bicycles, dogs, persons
from .camera import View
from .composer import AWAY, LEFT, RIGHT, TOWARDS, Composer, SceneRequest
from .furniture import make_signal
from .ground import GroundPlan
from .layout import furnish_street
from .renderer import Scene
from .solids import Pose

CLIP_FRAMES: Final = 24
FRAMES_PER_SECOND: Final = 8


def clip_scene(index: int, seed: int) -> Scene:
    """The street at frame ``index``; the same random numbers in every frame make the same street and people."""
    time_s = index / FRAMES_PER_SECOND
    plan = GroundPlan(3.9, 3.2, 1, crossing=16.5, zebras=(8.2,), manholes=((1.5, 6.0),))
    composer = Composer(SceneRequest("crossing", "dusk", width=480, height=320), np.random.default_rng([seed, 9001]))
    furnish_street(composer, plan)
    vehicles = (
        ("car", -11.0, 14.7, RIGHT, 5.2), ("bus", 12.5, 18.4, LEFT, 3.6), ("car", 1.95, 25.0, AWAY, 4.0),
        ("car", -1.95, 52.0, TOWARDS, 6.5), ("truck", -1.95, 36.0, TOWARDS, 2.0), ("car", 1.95, 38.0, AWAY, 3.0),
    )  # fmt: skip
    for number, (kind, x, z, heading, speed) in enumerate(vehicles):
        composer.rng = np.random.default_rng([seed, 9100 + number])
        composer.taken.clear()
        start = Pose(x, z, heading)
        place = start.world(np.array([speed * time_s, 0.0, 0.0]))
        composer.vehicle(kind, Pose(place[0], place[2], heading), f"{kind}-{number + 1}")
    walkers = (
        (-4.6, 10.0, RIGHT, 1.5), (3.8, 9.2, LEFT, 1.3), (-5.6, 9.0, AWAY, 1.2), (5.4, 20.8, TOWARDS, 0.9),
        (-5.2, 26.0, TOWARDS, 1.3), (2.0, 10.6, LEFT, 1.1), (5.9, 26.0, AWAY, 1.2), (5.2, 7.4, AWAY, 0.8),
    )  # fmt: skip
    for number, (x, z, heading, speed) in enumerate(walkers):
        rng = np.random.default_rng([seed, 9200 + number])
        look = persons.make_look(rng, False)
        place = Pose(x, z, heading).world(np.array([speed * time_s, 0.0, 0.0]))
        phase = 2 * np.pi * speed * time_s / 1.4 + number
        pose = Pose(place[0], place[2], heading)
        composer.actors += persons.make_person(
            pose, rng, look=look, stride=0.75, phase=phase, track_id=f"person-{number + 1}"
        )
    for number, (x, z, heading, speed) in enumerate(((6.5, 13.4, LEFT, 3.2), (2.9, 6.0, AWAY, 2.2))):
        rng = np.random.default_rng([seed, 9300 + number])
        place = Pose(x, z, heading).world(np.array([speed * time_s, 0.0, 0.0]))
        composer.actors += bicycles.make_cyclist(
            Pose(place[0], place[2], heading), rng, phase=4.5 * time_s, track_id=f"bicycle-{number + 1}"
        )
    rng = np.random.default_rng([seed, 9400])
    place = Pose(-5.4, 7.6, AWAY + 0.35).world(np.array([1.3 * time_s, 0.0, 0.0]))
    composer.actors.append(
        dogs.make_dog(Pose(place[0], place[2], AWAY + 0.35), rng, phase=9.0 * time_s, track_id="dog-1")
    )
    rng = np.random.default_rng([seed, 9500])
    for number, (x, z) in enumerate(((-4.4, 7.7), (4.4, 7.7), (-4.4, 21.6), (4.4, 21.6))):
        composer.actors += make_signal(
            x, z, rng, "red" if index < 17 else "green", track_id=f"traffic-light-{number + 1}"
        )
    return composer.finish(View(480, 320, 345.0, 238.0, 106.0, 0.2, 3.2), plan, "mast")
