"""Supervisely's folders: each kind of shape with its exact coordinates, packed bitmaps, classes of meta.json."""

from __future__ import annotations

import base64
import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hotcoco import mask as rle_codec
from PIL import Image

from predscope.errors import InputError
from predscope.formats import open_input

_META = {
    "classes": [
        {"title": "car", "shape": "rectangle", "color": "#FF00AA", "id": 3},
        {
            "title": "person",
            "shape": "graph",
            "geometry_config": {
                "nodes": {"n1": {"label": "head", "loc": [0, 0]}, "n2": {"label": "hand"}, "n3": {"label": "foot"}},
                "edges": [{"src": "n1", "dst": "n3"}, {"src": "n1", "dst": "n9"}],
            },
        },
    ],
    "tags": [{"name": "night", "value_type": "none"}],
}


def _bitmap(mask: np.ndarray, alpha: bool = True) -> str:
    grey = mask.astype(np.uint8) * 255
    pixels = np.stack([grey * 0 + 255] * 3 + [grey], axis=-1) if alpha else grey
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return base64.b64encode(zlib.compress(buffer.getvalue())).decode()


def _object(kind: str, title: str = "car", **more: Any) -> dict[str, Any]:
    return {"id": 1, "classTitle": title, "geometryType": kind, "tags": [], **more}


def _points(exterior: list[Any], interior: list[Any] | None = None) -> dict[str, Any]:
    return {"exterior": exterior, "interior": interior or []}


def _write(folder: Path, *objects: Any, image: str = "ds/ann/a.jpg.json", **more: Any) -> Path:
    (folder / "meta.json").parent.mkdir(parents=True, exist_ok=True)
    (folder / "meta.json").write_text(json.dumps(_META))
    path = folder / image
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"description": "", "tags": [], "size": {"height": 60, "width": 80}, "objects": list(objects), **more}
    path.write_text(json.dumps(content))
    return folder


def test_every_kind_of_shape(tmp_path: Path, read) -> None:
    crop = np.array([[1, 0, 1], [1, 1, 1]], bool)
    nodes = {"n3": {"loc": [30, 40], "disabled": True}, "n1": {"loc": [10, 20]}}
    objects = [
        _object("rectangle", points=_points([[30, 5], [10, 25]])),
        _object("polygon", points=_points([[0, 0], [20, 0], [20, 20], [0, 20]], [[[5, 5], [9, 5], [9, 9]]])),
        _object("bitmap", bitmap={"origin": [4, 6], "data": _bitmap(crop)}),
        _object("bitmap", bitmap={"origin": [4, 6], "data": _bitmap(crop, alpha=False)}),
        _object("point", points=_points([[7, 8]])),
        _object("line", points=_points([[1, 2], [3, 4]])),
        _object("graph", "person", nodes=nodes),
    ]
    found = read(_write(tmp_path, *objects, tags=[{"name": "night"}, {"name": "city", "value": "Bern"}]))
    assert found.reading.format == "supervisely"
    assert found.column("geometry") == ["box", "polygon", "mask", "mask", "keypoints", "polyline", "keypoints"]
    assert found[0]["box"] == [10, 5, 20, 20]
    assert found[1]["polygons"] == [[[0, 0, 20, 0, 20, 20, 0, 20], [5, 5, 9, 5, 9, 9]]]
    frame = np.zeros((60, 80), np.uint8)
    frame[6:8, 4:7] = crop
    for row in (found[2], found[3]):
        np.testing.assert_array_equal(rle_codec.decode({"size": row["rle_size"], "counts": row["rle_counts"]}), frame)
        assert row["box"] == [4, 6, 3, 2]
    assert found[4]["keypoints"] == [7, 8, 2]
    assert found[5]["polylines"] == [[1, 2, 3, 4]]
    assert found[6]["keypoints"] == [10, 20, 2, 0, 0, 0, 30, 40, 1]
    (declared,) = found.reading.frames
    assert (declared.file_name, declared.width, declared.height) == ("ds/a.jpg", 80, 60)
    assert declared.attributes == {"night": True, "city": "Bern"}
    car, person = found.reading.classes
    assert (car.name, car.color, car.source_id) == ("car", "#FF00AA", "3")
    assert (person.keypoints, person.skeleton) == (("head", "hand", "foot"), ((0, 2),))
    assert found.report.rejected == 0


def test_tags_of_objects_are_attributes_and_scores(tmp_path: Path, read) -> None:
    tags = [{"name": "parked"}, {"name": "side", "value": "left"}, {"name": "confidence", "value": 0.5}]
    entry = _object("rectangle", points=_points([[30, 5], [10, 25]]), tags=tags)
    found = read(_write(tmp_path, entry), "predictions")
    assert found.column("confidence") == [0.5]
    assert found.column("attributes") == [{"parked": True, "side": "left"}]


def test_one_data_set_without_the_project(tmp_path: Path, read) -> None:
    _write(tmp_path / "p", _object("rectangle", points=_points([[30, 5], [10, 25]])))
    assert read(tmp_path / "p" / "ds").column("frame") == ["a.jpg"]
    assert len(read(tmp_path / "p" / "ds" / "ann").reading.classes) == 2
    (tmp_path / "p" / "meta.json").unlink()
    found = read(tmp_path / "p" / "ds")
    assert found.reading.classes is None
    assert found.codes["meta_missing"] == 1


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (_object("rectangle", points=_points([[1, 2]])), "shape_invalid"),
        (_object("polygon", points=_points([[0, 0], [1, 1], [2, None]])), "shape_invalid"),
        (_object("bitmap", bitmap={"origin": [0, 0], "data": "AAAA"}), "mask_invalid"),
        (
            _object("bitmap", bitmap={"origin": [0, 0], "data": base64.b64encode(zlib.compress(b"x")).decode()}),
            "mask_invalid",
        ),
        (_object("bitmap", bitmap=None), "mask_invalid"),
        (_object("bitmap", bitmap={"origin": ["a", 0], "data": _bitmap(np.ones((2, 2)))}), "shape_invalid"),
        (_object("cuboid", points={}), "shape_not_read"),
        (_object("graph", nodes=[]), "shape_invalid"),
        ({"geometryType": "rectangle"}, "class_missing"),
        (7, "record_not_object"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(tmp_path: Path, read, entry: Any, code: str) -> None:
    good = _object("rectangle", points=_points([[30, 5], [10, 25]]))
    found = read(_write(tmp_path, good, entry))
    assert len(found) == 1
    assert (found.report.rows, found.report.rejected) == (1, 1)
    assert found.report.problems[code].examples[0].startswith("ds/ann/a.jpg.json: objects[1]")


def test_damaged_files(tmp_path: Path, read) -> None:
    _write(tmp_path, _object("rectangle", points=_points([[30, 5], [10, 25]])))
    whole = (tmp_path / "ds/ann/a.jpg.json").read_bytes()
    (tmp_path / "ds/ann/b.jpg.json").write_bytes(whole[:-9])
    found = read(tmp_path)
    assert (len(found), found.codes["json_unusable"]) == (1, 1)
    (tmp_path / "ds/ann/a.jpg.json").unlink()
    with pytest.raises(InputError, match="no usable Supervisely"):
        open_input(tmp_path, format="supervisely", role="labels")
