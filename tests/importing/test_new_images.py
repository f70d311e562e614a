"""Images that came into the images folder since: every import that names them finds them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from predscope.errors import InputError
from predscope.importing import import_labels, import_predictions, stage_predictions
from predscope.project import Project
from tests.video_files import HEIGHT, WIDTH, write_video


def photo(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (100, 80)).save(path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for number in range(3):
        photo(tmp_path / "images" / f"{number}.jpg")
    return Project.create(tmp_path / "project", images=tmp_path / "images")


def rows(tmp_path: Path, *names: str) -> Path:
    path = tmp_path / "objects.csv"
    lines = [f"{name},car,0.9,1,2,11,22" for name in names]
    path.write_text("\n".join(["file_name,class,confidence,xmin,ymin,xmax,ymax", *lines]))
    return path


def test_predictions_of_new_images_make_frames_of_them(project: Project, tmp_path: Path) -> None:
    photo(tmp_path / "images" / "3.jpg")
    photo(tmp_path / "images" / "4.jpg")
    result = import_predictions(project, rows(tmp_path, "0.jpg", "3.jpg"), name="model")
    assert result.report.imported == 2
    assert result.report.problems["new_images"].count == 2
    assert result.project.frames["file_name"].tolist() == [f"{number}.jpg" for number in range(5)]
    assert result.project.frames["width"].tolist() == [100] * 5
    again = import_predictions(result.project, rows(tmp_path, "3", "4"), name="model")
    assert again.report.imported == 2
    assert "new_images" not in again.report.problems
    assert len(Project.open(project.path).frames) == 5


def test_a_project_that_was_made_too_early_catches_up(tmp_path: Path) -> None:
    photo(tmp_path / "images" / "first.jpg")
    project = Project.create(tmp_path / "project", images=tmp_path / "images")
    photo(tmp_path / "images" / "second.jpg")
    result = import_predictions(project, rows(tmp_path, "second.jpg"), name="model")
    assert result.report.imported == 1
    assert result.project.frames["file_name"].tolist() == ["first.jpg", "second.jpg"]


def test_new_images_that_nobody_names_stay_out(project: Project, tmp_path: Path) -> None:
    photo(tmp_path / "images" / "3.jpg")
    with stage_predictions(project, rows(tmp_path, "0.jpg", "1.jpg", "another.jpg")) as staged:
        assert staged.report.imported == 2
        assert staged.report.problems["unknown_frame"].count == 1
        assert "new_images" not in staged.report.problems
        assert len(staged.project.frames) == 3
    with pytest.raises(InputError, match=r"do not belong to the frames.*put their images into the images folder"):
        stage_predictions(project, rows(tmp_path, "another.jpg"))


def test_labels_of_new_images_say_so_too(project: Project, tmp_path: Path) -> None:
    photo(tmp_path / "images" / "3.jpg")
    labels = {
        "images": [{"id": 7, "file_name": "3.jpg", "width": 100, "height": 80}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    report = import_labels(project, tmp_path / "labels.json").report
    assert report.imported == 1
    assert report.problems["new_images"].examples == ["3.jpg"]


def test_a_video_that_has_grown_has_its_new_frames(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    write_video(tmp_path / "images" / "drive.mp4", 4)
    project = Project.create(tmp_path / "project", images=tmp_path / "images")
    write_video(tmp_path / "images" / "drive.mp4", 7)
    result = import_predictions(project, rows(tmp_path, "drive.mp4#1", "drive.mp4#6"), name="model")
    assert result.report.imported == 2
    frames = result.project.frames
    assert frames["file_name"].tolist() == [f"drive.mp4#{number}" for number in range(7)]
    assert frames["sequence_index"].tolist() == list(range(7))
    assert set(zip(frames["width"], frames["height"], strict=True)) == {(WIDTH, HEIGHT)}
    assert frames["modified_ns"].nunique() == 1, "the old frames know that the file is another one"
