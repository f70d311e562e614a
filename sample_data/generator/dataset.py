"""Which frames there are, and everything that is known of each: scene, labels, predictions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from .clip import CLIP_FRAMES, clip_scene
from .composer import SceneRequest
from .hero import hero_scene
from .labelling import LabelledObject, label
from .layout import compose
from .models import MODELS, FrameFacts, SimulatedPrediction, simulate
from .renderer import Scene, render

STREET_FRAMES: Final = 104
_DRAWING, _SCENE, _MODELS = 1, 2, 3  # separate streams of random numbers


@dataclass(frozen=True)
class FrameRole:
    """A frame's name, and what is special about it.

    Attributes:
        file_name: below ``images/``.
        image_id: in the COCO files.
        has_image: False: the labels speak of it, but the image is absent.
        is_listed: False: the image is there, but the labels do not speak of it.
        has_predictions: False: no model was run on it.
        subset: also written as VOC XML and class-index mask.
    """

    file_name: str
    image_id: int
    has_image: bool = True
    is_listed: bool = True
    has_predictions: bool = True
    subset: bool = False
    clip_index: int | None = None


@dataclass
class Frame:
    """A finished frame."""

    role: FrameRole
    scene: Scene
    labels: list[LabelledObject]
    predictions: dict[str, list[SimulatedPrediction]]
    image: np.ndarray | None

    @property
    def width(self) -> int:
        return self.scene.view.width

    @property
    def height(self) -> int:
        return self.scene.view.height


def roles(street_frames: int = STREET_FRAMES, clip_frames: int = CLIP_FRAMES) -> list[FrameRole]:
    """All frames in order; the last three street frames are the odd ones out."""
    street = []
    for index in range(street_frames):
        left = street_frames - index
        street.append(
            FrameRole(
                file_name=f"street_{index:03d}.jpg",
                image_id=index + 1,
                has_image=left != 1,
                is_listed=left != 2,
                has_predictions=left not in (2, 3),
                subset=index < 12,
            )
        )
    clip = [FrameRole(f"video/frame_{index:03d}.jpg", 1001 + index, clip_index=index) for index in range(clip_frames)]
    return street + clip


def request_for(index: int, seed: int) -> SceneRequest:
    """What street frame ``index`` shows. Light and weather alternate, so that every page of a gallery is varied."""
    rng = np.random.default_rng([seed, index, 0])
    times = ("day", "dusk", "night", "day", "night", "day", "dusk", "day", "night", "day", "dusk", "night")
    time_of_day = times[index % len(times)]
    places = ("crossing", "street", "street", "square", "crossing", "park", "crossing", "street")
    place = places[(index * 3 + index // 8) % len(places)]
    turn = (index * 7 + index // 11) % 20
    weather = "rain" if turn in (3, 8, 13, 18) else "fog" if turn in (5, 15) else "clear"
    blur = "none" if index % 15 != 11 else ("motion" if index % 2 else "defocus")
    if index == STREET_FRAMES - 4:
        return SceneRequest("street", "dusk", empty=True)
    width, height = {9: (640, 960), 4: (800, 600)}.get(index % 20 if index > 8 else -1, (960, 640))
    busy = float(rng.choice([0.6, 0.9, 1.1, 1.5], p=[0.15, 0.35, 0.3, 0.2]))
    return SceneRequest(place, time_of_day, weather, blur, busy, width, height)


def scene_for(role: FrameRole, seed: int) -> Scene:
    """The scene of a frame; deterministic."""
    if role.clip_index is not None:
        return clip_scene(role.clip_index, seed)
    index = role.image_id - 1
    if index == 0:
        return hero_scene(seed)
    return compose(request_for(index, seed), np.random.default_rng([seed, index, _SCENE]))


def make_frame(role: FrameRole, seed: int, with_image: bool = True) -> Frame:
    """Draw, label and predict one frame. Labels and predictions are the same with and without the image."""
    scene = scene_for(role, seed)
    look = [seed, role.image_id if role.clip_index is None else 1000, _DRAWING]
    rendering = render(scene, look, with_image and role.has_image)
    labels = label(rendering, scene.view)
    view, light = scene.view, scene.light
    facts = FrameFacts(view.width, view.height, view.horizon_v, light.time_of_day, light.weather, scene.blur)
    predictions = {}
    for number, skill in enumerate(MODELS):
        rng = np.random.default_rng([seed, role.image_id, _MODELS, number])
        predictions[skill.name] = simulate(skill, labels, facts, rng) if role.has_predictions else []
    return Frame(role, scene, labels if role.is_listed else [], predictions, rendering.image)


def make_frames(frame_roles: list[FrameRole], seed: int, with_images: bool = True) -> Iterator[Frame]:
    for role in frame_roles:
        yield make_frame(role, seed, with_images)
