"""pycocotools on the same problem: the reference for COCO's numbers."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from predscope.evaluation.coco_result import CocoEvaluation
from predscope.evaluation.objects import Objects

NAMES = {
    True: ["AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm", "ARl"],
    False: ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"],
}


def evaluate_files(labels: Path, predictions: Path, iou_type: str) -> COCOeval:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(labels))
        return _run(truth, truth.loadRes(str(predictions)), iou_type)


def evaluate_records(
    content: dict[str, Any],
    records: list[dict[str, Any]],
    iou_type: str = "bbox",
    *,
    iou_thresholds: Sequence[float] | None = None,
    caps: Sequence[int] | None = None,
    areas: Sequence[tuple[float, float]] | None = None,
    result_areas: Sequence[float] | None = None,
    sigmas: Sequence[float] | None = None,
) -> COCOeval:
    """``content`` as a labels file, ``records`` as a results file; they are changed.

    ``result_areas`` are those of the predictions, in the place of width times height.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = content
        truth.createIndex()
        found = truth.loadRes(records) if records else COCO()
        if not records:
            found.dataset = {**content, "annotations": []}
            found.createIndex()
        for record, area in zip(records, result_areas or (), strict=result_areas is not None):
            record["area"] = area
        return _run(truth, found, iou_type, iou_thresholds, caps, areas, sigmas)


def records_of(
    labels: Objects, predictions: Objects, classes: int, frames: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Objects with boxes as the content of a labels file and of a results file; all ids from 1."""
    content = {
        "images": [{"id": frame + 1} for frame in range(frames)],
        "categories": [{"id": index + 1, "name": str(index)} for index in range(classes)],
        "annotations": [
            {
                "id": position + 1,
                "image_id": int(labels.frame[position]) + 1,
                "category_id": int(labels.class_id[position]) + 1,
                "bbox": labels.box[position].tolist(),
                "area": float(labels.area[position]),
                "iscrowd": int(labels.is_crowd[position]),
            }
            for position in range(len(labels))
        ],
    }
    records = [
        {
            "image_id": int(predictions.frame[position]) + 1,
            "category_id": int(predictions.class_id[position]) + 1,
            "bbox": predictions.box[position].tolist(),
            "score": float(predictions.confidence[position]),
        }
        for position in range(len(predictions))
    ]
    return content, records


def assert_equal(ours: CocoEvaluation, oracle: COCOeval) -> None:
    """All arrays of the classes that the oracle knows, and its statistics, to 1e-9."""
    expected = oracle.eval["precision"]
    assert ours.precision.shape[2] >= expected.shape[2]
    if ours.precision.shape == expected.shape:
        np.testing.assert_allclose(ours.precision, expected, rtol=0, atol=1e-9)
        np.testing.assert_allclose(ours.recall, oracle.eval["recall"], rtol=0, atol=1e-9)
    statistics = np.nan_to_num(np.array(list(ours.statistics.values())), nan=-1)
    if len(oracle.stats):
        assert list(ours.statistics) == NAMES[oracle.params.iouType == "keypoints"]
        np.testing.assert_allclose(statistics, oracle.stats, rtol=0, atol=1e-9)


def _run(
    truth: COCO,
    found: COCO,
    iou_type: str,
    iou_thresholds: Sequence[float] | None = None,
    caps: Sequence[int] | None = None,
    areas: Sequence[tuple[float, float]] | None = None,
    sigmas: Sequence[float] | None = None,
) -> COCOeval:
    evaluator = COCOeval(truth, found, iou_type)
    if sigmas is not None:
        evaluator.params.kpt_oks_sigmas = np.array(sigmas)
    is_standard = iou_thresholds is None and caps is None and areas is None
    if iou_thresholds is not None:
        evaluator.params.iouThrs = np.array(iou_thresholds)
    if caps is not None:
        evaluator.params.maxDets = list(caps)
    if areas is not None:
        evaluator.params.areaRng = [list(area) for area in areas]
        evaluator.params.areaRngLbl = ["all", *(f"range{index}" for index in range(1, len(areas)))]
    evaluator.evaluate()
    evaluator.accumulate()
    evaluator.stats = []
    if is_standard:
        evaluator.summarize()
    return evaluator
