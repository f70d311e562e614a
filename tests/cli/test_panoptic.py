"""Panoptic quality of COCO panoptic files, against numbers worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from predscope import Project, import_labels, import_predictions
from predscope.cli.parser import main

WIDTH, HEIGHT = 20, 10
CATEGORIES = [
    {"id": 1, "name": "cat", "isthing": 1},
    {"id": 2, "name": "dog", "isthing": 1},
    {"id": 9, "name": "grass", "isthing": 0},
]


def write(folder: Path, name: str, frames: dict[str, tuple[np.ndarray, dict[int, Any]]]) -> Path:
    """Segments by id: their category, or the category and that they are a crowd."""
    annotations = []
    for number, (frame, (ids, segments)) in enumerate(frames.items(), 1):
        channels = np.stack([ids // 65536, ids // 256 % 256, ids % 256], axis=-1).astype(np.uint8)  # cv2: blue first
        (folder / name).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name / f"{frame}.png"), channels)
        listed = [
            {"id": segment, "category_id": abs(category), "iscrowd": int(category < 0), "area": 1, "bbox": [0, 0, 1, 1]}
            for segment, category in segments.items()
        ]
        annotations.append({"image_id": number, "file_name": f"{frame}.png", "segments_info": listed})
    images = [
        {"id": number, "file_name": f"{frame}.jpg", "width": WIDTH, "height": HEIGHT}
        for number, frame in enumerate(frames, 1)
    ]
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": CATEGORIES}))
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """On "a" a cat found with IoU 40/60, a dog found as a cat, grass drawn exactly; on "b" a crowd of dogs."""
    labels, found = (np.zeros((HEIGHT, WIDTH), np.int64) for _ in range(2))
    labels[0:5, 0:10], found[0:5, 2:12] = 300, 7  # 50 pixels each, 40 in common
    labels[0:5, 14:20], found[0:5, 14:20] = 301, 8
    labels[6:10], found[6:10] = 5, 70_000
    crowd, on_it = (np.zeros((HEIGHT, WIDTH), np.int64) for _ in range(2))
    crowd[:, 0:10] = 1
    crowd[:, 10:20] = 2
    on_it[:, 0:8] = 1
    on_it[:, 10:16] = 2
    return (
        write(tmp_path, "labels", {"a": (labels, {300: 1, 301: 2, 5: 9}), "b": (crowd, {1: -2, 2: 9})}),
        write(tmp_path, "found", {"a": (found, {7: 1, 8: 1, 70_000: 9}), "b": (on_it, {1: 2, 2: 9})}),
    )


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: Any) -> dict[str, Any]:
    assert main(["evaluate", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)["panoptic"]


def test_numbers_worked_out_by_hand(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    found = evaluated(capsys, "--labels", files[0], "--predictions", files[1])
    per_class = {row.pop("name"): row for row in found["per_class"]}
    # The union leaves out what a prediction covers of void: of the cat's 50 pixels beside the label 10 are void.
    cat = 40 / 50
    assert per_class["cat"] == pytest.approx(
        {"is_thing": True, "tp": 1, "fp": 1, "fn": 0, "PQ": cat / 1.5, "SQ": cat, "RQ": 1 / 1.5}
    )
    assert per_class["dog"] == {"is_thing": True, "tp": 0, "fp": 0, "fn": 1, "PQ": 0, "SQ": 0, "RQ": 0}
    grass = (1 + 60 / 100) / 2
    assert per_class["grass"] == pytest.approx(
        {"is_thing": False, "tp": 2, "fp": 0, "fn": 0, "PQ": grass, "SQ": grass, "RQ": 1}
    )
    assert found["things"]["PQ"] == pytest.approx((cat / 1.5 + 0) / 2)
    assert found["stuff"] == pytest.approx({"PQ": grass, "SQ": grass, "RQ": 1})
    assert found["all"]["PQ"] == pytest.approx((cat / 1.5 + 0 + grass) / 3)


def test_a_project_and_the_terminal_say_the_same(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = import_labels(Project.create(tmp_path / "project"), files[0]).project
    import_predictions(project, files[1], name="model")
    capsys.readouterr()
    of_files = evaluated(capsys, "--labels", files[0], "--predictions", files[1])
    assert evaluated(capsys, "--project", project.path) == of_files
    assert main(["evaluate", "--project", str(project.path)]) == 0
    said = capsys.readouterr().out
    assert "panoptic quality" in said
    assert f"stuff   PQ {of_files['stuff']['PQ']:.3f}" in said
