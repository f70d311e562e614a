"""Candidate pairs: the same likeness as the reference, for each kind of shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from pycocotools import mask as coco_mask

from predscope import InputError
from predscope.evaluation.objects import IouType, Objects
from predscope.evaluation.pairs import Pairs, find_pairs
from predscope.evaluation.shapes import run_lengths, sigmas_for
from predscope.schema import OBJECT_SCHEMA
from tests.evaluation import coco_oracle, real_data
from tests.evaluation.problems import Problem, problems
from tests.evaluation.sequential import box_iou


def as_dict(pairs: Pairs) -> dict[tuple[int, int], float]:
    return {
        (int(prediction), int(label)): float(iou)
        for prediction, label, iou in zip(pairs.prediction, pairs.label, pairs.iou, strict=True)
    }


def objects(rows: list[dict]) -> Objects:
    filled = [{"frame_index": 0, "class_id": 0, "is_crowd": False, "is_ignored": False, **row} for row in rows]
    return Objects.from_table(pa.Table.from_pylist(filled, schema=OBJECT_SCHEMA))


@settings(max_examples=60, deadline=None)
@given(problems())
def test_boxes_are_paired_as_one_by_one(problem: Problem) -> None:
    labels, predictions = problem.labels, problem.predictions
    found = as_dict(find_pairs(labels, predictions, lowest_iou=0.2))
    expected = {}
    for row in range(len(predictions)):
        for label in np.flatnonzero(labels.frame == predictions.frame[row]).tolist():
            iou = box_iou(predictions.box[row], labels.box[label], bool(labels.is_crowd[label]))
            if iou >= 0.2:
                expected[row, label] = iou
    assert found == expected


def test_masks_are_paired_by_their_pixels(shared_data: Path) -> None:
    folder = shared_data / "mixed14_maskrcnn"
    found = real_data.joined(folder / "data/trainval.json", folder / "output/coco_instances_results.json", IouType.SEGM)
    pairs = as_dict(found.pairs)
    labels = run_lengths(found.labels, found._frame_sizes)
    predictions = run_lengths(found.predictions, found._frame_sizes)
    checked = 0
    for frame in range(found.frame_count):
        own = np.flatnonzero(found.predictions.frame == frame)
        others = np.flatnonzero(found.labels.frame == frame)
        if not len(own) or not len(others):
            continue
        crowd = found.labels.is_crowd[others].astype(int).tolist()
        matrix = coco_mask.iou([predictions[i] for i in own], [labels[i] for i in others], crowd)
        for row, column in zip(*np.nonzero(matrix >= 0.1), strict=True):
            assert pairs.pop((int(own[row]), int(others[column]))) == pytest.approx(matrix[row, column], abs=1e-12)
            checked += 1
    assert not pairs
    assert checked > 100


@pytest.mark.parametrize("iou", [0.5, 0.7, 0.9])
def test_matches_of_masks_give_the_recall_of_coco(shared_data: Path, iou: float) -> None:
    folder = shared_data / "mixed14_maskrcnn"
    found = real_data.joined(folder / "data/trainval.json", folder / "output/coco_instances_results.json", IouType.SEGM)
    recall = found.operating_point(0.0, iou).to_pandas()["recall"]
    expected = found.coco(iou_thresholds=[iou], caps=[None]).to_pandas()["AR"]
    np.testing.assert_allclose(recall, expected)


def test_a_hole_is_no_part_of_a_polygon() -> None:
    outer = [0.0, 0, 20, 0, 20, 20, 0, 20]
    hole = [5.0, 5, 15, 5, 15, 15, 5, 15]
    box = {"x": 0.0, "y": 0.0, "w": 20.0, "h": 20.0, "area": 300.0}
    ring = objects([{"geometry": "polygon", "polygons": [[outer, hole]], **box}])
    plain = objects([{"geometry": "box", "confidence": 0.5, **box}])
    pairs = find_pairs(ring, plain, IouType.SEGM, frame_sizes=np.array([[40.0, 30.0]]))
    assert pairs.iou.tolist() == [pytest.approx(300 / 400)]
    with pytest.raises(InputError, match="size of frame 0 is not known"):
        find_pairs(ring, plain, IouType.SEGM)


def test_keypoints_are_paired_by_oks(shared_data: Path) -> None:
    folder = shared_data / "coco_val2014_fake100/keypoints_dataset"
    files = folder / "gt_dataset.json", folder / "dt_dataset.json"
    found = real_data.joined(*files, IouType.KEYPOINTS)
    oracle = coco_oracle.evaluate_files(*files, "keypoints")
    oks = np.asarray(oracle.computeOks(int(oracle.params.imgIds[0]), 1))
    order = np.argsort(-found.predictions.confidence, kind="stable")[: len(oks)]
    pairs = as_dict(find_pairs(found.labels, found.predictions, IouType.KEYPOINTS, lowest_iou=0.0))
    expected = {
        (int(order[row]), column): oks[row, column]
        for row in range(oks.shape[0])
        for column in range(oks.shape[1])
        if oks[row, column] > 0
    }
    assert len(expected) > 100
    for key, value in expected.items():
        assert pairs[key] == pytest.approx(value, rel=1e-9)


def test_matches_of_keypoints_give_the_recall_of_coco(shared_data: Path) -> None:
    folder = shared_data / "coco_val2014_fake100/keypoints_dataset"
    found = real_data.joined(folder / "gt_dataset.json", folder / "dt_dataset.json", IouType.KEYPOINTS)
    for iou in (0.5, 0.75):
        whole = found.coco(iou_thresholds=[iou], caps=[None])
        assert found.operating_point(0.0, iou).micro.recall == pytest.approx(whole.average_recall())


def test_sigmas_must_fit_the_keypoints() -> None:
    assert sigmas_for(5).tolist() == [0.2] * 5
    with pytest.raises(InputError, match="expected 5 keypoint sigmas"):
        sigmas_for(5, [0.1])


def test_rotated_boxes() -> None:
    """A square against itself turned by 45 degrees shares a regular octagon: 2 (sqrt 2 - 1) of its area."""
    box = {"geometry": "oriented_box", "x": 95.0, "y": 95.0, "w": 10.0, "h": 10.0, "area": 100.0}
    square = objects([{**box, "oriented_box": [1000.0, 1000.0, 10.0, 10.0, 0.0]}])
    turned = objects(
        [
            {**box, "confidence": 0.9, "oriented_box": [1000.0, 1000.0, 10.0, 10.0, np.pi / 4]},
            {**box, "confidence": 0.8, "oriented_box": [1000.0, 1000.0, 10.0, 10.0, np.pi / 2]},
            {**box, "confidence": 0.7, "oriented_box": [1005.0, 1000.0, 10.0, 10.0, 0.0]},
            {**box, "confidence": 0.6, "oriented_box": [1100.0, 1000.0, 10.0, 10.0, 1.0]},
        ]
    )
    shared = 2 * (np.sqrt(2) - 1)
    found = as_dict(find_pairs(square, turned, IouType.ORIENTED))
    assert found[0, 0] == pytest.approx(shared / (2 - shared), rel=1e-5)
    assert found[1, 0] == pytest.approx(1, rel=1e-5)
    assert found[2, 0] == pytest.approx(1 / 3, rel=1e-5)
    assert len(found) == 3
