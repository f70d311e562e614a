"""A detection problem of the size of COCO val2017, with images: seeded, made once, kept in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import orjson

FRAMES: Final = 5_000
LABELS: Final = 36_000
PREDICTIONS: Final = 146_000
CLASSES: Final = 80
CROWDED_OBJECTS: Final = 3_000
SIZES: Final = np.array([(640, 480), (640, 427), (480, 640), (500, 375)])


def make_problem(folder: Path, seed: int = 7) -> Path:
    """Write ``images/``, ``instances.json``, ``results.json`` and ``crowded.json`` (3,000 predictions on one frame)."""
    if (folder / "complete").is_file():
        return folder
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    sizes = SIZES[rng.integers(len(SIZES), size=FRAMES)]
    names = [f"{index:06d}.jpg" for index in range(1, FRAMES + 1)]
    _write_images(folder / "images", names, sizes, rng)

    frame = np.sort(rng.integers(FRAMES, size=LABELS))
    class_id = rng.zipf(1.3, LABELS) % CLASSES + 1
    boxes = _boxes(rng, sizes[frame])
    labels = [
        {
            "id": row + 1,
            "image_id": int(frame[row]) + 1,
            "category_id": int(class_id[row]),
            "bbox": box,
            "area": round(box[2] * box[3], 2),
            "iscrowd": 0,
            "segmentation": [_outline(box)],
        }
        for row, box in enumerate(boxes.tolist())
    ]
    images = [
        {"id": index + 1, "file_name": name, "width": int(width), "height": int(height)}
        for index, (name, (width, height)) in enumerate(zip(names, sizes, strict=True))
    ]
    categories = [{"id": index + 1, "name": f"class_{index:02d}"} for index in range(CLASSES)]
    _dump(folder / "instances.json", {"images": images, "annotations": labels, "categories": categories})

    near = rng.integers(LABELS, size=PREDICTIONS)
    jitter = rng.normal(0, 0.1, (PREDICTIONS, 4)) * np.tile(boxes[near][:, 2:], 2)
    moved = np.round(np.maximum(boxes[near] + jitter, [0, 0, 2, 2]), 2)
    _dump(folder / "results.json", _results(frame[near], class_id[near], moved, rng.beta(1, 2, PREDICTIONS)))

    crowd = np.zeros(CROWDED_OBJECTS, int)
    crowd_boxes = _boxes(rng, np.tile(sizes[0], (CROWDED_OBJECTS, 1)), largest=40)
    crowd_class = rng.integers(1, CLASSES + 1, CROWDED_OBJECTS)
    _dump(folder / "crowded.json", _results(crowd, crowd_class, crowd_boxes, rng.random(CROWDED_OBJECTS)))
    (folder / "complete").touch()
    return folder


def _write_images(folder: Path, names: list[str], sizes: np.ndarray, rng: np.random.Generator) -> None:
    for name, (width, height) in zip(names, sizes.tolist(), strict=True):
        coarse = rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)
        image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / name), image, [cv2.IMWRITE_JPEG_QUALITY, 80])


def _boxes(rng: np.random.Generator, sizes: np.ndarray, largest: float = 300) -> np.ndarray:
    """float (n, 4): x, y, w, h inside frames of ``sizes`` (n, 2); sides log-uniform from 8 px."""
    sides = np.exp(rng.uniform(np.log(8), np.log(largest), sizes.shape))
    sides = np.minimum(sides, sizes - 2)
    corners = rng.random(sizes.shape) * (sizes - sides)
    return np.round(np.hstack([corners, sides]), 2)


def _outline(box: list[float]) -> list[float]:
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    x = box[0] + box[2] * (1 + np.cos(angles)) / 2
    y = box[1] + box[3] * (1 + np.sin(angles)) / 2
    return np.round(np.stack([x, y], 1).ravel(), 2).tolist()


def _results(
    frame: np.ndarray, class_id: np.ndarray, boxes: np.ndarray, confidence: np.ndarray
) -> list[dict[str, Any]]:
    columns = zip(frame.tolist(), class_id.tolist(), boxes.tolist(), np.round(confidence, 4).tolist(), strict=True)
    return [
        {"image_id": image + 1, "category_id": category, "bbox": box, "score": score}
        for image, category, box, score in columns
    ]


def _dump(path: Path, content: Any) -> None:
    path.write_bytes(orjson.dumps(content))
