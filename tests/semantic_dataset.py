"""A small data set with a class for every pixel: class-index PNGs of labels and of a model, and photographs of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

CLASSES = ("background", "road", "car", "tree")
"""By pixel value."""
VOID = 255
_COLORS = np.array([(200, 170, 140), (110, 110, 115), (60, 60, 190), (60, 140, 70)], np.uint8)


@dataclass(frozen=True)
class SemanticFiles:
    """What was written, and what is in it.

    Attributes:
        images, labels, predictions: folders; the masks of both have a ``classes.txt``.
        names: of the images.
        label, prediction: per frame uint8 (h, w), values of ``CLASSES`` or ``VOID``; None where no mask was written.
    """

    images: Path
    labels: Path
    predictions: Path
    names: list[str]
    label: list[np.ndarray | None]
    prediction: list[np.ndarray | None]


def write_semantic(
    folder: Path, *, frames: int = 12, seed: int = 3, size: tuple[int, int] = (96, 128)
) -> SemanticFiles:
    """Write the data set. The first frame has no label, the second no prediction, the third no object at all."""
    rng = np.random.default_rng(seed)
    label: list[np.ndarray | None] = []
    prediction: list[np.ndarray | None] = []
    names = [f"street_{number:02}.png" for number in range(frames)]
    for path in (folder / "images", folder / "labels", folder / "predictions"):
        path.mkdir(parents=True)
    for number, name in enumerate(names):
        truth = _street(rng, size) if number != 2 else np.zeros(size, np.uint8)
        found = _model_of(truth, rng, harm=number / frames)
        picture = _COLORS[np.where(truth == VOID, 0, truth)].astype(np.int16)
        picture = np.clip(picture + rng.integers(-25, 25, (*size, 1)), 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / "images" / name), picture)
        label.append(None if number == 0 else truth)
        prediction.append(None if number == 1 else found)
        for kind, mask in (("labels", label[-1]), ("predictions", prediction[-1])):
            if mask is not None:
                cv2.imwrite(str(folder / kind / name), mask)
    for kind in ("labels", "predictions"):
        (folder / kind / "classes.txt").write_text("\n".join(CLASSES) + "\n", encoding="utf-8")
    return SemanticFiles(folder / "images", folder / "labels", folder / "predictions", names, label, prediction)


def _street(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    height, width = size
    mask = np.zeros(size, np.uint8)
    horizon = int(rng.integers(height // 3, height // 2))
    mask[horizon:] = 1
    for _ in range(3):
        x, y = int(rng.integers(0, width)), int(rng.integers(horizon, height))
        cv2.rectangle(mask, (x, y - 14), (x + 26, y + 6), 2, -1)
        cv2.circle(mask, (int(rng.integers(0, width)), horizon - 8), int(rng.integers(6, 16)), 3, -1)
    edges = cv2.morphologyEx(np.where(mask == 2, 1, 0).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    mask[edges > 0] = VOID
    return mask


def _model_of(truth: np.ndarray, rng: np.random.Generator, harm: float) -> np.ndarray:
    """Shifted, and worse the more harm is done to it: cars on the road disappear, trees are taken for cars."""
    found = np.roll(np.where(truth == VOID, 2, truth), round(4 * harm), axis=1).astype(np.uint8)
    if harm > 0.5:
        found[found == 3] = 2
    if harm > 0.7:
        found[found == 2] = 1
    specks = rng.random(truth.shape) < 0.01
    found[specks] = rng.integers(0, len(CLASSES), int(specks.sum()))
    return found
