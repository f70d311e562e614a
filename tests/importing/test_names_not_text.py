"""Files and folders whose names are bytes that are no UTF-8, as old archives leave them behind."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from predscope import Project, import_labels, import_predictions
from predscope.errors import InputError, ProjectError
from tests.shapes_dataset import ShapesDataset

KITTI = "Car 0 0 0 1 1 5 5 0 0 0 0 0 0 0\n"


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    folder = Path(os.fsdecode(os.fsencode(tmp_path / "caf") + b"\xe9"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system has names of UTF-8 alone")
    return folder


def test_sources_of_any_name_are_imported(shapes_dataset: ShapesDataset, tmp_path: Path, odd: Path) -> None:
    project = Project.create(tmp_path / "project", images=shapes_dataset.images)
    labelled = import_labels(project, shutil.copy(shapes_dataset.labels, odd))
    assert labelled.report.source.endswith(f"caf%E9/{shapes_dataset.labels.name}")
    predictions = shutil.copytree(odd, tmp_path / odd.name.replace("caf", "th"))
    (predictions / shapes_dataset.labels.name).unlink()
    shutil.copy(shapes_dataset.predictions, predictions)
    result = import_predictions(labelled.project, predictions)
    assert result.name == "th%E9"
    assert "th%E9" in Project.open(project.path).versions("predictions", result.name)[0].source


def test_frames_and_classes_of_any_name_are_kept_with_escapes(tmp_path: Path, odd: Path) -> None:
    for frame in ("a", "b"):
        path = odd / "labels" / odd.name / f"{frame}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(KITTI)
    result = import_labels(Project.create(tmp_path / "project"), odd)
    assert result.project.frames["frame_id"].tolist() == ["caf%E9/a", "caf%E9/b"]
    assert result.report.imported == 2
    again = import_labels(result.project, odd)
    assert len(again.project.frames) == 2
    assert json.dumps(again.report.to_json()).isascii()


def test_images_and_projects_need_names_that_are_text(shapes_dataset: ShapesDataset, tmp_path: Path, odd: Path) -> None:
    image = next(shapes_dataset.images.rglob("*.png"), None) or next(shapes_dataset.images.rglob("*.jpg"))
    shutil.copy(image, odd / f"{odd.name}{image.suffix}")
    with pytest.raises(InputError, match="not UTF-8"):
        Project.create(tmp_path / "project", images=odd)
    shutil.copy(image, odd)
    with pytest.raises(InputError, match="not UTF-8"):
        Project.create(tmp_path / "project", images=odd)
    assert not (tmp_path / "project").exists()
    with pytest.raises(ProjectError, match="must be UTF-8"):
        Project.create(odd / "project", images=shapes_dataset.images)
