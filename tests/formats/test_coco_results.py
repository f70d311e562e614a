from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from predscope.errors import FileParsingError


def _result(**members: Any) -> dict[str, Any]:
    return {"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 0.5, **members}


def test_boxes(read_json) -> None:
    objects = read_json([_result(), _result(image_id=2, score=1)], "predictions")
    assert objects.reading.role == "predictions"
    assert objects.reading.frames is None
    assert objects.reading.classes is None
    assert objects.column("confidence") == [0.5, 1.0]
    assert objects.column("place") == ["[0]", "[1]"]
    assert objects.batches[0].frame_ref.tolist() == [1, 2]
    assert objects.report.problems == {}


def test_masks_without_boxes(read_json) -> None:
    rle = {"size": [4, 6], "counts": [5, 2, 2, 2, 13]}
    objects = read_json([{"image_id": 1, "category_id": 1, "segmentation": rle, "score": 0.1}], "predictions")
    assert objects[0]["geometry"] == "mask"
    assert objects[0]["box"] == [1, 1, 2, 2]


def test_keypoints_without_boxes_span_all_points(read_json) -> None:
    points = [10, 20, 0.9, 30, 25, 0.0, 12, 60, 0.4]
    objects = read_json([{"image_id": 1, "category_id": 1, "keypoints": points, "score": 0.1}], "predictions")
    assert objects[0]["geometry"] == "keypoints"
    assert objects[0]["box"] == [10, 20, 20, 40]
    assert objects[0]["keypoints"] == points


def test_classifications(read_json) -> None:
    objects = read_json([{"image_id": 1, "category_id": 1, "score": 0.1}], "predictions")
    assert objects[0]["geometry"] == "classification"


def test_names_beside_the_ids_are_declared(read_json) -> None:
    records = [
        _result(file_name="a.jpg", category_name="car"),
        _result(image_id="b", file_name="b.jpg", category_name="car"),
    ]
    objects = read_json(records, "predictions")
    assert [(frame.file_name, frame.source_id) for frame in objects.reading.frames] == [("a.jpg", "1"), ("b.jpg", "b")]
    assert [(entry.name, entry.source_id) for entry in objects.reading.classes] == [("car", "3")]
    assert objects.column("frame") == ["1", "b"]
    assert {row["frame_is"] for row in objects.rows} == {"id"}


def test_names_stand_in_for_missing_ids(read_json) -> None:
    records = [{"file_name": "a.jpg", "category_name": "car", "bbox": [1, 2, 3, 4], "score": 0.5}]
    row = read_json(records, "predictions")[0]
    assert (row["frame"], row["frame_is"], row["class"], row["class_is"]) == ("a.jpg", "name", "car", "name")


def test_an_empty_list_is_a_model_that_found_nothing(read_json) -> None:
    objects = read_json([], "predictions")
    assert len(objects) == 0
    assert objects.codes == {"no_records": 1}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}], "labels, not predictions"),
        ({"images": [], "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}]}, "import labels"),
        ({"images": [{"id": 1, "file_name": "a"}], "categories": []}, "no annotations"),
        ([{"image_id": 1, "caption": "a dog"}], "captions"),
        ([[1, 2]], "not of COCO records"),
    ],
)
def test_a_wrong_file_is_refused_with_what_it_looks_like(read_json, value: Any, expected: str) -> None:
    with pytest.raises(FileParsingError) as caught:
        read_json(value, "predictions")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("odd", "code", "changed"),
    [
        ({"score": "0.9"}, "number_as_text", {"confidence": 0.9}),
        ({"bbox": ["1", "2", "3", "4"]}, "number_as_text", {"box": [1, 2, 3, 4]}),
        ({"bbox": {"x": 1, "y": 2, "width": 3, "height": 4}}, None, {"box": [1, 2, 3, 4]}),
        ({"image_id": 7.0}, "id_as_fraction", {"frame": 7}),
        ({"category_id": "3"}, None, {"class": "3"}),
        ({"image_id": 2**70}, "id_as_fraction", {"frame": str(2**70)}),
        ({"area": "big"}, "area_invalid", {"area": None}),
        ({"iscrowd": "1"}, None, {"is_crowd": True}),
        ({"iscrowd": "perhaps"}, "flag_invalid", {"is_crowd": False}),
        (
            {"segmentation": _RING if (_RING := [0, 0, 4, 0, 4, 4]) else None},
            None,
            {"polygons": [[[0, 0, 4, 0, 4, 4]]]},
        ),
        ({"segmentation": [[[0, 0], [4, 0], [4, 4]]]}, None, {"polygons": [[[0, 0, 4, 0, 4, 4]]]}),
        ({"segmentation": [[0, 0, 4, 0, 4, 4], [1, 1]]}, "part_dropped", {"polygons": [[[0, 0, 4, 0, 4, 4]]]}),
        ({"segmentation": [[1, 1, 2, 2]]}, "polygon_empty", {"geometry": "box"}),
        ({"segmentation": [[]]}, None, {"geometry": "box"}),
        ({"segmentation": [[0, 0, 4, 0, 4]]}, "polygon_invalid", {"geometry": "box"}),
        ({"segmentation": "none"}, "segmentation_invalid", {"geometry": "box"}),
        ({"segmentation": {"size": [4, 4], "counts": [1, 2, 3]}}, "rle_invalid", {"geometry": "box"}),
        ({"segmentation": {"size": [4, 4], "counts": "~~~~"}}, "rle_invalid", {"geometry": "box"}),
        ({"segmentation": {"size": [4, 4], "counts": "é"}}, "rle_invalid", {"geometry": "box"}),
        ({"segmentation": {"size": [10**9, 10**9], "counts": "0"}}, "rle_invalid", {"geometry": "box"}),
        ({"segmentation": {"size": "4x4"}}, "rle_invalid", {"geometry": "box"}),
        ({"keypoints": [1, 2]}, "keypoints_invalid", {"geometry": "box"}),
        ({"keypoints": [[1, 2, 2], [3, 4, 1]]}, None, {"keypoints": [1, 2, 2, 3, 4, 1]}),
        ({"bbox": [1, 2], "segmentation": [[0, 0, 4, 0, 4, 4]]}, "bbox_invalid", {"box": [0, 0, 4, 4]}),
    ],
)
def test_what_can_be_repaired_is_repaired_and_said(
    read_json, odd: dict[str, Any], code: str | None, changed: dict[str, Any]
) -> None:
    objects = read_json([_result(), _result(**odd), _result()], "predictions")
    assert len(objects) == 3
    assert (objects.report.rows, objects.report.rejected) == (0, 0)
    for key, value in changed.items():
        found = objects[1][key]
        assert found == value or (value is None and np.isnan(found))
    assert set(objects.codes) == ({code} if code else set())
    if code is not None and code != "id_as_fraction":
        assert objects.report.problems[code].examples[0].startswith("[1]")
    assert objects.column("place") == ["[0]", "[1]", "[2]"]


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (17, "record_not_object"),
        (None, "record_not_object"),
        (_result(image_id=None), "image_id_missing"),
        (_result(image_id=[1]), "image_id_invalid"),
        (_result(image_id=True), "image_id_invalid"),
        (_result(image_id=1.5), "image_id_invalid"),
        ({"image_id": 1, "bbox": [1, 2, 3, 4], "score": 1}, "category_id_missing"),
        (_result(bbox=[1, 2, 3]), "bbox_invalid"),
        (_result(bbox=[1, 2, 3, "x"]), "bbox_invalid"),
        (_result(bbox=[1, 2, 3, None]), "bbox_invalid"),
        (_result(bbox=[1, 2, 3, float("nan")]), "bbox_invalid"),
        (_result(bbox=[1, 2, 3, float("inf")]), "bbox_invalid"),
        (_result(bbox="1 2 3 4"), "bbox_invalid"),
        (_result(bbox=[]), "shape_empty"),
        (_result(bbox=None, segmentation=[]), "shape_empty"),
        (_result(bbox=None, segmentation=[[1, 1, 2, 2]]), "polygon_empty"),
        (_result(bbox=None, segmentation={"size": [4, 4], "counts": "~~~"}), "rle_invalid"),
        (_result(score=None), "score_missing"),
        (_result(score="high"), "score_invalid"),
        (_result(score=float("nan")), "score_invalid"),
        (_result(score=[0.5]), "score_invalid"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_place(read_json, odd: Any, code: str) -> None:
    objects = read_json([_result(), odd, _result()], "predictions")
    assert objects.column("place") == ["[0]", "[2]"]
    assert (objects.report.rows, objects.report.rejected) == (1, 1)
    assert objects.codes == {code: 1}
    assert objects.report.problems[code].examples[0].startswith("[1]")


def test_every_record_is_either_handed_over_or_rejected(read_json) -> None:
    rng = np.random.default_rng(1)
    odd = [
        None,
        "x",
        [1],
        {"a": 1},
        1.5,
        True,
        float("nan"),
        -1,
        [1, 2, 3, 4],
        [[1, 2, 3, 4, 5, 6]],
        {"size": [2, 2], "counts": [4]},
    ]
    keys = [
        "image_id",
        "category_id",
        "bbox",
        "score",
        "segmentation",
        "keypoints",
        "area",
        "iscrowd",
        "id",
        "track_id",
    ]
    records = [_result()]
    for _ in range(2000):
        record = _result()
        for _ in range(rng.integers(1, 4)):
            key = keys[rng.integers(len(keys))]
            if rng.random() < 0.2:
                record.pop(key, None)
            else:
                record[key] = odd[rng.integers(len(odd))]
        records.append(record)
    objects = read_json(records, "predictions")
    assert len(objects) + objects.report.rejected == len(records)
    assert objects.report.rows == objects.report.rejected
    assert 0 < len(objects) < len(records)
    places = objects.column("place")
    assert len(set(places)) == len(places)
