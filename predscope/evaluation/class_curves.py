"""Confidence curves of all classes in one pass."""

from __future__ import annotations

import numpy as np

from predscope.evaluation.matching import Matching
from predscope.evaluation.objects import Objects
from predscope.evaluation.operating_point import ConfidenceCurve


def class_curves(
    matching: Matching, labels: Objects, predictions: Objects, class_count: int
) -> tuple[ConfidenceCurve, ...]:
    """``confidence_curve`` of each class, by class id: the predictions are sorted once, not once a class."""
    is_right = matching.label >= 0
    is_right[is_right] = ~labels.is_out[matching.label[is_right]]
    counted = np.flatnonzero(is_right | ((matching.label < 0) & ~predictions.is_ignored))
    counted = counted[np.lexsort((predictions.rank[counted], predictions.class_id[counted]))]
    starts = np.searchsorted(predictions.class_id[counted], np.arange(class_count + 1))
    label_counts = np.bincount(labels.class_id[~labels.is_out], minlength=class_count)
    curves = []
    for class_id in range(class_count):
        positions = counted[starts[class_id] : starts[class_id + 1]]
        confidence = predictions.confidence[positions]
        is_last = np.ones(len(confidence), bool)
        is_last[:-1] = confidence[1:] != confidence[:-1]
        tp = np.cumsum(is_right[positions])[is_last]
        kept = np.arange(1, len(positions) + 1)[is_last]
        curves.append(
            ConfidenceCurve(
                class_id,
                matching.iou_threshold,
                int(label_counts[class_id]),
                confidence[is_last],
                tp,
                kept - tp,
            )
        )
    return tuple(curves)
