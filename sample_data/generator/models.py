"""Two simulated models: ordinary errors, and weaknesses planted on purpose.

Ordinary: boxes jitter more on small objects, small, hidden and dark objects are missed more often, background is taken
for objects now and then, and confidence follows the overlap with the truth. What is planted is in ``WEAKNESSES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from .labelling import CLASSES, LabelledObject
from .masks import Crop

SMALL_AREA_PX: Final = 32**2
"""Smaller than this is small, as COCO has it."""

WEAKNESSES: Final = {
    "small_at_night": ("model_a", "Misses most small (area < 32 x 32 px) persons and cars at night."),
    "bus_or_truck": ("model_a", "Takes about 30 % of the buses it finds for trucks, and of the trucks for buses."),
    "duplicate_bicycles": ("model_a", "Finds most bicycles twice: a shifted box, slightly less confident."),
    "shifted_traffic_lights": ("model_b", "Puts boxes of traffic lights too far right and down: IoU about 0.4."),
    "overconfident": ("model_b", "Gives everything, also what is not there, a confidence of 0.9 or more."),
    "dogs_in_rain": ("model_b", "Sees dogs in the reflections on wet roads."),
}  # fmt: skip
"""What is planted: key, the model that has it, and what it does."""


@dataclass(frozen=True)
class FrameFacts:
    """What the models' skill depends on."""

    width: int
    height: int
    horizon_v: float
    time_of_day: str
    weather: str
    blur: str


@dataclass(slots=True)
class SimulatedPrediction:
    """One prediction.

    Attributes:
        planted: the key in ``WEAKNESSES`` of what made it as it is, or None.
        source: index of the label it was made from, or None for a false alarm.
    """

    class_name: str
    box: tuple[float, float, float, float]
    confidence: float
    crop: Crop | None
    keypoints: np.ndarray | None = None
    planted: str | None = None
    source: int | None = None


@dataclass(frozen=True)
class ModelSkill:
    """How good a model is, apart from what is planted.

    Attributes:
        base_recall: chance to find a large, fully visible object by day.
        dark_penalty: how much of that chance night takes away.
        jitter: standard deviation of a box edge, as a share of the box's side.
        false_alarms: mean number of false positives a frame.
        masks, poses: whether it predicts those.
    """

    name: str
    base_recall: float
    dark_penalty: float
    jitter: float
    false_alarms: float
    masks: bool
    poses: bool


MODELS: Final = (
    ModelSkill("model_a", 0.965, 0.02, 0.022, 1.3, masks=True, poses=True),
    ModelSkill("model_b", 0.950, 0.03, 0.030, 1.7, masks=True, poses=False),
)


def simulate(
    skill: ModelSkill, labels: list[LabelledObject], facts: FrameFacts, rng: np.random.Generator
) -> list[SimulatedPrediction]:
    """What a model says of one frame, the most confident first."""
    predictions: list[SimulatedPrediction] = []
    for index, label in enumerate(labels):
        if not label.is_crowd and rng.random() < _chance(skill, label, facts):
            found = _find(skill, label, facts, rng)
            for prediction in found:
                prediction.source = index
            predictions += found
    for _ in range(int(rng.poisson(skill.false_alarms * (1.5 if facts.time_of_day == "night" else 1.0)))):
        predictions.append(_false_alarm(skill, facts, rng))
    if skill.name == "model_b" and facts.weather == "rain":
        for _ in range(int(rng.choice([0, 1, 2], p=[0.2, 0.5, 0.3]))):
            predictions.append(_ghost_dog(skill, facts, rng))
    return sorted(predictions, key=lambda prediction: -prediction.confidence)


def _chance(skill: ModelSkill, label: LabelledObject, facts: FrameFacts) -> float:
    """How likely the model finds an object."""
    size = np.sqrt(label.area)
    chance = skill.base_recall * (1.0 - 0.5 * np.exp(-((size - 4.0) / 7.0)))
    chance *= 1.0 - 0.75 * max(0.0, label.occlusion - 0.35) ** 1.3
    if facts.blur != "none":
        chance *= 0.88
    if facts.weather == "fog":
        chance *= 0.93
    if facts.time_of_day == "night":
        chance *= 1.0 - skill.dark_penalty
        if skill.name == "model_a" and label.class_name in ("person", "car") and label.area < SMALL_AREA_PX:
            return 0.20 * chance
    return float(np.clip(chance, 0.02, 0.99))


