"""Metrics of how a model did, at an operating point. They are computed when asked for, and never kept."""

from __future__ import annotations

import numpy as np

from predscope.metrics.blocks import Outcomes
from predscope.metrics.metric import MeasuredOn
from predscope.metrics.registry import metric


def _counts(outcomes: Outcomes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True positives, false positives and false negatives of each frame."""
    table, count = outcomes.table, outcomes.frame_count
    return (
        np.bincount(table.predictions.frame[outcomes.is_match], minlength=count),
        np.bincount(table.predictions.frame[outcomes.is_false_alarm], minlength=count),
        np.bincount(table.labels.frame[outcomes.is_missed], minlength=count),
    )


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


@metric(
    "frame_precision",
    title="Precision of the frame",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    higher_is="good",
    needs="outcomes",
    definition="TP / (TP + FP) on the frame, at the operating point; missing without predictions.",
)
def frame_precision(outcomes: Outcomes) -> np.ndarray:
    tp, fp, _ = _counts(outcomes)
    return _share(tp, tp + fp)


@metric(
    "frame_recall",
    title="Recall of the frame",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    higher_is="good",
    needs="outcomes",
    definition="TP / (TP + FN) on the frame, at the operating point; missing without labels.",
)
def frame_recall(outcomes: Outcomes) -> np.ndarray:
    tp, _, fn = _counts(outcomes)
    return _share(tp, tp + fn)


@metric(
    "frame_f1",
    title="F1 of the frame",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    higher_is="good",
    needs="outcomes",
    definition="2 TP / (2 TP + FP + FN) on the frame, at the operating point; missing without labels and predictions.",
)
def frame_f1(outcomes: Outcomes) -> np.ndarray:
    tp, fp, fn = _counts(outcomes)
    return _share(2 * tp, 2 * tp + fp + fn)


@metric(
    "frame_mean_iou",
    title="Mean IoU of the frame",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    higher_is="good",
    needs="outcomes",
    definition="Mean IoU of the matches on the frame, at the operating point; missing without a match.",
)
def frame_mean_iou(outcomes: Outcomes) -> np.ndarray:
    table, is_match = outcomes.table, outcomes.is_match
    frame = table.predictions.frame[is_match]
    total = np.bincount(frame, weights=table.iou[is_match], minlength=outcomes.frame_count)
    return _share(total, np.bincount(frame, minlength=outcomes.frame_count))


@metric(
    "predictions_above",
    title="Predictions above the threshold",
    measured_on=MeasuredOn.FRAME,
    version=1,
    is_integer=True,
    needs="outcomes",
    definition="Predictions on the frame at or above the confidence of the operating point.",
)
def predictions_above(outcomes: Outcomes) -> np.ndarray:
    return np.bincount(outcomes.table.predictions.frame[outcomes.is_kept], minlength=outcomes.frame_count)


@metric(
    "match_iou",
    title="IoU with match",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    higher_is="good",
    needs="outcomes",
    definition="IoU with the object that it is matched with, else with the one that it comes closest to (from .1 on); "
    "0 if it comes close to none. Missing for predictions below the confidence of the operating point.",
)
def match_iou(outcomes: Outcomes) -> np.ndarray:
    table = outcomes.table
    if outcomes.role == "labels":
        return outcomes.at_rows(table.labels.row, table.label_iou)
    return outcomes.at_rows(table.predictions.row[outcomes.is_kept], table.iou[outcomes.is_kept])


@metric(
    "agreement",
    title="Agreement with other prediction sets",
    measured_on=MeasuredOn.PREDICTION,
    range=(0, 1),
    version=1,
    higher_is="good",
    needs="outcomes",
    definition="Share of the other prediction sets that have a prediction of the same class at the operating point "
    "(confidence and IoU) in the same place; missing where there is only one set.",
)
def agreement(outcomes: Outcomes) -> np.ndarray:
    return np.full(outcomes.count, np.nan) if outcomes.agreement is None else outcomes.agreement()
