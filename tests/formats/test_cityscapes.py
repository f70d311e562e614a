"""Cityscapes' polygons: names of frames, groups, what is deleted, and the masks that lie beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from predscope.errors import InputError
from predscope.formats import open_input

_TRIANGLE = [[5, 5], [14, 5], [14, 14.5]]


def _object(label: Any, **more: Any) -> dict[str, Any]:
    return {"label": label, "polygon": _TRIANGLE, **more}


def _write(path: Path, *objects: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"imgHeight": 40, "imgWidth": 60, "objects": list(objects)}))
    return path


def test_polygons_of_frames(tmp_path: Path, read) -> None:
    _write(tmp_path / "gtFine/val/bern/bern_000001_000019_gtFine_polygons.json", _object("car", user="x", id=4))
    _write(tmp_path / "gtFine/val/lund/lund_000001_000019_gtCoarse_polygons.json", _object("road"), _object("sky"))
    found = read(tmp_path / "gtFine")
    assert found.reading.format == "cityscapes"
    names = ["bern_000001_000019_leftImg8bit.png", "lund_000001_000019_leftImg8bit.png"]
    assert [(frame.file_name, frame.width, frame.height) for frame in found.reading.frames] == [
        (name, 60, 40) for name in names
    ]
    assert found.column("frame") == [names[0], names[1], names[1]]
    assert found.column("class") == ["car", "road", "sky"]
    assert found[0]["polygons"] == [[[5, 5, 14, 5, 14, 14.5]]]
    assert found.column("attributes") == [{"user": "x"}, None, None]
    assert found[0]["place"] == "val/bern/bern_000001_000019_gtFine_polygons.json: objects[0]"


def test_groups_are_crowds_of_their_class(tmp_path: Path, read) -> None:
    labels = ["cargroup", "polegroup", "group", "person group", "bicycle"]
    path = _write(tmp_path / "a_0_0_gtFine_polygons.json", *map(_object, labels))
    found = read(path)
    assert found.column("class") == ["car", "polegroup", "group", "person", "bicycle"]
    assert found.column("is_crowd") == [True, False, False, True, False]


def test_classes_are_those_of_the_masks(tmp_path: Path, read) -> None:
    found = read(_write(tmp_path / "a_0_0_gtFine_polygons.json", _object("car")))
    classes = {entry.name: (entry.source_id, entry.is_ignored) for entry in found.reading.classes}
    assert classes["car"] == ("26", None)
    assert classes["trailer"] == ("30", True)
    assert classes["out of roi"] == classes["license plate"] == (None, True)
    assert read(_write(tmp_path / "mine.json", _object("car"))).reading.classes is None


def test_files_with_names_of_their_own(tmp_path: Path, read) -> None:
    for name in ("one/a_polygons.json", "two/b.json", "three/b.json"):
        _write(tmp_path / name, _object("car"))
    assert [frame.file_name for frame in read(tmp_path).reading.frames] == ["one/a", "three/b", "two/b"]


def test_deleted_objects_are_left_out_and_named(tmp_path: Path, read) -> None:
    path = _write(tmp_path / "a_0_0_gtFine_polygons.json", _object("car", deleted=1), _object("car", deleted=0))
    found = read(path)
    assert (len(found), found.report.rejected) == (1, 0)
    assert found.report.problems["object_deleted"].examples == [f"{path.name}: objects[0]"]


def test_boxes_of_people(tmp_path: Path, read) -> None:
    people = [
        {"label": "pedestrian", "instanceId": 24001, "bbox": [1, 2, 10, 20], "bboxVis": [1, 2, 5, 6]},
        {"label": "ignore", "instanceId": 0, "bbox": [3, 4, 5, 6], "bboxVis": [3, 4, 5, 6]},
    ]
    found = read(_write(tmp_path / "bern_000001_000019_gtBboxCityPersons.json", *people))
    assert found.column("frame") == ["bern_000001_000019_leftImg8bit.png"] * 2
    assert (found[0]["geometry"], found[0]["box"]) == ("box", [1, 2, 10, 20])
    assert found.column("is_ignored") == [False, True]
    assert found[0]["attributes"] == {"instanceId": 24001}


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("text", "record_not_object"),
        ({"polygon": _TRIANGLE}, "class_missing"),
        (_object("car", polygon=[[1, 2], [3, 4]]), "shape_invalid"),
        (_object("car", polygon=[[1, "x"], [3, 4], [5, 6]]), "shape_invalid"),
        (_object("car", polygon=None, bbox=[1, 2, 3]), "shape_invalid"),
        (_object("car", polygon=None), "shape_invalid"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(tmp_path: Path, read, entry: Any, code: str) -> None:
    found = read(_write(tmp_path / "a_0_0_gtFine_polygons.json", _object("car"), entry))
    assert (len(found), found.report.rejected) == (1, 1)
    assert found.report.problems[code].examples[0].startswith("a_0_0_gtFine_polygons.json: objects[1]")


def test_scores_make_predictions(tmp_path: Path, read) -> None:
    path = _write(tmp_path / "a_0_0_gtFine_polygons.json", _object("car", score=0.5))
    assert read(path, "predictions").column("confidence") == [0.5]
    with pytest.raises(InputError, match="these are predictions"):
        open_input(path, role="labels")


def test_a_damaged_file_among_others(tmp_path: Path, read) -> None:
    _write(tmp_path / "a_0_0_gtFine_polygons.json", _object("car"))
    path = _write(tmp_path / "b_0_0_gtFine_polygons.json", _object("car"))
    path.write_bytes(path.read_bytes()[:-9])
    found = read(tmp_path)
    assert (len(found), found.codes) == (1, {"json_unusable": 1})
    with pytest.raises(InputError, match="is cut short"):
        open_input(path, format="cityscapes", role="labels")


def test_beside_masks_the_better_of_the_two_is_read(tmp_path: Path, read) -> None:
    """Masks of instances are exact, polygons have the objects that masks of classes lack."""
    folder = tmp_path / "gtFine/train/bern"
    for index in (1, 2):
        _write(folder / f"bern_{index:06d}_000019_gtFine_polygons.json", _object("car"), _object("sky"))
        pixels = np.zeros((40, 60), np.uint8)
        pixels[10:30, 10:40] = 26
        Image.fromarray(pixels).save(folder / f"bern_{index:06d}_000019_gtFine_labelIds.png")
    assert (read(tmp_path).reading.format, len(read(tmp_path))) == ("cityscapes", 4)
    for index in (1, 2):
        numbers = np.where(pixels, 26_001, 0).astype(np.uint16)
        Image.fromarray(numbers).save(folder / f"bern_{index:06d}_000019_gtFine_instanceIds.png")
    found = read(tmp_path)
    assert (found.reading.format, len(found)) == ("instance_masks", 2)
    assert found.reading.frames[0].file_name == "bern_000001_000019_leftImg8bit.png"
    assert len(read(tmp_path, format="cityscapes")) == 4
