"""Shapes of real files are those of the reference, and formats of the same objects agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hotcoco import mask as rle_codec
from pycocotools import mask as oracle

from predscope.errors import InputError
from predscope.formats import open_input


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
