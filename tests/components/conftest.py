"""A small project on disk for tests of components."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from predscope.importing import import_labels, import_predictions
from predscope.project import Project

N_FRAMES = 7
CLASSES = ("car", "person", "dog")


def _write_json(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def seven_frames(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Seven frames of 64 x 48; frame i has i labels and, from model_a, i predictions of rising confidence."""
    folder = tmp_path_factory.mktemp("seven")
    (folder / "images").mkdir()
    rng = np.random.default_rng(0)
    images, labels, predictions = [], [], []
    for index in range(N_FRAMES):
        name = f"frame_{index}.png"
        cv2.imwrite(str(folder / "images" / name), rng.integers(0, 255, (48, 64, 3), dtype=np.uint8))
        images.append({"id": index + 1, "file_name": name, "width": 64, "height": 48})
        for place in range(index):
            box = {"image_id": index + 1, "category_id": place % 3 + 1, "bbox": [4 + place, 4, 20, 20 + place]}
            labels.append(box | {"id": len(labels) + 1, "area": 400, "iscrowd": 0})
            predictions.append(box | {"score": (place + 1) / 10})
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)]
    content = {"images": images, "annotations": labels, "categories": categories}
    project = Project.create(folder / "project", images=folder / "images")
    import_labels(project, _write_json(folder / "labels.json", content))
    project = Project.open(folder / "project")
    import_predictions(project, _write_json(folder / "model_a.json", predictions), name="model_a")
    return Project.open(folder / "project")
