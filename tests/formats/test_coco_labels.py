from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hotcoco import mask as rle_codec
from pycocotools import mask as oracle

from predscope.errors import FileParsingError

_RING = [10, 10, 30, 10, 30, 25, 10, 25]
_CATEGORIES = [{"id": 0, "name": "car"}, {"id": 7, "name": "person", "supercategory": "living"}]
_IMAGE = {"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}


def _labels(*annotations: Any, **members: Any) -> dict[str, Any]:
    return {"images": [_IMAGE], "annotations": list(annotations), "categories": _CATEGORIES, **members}


def _annotation(**members: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": 1, "category_id": 0, "bbox": [1, 2, 3, 4.5], **members}


def test_frames_classes_and_a_box(read_json) -> None:
    objects = read_json(_labels(_annotation(id=0, area=13.5, iscrowd=0)))
    (frame,) = objects.reading.frames
    assert (frame.file_name, frame.source_id, frame.width, frame.height) == ("a.jpg", "1", 64, 48)
    assert [(entry.name, entry.source_id, entry.supercategory) for entry in objects.reading.classes] == [
        ("car", "0", None),
        ("person", "7", "living"),
    ]
    row = objects[0]
    assert (row["frame"], row["frame_is"], row["class"], row["class_is"]) == (1, "id", 0, "id")
    assert (row["geometry"], row["box"], row["area"]) == ("box", [1, 2, 3, 4.5], 13.5)
    assert (row["source_id"], row["place"], row["confidence"]) == ("0", "annotations[0]", None)
    assert objects.batches[0].frame_ref.dtype == np.int64
    assert objects.report.problems == {}


def test_optional_keys_may_be_absent_or_null(read_json) -> None:
    value = {
        "info": None,
        "licenses": None,
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "categories": [{"id": 1, "name": "x"}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]},
            {
                "image_id": 1,
                "category_id": 1,
                "bbox": [1, 2, 3, 4],
                "area": None,
                "iscrowd": None,
                "segmentation": None,
            },
            {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": [], "keypoints": []},
        ],
    }
    objects = read_json(value)
    assert [row["geometry"] for row in objects.rows] == ["box"] * 3
    assert objects.reading.frames[0].width is None
    assert objects.report.problems == {}


def test_polygons_keep_their_parts_and_their_box(read_json) -> None:
    other = [40.5, 1, 50, 1, 45, 9.25]
    objects = read_json(_labels(_annotation(segmentation=[_RING, other], bbox=[10, 1, 40, 24])))
    assert objects[0]["geometry"] == "polygon"
    assert objects[0]["polygons"] == [[_RING], [other]]
    assert objects[0]["box"] == [10, 1, 40, 24]


def test_a_box_is_derived_where_only_the_shape_is_given(read_json) -> None:
    mask = np.zeros((48, 64), np.uint8)
    mask[5:9, 20:31] = 1
    rle = oracle.encode(np.asfortranarray(mask))
    rle["counts"] = rle["counts"].decode()
    points = [0, 0, 0, 12, 20, 2, 30, 44, 1]
    annotations = [
        {"image_id": 1, "category_id": 0, "segmentation": [_RING]},
        {"image_id": 1, "category_id": 0, "segmentation": rle},
        {"image_id": 1, "category_id": 0, "keypoints": points},
        _annotation(bbox=None, segmentation=[_RING]),
    ]
    objects = read_json(_labels(*annotations))
    assert objects.column("geometry") == ["polygon", "mask", "keypoints", "polygon"]
    assert objects.column("box") == [[10, 10, 20, 15], [20, 5, 11, 4], [12, 20, 18, 24], [10, 10, 20, 15]]


def test_an_annotation_without_any_shape_classifies_its_frame(read_json) -> None:
    objects = read_json(_labels({"image_id": 1, "category_id": 7}, _annotation()))
    assert objects.column("geometry") == ["classification", "box"]
    assert np.isnan(objects[0]["box"]).all()


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.parametrize("iscrowd", [0, 1])
@pytest.mark.parametrize("form", ["compressed", "uncompressed"])
def test_run_lengths_are_read_whatever_iscrowd_says(read_json, form: str, iscrowd: int) -> None:
    rng = np.random.default_rng(3)
    mask = (rng.random((48, 64)) > 0.7).astype(np.uint8)
    expected = oracle.encode(np.asfortranarray(mask))
    if form == "compressed":
        counts: Any = expected["counts"].decode()
    else:
        flat = np.concatenate([[0], mask.ravel(order="F"), [2]])
        counts = np.diff(np.flatnonzero(np.diff(flat)), prepend=0).tolist()
    objects = read_json(_labels(_annotation(segmentation={"size": [48, 64], "counts": counts}, iscrowd=iscrowd)))
    row = objects[0]
    assert (row["geometry"], row["is_crowd"], row["rle_size"]) == ("mask", bool(iscrowd), [48, 64])
    decoded = rle_codec.decode({"size": row["rle_size"], "counts": row["rle_counts"]})
    np.testing.assert_array_equal(decoded, mask)
    np.testing.assert_array_equal(oracle.decode({"size": [48, 64], "counts": row["rle_counts"]}), mask)


def test_keypoints_come_with_names_and_a_skeleton_from_zero(read_json) -> None:
    categories = [
        {"id": 1, "name": "person", "keypoints": ["nose", "left", "right"], "skeleton": [[1, 2], [2, 3], [3, 9]]},
        {"id": 2, "name": "dog", "keypoints": ["nose", "tail"], "skeleton": [[0, 1]]},
    ]
    points = [5, 6, 2, 7, 8, 1, 0, 0, 0]
    unset = [0.0] * 9
    objects = read_json(
        _labels(
            _annotation(category_id=1, keypoints=points, num_keypoints=2, segmentation=[_RING]),
            _annotation(category_id=1, keypoints=unset, num_keypoints=0),
            categories=categories,
        )
    )
    person, dog = objects.reading.classes
    assert person.keypoints == ("nose", "left", "right")
    assert person.skeleton == ((0, 1), (1, 2))
    assert dog.skeleton == ((0, 1),)
    assert objects.codes == {"skeleton_out_of_range": 1}
    assert objects.column("geometry") == ["keypoints", "box"]
    assert objects.column("keypoints") == [points, unset]
    assert objects[0]["polygons"] == [[_RING]]


def test_ids_may_be_text_and_names_of_files_anything(read_json) -> None:
    names = ["https://host/a b.jpg?x=1", "C:\\data\\b.jpg", "../c.jpg", "gs://bucket/d.jpg"]
    images = [{"id": f"img-{n}", "file_name": name} for n, name in enumerate(names)]
    objects = read_json(_labels(_annotation(image_id="img-2", category_id="7"), images=images))
    assert [frame.file_name for frame in objects.reading.frames] == names
    assert objects.batches[0].frame_ref.dtype == object
    assert (objects[0]["frame"], objects[0]["class"]) == ("img-2", "7")


def test_images_without_a_file_name(read_json) -> None:
    images = [{"id": 5, "coco_url": "http://x/5.jpg"}, {"id": 6}, {"width": 3}, 7]
    objects = read_json(_labels(images=images))
    assert [(frame.file_name, frame.source_id) for frame in objects.reading.frames] == [
        ("http://x/5.jpg", "5"),
        ("6", "6"),
    ]
    assert objects.codes == {"image_without_name": 2, "image_not_object": 1}


def test_classes_are_kept_as_they_are_listed(read_json) -> None:
    categories = [
        {"id": 10, "name": "Person"},
        {"id": 11, "name": "Person"},
        {"id": 11, "name": "cat"},
        {"id": 3},
        None,
    ]
    objects = read_json(_labels(categories=categories))
    assert [(entry.name, entry.source_id) for entry in objects.reading.classes] == [
        ("Person", "10"),
        ("Person", "11"),
        ("cat", "11"),
        ("class_3", "3"),
    ]
    assert objects.codes == {"category_without_name": 1, "category_unusable": 1}


def test_what_else_a_file_says_becomes_attributes(read_json) -> None:
    attributes = {"pose": "left", "deep": [1], "none": [], "long": [0] * 2000}
    objects = read_json(
        _labels(
            _annotation(
                occluded=True,
                note="x",
                nested={"a": 1},
                attributes=attributes,
                ignore=1,
            ),
            _annotation(track_id=12),
            images=[_IMAGE | {"weather": "rain", "license": 1, "date_captured": "2020", "video_id": 3, "frame_id": 9}],
        )
    )
    assert objects[0]["attributes"] == {
        "note": "x",
        "occluded": True,
        "nested": {"a": 1},
        "pose": "left",
        "deep": [1],
    }
    assert objects.report.problems["attribute_too_long"].examples == ["long of annotations[0]"]
    assert objects[1]["attributes"] is None
    assert objects.column("is_ignored") == [True, False]
    assert objects.column("track_id") == [None, "12"]
    (frame,) = objects.reading.frames
    assert frame.attributes == {"weather": "rain", "date_captured": "2020"}
    assert (frame.sequence, frame.sequence_index) == ("3", 9)


def test_a_labels_file_with_scores_holds_predictions(read_json) -> None:
    value = _labels(_annotation(score=0.25), _annotation())
    objects = read_json(value, "predictions")
    assert objects.reading.role == "predictions"
    assert [row["confidence"] for row in objects.rows] == [0.25]
    assert (objects.report.rows, objects.report.rejected) == (1, 1)
    assert objects.report.problems["score_missing"].examples == ["annotations[1]"]


def test_a_labels_file_with_scores_read_as_labels_says_so(read_json) -> None:
    objects = read_json(_labels(_annotation(score=0.25)))
    assert objects[0]["confidence"] is None
    assert objects[0]["attributes"] == {"score": 0.25}
    assert "labels_with_score" in objects.codes


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"annotations": {"a": 1}, "images": []}, "annotations are not a list"),
        ({"shapes": [], "version": "5"}, "found shapes, version"),
        ({}, "found an empty object"),
        ({"images": [], "annotations": [{"image_id": 1, "caption": "a dog"}]}, "captions"),
        ({"images": [], "annotations": [{"image_id": 1, "segments_info": []}]}, "panoptic"),
        ([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}], "import predictions"),
        ([{"supercategory": "a", "id": 1}], "records with supercategory, id"),
        ([1, 2], "elements like 1"),
    ],
)
def test_a_wrong_file_is_refused_with_what_it_looks_like(read_json, value: Any, expected: str) -> None:
    with pytest.raises(FileParsingError) as caught:
        read_json(value)
    assert expected in str(caught.value)


