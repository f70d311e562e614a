"""VGG Image Annotator: each kind of region, which attribute is the class, JSON and CSV, damaged files."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest

from predscope.errors import InputError
from predscope.formats import open_input

_RECT = {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 40}


def _region(shape: Any, **attributes: Any) -> dict[str, Any]:
    return {"shape_attributes": shape, "region_attributes": attributes or {"name": "car"}}


def _project(*regions: Any, **more: Any) -> dict[str, Any]:
    image = {"filename": "a.jpg", "size": 123, "regions": list(regions), "file_attributes": {"place": "Bern"}, **more}
    return {"_via_settings": {}, "_via_img_metadata": {"a.jpg123": image}, "_via_attributes": {}}


def _write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_every_kind_of_region(tmp_path: Path, read) -> None:
    regions = [
        _region(_RECT),
        _region({"name": "polygon", "all_points_x": [0, 9, 9], "all_points_y": [0, 0, 9]}),
        _region({"name": "polyline", "all_points_x": [1, 3], "all_points_y": [2, 4]}),
        _region({"name": "circle", "cx": 40, "cy": 30, "r": 5}),
        _region({"name": "ellipse", "cx": 40, "cy": 30, "rx": 10, "ry": 5, "theta": math.pi / 2}),
        _region({"name": "point", "cx": 7, "cy": 8}),
    ]
    found = read(_write(tmp_path / "via.json", _project(*regions)))
    assert found.reading.format == "via"
    assert found.column("geometry") == ["box", "polygon", "polyline", "polygon", "polygon", "keypoints"]
    assert found.column("class") == ["car"] * 6
    assert found[0]["box"] == [10, 20, 30, 40]
    assert found[1]["polygons"] == [[[0, 0, 9, 0, 9, 9]]]
    assert found[2]["polylines"] == [[1, 2, 3, 4]]
    assert found[3]["box"] == pytest.approx([35, 25, 10, 10])
    assert found[4]["box"] == pytest.approx([35, 20, 10, 20])
    assert found[5]["keypoints"] == [7, 8, 2]
    assert [(frame.file_name, frame.attributes) for frame in found.reading.frames] == [("a.jpg", {"place": "Bern"})]
    assert found.report.problems["class_attribute"].message.endswith("'name'.")


def test_an_export_and_regions_numbered_by_keys(tmp_path: Path, read) -> None:
    content = _project(_region(_RECT))["_via_img_metadata"]
    assert len(read(_write(tmp_path / "a.json", content))) == 1
    content["a.jpg123"]["regions"] = {"0": _region(_RECT), "1": _region(_RECT)}
    assert len(read(_write(tmp_path / "b.json", content))) == 2


@pytest.mark.parametrize(
    ("regions", "classes", "attributes"),
    [
        ([{"id": "17", "label": "car"}, {"id": "18", "label": "dog"}], ["car", "dog"], [{"id": "17"}, {"id": "18"}]),
        ([{"kind": "a", "note": "x"}, {"kind": "a", "note": "y"}], ["a", "a"], [{"note": "x"}, {"note": "y"}]),
        ([{"seen": {"cat": True, "dog": False}}, {"seen": {"dog": True}}], ["cat", "dog"], [None, None]),
        ([{"type": "rare"}, {"food": "a"}, {"food": "b"}, {"food": "a"}], ["a", "b", "a"], [None] * 3),
        ([{}, {}], ["object", "object"], [None, None]),
    ],
)
def test_the_attribute_that_is_the_class(
    tmp_path: Path, read, regions: list[Any], classes: list[str], attributes: list[Any]
) -> None:
    entries = [{"shape_attributes": _RECT, "region_attributes": told} for told in regions]
    found = read(_write(tmp_path / "a.json", _project(*entries)))
    assert found.column("class") == classes
    assert (found.column("attributes") if found.rows else []) == attributes
    assert len(found) + found.report.rejected == len(regions)


def test_csv(tmp_path: Path, read) -> None:
    path = tmp_path / "via.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        header = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"
        writer.writerow(header.split(","))
        writer.writerow(["a.jpg", 1, "{}", 2, 0, json.dumps(_RECT), json.dumps({"class": "car"})])
        writer.writerow(["a.jpg", 1, "{}", 2, 1, json.dumps({"name": "rect"}), json.dumps({"class": "dog"})])
        writer.writerow(["b.jpg", 1, '{"place":"Bern"}', 0, 0, "{}", "{}"])
    found = read(path)
    assert found.reading.format == "via"
    assert (found.column("frame"), found.column("class")) == (["a.jpg"], ["car"])
    assert [frame.file_name for frame in found.reading.frames] == ["a.jpg", "b.jpg"]
    assert found.report.problems["shape_invalid"].examples[0].startswith("line 3: x is None")


def test_scores_make_predictions(tmp_path: Path, read) -> None:
    path = _write(tmp_path / "a.json", _project(_region(_RECT, name="car", score="0.5")))
    assert read(path, "predictions").column("confidence") == [0.5]
    with pytest.raises(InputError, match="these are predictions"):
        open_input(path, role="labels")


@pytest.mark.parametrize(
    ("region", "code"),
    [
        (_region({"name": "rect", "x": 1}), "shape_invalid"),
        (_region({"name": "polygon", "all_points_x": [1, 2, 3], "all_points_y": [1, 2]}), "shape_invalid"),
        (_region({"name": "circle", "cx": 1, "cy": 1, "r": 0}), "shape_invalid"),
        (_region({"name": "star"}), "shape_not_read"),
        (_region(None), "shape_invalid"),
        (_region(_RECT, other="x"), "class_missing"),
        ("text", "class_missing"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(tmp_path: Path, read, region: Any, code: str) -> None:
    found = read(_write(tmp_path / "a.json", _project(_region(_RECT), _region(_RECT), region)))
    assert len(found) == 2
    assert (found.report.rows, found.report.rejected) == (1, 1)
    assert found.report.problems[code].examples[0].startswith("a.jpg: regions[2]")


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.json", _project(_region(_RECT)))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match="ends at byte"):
        open_input(path, format="via", role="labels")
