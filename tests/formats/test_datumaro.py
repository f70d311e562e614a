"""Datumaro's JSON: each kind of annotation with its exact coordinates, classes, scores, damaged files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from predscope.errors import InputError
from predscope.formats import open_input

_CATEGORIES = {
    "label": {"labels": [{"name": "car", "parent": "vehicle"}, {"name": "person", "parent": ""}], "attributes": []},
    "points": {"items": [{"label_id": 1, "labels": ["head", "foot"], "joints": [[1, 2], [1, 9]]}]},
    "mask": {"colormap": [{"label_id": 0, "r": 255, "g": 0, "b": 16}]},
}


def _item(*annotations: Any, **more: Any) -> dict[str, Any]:
    image = {"path": "train/a.jpg", "size": [60, 80]}
    return {"id": "train/a", "annotations": list(annotations), "image": image, "attr": {"frame": 3}, **more}


def _annotation(kind: str, label: Any = 0, **more: Any) -> dict[str, Any]:
    return {"id": 7, "type": kind, "attributes": {}, "group": 0, "label_id": label, "z_order": 0, **more}


def _write(path: Path, *items: Any) -> Path:
    path.write_text(json.dumps({"info": {}, "categories": _CATEGORIES, "items": list(items)}))
    return path


def test_every_kind_of_annotation(tmp_path: Path, read) -> None:
    annotations = [
        _annotation("bbox", bbox=[1, 2, 3, 4.5]),
        _annotation("polygon", points=[0, 0, 9, 0, 9, 9]),
        _annotation("polyline", points=[1, 2, 3, 4]),
        _annotation("points", 1, points=[5, 6, 7, 8], visibility=[2, 1]),
        _annotation("mask", rle={"counts": [1, 3], "size": [2, 2]}),
        _annotation("label", 1),
        _annotation("ellipse", points=[10, 20, 30, 40]),
        _annotation("rotated_bbox", cx=20, cy=20, w=10, h=4, r=90),
        _annotation("caption", caption="a car"),
    ]
    found = read(_write(tmp_path / "train.json", _item(*annotations)))
    assert found.reading.format == "datumaro"
    kinds = "box polygon polyline keypoints mask classification polygon oriented_box"
    assert found.column("geometry") == kinds.split()
    assert found.column("class") == ["car", "car", "car", "person", "car", "person", "car", "car"]
    assert found[0]["box"] == [1, 2, 3, 4.5]
    assert found[1]["polygons"] == [[[0, 0, 9, 0, 9, 9]]]
    assert found[2]["polylines"] == [[1, 2, 3, 4]]
    assert found[3]["keypoints"] == [5, 6, 2, 7, 8, 1]
    assert (found[4]["area"], found[4]["rle_size"]) == (3, [2, 2])
    assert found[6]["box"] == pytest.approx([10, 20, 20, 20])
    assert found[6]["area"] == pytest.approx(100 * math.pi)
    assert found[7]["oriented_box"] == pytest.approx([20, 20, 10, 4, math.pi / 2])
    assert found.codes == {"not_an_object": 1}
    (frame,) = found.reading.frames
    assert (frame.file_name, frame.source_id, frame.width, frame.height) == ("train/a.jpg", "train/a", 80, 60)
    car, person = found.reading.classes
    assert (car.name, car.source_id, car.supercategory, car.color) == ("car", "0", "vehicle", "#FF0010")
    assert (person.supercategory, person.keypoints, person.skeleton) == (None, ("head", "foot"), ((0, 1),))


def test_outlines_of_a_group_are_one_object(tmp_path: Path, read) -> None:
    parts = [_annotation("polygon", points=[0, 0, 9, 0, 9, 9], group=4) for _ in range(2)]
    other = _annotation("polygon", 1, points=[0, 0, 9, 0, 9, 9], group=4)
    found = read(_write(tmp_path / "a.json", _item(*parts, other, _annotation("bbox", bbox=[0, 0, 9, 9], group=4))))
    assert found.column("class") == ["car", "person", "car"]
    assert len(found[0]["polygons"]) == 2


def test_scores_and_flags_among_the_attributes(tmp_path: Path, read) -> None:
    told = {"score": 0.5, "is_crowd": True, "difficult": 1, "track_id": 12, "color": "red"}
    path = _write(tmp_path / "a.json", _item(_annotation("bbox", bbox=[1, 2, 3, 4], attributes=told)))
    row = read(path, "predictions")[0]
    assert (row["confidence"], row["is_crowd"], row["is_ignored"], row["track_id"]) == (0.5, True, True, "12")
    assert row["attributes"] == {"color": "red"}
    with pytest.raises(InputError, match="these are predictions"):
        open_input(path, role="labels")


def test_frames_of_videos(tmp_path: Path, read) -> None:
    media = {"type": "video_frame", "video_path": "clip.mp4", "frame_index": 4}
    found = read(_write(tmp_path / "a.json", _item(_annotation("bbox", bbox=[1, 2, 3, 4]), image=None, media=media)))
    assert found.column("frame") == ["clip.mp4#4"]
    assert (found.reading.frames[0].sequence, found.reading.frames[0].sequence_index) == ("clip.mp4", 4)


def test_a_long_list_of_classes_before_the_items(tmp_path: Path, read) -> None:
    content = {"info": {}, "categories": dict(_CATEGORIES), "items": [_item(_annotation("bbox", bbox=[1, 2, 3, 4]))]}
    content["categories"]["label"] = {"labels": [{"name": f"class {i:050}"} for i in range(300)]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    assert read(path).reading.format == "datumaro"


@pytest.mark.parametrize(
    ("annotation", "code"),
    [
        (_annotation("bbox", bbox=[1, 2, 3]), "shape_invalid"),
        (_annotation("polygon", points=[1, 2, 3]), "shape_invalid"),
        (_annotation("mask", rle={"counts": "??", "size": [2, 2]}), "mask_invalid"),
        (_annotation("bbox", None, bbox=[1, 2, 3, 4]), "class_missing"),
        (_annotation("bbox", -1, bbox=[1, 2, 3, 4]), "class_missing"),
        (_annotation("cuboid_3d"), "shape_not_read"),
        ("text", "record_not_object"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(tmp_path: Path, read, annotation: Any, code: str) -> None:
    found = read(_write(tmp_path / "a.json", _item(_annotation("bbox", bbox=[1, 2, 3, 4]), annotation)))
    assert len(found) == 1
    assert (found.report.rows, found.report.rejected) == (1, 1)
    assert found.report.problems[code].examples[0].startswith("items[0].annotations[1]")


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.json", _item(_annotation("bbox", bbox=[1, 2, 3, 4])))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match="ends at byte"):
        open_input(path, format="datumaro", role="labels")
