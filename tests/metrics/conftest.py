"""Small projects with images that are easy to reason about."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from predscope import Project, import_labels, import_predictions
from predscope.media import PixelSource
from predscope.metrics.registry import restored_registry

HEIGHT, WIDTH = 48, 64
ALL_BRIGHTNESSES = (20, 60, 100, 140, 180, 220)


@pytest.fixture(autouse=True)
def _own_metrics_are_forgotten() -> Iterator[None]:
    with restored_registry():
        yield


def grey_image(level: int) -> np.ndarray:
    """uint8 (48, 64, 3): plain grey with a lighter square."""
    image = np.full((HEIGHT, WIDTH, 3), level, np.uint8)
    image[10:20, 10:30] = level + 20
    return image


def write_images(folder: Path, levels: dict[str, int]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, level in levels.items():
        cv2.imwrite(str(folder / name), grey_image(level))
    return folder


def write_labels(path: Path, boxes: dict[str, list[list[float]]], **more: Any) -> Path:
    """COCO labels of one class, "thing"."""
    images = [
        {"id": index, "file_name": name, "width": WIDTH, "height": HEIGHT, **more.get(name, {})}
        for index, name in enumerate(boxes)
    ]
    annotations = [
        {"id": 100 * index + place, "image_id": index, "category_id": 1, "bbox": box, "area": box[2] * box[3]}
        for index, entry in enumerate(boxes.values())
        for place, box in enumerate(entry)
    ]
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "thing"}]}
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def grey_project(tmp_path: Path) -> Project:
    """Six grey PNGs, 000.png to 005.png, growing lighter; two labels and one prediction on each."""
    names = [f"{index:03d}.png" for index in range(len(ALL_BRIGHTNESSES))]
    images = write_images(tmp_path / "grey-images", dict(zip(names, ALL_BRIGHTNESSES, strict=True)))
    project = Project.create(tmp_path / "grey", images=images)
    weather = {name: {"weather": "rain" if index % 2 else "sun", "hour": index} for index, name in enumerate(names)}
    labels = write_labels(
        tmp_path / "labels.json", {name: [[10, 10, 20, 10], [40, 20, 10, 10]] for name in names}, **weather
    )
    import_labels(project, labels)
    results = [
        {"image_id": index, "category_id": 1, "bbox": [10, 10, 20, 10 + index], "score": 0.5 + index / 20}
        for index in range(len(names))
    ]
    (tmp_path / "results.json").write_text(json.dumps(results))
    import_predictions(Project.open(project.path), tmp_path / "results.json", name="model")
    return Project.open(project.path)


@pytest.fixture
def counted_decodes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the images that are decoded, as they are; only what runs in this process counts."""
    import predscope.metrics.measuring as measuring

    names: list[str] = []
    decode: Callable[..., Any] = measuring.decode

    def counting(source: PixelSource, **options: Any) -> Any:
        names.append(source.file.name)
        return decode(source, **options)

    monkeypatch.setattr(measuring, "decode", counting)
    return names
