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


@pytest.fixture(scope="session")
def mixed_errors(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Forty frames of labels in a row, some of them crowds, and predictions with errors of every kind.

    Confidences have two digits, so that many are equal and many lie on the border of a bin.
    """
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "images").mkdir()
    rng = np.random.default_rng(3)
    images, labels, predictions = [], [], []

    def predict(label: dict, category: int, shift: int, confidence: float) -> None:
        left, top, width, height = label["bbox"]
        box = {"image_id": label["image_id"], "category_id": category, "bbox": [left + shift, top, width, height]}
        predictions.append(box | {"score": round(confidence, 2)})

    for index in range(40):
        name = f"{index:02d}.png"
        cv2.imwrite(str(folder / "images" / name), np.full((60, 240, 3), 90 + index, np.uint8))
        images.append({"id": index + 1, "file_name": name, "width": 240, "height": 60})
        for place in range(5):
            category = int(rng.integers(1, 4))
            box = {"image_id": index + 1, "category_id": category, "bbox": [6 + 44 * place, 10, 30, 30]}
            label = box | {"id": len(labels) + 1, "area": 900, "iscrowd": int(rng.random() < 0.05)}
            labels.append(label)
            other, confidence = category % 3 + 1, rng.random()
            kind = rng.choice(["found", "found", "found", "cls", "loc", "both", "dupe", "miss"])
            if kind in ("found", "dupe"):
                predict(label, category, 0, confidence)
            if kind == "dupe":
                predict(label, category, 4, 0.9 * confidence)
            if kind in ("cls", "both"):
                predict(label, other, 0 if kind == "cls" else 14, confidence)
            if kind == "loc":
                predict(label, category, 14, confidence)
        nowhere = {"image_id": index + 1, "category_id": 1 + index % 3, "bbox": [20 + index, 50, 8, 6]}
        predictions.append(nowhere | {"score": round(index / 40, 2)})
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)]
    content = {"images": images, "annotations": labels, "categories": categories}
    project = Project.create(folder / "project", images=folder / "images")
    import_labels(project, _write_json(folder / "labels.json", content))
    import_predictions(Project.open(project.path), _write_json(folder / "model_a.json", predictions), name="model_a")
    return Project.open(project.path)
