"""Every file of the real data: imported with the right counts and an account of what was not, or refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from predscope.errors import InputError
from predscope.formats import detect, open_input
from predscope.importing import ImportResult, import_labels, import_predictions
from predscope.media.naming import IMAGE_SUFFIXES
from predscope.project import Project
from predscope.report import Severity
from tests.importing.shared_inputs import DATA_SETS, NO_INPUTS, DataSet, Input, count_objects

_CASES = [
    pytest.param(data_set, entry, id=f"{data_set.folder}/{entry.path}")
    for data_set in DATA_SETS
    for entry in data_set.inputs
]
_READ_BESIDE = {"masks": (".png", ".npy"), "instance_masks": (".png", ".npy"), "yolo": (".txt",), "voc": (".xml",)}
"""Endings of the files that a folder is read for, other than .txt of text formats, .json and .csv."""


def _new_project(shared_data: Path, data_set: DataSet, folder: Path) -> Project:
    images = None if data_set.images is None else shared_data / data_set.folder / data_set.images
    for name, size in data_set.blank_frames.items():
        images = folder / "images"
        images.mkdir(exist_ok=True)
        Image.new("RGB", size).save(images / name)
    return Project.create(folder / "project", images=images)


def _import(shared_data: Path, data_set: DataSet, entry: Input, folder: Path) -> ImportResult:
    """Into a new project; predictions onto the first labels of their data set."""
    project = _new_project(shared_data, data_set, folder)
    root = shared_data / data_set.folder
    if entry.role == "labels":
        return import_labels(project, root / entry.path)
    labels = import_labels(project, root / data_set.inputs[0].path)
    return import_predictions(labels.project, root / entry.path)


@pytest.mark.parametrize(("data_set", "entry"), _CASES)
def test_an_input_is_imported(shared_data: Path, tmp_path: Path, data_set: DataSet, entry: Input) -> None:
    result = _import(shared_data, data_set, entry, tmp_path)
    report, objects = result.report, result.objects.table()
    assert report.format == entry.format
    assert report.rows == count_objects(shared_data / data_set.folder / entry.path, entry.format)
    assert report.rows == report.imported + report.rejected
    assert (report.imported, report.repaired) == (sum(entry.objects.values()), entry.repaired)
    assert report.rejected == entry.rejected
    assert dict(Counter(objects["geometry"].to_pylist())) == entry.objects
    assert len(result.project.classes) == entry.classes
    assert (report.frames, report.frames_matched) == (
        entry.frames,
        entry.frames if entry.matched is None else entry.matched,
    )
    remarks = {code: problem for code, problem in report.problems.items() if problem.severity is not Severity.INFO}
    assert sorted(remarks) == sorted(entry.codes)
    errors = [problem for problem in remarks.values() if problem.severity is Severity.ERROR]
    assert sum(problem.count for problem in errors) == entry.rejected
    assert all(problem.examples and problem.fix for problem in errors)

    frames = result.project.frames
    width, height = (
        frames[side].to_numpy(dtype=float)[objects["frame_index"].to_numpy()] for side in ("width", "height")
    )
    x, y, w, h = (objects[side].to_numpy() for side in "xywh")
    assert ((x >= -1) & (y >= -1) & (x + w <= width + 1) & (y + h <= height + 1)).all()


def test_relative_and_absolute_boxes_agree(shared_data: Path, tmp_path: Path) -> None:
    data_set = next(found for found in DATA_SETS if found.folder == "rodm_legacy_samples")
    boxes = []
    for name in ("groundtruths", "groundtruths_rel"):
        (tmp_path / name).mkdir()
        entry = next(found for found in data_set.inputs if found.path == name)
        table = _import(shared_data, data_set, entry, tmp_path / name).objects.table(["frame_index", *"xywh"])
        boxes.append([[*map(round, row.values())] for row in table.to_pylist()])
    assert boxes[0] == boxes[1]


def _files_of(root: Path, data_set: DataSet, entry: Input) -> set[Path]:
    path = root / data_set.folder / entry.path
    if path.is_dir():
        return {
            file for file in path.rglob("*") if file.suffix in _READ_BESIDE.get(entry.format, (".txt", ".json", ".csv"))
        }
    if entry.format == "yolo":  # a data.yaml leads to the labels
        return {path, *(path.parents[2] / "labels").rglob("*.txt")}
    return {path}


def _files_of_no_input(root: Path) -> set[Path]:
    return {file for pattern in NO_INPUTS for file in root.glob(pattern)}


def test_every_file_is_an_input_or_known_to_be_none(shared_data: Path) -> None:
    covered = _files_of_no_input(shared_data)
    for data_set in DATA_SETS:
        for entry in data_set.inputs:
            covered |= _files_of(shared_data, data_set, entry)
    files = {file for file in shared_data.rglob("*") if file.is_file()}
    others = {file for file in files if file.suffix.lower() not in IMAGE_SUFFIXES}
    assert others, "there is no data"
    assert sorted(str(file.relative_to(shared_data)) for file in others - covered) == []


def test_every_file_that_is_no_input_is_there(shared_data: Path) -> None:
    assert [pattern for pattern in NO_INPUTS if not any(shared_data.glob(pattern))] == []


@pytest.mark.parametrize("pattern", NO_INPUTS, ids=list(NO_INPUTS))
def test_what_is_no_input_is_refused(shared_data: Path, pattern: str) -> None:
    for file in sorted(shared_data.glob(pattern))[:20]:
        for role in ("labels", "predictions"):
            with pytest.raises(InputError, match="of no format that is known"):
                open_input(file, role=role)


@pytest.mark.parametrize(
    "folder",
    [
        "kitti_sample3/training/calib",
        "kitti_sample3/training/image_2",
        "panoptic_sample/sample_data/panoptic_examples",
        "sahi_tests/coco_utils/terrain1.jpg",
        "sahi_tests/coco_utils/terrain2_gray.png",
        "voc2012_rodm100/images",
    ],
)
def test_images_and_folders_of_no_input_are_left_alone(shared_data: Path, folder: str) -> None:
    assert detect(shared_data / folder, "labels") == []


@pytest.mark.parametrize("path", ["terrain3.json", "terrain3_coco.json", "visdrone2019-det-train-first50image.json"])
def test_labels_of_other_images_are_refused(shared_data: Path, tmp_path: Path, path: str) -> None:
    folder = shared_data / "sahi_tests/coco_utils"
    project = Project.create(tmp_path / "project", images=folder)
    with pytest.raises(InputError, match=r"none of the .* is among the project's images") as caught:
        import_labels(project, folder / path)
    has = str(caught.value).partition("the project has ")[2]
    assert has.startswith("'terrain1.jpg', 'terrain2.png', 'terrain2_gray.png', 'terrain4.png'. Give the folder")
