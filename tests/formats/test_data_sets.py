"""Folders that are whole data sets: the one input in them is opened, several are named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from predscope.errors import InputError
from predscope.formats import open_input

_VOC = (
    "<annotation><filename>a.jpg</filename><object><name>cat</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax>"
    "<ymax>4</ymax></bndbox></object></annotation>"
)
_LABELS = {
    "images": [{"id": 1, "file_name": "a.jpg"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}],
    "categories": [{"id": 1, "name": "cat"}],
}
_RESULTS = [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]


def _write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def _coco(folder: Path) -> None:
    _write(folder / "annotations" / "instances.json", _LABELS)
    _write(folder / "README.md", "read me")
    (folder / "images").mkdir()
    Image.new("RGB", (9, 9)).save(folder / "images" / "a.jpg")


def _mask(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((30, 40), np.uint8)
    mask[5:20, 5:20] = 1
    Image.fromarray(mask).save(path)


def test_the_one_file_in_a_folder_is_opened_and_named(tmp_path: Path, read) -> None:
    _coco(tmp_path)
    found = read(tmp_path)
    assert (found.reading.format, len(found)) == ("coco", 1)
    problem = found.report.problems["input_within_folder"]
    assert problem.examples[0].startswith("annotations/instances.json: ")
    assert read(tmp_path, format="coco").reading.format == "coco"


def test_labels_and_predictions_side_by_side(tmp_path: Path, read) -> None:
    _coco(tmp_path)
    _write(tmp_path / "results.json", _RESULTS)
    assert len(read(tmp_path, "labels").reading.frames) == 1
    assert read(tmp_path, "predictions").column("confidence") == [0.5]


def test_predictions_beside_yolo_labels(tmp_path: Path, read) -> None:
    _write(tmp_path / "labels" / "a.txt", "0 0.5 0.5 0.2 0.2\n")
    _write(tmp_path / "data.yaml", "names: [cat]\n")
    _write(tmp_path / "predictions.json", _RESULTS)
    assert read(tmp_path, "labels").reading.format == "yolo"
    assert read(tmp_path, "predictions").reading.format == "coco"


def test_several_files_are_named_and_none_is_chosen(tmp_path: Path) -> None:
    for split in ("train", "val"):
        _write(tmp_path / split / "labels.json", _LABELS)
    for format in ("auto", "coco"):
        with pytest.raises(InputError, match=r"train/labels\.json \(coco\), val/labels\.json \(coco\)") as caught:
            open_input(tmp_path, format=format, role="labels")
        assert "Give the one that you mean" in str(caught.value)


def test_the_same_objects_in_several_formats(tmp_path: Path) -> None:
    _write(tmp_path / "voc" / "a.xml", _VOC)
    _write(tmp_path / "yolo" / "labels" / "a.txt", "0 0.5 0.5 0.2 0.2\n")
    _write(tmp_path / "coco" / "instances.json", _LABELS)
    with pytest.raises(InputError, match=r"could import the same objects twice") as caught:
        open_input(tmp_path, role="labels")
    for place in ("voc (voc)", "yolo/labels (yolo)", "coco/instances.json (coco)"):
        assert place in str(caught.value)
    assert open_input(tmp_path / "voc", role="labels").format == "voc"


def test_a_pascal_voc_data_set_is_read_by_its_boxes(tmp_path: Path, read) -> None:
    _write(tmp_path / "Annotations" / "a.xml", _VOC)
    _mask(tmp_path / "SegmentationClass" / "a.png")
    _mask(tmp_path / "SegmentationObject" / "a.png")
    _write(tmp_path / "ImageSets" / "Main" / "train.txt", "a\n")
    found = read(tmp_path)
    assert (found.reading.format, len(found)) == ("voc", 1)


@pytest.mark.parametrize(
    ("role", "files", "objects"),
    [
        ("predictions", {"1.xml": "scored", "a/2.xml": "none"}, 1),
        ("predictions", {"1.xml": "none", "a/2.xml": "scored", "b/3.xml": "none"}, 1),
        ("labels", {"Annotations/1.xml": "plain", "Annotations/a/2.xml": "none", "Annotations/b/3.xml": "plain"}, 2),
    ],
)
def test_folders_inside_of_one_another_are_one_input(
    tmp_path: Path, read, role: str, files: dict[str, str], objects: int
) -> None:
    _write_voc(tmp_path, files)
    found = read(tmp_path, role)
    assert (found.reading.format, len(found)) == ("voc", objects)
    assert len(found.reading.frames) == len(files)
    assert "input_within_folder" not in found.report.problems


def test_labels_that_lie_among_predictions_are_not_chosen(tmp_path: Path) -> None:
    _write_voc(
        tmp_path, {"Annotations/1.xml": "plain", "Annotations/a/2.xml": "plain", "Annotations/b/3.xml": "scored"}
    )
    with pytest.raises(InputError, match=r"Annotations \(voc, predictions\), Annotations/a \(voc, labels\)"):
        open_input(tmp_path, role="labels")


def _write_voc(folder: Path, files: dict[str, str]) -> None:
    scored = _VOC.replace("</bndbox>", "</bndbox><confidence>0.5</confidence>")
    contents = {"plain": _VOC, "scored": scored, "none": "<annotation><filename>b.jpg</filename></annotation>"}
    for name, kind in files.items():
        _write(folder / name, contents[kind].replace("<filename>", f"<filename>{Path(name).stem}"))


def test_a_folder_that_one_reader_takes_whole_and_another_by_its_file(tmp_path: Path, read) -> None:
    _write(
        tmp_path / "boxes.csv",
        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n"
        "a,xclick,/m/cat,1,0.1,0.4,0.2,0.6,0,0,0,0,0\n",
    )
    found = read(tmp_path)
    assert (found.reading.format, len(found)) == ("open_images", 1)


def test_splits_in_files_of_their_own_are_imported_under_two_names(tmp_path: Path) -> None:
    for split in ("train", "val"):
        _write(tmp_path / f"instances_{split}.json", _LABELS)
    with pytest.raises(InputError, match=r"instances_train\.json \(coco\), instances_val\.json \(coco\)") as caught:
        open_input(tmp_path, role="labels")
    assert "each under a name of its own: predscope import labels PATH --name NAME" in str(caught.value)


def test_pictures_that_look_like_masks_are_no_rivals(tmp_path: Path, read) -> None:
    _mask(tmp_path / "images" / "a.png")
    _write(tmp_path / "labels" / "a.txt", "0 0.5 0.5 0.2 0.2\n")
    assert read(tmp_path).reading.format == "yolo"
    _mask(tmp_path / "masks" / "a.png")
    with pytest.raises(InputError, match=r"masks \(masks\)"):
        open_input(tmp_path, role="labels")


def test_a_data_yaml_in_a_folder_of_its_own(tmp_path: Path, read) -> None:
    _write(tmp_path / "labels" / "test" / "a.txt", "0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "images" / "test").mkdir(parents=True)
    _write(tmp_path / "yolo" / "configs" / "data.yaml", "path: ./cars\ntest: images/test\nnames: [car]\n")
    for source in (tmp_path / "yolo", tmp_path):
        found = read(source)
        assert (found.reading.format, len(found)) == ("yolo", 1)
        assert [entry.name for entry in found.reading.classes] == ["car"]


def test_links_that_go_round_in_a_circle(tmp_path: Path, read) -> None:
    _coco(tmp_path)
    (tmp_path / "images" / "again").symlink_to(tmp_path)
    assert len(read(tmp_path)) == 1


@pytest.mark.parametrize(
    ("source", "role", "format", "objects"),
    [
        ("voc2012_rodm100/gts/coco_format_v1", "labels", "coco", 273),
        ("lvis_val100_gt", "labels", "coco", 977),
        ("mixed14_maskrcnn", "labels", "coco", 157),
        ("mixed14_maskrcnn", "predictions", "coco", 278),
        ("cars_yolov8_test54", "labels", "yolo", 91),
        ("cars_yolov8_test54", "predictions", "coco", 1995),
        ("cars_yolov8_test54/yolo", "labels", "yolo", 91),
        ("davis_frames", "labels", "instance_masks", 21),
    ],
)
def test_real_folders(shared_data: Path, read, source: str, role: str, format: str, objects: int) -> None:
    found = read(shared_data / source, role)
    assert (found.reading.format, len(found)) == (format, objects)


@pytest.mark.parametrize(
    "source",
    [
        "voc2012_rodm100/gts",
        "voc2012_rodm100/toyexample",
        "labelme_examples/instance_segmentation",
        "panoptic_sample",
        "sahi_tests",
    ],
)
def test_real_folders_with_several_inputs(shared_data: Path, source: str) -> None:
    with pytest.raises(InputError, match="holds several inputs"):
        open_input(shared_data / source, role="labels")
