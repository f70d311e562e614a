"""Every format on real files of it: found by content, with the right counts, and masks equal to the reference's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hotcoco import mask as rle_codec
from pycocotools import mask as oracle

from predscope.errors import InputError
from predscope.formats import detect, open_input

_CASES = [
    # source, format, role, frames, classes, objects by geometry
    (
        "coco_val2014_fake100/dataset/cocoapi/instances_val2014_100.json",
        "coco",
        "labels",
        100,
        80,
        {"polygon": 830, "mask": 9},
    ),
    (
        "coco_val2014_fake100/cocoapi_results/instances_val2014_fakebbox100_results.json",
        "coco",
        "predictions",
        None,
        None,
        {"box": 734},
    ),
    (
        "coco_val2014_fake100/cocoapi_results/instances_val2014_fakesegm100_results.json",
        "coco",
        "predictions",
        None,
        None,
        {"mask": 734},
    ),
    (
        "coco_val2014_fake100/cocoapi_results/person_keypoints_val2014_fakekeypoints100_results.json",
        "coco",
        "predictions",
        None,
        None,
        {"keypoints": 125},
    ),
    ("coco_val2014_fake100/keypoints_dataset/gt_dataset.json", "coco", "labels", 1, 1, {"keypoints": 11, "box": 3}),
    ("coco_val2014_fake100/keypoints_dataset/dt_dataset.json", "coco", "predictions", None, None, {"keypoints": 128}),
    ("coco_val2014_fake100/dataset/example_crowdpose_val.json", "coco", "labels", 4, 1, {"keypoints": 9, "box": 1}),
    ("coco_val2014_fake100/dataset/example_crowdpose_preds.json", "coco", "predictions", None, None, {"keypoints": 15}),
    ("coco_val2014_fake100/dataset/gt_ignore_test.json", "coco", "labels", 1, 1, {"box": 14}),
    ("coco_val2014_fake100/dataset/dt_ignore_test.json", "coco", "predictions", None, None, {"box": 63}),
    ("coco_val2014_fake100/dataset/gt_dataset.json", "coco", "labels", 3, 4, {"polygon": 9}),
    ("coco_val2014_fake100/dataset/dt_dataset.json", "coco", "predictions", None, None, {"polygon": 9}),
    ("lvis_val100_gt/data/lvis_val_100.json", "coco", "labels", 100, 1230, {"polygon": 977}),
    ("mixed14_maskrcnn/data/trainval.json", "coco", "labels", 51, 14, {"polygon": 157}),
    ("mixed14_maskrcnn/output/coco_instances_results.json", "coco", "predictions", None, None, {"mask": 278}),
    ("sahi_tests/coco_evaluate/dataset.json", "coco", "labels", 2, 80, {"box": 249}),
    ("sahi_tests/coco_evaluate/result.json", "coco", "predictions", None, 4, {"box": 89}),
    ("sahi_tests/coco_utils/visdrone2019-det-train-first50image.json", "coco", "labels", 50, 2, {"box": 3326}),
    ("sahi_tests/coco_utils/terrain_all_coco.json", "coco", "labels", 3, 2, {"polygon": 22}),
    ("sahi_tests/coco_utils/modified_terrain2_coco.json", "coco", "labels", 1, 3, {"polygon": 5}),
    ("panoptic_sample/sample_data/panoptic_coco_detection_format.json", "coco", "labels", 2, 133, {"mask": 50}),
    (
        "labelme_examples/instance_segmentation/data_dataset_coco/annotations.json",
        "coco",
        "labels",
        3,
        21,
        {"polygon": 12},
    ),
    ("voc2012_rodm100/gts/coco_format_v1/instances_default.json", "coco", "labels", 100, 20, {"box": 273}),
    ("voc2012_rodm100/gts/coco_format_v2/instances_v2.json", "coco", "labels", 100, 20, {"polygon": 273}),
    ("voc2012_rodm100/dets/coco_format/coco_dets.json", "coco", "predictions", 98, 20, {"box": 452}),
    ("teeth_yolov8_test51/predictions.json", "coco", "predictions", 51, None, {"box": 8742}),
    ("cars_yolov8_test54/predictions.json", "coco", "predictions", None, None, {"box": 1995}),
    ("voc2012_rodm100/gts/pascalvoc_format", "voc", "labels", 100, None, {"box": 273}),
    ("voc2012_rodm100/gts/imagenet_format", "voc", "labels", 100, None, {"box": 273}),
    ("voc2012_rodm100/toyexample/gts_vocpascal_format", "voc", "labels", 10, None, {"box": 12}),
    ("labelme_examples/bbox_detection/data_dataset_voc", "voc", "labels", 3, None, {"box": 9}),
    ("voc2012_rodm100/gts/yolo_format", "yolo", "labels", 100, 20, {"box": 273}),
    ("voc2012_rodm100/dets/rel_xywh", "yolo", "predictions", 98, 20, {"box": 452}),
    ("voc2012_rodm100/toyexample/dets_classid_rel_xcycwh", "yolo", "predictions", 10, 20, {"box": 12}),
    ("cars_yolov8_test54", "yolo", "labels", 54, None, {"box": 91}),
    ("cars_yolov8_test54/labels/test", "yolo", "labels", 54, None, {"box": 91}),
    ("teeth_yolov8_test51/test/labels", "yolo", "labels", 51, None, {"box": 1485}),
    ("davis_frames/Annotations", "instance_masks", "labels", 21, None, {"mask": 21}),
    (
        "labelme_examples/primitives/primitives.json",
        "labelme",
        "labels",
        1,
        None,
        {"box": 2, "polygon": 2, "polyline": 2, "keypoints": 1, "mask": 1},
    ),
    ("voc2012_rodm100/gts/labelme_format", "labelme", "labels", 100, None, {"box": 273}),
    ("voc2012_rodm100/gts/cvat_format", "cvat", "labels", 100, 20, {"box": 273}),
    ("panoptic_sample/sample_data/panoptic_examples.json", "coco_panoptic", "labels", 2, 133, {"mask": 50}),
    ("panoptic_sample/sample_data/panoptic_examples_2ch_format", "instance_masks", "labels", 2, 133, {"mask": 50}),
    (
        "labelme_examples/instance_segmentation/data_dataset_voc/SegmentationObject",
        "instance_masks",
        "labels",
        3,
        20,
        {"mask": 12},
    ),
    (
        "labelme_examples/instance_segmentation/data_dataset_voc/SegmentationClassNpy",
        "masks",
        "labels",
        3,
        20,
        {"mask": 14},
    ),
    (
        "labelme_examples/semantic_segmentation/data_dataset_voc/SegmentationClass",
        "masks",
        "labels",
        3,
        20,
        {"mask": 14},
    ),
]

_NOTHING_FITS = [
    "coco_val2014_fake100/cocoapi_results/captions_val2014_fakecap_results.json",
    "lvis_val100_gt/data/coco_to_synset.json",
    "panoptic_sample/sample_data/panoptic_examples",
    "panoptic_sample/panoptic_coco_categories.json",
    "voc2012_rodm100/images",
    "kitti_sample3/training/image_2",
    "sahi_tests/coco_utils/terrain1.jpg",
    "sahi_tests/coco_utils/terrain2_gray.png",
]


@pytest.mark.parametrize(
    ("source", "format", "role", "frames", "classes", "objects"), _CASES, ids=[case[0] for case in _CASES]
)
def test_a_real_data_set(
    shared_data: Path,
    read: Any,
    source: str,
    format: str,
    role: str,
    frames: int | None,
    classes: int | None,
    objects: dict[str, int],
) -> None:
    best, detection = detect(shared_data / source, role)[0]
    assert (best.name, detection.role) == (format, role)
    found = read(shared_data / source, role)
    assert (found.reading.format, found.reading.role) == (format, role)
    assert (None if found.reading.frames is None else len(found.reading.frames)) == frames
    assert (None if found.reading.classes is None else len(found.reading.classes)) == classes
    geometry = found.column("geometry")
    assert {name: geometry.count(name) for name in set(geometry)} == objects
    assert found.report.rejected == 0
    assert all(len(batch) <= 50_000 for batch in found.batches)


@pytest.mark.parametrize("source", _NOTHING_FITS)
def test_what_no_reader_knows_is_left_alone(shared_data: Path, source: str) -> None:
    assert detect(shared_data / source, "labels") == []


def _oracle_rle(segmentation: Any, height: int, width: int) -> Any:
    if isinstance(segmentation, list):
        return oracle.merge(oracle.frPyObjects(segmentation, height, width))
    if isinstance(segmentation["counts"], list):
        return oracle.frPyObjects(segmentation, height, width)
    return segmentation


@pytest.mark.parametrize(
    ("source", "role"),
    [
        ("coco_val2014_fake100/dataset/cocoapi/instances_val2014_100.json", "labels"),
        ("coco_val2014_fake100/cocoapi_results/instances_val2014_fakesegm100_results.json", "predictions"),
        ("mixed14_maskrcnn/output/coco_instances_results.json", "predictions"),
        ("lvis_val100_gt/data/lvis_val_100.json", "labels"),
        ("panoptic_sample/sample_data/panoptic_coco_detection_format.json", "labels"),
    ],
)
def test_shapes_are_those_of_the_reference(shared_data: Path, read: Any, source: str, role: str) -> None:
    data = json.loads((shared_data / source).read_text())
    records = data if isinstance(data, list) else data["annotations"]
    sizes = (
        {} if isinstance(data, list) else {image["id"]: (image["height"], image["width"]) for image in data["images"]}
    )
    found = read(shared_data / source, role)
    assert len(found) == len(records)
    for record, row in zip(records, found.rows, strict=True):
        segmentation = record["segmentation"]
        height, width = sizes.get(record["image_id"]) or segmentation["size"]
        expected = _oracle_rle(segmentation, height, width)
        if row["geometry"] == "polygon":
            rings = [ring for part in row["polygons"] for ring in part]
            got = rle_codec.merge(rle_codec.frPyObjects(rings, height, width), intersect=False)
        else:
            assert row["rle_size"] == [height, width]
            got = {"size": row["rle_size"], "counts": row["rle_counts"]}
        assert rle_codec.area(got) == oracle.area(expected)
        assert rle_codec.iou([got], [expected], [0])[0][0] == pytest.approx(1.0) or oracle.area(expected) == 0
        if "bbox" not in record:
            assert row["box"] == oracle.toBbox(expected).tolist()


def test_the_same_labels_in_three_formats_agree(shared_data: Path, read: Any) -> None:
    root = shared_data / "voc2012_rodm100/gts"
    sizes = {
        frame.file_name: (frame.width, frame.height)
        for frame in open_input(root / "pascalvoc_format", role="labels").frames
    }
    by_frame: list[dict[str, list[list[float]]]] = []
    coco = read(root / "coco_format_v2/instances_v2.json")
    names = {frame.source_id: frame.file_name for frame in coco.reading.frames}
    for objects in (read(root / "pascalvoc_format"), read(root / "yolo_format"), coco):
        boxes: dict[str, list[list[float]]] = {}
        for row in objects.rows:
            name = names.get(str(row["frame"]), str(row["frame"]))
            name = name if name.endswith(".jpg") else f"{name}.jpg"
            scale = np.array(sizes[name] * 2) if row["relative"] else 1
            boxes.setdefault(name, []).append((np.array(row["box"]) * scale).tolist())
        by_frame.append({name: sorted(values) for name, values in boxes.items()})
    voc, yolo, from_coco = by_frame
    assert voc.keys() == yolo.keys() == from_coco.keys()
    for name in voc:
        np.testing.assert_allclose(voc[name], yolo[name], atol=2)
        np.testing.assert_allclose(voc[name], from_coco[name], atol=2)


def test_labels_given_as_predictions_and_the_reverse_are_refused(shared_data: Path) -> None:
    folder = shared_data / "coco_val2014_fake100"
    with pytest.raises(InputError, match="import labels"):
        open_input(folder / "dataset/cocoapi/instances_val2014_100.json", role="predictions")
    with pytest.raises(InputError, match="import predictions"):
        open_input(folder / "cocoapi_results/instances_val2014_fakebbox100_results.json", role="labels")
