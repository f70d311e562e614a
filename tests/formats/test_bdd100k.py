"""BDD100K's and Scalabel's JSON: boxes, lanes, curves, run lengths, scores, videos, damaged files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from predscope.errors import InputError
from predscope.formats import open_input

_BOX = {"x1": 10, "y1": 20.5, "x2": 30, "y2": 60}


def _frame(*labels: Any, **more: Any) -> dict[str, Any]:
    return {"name": "a.jpg", "attributes": {"weather": "rainy"}, "timestamp": 10000, "labels": list(labels), **more}


def _label(**more: Any) -> dict[str, Any]:
    return {"id": "5", "category": "car", "attributes": {"occluded": True, "truncated": False}, **more}


def _write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def test_every_kind_of_shape(tmp_path: Path, read) -> None:
    closed = {"vertices": [[0, 0], [9, 0], [9, 9]], "types": "LLL", "closed": True}
    other = {"vertices": [[20, 20], [30, 20], [30, 30]], "types": "LLL", "closed": True}
    lane = {"vertices": [[0, 0], [9, 9]], "types": "LL", "closed": False}
    labels = [
        _label(box2d=_BOX),
        _label(category="drivable", poly2d=[closed, other]),
        _label(category="lane", poly2d=[lane]),
        _label(category="mask", rle={"counts": "04", "size": [2, 2]}),
        _label(category="scene"),
    ]
    labels[3]["rle"] = {"counts": [1, 3], "size": [2, 2]}
    found = read(_write(tmp_path / "det.json", [_frame(*labels)]))
    assert found.reading.format == "bdd100k"
    assert found.column("geometry") == ["box", "polygon", "polyline", "mask", "classification"]
    assert found[0]["box"] == [10, 20.5, 20, 39.5]
    assert found[0]["attributes"] == {"occluded": True, "truncated": False}
    assert found[1]["polygons"] == [[[0, 0, 9, 0, 9, 9]], [[20, 20, 30, 20, 30, 30]]]
    assert found[2]["polylines"] == [[0, 0, 9, 9]]
    assert (found[3]["area"], found[3]["rle_size"]) == (3, [2, 2])
    assert found.column("source_id") == ["5"] * 5
    (frame,) = found.reading.frames
    assert (frame.file_name, frame.attributes) == ("a.jpg", {"weather": "rainy", "timestamp": 10000})


def test_curves_are_followed(tmp_path: Path, read) -> None:
    curve = {"vertices": [[0, 0], [0, 12], [24, 12], [24, 0]], "types": "LCCC", "closed": False}
    found = read(_write(tmp_path / "det.json", [_frame(_label(category="lane", poly2d=[curve]))]))
    line = np.array(found[0]["polylines"][0]).reshape(-1, 2)
    assert len(line) == 9
    np.testing.assert_allclose(line[[0, -1]], [[0, 0], [24, 0]])
    np.testing.assert_allclose(line[4], [12, 9])  # the middle of a cubic curve


def test_the_first_form_of_one_file_a_frame(tmp_path: Path, read) -> None:
    lane = [[0, 0, "L"], [4, 4, "L"], [9, 4, "L"]]
    area = [[0, 0, "L"], [9, 0, "L"], [9, 9, "L"], [0, 0, "L"]]
    objects = [
        {"category": "car", "id": 0, "attributes": {}, "box2d": _BOX},
        {"category": "lane/single white", "id": 1, "attributes": {"direction": "parallel"}, "poly2d": lane},
        {"category": "area/drivable", "id": 2, "attributes": {}, "poly2d": area},
    ]
    for stem in ("x", "y"):
        content = {"name": stem, "attributes": {"scene": "street"}, "frames": [{"timestamp": 1, "objects": objects}]}
        _write(tmp_path / "labels" / f"{stem}.json", content)
    found = read(tmp_path / "labels")
    assert found.reading.format == "bdd100k"
    assert found.column("geometry") == ["box", "polyline", "polygon"] * 2
    assert found.column("frame") == ["x"] * 3 + ["y"] * 3
    assert found.reading.frames[0].attributes["scene"] == "street"


def test_frames_of_videos_and_their_tracks(tmp_path: Path, read) -> None:
    frames = [
        _frame(_label(box2d=_BOX), name=f"v1-{i:04}.jpg", videoName="v1", frameIndex=i, size={"width": 9, "height": 8})
        for i in range(2)
    ]
    found = read(_write(tmp_path / "box_track.json", {"frames": frames, "config": {}}))
    assert found.column("frame") == ["v1/v1-0000.jpg", "v1/v1-0001.jpg"]
    assert found.column("track_id") == ["5", "5"]
    frame = found.reading.frames[1]
    assert (frame.sequence, frame.sequence_index, frame.width, frame.height) == ("v1", 1, 9, 8)


def test_scores_make_predictions(tmp_path: Path, read) -> None:
    path = _write(tmp_path / "a.json", [_frame(_label(box2d=_BOX, score=0.5), _label(box2d=_BOX))])
    found = read(path, "predictions")
    assert found.column("confidence") == [0.5]
    assert found.codes["score_missing"] == 1
    with pytest.raises(InputError, match="these are labels"):
        open_input(_write(tmp_path / "b.json", [_frame(_label(box2d=_BOX))]), role="predictions")


def test_frames_without_labels_are_frames(tmp_path: Path, read) -> None:
    found = read(_write(tmp_path / "a.json", [_frame(), _frame(name="b.jpg", labels=None)]))
    assert [frame.file_name for frame in found.reading.frames] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("label", "code"),
    [
        (_label(box2d={"x1": 1}), "shape_invalid"),
        (_label(poly2d=[{"vertices": [[1, 2]]}]), "shape_invalid"),
        (_label(rle={"counts": [1], "size": [2, 2]}), "mask_invalid"),
        (_label(box2d=_BOX, category=None), "class_missing"),
        (_label(box2d=_BOX, score="high"), "score_invalid"),
        (_label(box3d={}), "shape_not_read"),
        ("text", "record_not_object"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(tmp_path: Path, read, label: Any, code: str) -> None:
    found = read(_write(tmp_path / "a.json", [_frame(_label(box2d=_BOX), label)]))
    assert len(found) == 1
    assert (found.report.rows, found.report.rejected) == (1, 1)
    assert found.report.problems[code].examples[0].startswith("a.json: [0].labels[1]")


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.json", [_frame(_label(box2d=_BOX))])
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match="ends at byte"):
        open_input(path, format="bdd100k", role="labels")
