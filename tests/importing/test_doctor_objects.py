"""Planted defects of confidences, ids, copies and shapes: each is found and named, with a fix where there is one."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from predscope.importing import Corrections
from predscope.report import Severity
from tests.importing.doctored import (
    HEIGHT,
    WIDTH,
    Clinic,
    Dataset,
    assert_mends,
    assert_same,
    diagnosed,
    make_dataset,
    table_of,
)


def test_scores_in_percent(clinic: Clinic) -> None:
    data = make_dataset()
    clean = clinic.predictions(data)
    for row in data.results:
        row["score"] *= 100
    staged = clinic.predictions(data)
    diagnosed(staged, "confidence_in_percent", count=len(data.results), place="[0]: confidence = 70.29", fix="Check")
    assert_same(table_of(staged), table_of(clean))  # nothing else can be meant, so it is repaired at once
    told = clinic.predictions(data, corrections=Corrections(confidence_scale="percent"))
    assert "confidence_in_percent" not in told.report.problems
    assert_same(table_of(told), table_of(clean))


def test_percentages_with_a_few_errors(clinic: Clinic) -> None:
    data = make_dataset()
    for row in data.results:
        row["score"] *= 100
    data.results[7]["score"] = 300
    staged = clinic.predictions(make_dataset(), data.results)
    diagnosed(staged, "confidence_out_of_range", count=1, place="[7]: confidence = 300")


def test_scores_that_are_logits(clinic: Clinic) -> None:
    data = make_dataset()
    project = clinic.project(data)
    clean = clinic.predictions(data, project=project)
    ill = data.copy()
    for row in ill.results:
        row["score"] = math.log(row["score"] / (1 - row["score"]))
    file = clinic.write(ill.results)
    staged = clinic.predictions(data, file, project)
    diagnosed(
        staged,
        "looks_like_logits",
        count=len(data.results),
        place="[0]: confidence = 0.861146 in frame_000.jpg",
        fix="sigmoid",
        correction={"confidence_scale": "logit"},
        severity=Severity.ERROR,
    )
    assert staged.report.imported == 0  # never a part of them, as if that were all
    assert_mends(staged, "looks_like_logits", lambda **told: clinic.predictions(data, file, project, **told), clean)


def test_constant_scores(clinic: Clinic) -> None:
    data = make_dataset()
    for row in data.results:
        row["score"] = 0.75
    diagnosed(clinic.predictions(data), "constant_confidence", place="confidence = 0.75", fix="real scores")


def test_more_than_100_predictions_on_a_frame(clinic: Clinic) -> None:
    data = make_dataset()
    random = np.random.default_rng(0)
    for row in range(150):
        box = [float(value) for value in random.uniform(5, 90, 4)]
        data.results.append({"image_id": 101, "category_id": 3, "bbox": box, "score": 0.05 + row / 1000})
    there = sum(row["image_id"] == 101 for row in data.results)
    staged = clinic.predictions(data)
    diagnosed(staged, "many_predictions", count=1, place=f"frame_000.jpg: {there}", severity=Severity.INFO)


def test_duplicate_ids(clinic: Clinic) -> None:
    data = make_dataset()
    data.annotations[5]["id"] = data.annotations[9]["id"] = 2
    diagnosed(clinic.labels(data.labels), "duplicate_id", count=2, place="id 2", fix="its own id")


def test_label_id_zero(clinic: Clinic) -> None:
    data = make_dataset()
    data.annotations[0]["id"] = 0
    diagnosed(clinic.labels(data.labels), "object_id_zero", count=1, severity=Severity.INFO)


@pytest.mark.parametrize("role", ["labels", "predictions"])
def test_duplicate_boxes(clinic: Clinic, role: str) -> None:
    data = make_dataset()
    project = clinic.project(data)

    def stage(data: Dataset, **told: Any) -> Any:
        return (
            clinic.labels(data.labels, **told) if role == "labels" else clinic.predictions(data, None, project, **told)
        )

    clean = stage(data)
    ill = data.copy()
    copies = copy.deepcopy(ill.rows(role)[:13])
    for row in copies:
        if role == "labels":
            row["id"] += 1000
    ill.rows(role).extend(copies)
    staged = stage(ill)
    diagnosed(
        staged,
        "duplicate_objects",
        count=13,
        place="frame_000.jpg: x, y, w, h = ",
        fix="Remove",
        correction={"drop_duplicates": True},
    )
    assert_mends(staged, "duplicate_objects", lambda **told: stage(ill, **told), clean)
    mended = stage(ill, corrections=Corrections(drop_duplicates=True), strict=True)
    assert (mended.report.imported, mended.report.rejected) == (len(data.rows(role)), 13)
    assert mended.report.problems["duplicates_dropped"].count == 13


def test_duplicate_outlines(clinic: Clinic) -> None:
    """Of the same box, class and frame: one the same outline, one another."""
    data = make_dataset()
    x, y, w, h = data.annotations[0]["bbox"]
    for row, ring in enumerate(
        ([x, y, x + w, y, x + w, y + h], [x, y, x + w, y, x + w, y + h], [x, y, x, y + h, x + w, y + h])
    ):
        data.annotations.append({**data.annotations[0], "id": 900 + row, "segmentation": [ring]})
    staged = clinic.labels(data.labels)
    diagnosed(staged, "duplicate_objects", count=1, place="frame_000.jpg", correction={"drop_duplicates": True})
    mended = clinic.labels(data.labels, corrections=Corrections(drop_duplicates=True))
    assert mended.report.imported == len(data.annotations) - 1


def test_polygons_of_fewer_than_three_points(clinic: Clinic) -> None:
    data = make_dataset()
    row = data.annotations[3]
    row["segmentation"] = [[5, 5, 20, 20]]
    row["bbox"] = None
    staged = clinic.labels(data.labels)
    diagnosed(staged, "polygon_empty", count=1, place="annotations[3]", severity=Severity.ERROR)


def test_polygons_that_cross_themselves(clinic: Clinic) -> None:
    data = make_dataset()
    for number, row in enumerate(data.annotations):
        x, y, w, h = row["bbox"]
        ring = [x, y, x + w, y, x + w, y + h, x, y + h]
        row["segmentation"] = [[x, y, x + w, y + h, x + w, y, x, y + h] if number in (4, 7) else ring]
    staged = clinic.labels(data.labels)
    diagnosed(staged, "polygon_crosses_itself", count=2, place="annotations[4]", severity=Severity.INFO)


def encoded(box: list[float], scale: float = 1.0, *, transposed: bool = False) -> dict[str, Any]:
    mask = np.zeros((round(HEIGHT * scale), round(WIDTH * scale)), np.uint8)
    x, y, w, h = (round(value * scale) for value in box)
    mask[y : y + max(h, 2), x : x + max(w, 2)] = 1
    rle = coco_mask.encode(np.asfortranarray(mask.T if transposed else mask))
    return {"size": [int(side) for side in rle["size"]], "counts": rle["counts"].decode()}


def with_masks(scale: float = 1.0, *, transposed: bool = False) -> Dataset:
    """Masks of even sizes and places, so that half of them is as exact."""
    data = make_dataset()
    for row in data.results:
        box = [2 * round(value / 2) for value in row.pop("bbox")]
        row["segmentation"] = encoded(box, scale, transposed=transposed)
    return data


def test_masks_of_another_size(clinic: Clinic) -> None:
    project = clinic.project(make_dataset())
    clean = clinic.predictions(make_dataset(), with_masks().results, project)
    file = clinic.write(with_masks(0.5).results)
    staged = clinic.predictions(make_dataset(), file, project)
    place = "[0]: mask 160 x 100, frame 320 x 200 in frame_000.jpg"
    diagnosed(staged, "mask_size_differs", count=220, place=place, fix="Resize", correction={"rescale": True})
    assert_mends(
        staged, "mask_size_differs", lambda **told: clinic.predictions(make_dataset(), file, project, **told), clean
    )


def test_masks_of_exchanged_sides(clinic: Clinic) -> None:
    project = clinic.project(make_dataset())
    clean = clinic.predictions(make_dataset(), with_masks().results, project)
    file = clinic.write(with_masks(transposed=True).results)
    staged = clinic.predictions(make_dataset(), file, project)
    diagnosed(staged, "mask_size_differs", count=220, place="mask 200 x 320", correction={"swap_xy": True})
    assert_mends(
        staged, "mask_size_differs", lambda **told: clinic.predictions(make_dataset(), file, project, **told), clean
    )


def test_run_lengths_of_another_size(clinic: Clinic) -> None:
    data = make_dataset()
    data.results[2]["segmentation"] = {"size": [HEIGHT, WIDTH], "counts": [100, 50]}
    data.results[2]["bbox"] = None
    staged = clinic.predictions(make_dataset(), data.results)
    diagnosed(staged, "rle_invalid", count=1, place="[2]: size [200, 320]", fix="height x width")


def test_keypoint_counts_that_differ(clinic: Clinic) -> None:
    data = make_dataset()
    data.labels["categories"][0]["keypoints"] = ["head", "foot"]
    person = next(row for row in data.annotations if row["category_id"] == 1)
    person["keypoints"] = [10, 10, 2, 12, 12, 2, 14, 14, 1]
    diagnosed(clinic.labels(data.labels), "keypoint_count_differs", count=1, place="3 points, the class has 2")


def with_crowds(*, flagged: bool = False) -> Dataset:
    """Labels as COCO has them: objects are outlines, and each fifth frame has a crowd of seven that is one mask."""
    data = make_dataset()
    for row in data.annotations:
        x, y, w, h = row["bbox"]
        row["segmentation"] = [[x, y, x + w, y, x + w, y + h, x, y + h]]
    for image in data.labels["images"][::5]:
        members = [[20 + 30 * place, 40, 24, 30] for place in range(7)]
        shared = {"image_id": image["id"], "category_id": 1, "iscrowd": 0}
        for x, y, w, h in members:
            ring = [x, y, x + w, y, x + w, y + h, x, y + h]
            number = len(data.annotations) + 1
            box = {"bbox": [x, y, w, h], "area": w * h, "segmentation": [ring]}
            data.annotations.append({"id": number, **shared, **box})
        crowd = {"bbox": [10, 30, 240, 60], "segmentation": encoded([10, 30, 240, 60]), "area": 14400}
        data.annotations.append({"id": len(data.annotations) + 1, **shared, **crowd, "iscrowd": int(flagged)})
    return data


def test_crowds_that_are_not_flagged(clinic: Clinic) -> None:
    staged = clinic.labels(with_crowds().labels)
    place = "frame_000.jpg: x, y, w, h = 10, 30, 240, 60, around 7 labels"
    diagnosed(staged, "crowd_not_flagged", count=5, place=place, fix='"iscrowd": 1', severity=Severity.INFO)
    assert "crowd_not_flagged" not in clinic.labels(with_crowds(flagged=True).labels).report.problems
    outlined = with_crowds()  # by hand, as single objects are: a near one before far ones may look like that
    for row in outlined.annotations:
        if isinstance(row["segmentation"], dict):
            row["segmentation"] = [[10, 30, 250, 30, 250, 90, 10, 90]]
    assert "crowd_not_flagged" not in clinic.labels(outlined.labels).report.problems


def test_real_crowds_without_their_flags(shared_data: Path, clinic: Clinic) -> None:
    """Eight of COCO's nine crowds are found, and nothing else among 839 labels."""
    path = shared_data / "coco_val2014_fake100/dataset/cocoapi/instances_val2014_100.json"
    assert "crowd_not_flagged" not in clinic.labels(path).report.problems
    labels = json.loads(path.read_text())
    crowds = [row["bbox"] for row in labels["annotations"] if row["iscrowd"]]
    for row in labels["annotations"]:
        row["iscrowd"] = 0
    problem = diagnosed(clinic.labels(labels), "crowd_not_flagged", count=8, severity=Severity.INFO)
    boxes = {", ".join(f"{value:g}" for value in box) for box in crowds}
    assert all(example.partition(" = ")[2].partition(", around")[0] in boxes for example in problem.examples)


def test_unknown_columns(clinic: Clinic) -> None:
    data = make_dataset()
    for row in data.annotations:
        row.update(colour="red", history=[1, 2] * 1000)
    staged = clinic.labels(data.labels)
    problem = diagnosed(
        staged, "unknown_members", count=2, place="colour: kept as an attribute", severity=Severity.INFO
    )
    assert problem.examples[1] == "history: left out, as too long"


def test_corrections_that_find_nothing_to_correct(clinic: Clinic) -> None:
    staged = clinic.labels(make_dataset().labels, corrections=Corrections(confidence_scale="logit"))
    diagnosed(staged, "correction_unused", count=1, place="--confidence-scale", fix="Leave them away")
