"""LabelMe's JSON: each kind of shape with its exact coordinates, joined parts, names of images, damaged files."""

from __future__ import annotations

import base64
import io
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hotcoco import mask as rle_codec
from PIL import Image

from predscope.errors import InputError
from predscope.formats import open_input


def _shape(label: str, kind: str, points: list[list[float]], **more: Any) -> dict[str, Any]:
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, "flags": {}, **more}


def _png(mask: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


def _write(path: Path, shapes: list[Any], **more: Any) -> Path:
    content = {
        "version": "5.4.1",
        "flags": {},
        "shapes": shapes,
        "imagePath": f"{path.stem}.jpg",
        "imageData": None,
        "imageHeight": 60,
        "imageWidth": 80,
        **more,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def test_every_kind_of_shape(tmp_path: Path, read) -> None:
    crop = np.array([[0, 1, 1], [1, 1, 0]], bool)
    shapes = [
        _shape("box", "rectangle", [[30, 40], [10, 5.5]]),
        _shape("disc", "circle", [[40, 30], [43, 34]]),
        _shape("area", "polygon", [[1, 2], [11, 2], [11, 22]]),
        _shape("edge", "line", [[1, 2], [3, 4]]),
        _shape("lane", "linestrip", [[1, 2], [3, 4], [9, 4]]),
        _shape("spot", "point", [[7, 8]]),
        _shape("spots", "points", [[7, 8], [9, 10]]),
        _shape("blob", "mask", [[5, 7], [7, 8]], mask=_png(crop)),
        _shape("turned", "rotation", [[20, 10], [30, 20], [25, 25], [15, 15]]),
    ]
    found = read(_write(tmp_path / "a.json", shapes))
    assert found.reading.format == "labelme"
    assert found.column("class") == ["box", "disc", "area", "edge", "lane", "spot", "spots", "blob", "turned"]
    assert found.column("geometry") == [
        *("box", "polygon", "polygon", "polyline", "polyline", "keypoints", "keypoints", "mask", "oriented_box")
    ]
    boxes = found.column("box")
    assert boxes[0] == [10, 5.5, 20, 34.5]
    assert boxes[1] == pytest.approx([35, 25, 10, 10])
    assert found[1]["area"] == pytest.approx(math.pi * 25)
    ring = np.array(found[1]["polygons"][0][0]).reshape(-1, 2)
    np.testing.assert_allclose(np.hypot(*(ring - [40, 30]).T), 5)
    assert found[2]["polygons"] == [[[1, 2, 11, 2, 11, 22]]]
    assert found[3]["polylines"] == [[1, 2, 3, 4]]
    assert found[4]["polylines"] == [[1, 2, 3, 4, 9, 4]]
    assert found[5]["keypoints"] == [7, 8, 2]
    assert found[6]["keypoints"] == [7, 8, 2, 9, 10, 2]
    assert boxes[7] == [5, 7, 3, 2]
    frame = np.zeros((60, 80), np.uint8)
    frame[7:9, 5:8] = crop
    decoded = rle_codec.decode({"size": found[7]["rle_size"], "counts": found[7]["rle_counts"]})
    np.testing.assert_array_equal(decoded, frame)
    assert found[7]["area"] == 4
    x, y, width, height, angle = found[8]["oriented_box"]
    assert (x, y) == (22.5, 17.5)
    assert (width, height) == pytest.approx((math.hypot(10, 10), math.hypot(5, 5)))
    assert angle == pytest.approx(math.pi / 4)
    (declared,) = found.reading.frames
    assert (declared.file_name, declared.width, declared.height) == ("a.jpg", 80, 60)
    assert found.report.rejected == 0


def test_outlines_of_a_group_are_one_object(tmp_path: Path, read) -> None:
    triangle, other = [[0, 0], [9, 0], [9, 9]], [[20, 20], [30, 20], [30, 30]]
    shapes = [
        _shape("cat", "polygon", triangle, group_id=3),
        _shape("dog", "polygon", triangle, group_id=3),
        _shape("cat", "polygon", other, group_id=3),
        _shape("cat", "polygon", other),
    ]
    found = read(_write(tmp_path / "a.json", shapes))
    assert found.column("class") == ["cat", "dog", "cat"]
    assert found[0]["polygons"] == [[[0, 0, 9, 0, 9, 9]], [[20, 20, 30, 20, 30, 30]]]
    assert found[0]["box"] == [0, 0, 30, 30]
    assert found.codes["parts_joined"] == 1


def test_flags_scores_and_what_is_ignored(tmp_path: Path, read) -> None:
    shapes = [
        _shape("cat", "rectangle", [[0, 0], [9, 9]], flags={"blurred": True, "cut": False}, description="asleep"),
        _shape("cat", "rectangle", [[0, 0], [9, 9]], difficult=True, attributes={"side": "left"}),
        _shape("__ignore__", "rectangle", [[0, 0], [9, 9]]),
    ]
    found = read(_write(tmp_path / "a.json", shapes, flags={"night": True, "rain": False}))
    assert found.column("attributes") == [{"blurred": True, "description": "asleep"}, {"side": "left"}, None]
    assert found.column("is_ignored") == [False, True, True]
    assert found.reading.frames[0].attributes == {"night": True, "rain": False}
    scored = _write(tmp_path / "p" / "a.json", [_shape("cat", "rectangle", [[0, 0], [9, 9]], score=0.25)])
    assert read(scored, "predictions").column("confidence") == [0.25]
    with pytest.raises(InputError, match="these are predictions"):
        open_input(scored, role="labels")
    with pytest.raises(InputError, match="these are labels"):
        open_input(tmp_path / "a.json", role="predictions")


@pytest.mark.parametrize(
    ("place", "image", "name"),
    [
        ("a.json", "a.jpg", "a.jpg"),
        ("ann/a.json", "../images/a.jpg", "images/a.jpg"),
        ("ann/a.json", "..\\images\\a.jpg", "images/a.jpg"),
        ("v1/a.json", "a.jpg", "v1/a.jpg"),
        ("v1/a.json", "C:\\pictures\\a.jpg", "C:\\pictures\\a.jpg"),
        ("v1/a.json", "/home/me/a.jpg", "/home/me/a.jpg"),
        ("v1/a.json", "../../a.jpg", "../../a.jpg"),
        ("v1/a.json", None, "v1/a"),
    ],
)
def test_images_are_named_from_where_the_file_is(tmp_path: Path, read, place: str, image: str, name: str) -> None:
    _write(tmp_path / place, [_shape("cat", "rectangle", [[0, 0], [9, 9]])], imagePath=image)
    found = read(tmp_path)
    assert [frame.file_name for frame in found.reading.frames] == [name]
    assert found.column("frame") == [name]


def test_an_image_path_that_was_copied_along(tmp_path: Path, read) -> None:
    for stem in ("a", "b"):
        _write(tmp_path / f"{stem}.json", [_shape("cat", "rectangle", [[0, 0], [9, 9]])], imagePath="a.jpg")
    found = read(tmp_path)
    assert found.column("frame") == ["a.jpg", "b.jpg"]
    assert found.codes["image_path_shared"] == 2


def test_a_frame_without_shapes_is_a_frame(tmp_path: Path, read) -> None:
    _write(tmp_path / "a.json", [])
    found = read(tmp_path)
    assert len(found) == 0
    assert len(found.reading.frames) == 1


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (_shape("a", "polygon", [[0, 0], [1, 1]]), "shape_invalid"),
        (_shape("a", "rectangle", [[0, 0]]), "shape_invalid"),
        (_shape("a", "rectangle", [[0, "x"], [1, 1]]), "shape_invalid"),
        (_shape("a", "circle", [[5, 5], [5, 5]]), "shape_invalid"),
        (_shape("a", "cube", [[0, 0], [1, 1]]), "shape_not_read"),
        (_shape("", "rectangle", [[0, 0], [1, 1]]), "class_missing"),
        (_shape("a", "mask", [[0, 0], [1, 1]], mask="no base64"), "mask_invalid"),
        (_shape("a", "mask", [[500, 500], [501, 501]], mask=_png(np.ones((2, 2), bool))), "mask_empty"),
        (_shape("a", "rectangle", None), "shape_invalid"),
        ("text", "record_not_object"),
        (None, "record_not_object"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(tmp_path: Path, read, shape: Any, code: str) -> None:
    _write(tmp_path / "a.json", [_shape("cat", "rectangle", [[0, 0], [9, 9]]), shape])
    found = read(tmp_path)
    assert len(found) == 1
    assert (found.report.rows, found.report.rejected) == (1, 1)
    assert found.report.problems[code].examples[0].startswith("a.json: shapes[1]")


def test_a_damaged_file_among_others(tmp_path: Path, read) -> None:
    _write(tmp_path / "a.json", [_shape("cat", "rectangle", [[0, 0], [9, 9]])])
    whole = (tmp_path / "a.json").read_bytes()
    (tmp_path / "b.json").write_bytes(whole[:-20])
    (tmp_path / "c.json").write_bytes(b"\xef\xbb\xbf" + whole.replace(b"\n", b"\r\n"))
    (tmp_path / "d.json").write_bytes(whole.decode().encode("utf-16"))
    (tmp_path / "e.json").write_text('{"other": 1}')
    found = read(tmp_path)
    assert len(found.reading.frames) == 3
    assert found.codes["json_unusable"] == 1
    assert "b.json: is cut short: it ends at byte" in found.report.problems["json_unusable"].examples[0]
    assert found.codes["json_of_something_else"] == 1
    assert found.codes["text_encoding"] == 1
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "b.json").write_bytes(whole[:-20])
    with pytest.raises(InputError, match="at byte"):
        open_input(tmp_path / "only", role="labels")


def test_the_picture_inside_the_file_is_not_looked_at(tmp_path: Path, read) -> None:
    shapes = [_shape("cat", "rectangle", [[0, 0], [9, 9]])]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"imagePath": "a.jpg", "imageData": "A" * 200_000, "shapes": shapes}))
    found = read(path)
    assert len(found) == 1
    assert found.reading.frames[0].width is None


