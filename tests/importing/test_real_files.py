"""Files of real formats, from disk to the project."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from predscope.errors import InputError
from predscope.importing import import_labels, import_predictions
from predscope.project import Project


def coco(images: int, objects: int) -> tuple[dict, list]:
    generator = np.random.default_rng(5)
    frame = generator.integers(1, images + 1, objects).tolist()
    boxes = np.column_stack([generator.uniform(0, 500, (objects, 2)), generator.uniform(5, 90, (objects, 2))]).round(2)
    labels = {
        "images": [{"id": n, "file_name": f"{n:012d}.jpg", "width": 640, "height": 640} for n in range(1, images + 1)],
        "annotations": [
            {"id": n, "image_id": frame[n], "category_id": 1 + n % 9, "bbox": box, "iscrowd": 0}
            for n, box in enumerate(boxes.tolist())
        ],
        "categories": [{"id": n, "name": f"thing {n}"} for n in range(1, 10)],
    }
    results = [
        {"image_id": frame[n], "category_id": 1 + n % 9, "bbox": box, "score": (1 + n % 999) / 1000}
        for n, box in enumerate(boxes.tolist())
    ]
    return labels, results


def test_large_files_arrive_whole(tmp_path: Path) -> None:
    labels, results = coco(2000, 40_000)
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    (tmp_path / "results.json").write_text(json.dumps(results))
    project = Project.create(tmp_path / "project")
    first = import_labels(project, tmp_path / "labels.json")
    second = import_predictions(first.project, str(tmp_path / "results.json"))
    assert (first.report.imported, second.report.imported) == (40_000, 40_000)
    assert second.name == "results"
    for index in (0, 999, 1999):
        expected = sorted(entry["bbox"][0] for entry in results if entry["image_id"] == index + 1)
        assert sorted(second.objects.of_frame(index, ["x"])["x"].to_pylist()) == expected


def test_wrong_and_damaged_files_leave_the_project_as_it_was(tmp_path: Path) -> None:
    labels, results = coco(5, 20)
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    project = import_labels(Project.create(tmp_path / "project"), tmp_path / "labels.json").project
    before = (project.path / "predscope.json").read_bytes()
    (tmp_path / "cut.json").write_text(json.dumps(results)[:500])
    (tmp_path / "wrong.json").write_text('{"hello": 1}')
    (tmp_path / "empty.json").write_text("")
    strangers = [{**entry, "image_id": f"other{n}"} for n, entry in enumerate(results)]
    (tmp_path / "strangers.json").write_text(json.dumps(strangers))
    for name in ("cut.json", "wrong.json", "empty.json", "strangers.json", "nowhere.json"):
        with pytest.raises(InputError):
            import_predictions(project, tmp_path / name)
        assert (project.path / "predscope.json").read_bytes() == before
    assert not list((project.path / "staging").iterdir())
