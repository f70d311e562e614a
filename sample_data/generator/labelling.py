"""Labels from a drawn scene: what each object shows of itself, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .actors import Actor
from .camera import View
from .masks import Crop
from .renderer import Rendering

CLASSES = ("person", "bicycle", "car", "bus", "truck", "traffic light", "dog")
"""In the order of their ids, which begin at 1."""
SMALLEST_AREA_PX = 40
SMALLEST_VISIBLE_SHARE = 0.08
"""Less than this of an object, and nobody would have labelled it."""
SMALLEST_POSED_HEIGHT_PX = 34


@dataclass(slots=True)
class LabelledObject:
    """One label.

    Attributes:
        crop: its visible pixels.
        occlusion: share of it, 0..1, that something in front hides (of what lies within the frame).
        truncated: the frame's edge cuts it.
        keypoints: (17, 3) x, y, visibility (0 outside, 1 hidden, 2 visible), or None.
    """

    class_name: str
    crop: Crop
    occlusion: float
    truncated: bool
    is_crowd: bool
    keypoints: np.ndarray | None
    attributes: dict[str, str]
    track_id: str | None

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.crop.box

    @property
    def area(self) -> int:
        return self.crop.area


def label(rendering: Rendering, view: View) -> list[LabelledObject]:
    """The labels of a drawn scene, from near to far."""
    groups: dict[str, list[int]] = {}
    for index, actor in enumerate(rendering.actors):
        if actor.class_name is not None:
            groups.setdefault(actor.object_key or f"item {index}", []).append(index)
    windows = _windows(rendering.items, len(rendering.actors))
    labels = []
    for members in reversed(list(groups.values())):
        boxes = [windows[index] for index in members if windows[index] is not None]
        if not boxes:
            continue
        left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
        patch = rendering.items[top:bottom, left:right]
        mask = np.isin(patch, np.array(members) + 1) if len(members) > 1 else patch == members[0] + 1
        crop = Crop(left, top, np.ascontiguousarray(mask))
        actor = rendering.actors[members[0]]
        whole = sum(rendering.whole_area[index] for index in members)
        if crop.area < SMALLEST_AREA_PX or (crop.area < SMALLEST_VISIBLE_SHARE * whole and not actor.is_crowd):
            continue
        hull = rendering.hulls[members[0]]
        labels.append(
            LabelledObject(
                class_name=str(actor.class_name),
                crop=crop,
                occlusion=round(max(0.0, 1.0 - crop.area / max(whole, 1)), 3),
                truncated=bool(hull[0] < -2 or hull[1] < -2 or hull[2] > view.width + 2 or hull[3] > view.height + 2),
                is_crowd=actor.is_crowd,
                keypoints=_keypoints(actor, members[0] + 1, rendering.items, view, crop),
                attributes=dict(actor.attributes or {}) if not actor.is_crowd else {},
                track_id=actor.track_id,
            )
        )
    return labels


def _windows(items: np.ndarray, count: int) -> list[tuple[int, int, int, int] | None]:
    """Left, top, right, bottom of every item's visible pixels; None where nothing is visible."""
    rows, columns = np.nonzero(items)
    numbers = items[rows, columns].astype(np.int64)
    low = np.full((count + 1, 2), np.iinfo(np.int64).max)
    high = np.full((count + 1, 2), -1)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[:, axis], numbers, places)
        np.maximum.at(high[:, axis], numbers, places)
    return [
        None
        if high[number, 0] < 0
        else (int(low[number, 0]), int(low[number, 1]), int(high[number, 0]) + 1, int(high[number, 1]) + 1)
        for number in range(1, count + 1)
    ]


def _keypoints(actor: Actor, item: int, items: np.ndarray, view: View, crop: Crop) -> np.ndarray | None:
    if actor.keypoints is None or actor.facing is None or crop.mask.shape[0] < SMALLEST_POSED_HEIGHT_PX:
        return None
    uv = view.project(actor.keypoints)
    result = np.zeros((len(uv), 3))
    towards = view.eye - actor.keypoints.mean(axis=0)
    towards = towards / np.linalg.norm(towards)
    ahead = float(actor.facing @ towards)
    right = np.array([actor.facing[2], 0.0, -actor.facing[0]])
    for index, (u, v) in enumerate(uv):
        if not (0 <= u < view.width and 0 <= v < view.height):
            continue
        x, y = int(u), int(v)
        shown = bool((items[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] == item).any())
        if index < 3:
            shown = shown and ahead > (-0.1 if index == 0 else 0.0)
        elif index < 5:
            side = -1.0 if index == 3 else 1.0
            shown = shown and side * float(right @ towards) > -0.75
        result[index] = (np.floor(u * 10) / 10, np.floor(v * 10) / 10, 2 if shown else 1)
    return result