_REAL = (
    "labelme_examples/primitives",
    "labelme_examples/bbox_detection/data_annotated",
    "labelme_examples/instance_segmentation/data_annotated",
    "labelme_examples/semantic_segmentation/data_annotated",
    "labelme_examples/video_annotation/data_annotated",
    "voc2012_rodm100/gts/labelme_format",
)


@pytest.mark.parametrize("source", _REAL)
def test_real_files(shared_data: Path, read, source: str) -> None:
    contents = [json.loads(path.read_text()) for path in sorted((shared_data / source).glob("*.json"))]
    found = read(shared_data / source)
    assert found.report.rejected == 0
    assert len(found.reading.frames) == len(contents)
    labels = Counter()
    for content in contents:
        grouped = {(s["label"], s["group_id"]) for s in content["shapes"] if s["group_id"] is not None}
        labels.update(label for label, _ in grouped)
        labels.update(s["label"] for s in content["shapes"] if s["group_id"] is None)
    assert Counter(found.column("class")) == labels
    sizes = {content["imagePath"]: (content["imageWidth"], content["imageHeight"]) for content in contents}
    assert {frame.file_name: (frame.width, frame.height) for frame in found.reading.frames} == sizes


def test_the_same_boxes_in_labelme_and_in_coco(shared_data: Path, read) -> None:
    folder = shared_data / "voc2012_rodm100" / "gts"
    labelme = read(folder / "labelme_format")
    coco = read(folder / "coco_format_v1" / "instances_default.json")
    names = {frame.source_id: frame.file_name for frame in coco.reading.frames}
    classes = {entry.source_id: entry.name for entry in coco.reading.classes}
    ours = sorted((row["frame"], row["class"], *row["box"]) for row in labelme.rows)
    theirs = sorted((names[str(row["frame"])], classes[str(row["class"])], *row["box"]) for row in coco.rows)
    assert [row[:2] for row in ours] == [row[:2] for row in theirs]
    np.testing.assert_allclose([row[2:] for row in ours], [row[2:] for row in theirs], atol=1.01)
