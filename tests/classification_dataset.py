"""A small data set of frames with one class each: a folder of images a class, and predictions in a CSV file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

CLASSES = ("bird", "cat", "dog", "horse")
_COLORS = ((170, 120, 60), (70, 150, 200), (90, 170, 90), (150, 90, 160))


@dataclass(frozen=True)
class ClassificationFiles:
    """What was written, and what is in it.

    Attributes:
        images: one folder a class, each image a frame.
        predictions: CSV: frame, class, confidence; a row for every class of every predicted frame.
        names: file names of the frames, as ``class/number.png``.
        label: int (frames,): index into ``CLASSES``.
        scores: float (frames, classes); NaN for the frames without predictions.
    """

    images: Path
    predictions: Path
    names: list[str]
    label: np.ndarray
    scores: np.ndarray


def write_classification(folder: Path, *, per_class: int = 15, seed: int = 5, without: int = 2) -> ClassificationFiles:
    """Write the data set; ``without`` of the frames have no predictions."""
    rng = np.random.default_rng(seed)
    names, label = [], np.repeat(np.arange(len(CLASSES)), per_class)
    for number, class_id in enumerate(label.tolist()):
        names.append(f"{CLASSES[class_id]}/{number:03}.png")
        path = folder / "images" / names[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = np.full((96, 128, 3), _COLORS[class_id], np.uint8) + rng.integers(0, 40, (96, 128, 1), np.uint8)
        cv2.circle(picture, (64, 48), 12 + 6 * class_id, (240, 240, 240), 3)
        cv2.imwrite(str(path), picture)
    scores = rng.dirichlet(np.ones(len(CLASSES)), len(label)) * 0.7 + 0.3 * np.eye(len(CLASSES))[label]
    scores = scores.round(4)
    unseen = rng.choice(len(label), without, replace=False)
    scores[unseen] = np.nan
    path = folder / "predictions.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["frame", "class", "confidence"])
        for number in rng.permutation(len(label)).tolist():
            if np.isfinite(scores[number, 0]):
                base = names[number].split("/")[-1]
                writer.writerows([base, name, scores[number, place]] for place, name in enumerate(CLASSES))
    return ClassificationFiles(folder / "images", path, names, label, scores)
