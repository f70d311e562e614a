"""Frames that came as class-index masks: which they are survives joining, publishing and renumbering."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from predscope.importing import import_labels, stage_labels, stage_predictions
from predscope.importing.in_memory import join_files
from predscope.project import Project
from tests.semantic_dataset import write_semantic


def save(path: Path, value: int, size: tuple[int, int] = (20, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros(size, np.uint8)
    mask[2:8, 2:9] = value
    mask[0, 0] = 255
    Image.fromarray(mask).save(path)


def test_only_frames_with_a_mask_have_a_map(tmp_path: Path) -> None:
    files = write_semantic(tmp_path)
    project = Project.create(tmp_path / "p", images=files.images)
    labels = import_labels(project, files.labels)
    maps = labels.objects.pixel_maps
    assert maps["frame_index"].to_pylist() == [*range(1, 12)]
    assert set(maps["height"].to_pylist()) == {96}
    assert maps["void_counts"][1].as_py() is None
    reopened = Project.open(project.path).objects("labels")
    assert reopened.pixel_maps.equals(maps)


def test_other_formats_have_none(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("frame,class\na.jpg,cat\n")
    project = Project.create(tmp_path / "p")
    assert import_labels(project, tmp_path / "x.csv").objects.pixel_maps is None


def test_masks_of_another_size_are_left_out(tmp_path: Path) -> None:
    files = write_semantic(tmp_path)
    save(files.labels / files.names[3], 1)
    result = import_labels(Project.create(tmp_path / "p", images=files.images), files.labels)
    assert "mask_size_differs" in result.report.problems
    assert result.objects.pixel_maps["frame_index"].to_pylist() == [1, 2, *range(4, 12)]


def test_frames_that_get_other_numbers_keep_their_maps(tmp_path: Path) -> None:
    """Two imports that were prepared side by side, each with new frames."""
    save(tmp_path / "one/a.png", 1)
    save(tmp_path / "two/b.png", 1)
    project = Project.create(tmp_path / "p")
    first = stage_labels(project, tmp_path / "one", name="one", format="masks")
    second = stage_labels(project, tmp_path / "two", name="two", format="masks")
    first.publish()
    result = second.publish()
    names = result.project.frames["file_name"].tolist()
    assert [names[index] for index in result.objects.pixel_maps["frame_index"].to_pylist()] == ["b.png"]


def test_maps_of_files_that_are_compared_as_they_stand(tmp_path: Path) -> None:
    files = write_semantic(tmp_path)
    joined = join_files(files.labels, files.predictions)
    names = joined.frames["file_name"].to_pylist()
    assert [names[index] for index in joined.label_maps["frame_index"].to_pylist()] == files.names[1:]
    predicted = {names[index] for index in joined.prediction_maps["frame_index"].to_pylist()}
    assert predicted == set(files.names[2:])  # the first is in no label


def test_a_staged_import_has_them(tmp_path: Path) -> None:
    files = write_semantic(tmp_path)
    project = import_labels(Project.create(tmp_path / "p", images=files.images), files.labels).project
    with stage_predictions(project, files.predictions, name="model") as staged:
        assert len(staged.objects.pixel_maps) == 11