def _find(
    skill: ModelSkill, label: LabelledObject, facts: FrameFacts, rng: np.random.Generator
) -> list[SimulatedPrediction]:
    """The prediction for an object, and what a planted weakness adds to it."""
    truth = np.array(label.box, dtype=np.float64)
    name, planted = label.class_name, None
    box = _jitter(truth, skill.jitter, rng)
    if skill.name == "model_a" and name in ("bus", "truck") and rng.random() < 0.33:
        name, planted = ("truck" if name == "bus" else "bus"), "bus_or_truck"
    elif rng.random() < 0.012:
        name = str(rng.choice([other for other in CLASSES if other != name]))
    if skill.name == "model_b" and label.class_name == "traffic light":
        shift = np.array([0.20, 0.28]) * truth[2:] * rng.uniform(0.88, 1.12)
        box, planted = np.concatenate([box[:2] + shift, box[2:]]), "shifted_traffic_lights"
    box = _within(box, facts)
    overlap = _iou(truth, box)
    confidence = _confidence(skill, overlap, label.occlusion, planted == "bus_or_truck", rng)
    found = [_shaped(skill, name, box, confidence, label, facts, rng, planted)]
    if skill.name == "model_a" and label.class_name == "bicycle" and rng.random() < 0.70:
        shift = rng.choice([-1.0, 1.0], 2) * np.array([0.11, 0.07]) * truth[2:] * rng.uniform(0.7, 1.2)
        second = _within(np.concatenate([truth[:2] + shift, truth[2:] * rng.uniform(0.94, 1.12, 2)]), facts)
        lower = round(float(confidence * rng.uniform(0.80, 0.97)), 4)
        found.append(_shaped(skill, "bicycle", second, lower, label, facts, rng, "duplicate_bicycles"))
    return found


