"""Label Studio's JSON: shapes in percents with their exact pixels, packed brushes, annotations against predictions."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hotcoco import mask as rle_codec
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.errors import InputError
from predscope.formats import listed_frames, open_input
from predscope.formats.json_files.values import UnusableShape
from predscope.formats.label_studio.shapes import decode_brush
from predscope.formats.label_studio.tasks import image_name


def _result(kind: str, value: dict[str, Any], *names: str, **more: Any) -> dict[str, Any]:
    key = {"rectangle": "rectanglelabels", "polygon": "polygonlabels", "brush": "brushlabels"}.get(
        kind, f"{kind}labels"
    )
    return {
        "id": more.pop("id", "r1"),
        "type": key,
        "from_name": "label",
        "to_name": "image",
        "original_width": 200,
        "original_height": 100,
        "value": {**value, key: list(names)},
        **more,
    }


def _task(*results: dict[str, Any], image: str = "/data/upload/1/a.jpg", **more: Any) -> dict[str, Any]:
    return {"id": 5, "data": {"image": image}, "annotations": [{"id": 9, "result": list(results)}], **more}


def _write(path: Path, *tasks: Any) -> Path:
    path.write_text(json.dumps(list(tasks)))
    return path


def pack(alpha: np.ndarray, lengths: tuple[int, int, int, int] = (3, 4, 8, 16), literal: bool = False) -> list[int]:
    """Pack a mask as the editor does: four channels, then runs of equal values, or all values as they are."""
    values = np.repeat(alpha.astype(np.uint8).ravel(), 4)
    bits = f"{len(values):032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in lengths)
    place = 0
    while place < len(values):
        end = place
        while end < len(values) and values[end] == values[place] and end - place < 65536:
            end += 1
        if literal:
            end = min(place + 11, len(values))
        size = next(index for index, width in enumerate(lengths) if end - place <= 2**width)
        bits += f"{0 if literal else 1}{size:02b}{end - place - 1:0{lengths[size]}b}"
        bits += "".join(f"{value:08b}" for value in (values[place:end] if literal else values[place : place + 1]))
        place = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)]


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(0, 2**32 - 1))
def test_packed_brushes_come_back(height: int, width: int, literal: bool, seed: int) -> None:
    alpha = np.random.default_rng(seed).choice([0, 255], (height, width))
    np.testing.assert_array_equal(decode_brush(pack(alpha, literal=literal), height, width), alpha)


def test_brushes_that_are_cut_short_or_of_another_size() -> None:
    packed = pack(np.full((4, 5), 255))
    with pytest.raises(UnusableShape, match="expected 4 x 5 x 5"):
        decode_brush(packed, 5, 5)
    for end in range(len(packed)):
        with pytest.raises(UnusableShape):
            decode_brush(packed[:end], 4, 5)
    for wrong in (None, "text", [1, 2, 300], [1.5], [True]):
        with pytest.raises(UnusableShape):
            decode_brush(wrong, 4, 5)


def test_every_kind_of_shape(tmp_path: Path, read) -> None:
    alpha = np.zeros((100, 200), np.uint8)
    alpha[10:20, 30:50] = 255
    results = [
        _result("rectangle", {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}, "car"),
        _result("rectangle", {"x": 50, "y": 50, "width": 10, "height": 10, "rotation": 90}, "car", id="r2"),
        _result("polygon", {"points": [[0, 0], [50, 0], [50, 50]], "closed": True}, "tree", id="r3"),
        _result("brush", {"format": "rle", "rle": pack(alpha)}, "mud", id="r4"),
        _result("keypoint", {"x": 25, "y": 75, "width": 1.5}, "nose", id="r5"),
        _result("ellipse", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 10, "rotation": 0}, "wheel", id="r6"),
        {
            "id": "c1",
            "type": "choices",
            "from_name": "scene",
            "to_name": "image",
            "value": {"choices": ["day", "rain"]},
        },
    ]
    found = read(_write(tmp_path / "a.json", _task(*results)))
    assert found.reading.format == "label_studio"
    assert found.column("class") == ["car", "car", "tree", "mud", "nose", "wheel", "day", "rain"]
    kinds = "box oriented_box polygon mask keypoints polygon classification classification"
    assert found.column("geometry") == kinds.split()
    assert found[0]["box"] == pytest.approx([20, 20, 60, 40])
    # Turned clockwise around its top-left corner (100, 50): 20 wide and 10 high become 20 down and 10 to the left.
    assert found[1]["oriented_box"] == pytest.approx([95, 60, 20, 10, math.pi / 2])
    assert found[1]["box"] == pytest.approx([90, 50, 10, 20])
    assert found[2]["polygons"] == [[[0, 0, 100, 0, 100, 50]]]
    decoded = rle_codec.decode({"size": found[3]["rle_size"], "counts": found[3]["rle_counts"]})
    np.testing.assert_array_equal(decoded * 255, alpha)
    assert found[3]["box"] == [30, 10, 20, 10]
    assert found[4]["keypoints"] == [50, 75, 2]
    assert found[5]["box"] == pytest.approx([80, 40, 40, 20])
    assert found.column("relative") == [False] * 8
    (frame,) = found.reading.frames
    assert (frame.file_name, frame.source_id, frame.width, frame.height) == ("/data/upload/1/a.jpg", "5", 200, 100)


def test_percents_of_an_image_of_unknown_size_stay_fractions(tmp_path: Path, read) -> None:
    plain = _result("rectangle", {"x": 10, "y": 20, "width": 30, "height": 40}, "car")
    turned = _result("rectangle", {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 10}, "car")
    for result in (plain, turned):
        del result["original_width"]
    found = read(_write(tmp_path / "a.json", _task(plain, turned)))
    assert found[0]["relative"] is True
    assert found[0]["box"] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert found.codes == {"frame_size_missing": 1}


def test_labels_and_remarks_that_stand_in_results_of_their_own(tmp_path: Path, read) -> None:
    results = [
        {
            **_result("rectangle", {"x": 1, "y": 1, "width": 2, "height": 2}),
            "type": "rectangle",
            "value": {"x": 1, "y": 1, "width": 2, "height": 2},
        },
        {"id": "r1", "type": "labels", "from_name": "l", "value": {"labels": ["plate"]}},
        {"id": "r1", "type": "textarea", "from_name": "text", "value": {"text": ["AB 123"]}},
        {"id": "r1", "type": "choices", "from_name": "state", "value": {"choices": ["dirty"]}},
        {"from_id": "r1", "to_id": "r1", "type": "relation"},
    ]
    found = read(_write(tmp_path / "a.json", _task(*results)))
    assert found.column("class") == ["plate"]
    assert found[0]["attributes"] == {"text": "AB 123", "state": "dirty"}
    assert found.report.rejected == 0


def test_one_annotation_of_a_task_counts(tmp_path: Path, read) -> None:
    box = {"x": 1, "y": 1, "width": 2, "height": 2}
    task = {
        "id": 1,
        "data": {"image": "a.jpg"},
        "annotations": [
            {"result": [_result("rectangle", box, "early")], "updated_at": "2024-01-01"},
            {"result": [_result("rectangle", box, "late")], "updated_at": "2024-02-01"},
            {"result": [_result("rectangle", box, "cancelled")], "updated_at": "2024-03-01", "was_cancelled": True},
        ],
    }
    found = read(_write(tmp_path / "a.json", task))
    assert found.column("class") == ["late"]
    assert (found.report.rejected, found.codes["another_annotation"]) == (1, 1)
    assert found.codes["annotation_cancelled"] == 1
    task["annotations"][0]["ground_truth"] = True
    assert read(_write(tmp_path / "b.json", task)).column("class") == ["early"]


def test_predictions_have_scores_of_their_own_or_of_all(tmp_path: Path, read) -> None:
    box = {"x": 1, "y": 1, "width": 2, "height": 2}
    results = [_result("rectangle", box, "car", score=0.25), _result("rectangle", box, "dog", id="r2")]
    task = _task(image="a.jpg", predictions=[{"model_version": "v1", "score": 0.75, "result": results}])
    path = _write(tmp_path / "a.json", task)
    assert read(path, "predictions").column("confidence") == [0.25, 0.75]
    with pytest.raises(InputError, match="these are predictions"):
        open_input(path, role="labels")
    path = _write(tmp_path / "b.json", _task(_result("rectangle", box, "car")))
    with pytest.raises(InputError, match="these are labels"):
        open_input(path, role="predictions")


def test_the_short_form(tmp_path: Path, read) -> None:
    task = {
        "image": "/data/local-files/?d=photos/a.jpg",
        "id": 1,
        "label": [
            {
                "x": 10,
                "y": 20,
                "width": 30,
                "height": 40,
                "rotation": 0,
                "rectanglelabels": ["car"],
                "original_width": 200,
                "original_height": 100,
            }
        ],
        "choice": "day",
        "annotator": 1,
    }
    found = read(_write(tmp_path / "a.json", task))
    assert found.column("class") == ["car", "day"]
    assert found[0]["box"] == pytest.approx([20, 20, 60, 40])
    assert found.column("frame") == ["photos/a.jpg"] * 2


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/data/local-files/?d=some/folder/a%20b.jpg", "some/folder/a b.jpg"),
        ("/data/upload/3/ab12-c.jpg", "/data/upload/3/ab12-c.jpg"),
        ("https://x.org/a/b.jpg?token=1", "https://x.org/a/b.jpg?token=1"),
        ("s3://bucket/a/b.jpg", "s3://bucket/a/b.jpg"),
        ("b.jpg", "b.jpg"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_addresses_of_images(address: str, name: str) -> None:
    assert image_name(address) == name


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (_result("rectangle", {"x": 1, "y": 1, "width": 2}, "car"), "shape_invalid"),
        (_result("rectangle", {"x": 1, "y": 1, "width": 2, "height": 2}), "class_missing"),
        (_result("polygon", {"points": [[1, 2], [3, 4]]}, "car"), "shape_invalid"),
        (_result("brush", {"format": "rle", "rle": [1, 2, 3]}, "car"), "mask_invalid"),
        (_result("video", {"sequence": []}, "car"), "shape_not_read"),
        ("text", "record_not_object"),
        (None, "record_not_object"),
        ({}, "shape_not_read"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(tmp_path: Path, read, result: Any, code: str) -> None:
    good = _result("rectangle", {"x": 1, "y": 1, "width": 2, "height": 2}, "car", id="good")
    found = read(_write(tmp_path / "a.json", _task(good, result)))
    assert len(found) == 1
    assert (found.report.rows, found.report.rejected) == (1, 1)
    assert found.report.problems[code].examples[0].startswith("[0].annotations[0].result[1]")


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    whole = _write(tmp_path / "a.json", _task(_result("rectangle", {"x": 1, "y": 1, "width": 2, "height": 2}, "car")))
    (tmp_path / "b.json").write_bytes(whole.read_bytes()[:-3])
    with pytest.raises(InputError, match="ends at byte"):
        open_input(tmp_path / "b.json", format="label_studio", role="labels")


def _key(frame: Any, x: float = 10, enabled: Any = True, **more: Any) -> dict[str, Any]:
    return {"frame": frame, "enabled": enabled, "rotation": 0, "x": x, "y": 10, "width": 20, "height": 25, **more}


def _track(*keys: Any, count: Any = 10, labels: Any = ("car",), **more: Any) -> dict[str, Any]:
    value = {"framesCount": count, "sequence": list(keys), "labels": list(labels)}
    return {"id": "t1", "type": "videorectangle", "from_name": "box", "to_name": "video", "value": value, **more}


def _video_task(*results: Any, member: str = "annotations", **more: Any) -> dict[str, Any]:
    entry = {"id": 9, "result": list(results), **more}
    return {"id": 5, "data": {"video": "/data/upload/1/clip.mp4"}, member: [entry]}


def _indices(found: Any) -> list[int]:
    return [int(str(name).removeprefix("/data/upload/1/clip.mp4#")) for name in found.column("frame")]


def test_regions_of_videos_are_placed_between_key_frames(tmp_path: Path, read) -> None:
    """Frames count from 1; one that is not enabled is the last with the box until the next; the last one stays."""
    track = _track(_key(8, 0), _key(2, 10), _key(5, 40, enabled=False), original_width=200, original_height=100)
    found = read(_write(tmp_path / "a.json", _video_task(track)))
    assert _indices(found) == [1, 2, 3, 4, 7, 8, 9]
    assert [row["box"][0] for row in found.rows] == pytest.approx([20, 40, 60, 80, 0, 0, 0])
    assert found[0]["box"] == pytest.approx([20, 10, 40, 25])
    assert [bool(told) for told in found.column("attributes")] == [False, True, True, False, False, True, True]
    assert found.column("track_id") == ["t1"] * 7
    assert found[0]["place"] == "[0].annotations[0].result[0].sequence[1]"
    assert found.codes == {"boxes_interpolated": 4}
    frames = found.reading.frames
    assert [frame.sequence_index for frame in frames] == list(range(10))
    assert {frame.sequence for frame in frames} == {"/data/upload/1/clip.mp4"}


def test_regions_of_videos_without_a_size_stay_relative(tmp_path: Path, read) -> None:
    parted = [_track(_key(1), count=1, labels=()), {"id": "t1", "type": "labels", "value": {"labels": ["dog"]}}]
    found = read(_write(tmp_path / "a.json", _video_task(*parted)))
    assert (found[0]["class"], found[0]["relative"]) == ("dog", True)
    assert found[0]["box"] == pytest.approx([0.1, 0.1, 0.2, 0.25])


def test_predicted_regions_of_videos(tmp_path: Path, read) -> None:
    task = _video_task(_track(_key(1), count=2), _track(_key(2), count=2, score=0.75), member="predictions", score=0.5)
    found = read(_write(tmp_path / "a.json", task), "predictions")
    assert found.column("confidence") == [0.5, 0.5, 0.75]


def test_stretches_of_a_time_line_are_classes_of_frames(tmp_path: Path, read) -> None:
    value = {"ranges": [{"start": 3, "end": 5}, {"start": 4}], "timelinelabels": ["turning"]}
    found = read(_write(tmp_path / "a.json", _video_task({"id": "r", "type": "timelinelabels", "value": value})))
    assert _indices(found) == [2, 3, 4]
    assert set(found.column("geometry")) == {"classification"}
    assert found.report.problems["shape_invalid"].examples[0].startswith("[0].annotations[0].result[0].ranges[1]")


def test_minimal_exports_of_videos(tmp_path: Path, read) -> None:
    value = _track(_key(1), _key(3, 30))["value"] | {"framesCount": 3}
    found = read(_write(tmp_path / "a.json", {"id": 1, "video": "/data/upload/1/clip.mp4", "box": [value]}))
    assert (found.reading.format, _indices(found)) == ("label_studio", [0, 1, 2])


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (_key(0), "shape_invalid"),
        (_key("x"), "shape_invalid"),
        (_key(3, width=None), "shape_invalid"),
        ("text", "shape_invalid"),
        (_key(1, 50), "key_frame_twice"),
        (_key(3, rotation=30), "frame_size_missing"),
    ],
)
def test_key_frames_that_cannot_be_read_are_rejected(tmp_path: Path, read, key: Any, code: str) -> None:
    found = read(_write(tmp_path / "a.json", _video_task(_track(_key(1, enabled=False), key))))
    assert (_indices(found), found.report.rejected) == ([0], 1)
    assert found.report.problems[code].examples[0].startswith("[0].annotations[0].result[0].sequence[1]")


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (_track(), "shape_invalid"),
        (_track(_key(1), labels=(), id="t2"), "class_missing"),
        ({"type": "choices", "value": {"choices": ["day"]}}, "shape_not_read"),
        ({"type": "videovectorlabels", "value": {"sequence": [], "videovectorlabels": ["x"]}}, "shape_not_read"),
    ],
)
def test_other_results_about_videos_are_rejected(tmp_path: Path, read, result: Any, code: str) -> None:
    found = read(_write(tmp_path / "a.json", _video_task(_track(_key(1), count=1), result)))
    assert (len(found), found.report.rejected, set(found.codes)) == (1, 1, {code})


def test_a_few_numbers_do_not_unfold_to_millions_of_rows(tmp_path: Path, read) -> None:
    path = _write(tmp_path / "a.json", _video_task(_track(_key(1), count=2**31 - 1), _track(_key(5), count=2**30)))
    reading = open_input(path, role="labels")
    assert len(reading.frames) == 200_000
    assert 100_000 < sum(len(batch) for batch in reading.batches) < 110_000
    problem = reading.report.problems["boxes_not_placed"]
    assert problem.count > 2**31
    assert problem.examples[0].endswith("of /data/upload/1/clip.mp4")


def test_frames_of_many_long_videos_are_not_all_listed(tmp_path: Path, read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed_frames, "_MAX_OF_FILE", 15)
    first, second = (_video_task(_track(_key(3, enabled=False), count=10)) for _ in range(2))
    second["data"]["video"] = "other.mp4"
    found = read(_write(tmp_path / "a.json", first, second))
    assert [frame.sequence_index for frame in found.reading.frames] == [*range(10), *range(5)]
    problem = found.report.problems["video_frames_not_listed"]
    assert (problem.count, problem.examples) == (5, ["other.mp4: from frame 5"])
