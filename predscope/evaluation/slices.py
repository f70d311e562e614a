"""The numbers of a part of the data: of some frames, or of some objects.

*Frames* (weather, split, tag) are restricted first; what is left is evaluated as if nothing else were there.

*Objects* (size, occlusion) go by the ignore rule, as COCO's sizes do: labels outside of the slice are ignored, and so
are the predictions outside of it that match nothing, by the same attribute measured on the prediction. Predictions are
never filtered first: a small prediction may be right about a label that is not small.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from predscope.evaluation.detection import Detection
from predscope.evaluation.intervals import wilson
from predscope.evaluation.objects import Objects
from predscope.evaluation.pairs import Pairs


@dataclass(frozen=True, slots=True)
class SliceNumbers:
    """Numbers of a slice; precision and AP are NaN where the slice is one of labels only.

    Attributes:
        name: of the slice.
        frames: with labels or predictions in it.
        labels, predictions: that count.
        ap, ap50: COCO's.
        precision, recall, f1: at the operating point.
        recall_low, recall_high: 95 % interval of the recall (Wilson).
        is_recall_only: the slice is by something that a prediction does not have.
    """

    name: str
    frames: int
    labels: int
    predictions: int
    ap: float
    ap50: float
    precision: float
    recall: float
    f1: float
    recall_low: float
    recall_high: float
    is_recall_only: bool


def on_frames(whole: Detection, chosen: np.ndarray) -> Detection:
    """The same sets with only some frames (bool (frame_count,)); equals evaluating those from scratch."""
    keeps_label, keeps_prediction = chosen[whole.labels.frame], chosen[whole.predictions.frame]
    pairs = whole.pairs
    kept = np.flatnonzero(keeps_prediction[pairs.prediction])
    new_label, new_prediction = np.cumsum(keeps_label) - 1, np.cumsum(keeps_prediction) - 1
    return whole.with_parts(
        whole.labels.take(keeps_label),
        whole.predictions.take(keeps_prediction),
        Pairs(
            prediction=new_prediction[pairs.prediction[kept]],
            label=new_label[pairs.label[kept]],
            iou=pairs.iou[kept],
            is_same_class=pairs.is_same_class[kept],
            is_out=pairs.is_out[kept],
            lowest_iou=pairs.lowest_iou,
        ),
    )


def on_objects(whole: Detection, labels: np.ndarray, predictions: np.ndarray | None) -> Detection:
    """The same sets with everything outside of the slice ignored.

    Args:
        labels: bool (labels,): in the slice.
        predictions: bool (predictions,): in the slice by the same attribute; None: predictions have no such
            attribute, so that every unmatched one is ignored, and only recall means anything.
    """
    inside = np.zeros(len(whole.predictions), bool) if predictions is None else predictions
    narrowed = replace(whole.labels, is_ignored=whole.labels.is_ignored | ~labels)
    others = replace(whole.predictions, is_ignored=whole.predictions.is_ignored | ~inside)
    pairs = whole.pairs
    columns = (pairs.prediction, pairs.label, pairs.iou)
    return whole.with_parts(narrowed, others, Pairs.ordered(narrowed, others, *columns, pairs.lowest_iou))


def slice_numbers(
    name: str, part: Detection, *, confidence: float, iou_threshold: float, is_recall_only: bool = False
) -> SliceNumbers:
    """The numbers of a slice made by ``on_frames`` or ``on_objects``."""
    statistics = part.coco().statistics
    counts = part.operating_point(confidence, iou_threshold).micro
    low, high = wilson(counts.tp, counts.tp + counts.fn)
    nothing = np.nan
    return SliceNumbers(
        name=name,
        frames=len(np.union1d(_frames(part.labels), _frames(part.predictions))),
        labels=counts.tp + counts.fn,
        predictions=counts.tp + counts.fp,
        ap=nothing if is_recall_only else statistics["AP"],
        ap50=nothing if is_recall_only else statistics["AP50"],
        precision=nothing if is_recall_only else counts.precision,
        recall=counts.recall,
        f1=nothing if is_recall_only else counts.f1,
        recall_low=float(low),
        recall_high=float(high),
        is_recall_only=is_recall_only,
    )


def _frames(objects: Objects) -> np.ndarray:
    return np.unique(objects.frame[~objects.is_out])
