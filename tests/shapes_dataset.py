"""A data set small enough to reason about: four frames, every kind of shape, one model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

WIDTH, HEIGHT = 160, 120
CATEGORIES = [
    {"id": 1, "name": "car"},
    {"id": 2, "name": "person", "keypoints": ["head", "foot"], "skeleton": [[1, 2]]},
    {"id": 5, "name": "bicycle"},
]


@dataclass(frozen=True)
class ShapesDataset:
    """Where its files are."""

    images: Path
    labels: Path
    predictions: Path


def ring_mask() -> np.ndarray:
    """uint8 (120, 160): a filled square with a square hole."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[60:100, 90:140] = 1
    mask[70:90, 105:125] = 0
    return mask


def encoded(mask: np.ndarray) -> dict[str, Any]:
    """COCO's compressed run lengths, as JSON has them."""
    rle = coco_mask.encode(np.asfortranarray(mask))
    return {"size": list(rle["size"]), "counts": rle["counts"].decode()}


def make_shapes_dataset(folder: Path) -> ShapesDataset:
    """Write images ``a`` to ``d`` (``d`` is listed but has no file), labels and predictions."""
    images = folder / "images"
    images.mkdir(parents=True)
    rng = np.random.default_rng(3)
    for name in "abc":
        pixels = cv2.resize(rng.integers(60, 200, (6, 8, 3), dtype=np.uint8), (WIDTH, HEIGHT))
        cv2.imwrite(str(images / f"{name}.jpg"), pixels)
    labels = {
        "images": [
            {"id": 10 + index, "file_name": f"{name}.jpg", "width": WIDTH, "height": HEIGHT, "weather": "rain"}
            for index, name in enumerate("abcd")
        ],
        "categories": CATEGORIES,
        "annotations": [
            _label(1, 10, 1, [10, 10, 40, 30]),
            _label(2, 10, 5, [90, 60, 50, 40], segmentation=encoded(ring_mask())),
            _label(3, 10, 2, [60, 20, 20, 60], keypoints=[70, 22, 2, 70, 78, 1], num_keypoints=2),
            _label(
                4, 11, 1, [20, 20, 30, 30], segmentation=[[20, 20, 50, 20, 50, 50, 20, 50], [60, 20, 70, 20, 65, 30]]
            ),
            _label(5, 13, 1, [0, 0, 10, 10], iscrowd=1),
        ],
    }
    predictions = [
        {"image_id": 10, "category_id": 1, "bbox": [12, 11, 40, 30], "score": 0.9},
        {"image_id": 10, "category_id": 1, "bbox": [100, 10, 20, 20], "score": 0.05},
        {"image_id": 11, "category_id": 1, "bbox": [22, 20, 30, 30], "score": 0.6},
        {"image_id": 12, "category_id": 2, "bbox": [30, 30, 20, 40], "score": 0.4},
    ]
    (folder / "instances.json").write_text(json.dumps(labels))
    (folder / "results.json").write_text(json.dumps(predictions))
    return ShapesDataset(images, folder / "instances.json", folder / "results.json")


def _label(label_id: int, image_id: int, category_id: int, box: list[float], **more: Any) -> dict[str, Any]:
    area = box[2] * box[3]
    return {
        "id": label_id,
        "image_id": image_id,
        "category_id": category_id,
        "bbox": box,
        "area": area,
        "iscrowd": 0,
    } | more
