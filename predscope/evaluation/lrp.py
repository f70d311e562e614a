"""Localisation recall precision: one error for misses, false alarms and loose boxes (Oksuz et al., ECCV 2018).

LRP(s) = (sum over true positives of (1 - IoU) / (1 - t) + FP + FN) / (TP + FP + FN), over the predictions with
confidence s or more; the optimal LRP is its minimum over s. 0 is perfect, 1 is worst.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predscope.errors import InputError
from predscope.evaluation.matching import Matching
from predscope.evaluation.objects import Objects
from predscope.schema import ObjectClass


@dataclass(frozen=True, slots=True)
class OptimalLrp:
    """The lowest LRP of a class, and its parts at that confidence; NaN where there is nothing to take a share of.

    Attributes:
        class_id: of the class.
        error: oLRP.
        localisation: mean of 1 - IoU over the true positives.
        false_positive: 1 - precision.
        false_negative: 1 - recall.
        confidence: the threshold; NaN where keeping no prediction is best.
    """

    class_id: int
    error: float
    localisation: float
    false_positive: float
    false_negative: float
    confidence: float


@dataclass(frozen=True)
class LrpEvaluation:
    """oLRP of every class with labels."""

    iou_threshold: float
    classes: tuple[ObjectClass, ...]
    per_class: tuple[OptimalLrp, ...]

    @property
    def error(self) -> float:
        """Mean over the classes (moLRP); NaN without labels."""
        return float(np.mean([entry.error for entry in self.per_class])) if self.per_class else np.nan

    def to_pandas(self) -> pd.DataFrame:
        """One row a class with labels: ``class_id``, ``name`` and the attributes of ``OptimalLrp``."""
        names = {entry.class_id: entry.name for entry in self.classes}
        columns = ("error", "localisation", "false_positive", "false_negative", "confidence")
        rows = [
            {"class_id": entry.class_id, "name": names[entry.class_id]}
            | {name: getattr(entry, name) for name in columns}
            for entry in self.per_class
        ]
        return pd.DataFrame(rows, columns=["class_id", "name", *columns])


def evaluate_lrp(
    matching: Matching, labels: Objects, predictions: Objects, classes: tuple[ObjectClass, ...]
) -> LrpEvaluation:
    """oLRP of each class from one matching.

    Raises:
        InputError: the IoU threshold is 1, at which no overlap can be measured.
    """
    if matching.iou_threshold >= 1:
        raise InputError("LRP needs an IoU threshold below 1.")
    is_right = matching.label >= 0
    is_right[is_right] = ~labels.is_out[matching.label[is_right]]
    counted = np.flatnonzero(is_right | ((matching.label < 0) & ~predictions.is_ignored))
    counted = counted[np.lexsort((predictions.rank[counted], predictions.class_id[counted]))]
    starts = np.searchsorted(predictions.class_id[counted], np.arange(len(classes) + 1))
    label_count = np.bincount(labels.class_id[~labels.is_out], minlength=len(classes))
    found = []
    for position, entry in enumerate(classes):
        if label_count[position]:
            rows = counted[starts[position] : starts[position + 1]]
            found.append(
                _optimal(
                    entry.class_id, predictions.confidence[rows], is_right[rows], matching, rows, label_count[position]
                )
            )
    return LrpEvaluation(matching.iou_threshold, classes, tuple(found))


def _optimal(
    class_id: int, confidence: np.ndarray, is_right: np.ndarray, matching: Matching, rows: np.ndarray, labels: int
) -> OptimalLrp:
    loss = np.cumsum(np.where(is_right, 1 - matching.iou[rows], 0.0))
    tp = np.cumsum(is_right)
    kept = np.arange(1, len(rows) + 1)
    error = (loss / (1 - matching.iou_threshold) + (kept - tp) + (labels - tp)) / (kept - tp + labels)
    is_last = np.ones(len(rows), bool)
    is_last[:-1] = confidence[1:] != confidence[:-1]
    error[~is_last] = np.inf
    if not len(rows) or error.min() >= 1:
        return OptimalLrp(class_id, 1.0, np.nan, np.nan, 1.0, np.nan)
    best = int(np.argmin(error))
    right = int(tp[best])
    return OptimalLrp(
        class_id=class_id,
        error=float(error[best]),
        localisation=float(loss[best] / right) if right else np.nan,
        false_positive=1 - right / (best + 1),
        false_negative=1 - right / labels,
        confidence=float(confidence[best]),
    )