def test_annotations_without_their_images_are_read_as_labels(read_json) -> None:
    objects = read_json([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}])
    assert objects.reading.frames is None
    assert objects.reading.classes is None
    assert objects[0]["place"] == "[0]"


def test_images_without_annotations_are_frames_without_objects(read_json) -> None:
    objects = read_json({"images": [_IMAGE], "categories": _CATEGORIES})
    assert (len(objects), len(objects.reading.frames)) == (0, 1)
    assert objects.codes == {"no_annotations": 1}


def test_members_may_stand_in_any_order(read_json) -> None:
    value = _labels(_annotation(), _annotation(id=2))
    objects = read_json({key: value[key] for key in ("annotations", "categories", "images")})
    assert (len(objects), len(objects.reading.frames), len(objects.reading.classes)) == (2, 1, 2)


def test_lvis(read_json) -> None:
    image = {"id": 5, "coco_url": "http://images.cocodataset.org/val2017/000000000005.jpg", "width": 9, "height": 9}
    lvis = {
        "images": [{**image, "neg_category_ids": [7, 9], "not_exhaustive_category_ids": []}],
        "annotations": [{"id": 1, "image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4], "area": 12}],
        "categories": [{"id": 7, "name": "acorn", "frequency": "r", "synset": "acorn.n.01", "synonyms": ["acorn"]}],
    }
    objects = read_json(lvis)
    assert objects.column("attributes") == [{"frequency": "r"}]
    (frame,) = objects.reading.frames
    assert frame.file_name.endswith("/val2017/000000000005.jpg")
    assert frame.attributes == {"neg_category_ids": [7, 9]}


def test_real_lvis(shared_data: Path, read) -> None:
    path = shared_data / "lvis_val100_gt" / "data" / "lvis_val_100.json"
    content = json.loads(path.read_text())
    objects = read(path)
    assert len(objects) == len(content["annotations"]) == 977
    frequency = {entry["id"]: entry["frequency"] for entry in content["categories"]}
    told = [frequency[annotation["category_id"]] for annotation in content["annotations"]]
    assert [row["frequency"] for row in objects.column("attributes")] == told
    for image, frame in zip(content["images"], objects.reading.frames, strict=True):
        for key in ("neg_category_ids", "not_exhaustive_category_ids"):
            assert frame.attributes.get(key, []) == image[key]