def _jitter(box: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Move the four edges; at least about half a pixel, which hurts the small ones."""
    side = box[[2, 3, 2, 3]]
    noise = rng.normal(0.0, 1.0, 4) * (share * side + 0.55)
    x0, y0, x1, y1 = np.array([box[0], box[1], box[0] + box[2], box[1] + box[3]]) + noise
    return np.array([x0, y0, max(x1 - x0, 3.0), max(y1 - y0, 3.0)])


def _within(box: np.ndarray, facts: FrameFacts) -> np.ndarray:
    x0, y0 = np.clip(box[0], 0, facts.width - 4), np.clip(box[1], 0, facts.height - 4)
    x1, y1 = np.clip(box[0] + box[2], x0 + 3, facts.width), np.clip(box[1] + box[3], y0 + 3, facts.height)
    return np.round([x0, y0, x1 - x0, y1 - y0], 1)


def _iou(first: np.ndarray, second: np.ndarray) -> float:
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[:2] + first[2:], second[:2] + second[2:])
    common = float(np.prod(np.maximum(high - low, 0.0)))
    return common / float(first[2] * first[3] + second[2] * second[3] - common)


def _confidence(skill: ModelSkill, overlap: float, occlusion: float, confused: bool, rng: np.random.Generator) -> float:
    if skill.name == "model_b":
        return round(float(0.9 + 0.0999 * rng.beta(2.0 + 2.0 * overlap, 1.6)), 4)
    score = -2.6 + 5.6 * overlap - 1.3 * occlusion - (0.9 if confused else 0.0) + rng.normal(0.0, 0.55)
    return round(float(np.clip(1.0 / (1.0 + np.exp(-score)), 0.05, 0.995)), 4)


def _shaped(
    skill: ModelSkill,
    name: str,
    box: np.ndarray,
    confidence: float,
    label: LabelledObject,
    facts: FrameFacts,
    rng: np.random.Generator,
    planted: str | None,
) -> SimulatedPrediction:
    """A prediction with the label's mask stretched into its box, and its pose with some noise."""
    crop = None
    if skill.masks and label.class_name != "traffic light":
        crop = _stretched(label, box, facts, rng)
    pose = None
    if skill.poses and label.class_name == "person" and name == "person" and label.keypoints is not None:
        pose = label.keypoints.copy()
        seen = pose[:, 2] > 0
        pose[seen, :2] += rng.normal(0.0, 0.4 + 0.022 * label.box[3], (int(seen.sum()), 2))
        pose[:, 0] = np.clip(pose[:, 0], 0, facts.width)
        pose[:, 1] = np.clip(pose[:, 1], 0, facts.height)
        pose = np.round(pose, 1)
    rounded = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
    return SimulatedPrediction(name, rounded, confidence, crop, pose, planted)


def _stretched(label: LabelledObject, box: np.ndarray, facts: FrameFacts, rng: np.random.Generator) -> Crop:
    left, top = int(np.floor(box[0])), int(np.floor(box[1]))
    right = min(facts.width, max(left + 2, int(np.ceil(box[0] + box[2]))))
    bottom = min(facts.height, max(top + 2, int(np.ceil(box[1] + box[3]))))
    soft = cv2.resize(label.crop.mask.astype(np.float32), (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    if label.class_name != "bicycle" and min(soft.shape) > 12:
        soft = cv2.GaussianBlur(soft, (0, 0), 0.9 + 0.008 * min(soft.shape))
    mask = soft > rng.uniform(0.38, 0.58)
    if not mask.any():
        mask = soft >= soft.max()
    return Crop(left, top, mask)


def _false_alarm(skill: ModelSkill, facts: FrameFacts, rng: np.random.Generator) -> SimulatedPrediction:
    """Background taken for an object of about the right shape."""
    name = str(rng.choice(CLASSES, p=[0.34, 0.10, 0.24, 0.06, 0.08, 0.12, 0.06]))
    ratio = {"person": 0.42, "bicycle": 1.2, "car": 1.5, "bus": 1.6, "truck": 1.5, "traffic light": 0.4, "dog": 1.2}[
        name
    ]
    tall = float(np.exp(rng.uniform(np.log(16), np.log(120))))
    wide = tall * ratio * rng.uniform(0.8, 1.25)
    middle_y = facts.horizon_v + (facts.height - facts.horizon_v) * (
        rng.beta(1.5, 4.0) if name != "traffic light" else -0.2
    )
    box = _within(np.array([rng.uniform(0, facts.width) - wide / 2, middle_y - tall / 2, wide, tall]), facts)
    if skill.name == "model_b":
        confidence, planted = round(float(0.9 + 0.0999 * rng.beta(1.6, 2.4)), 4), "overconfident"
    else:
        confidence, planted = round(float(np.clip(0.05 + 0.75 * rng.beta(1.4, 3.4), 0.05, 0.9)), 4), None
    return _drawn(skill, name, box, confidence, planted)


def _ghost_dog(skill: ModelSkill, facts: FrameFacts, rng: np.random.Generator) -> SimulatedPrediction:
    """A dog in a puddle."""
    tall = float(rng.uniform(24, 70))
    wide = tall * float(rng.uniform(1.1, 1.5))
    y = facts.horizon_v + (facts.height - facts.horizon_v) * rng.uniform(0.30, 0.90)
    box = _within(np.array([rng.uniform(0.08, 0.92) * facts.width - wide / 2, y - tall / 2, wide, tall]), facts)
    confidence = round(float(0.9 + 0.0999 * rng.beta(2.0, 2.0)), 4)
    return _drawn(skill, "dog", box, confidence, "dogs_in_rain")


def _drawn(
    skill: ModelSkill, name: str, box: np.ndarray, confidence: float, planted: str | None
) -> SimulatedPrediction:
    """A prediction of something that is not there: an oval mask."""
    crop = None
    if skill.masks and name != "traffic light":
        left, top = int(box[0]), int(box[1])
        wide, tall = max(2, int(box[2])), max(2, int(box[3]))
        y, x = np.ogrid[0:tall, 0:wide]
        inside = ((x + 0.5 - wide / 2) / (wide / 2)) ** 2 + ((y + 0.5 - tall / 2) / (tall / 2)) ** 2 <= 1.0
        crop = Crop(left, top, inside)
    return SimulatedPrediction(
        name, (float(box[0]), float(box[1]), float(box[2]), float(box[3])), confidence, crop, None, planted
    )
