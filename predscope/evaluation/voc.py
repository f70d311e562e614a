"""Average precision as Pascal VOC defines it (the development kit's ``VOCevaldet``).

A prediction looks only at the label of its class that it overlaps most: if a more confident prediction has that label
already, it is a false positive, where COCO would try the next one. Labels marked as difficult are not to be found, and
whatever looks at one is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from predscope.errors import InputError
from predscope.evaluation.objects import Objects
from predscope.evaluation.pairs import Pairs
from predscope.schema import ObjectClass

VOC_IOU: Final = 0.5
_ELEVEN: Final = np.linspace(0.0, 1.0, 11)


class VocProtocol(StrEnum):
    """How a curve of precision over recall becomes one number."""

    AREA = "voc"
    """Area under the curve made monotone: VOC2010 and later."""
    ELEVEN_POINTS = "voc07"
    """Mean of the highest precision at recalls of 0, 0.1, ..., 1 and above: up to VOC2009."""


@dataclass(frozen=True)
class VocCurve:
    """Precision and recall of one class after each prediction that counts, by falling confidence: float64 (n,)."""

    recall: np.ndarray
    precision: np.ndarray


@dataclass(frozen=True)
class VocEvaluation:
    """Pascal VOC's numbers.

    Attributes:
        protocol: how AP was taken from the curves.
        iou_threshold: lowest IoU of a match.
        plus_one: whether boxes were taken to hold their last pixels too.
        classes: in the order of the arrays.
        average_precision: float64 (K,); NaN for classes without labels.
        label_count: int64 (K,): labels to be found (neither difficult nor crowds).
        tp, fp: int64 (K,): of all predictions; those that look at difficult labels are neither.
        curves: by class.
    """

    protocol: VocProtocol
    iou_threshold: float
    plus_one: bool
    classes: tuple[ObjectClass, ...]
    average_precision: np.ndarray
    label_count: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    curves: tuple[VocCurve, ...]

    @property
    def mean(self) -> float:
        """Mean over the classes with labels (mAP); NaN without any."""
        computed = self.average_precision[~np.isnan(self.average_precision)]
        return float(computed.mean()) if len(computed) else np.nan

    def to_pandas(self) -> pd.DataFrame:
        """One row a class: ``class_id``, ``name``, ``labels``, ``tp``, ``fp``, ``AP``."""
        return pd.DataFrame(
            {
                "class_id": [entry.class_id for entry in self.classes],
                "name": [entry.name for entry in self.classes],
                "labels": self.label_count,
                "tp": self.tp,
                "fp": self.fp,
                "AP": self.average_precision,
            }
        )


def evaluate_voc(
    pairs: Pairs,
    labels: Objects,
    predictions: Objects,
    classes: tuple[ObjectClass, ...],
    *,
    iou_threshold: float = VOC_IOU,
    protocol: VocProtocol = VocProtocol.AREA,
    plus_one: bool = False,
) -> VocEvaluation:
    """Pascal VOC's average precision from candidate pairs.

    Of labels that a prediction overlaps equally the first counts, of equally confident predictions the earlier frame's.

    Args:
        pairs: with every pair at or above the threshold.
        plus_one: how the pairs were measured, for the record.
    """
    if not 0 < iou_threshold <= 1:
        raise InputError(f"the IoU threshold must be above 0 and at most 1, got {iou_threshold:g}.")
    nearest = _nearest_labels(pairs, iou_threshold, len(predictions))
    is_out = nearest >= 0
    is_out[is_out] = labels.is_out[nearest[is_out]]
    is_right = _are_first(nearest, predictions.rank, len(labels)) & ~is_out
    counted = np.flatnonzero(~is_out & ~predictions.is_ignored | is_right)
    counted = counted[np.lexsort((predictions.rank[counted], predictions.class_id[counted]))]
    starts = np.searchsorted(predictions.class_id[counted], np.arange(len(classes) + 1))
    label_count = np.bincount(labels.class_id[~labels.is_out], minlength=len(classes))
    curves = []
    for position, count in enumerate(label_count.tolist()):
        tp = np.cumsum(is_right[counted[starts[position] : starts[position + 1]]])
        with np.errstate(divide="ignore", invalid="ignore"):
            curves.append(VocCurve(tp / np.float64(count), tp / np.arange(1, len(tp) + 1)))
    found = np.bincount(predictions.class_id[is_right], minlength=len(classes))
    area = _eleven_points if protocol is VocProtocol.ELEVEN_POINTS else _area_under
    return VocEvaluation(
        protocol=VocProtocol(protocol),
        iou_threshold=iou_threshold,
        plus_one=plus_one,
        classes=classes,
        average_precision=np.array(
            [area(curve) if count else np.nan for curve, count in zip(curves, label_count.tolist(), strict=True)]
        ),
        label_count=label_count,
        tp=found,
        fp=np.diff(starts) - found,
        curves=tuple(curves),
    )


def _nearest_labels(pairs: Pairs, iou_threshold: float, count: int) -> np.ndarray:
    """int64 (count,): the label of its class that each prediction overlaps most; -1: none by the threshold."""
    chosen = np.flatnonzero(pairs.is_same_class & (pairs.iou >= iou_threshold))
    prediction, label = pairs.prediction[chosen], pairs.label[chosen]
    order = np.lexsort((label, -pairs.iou[chosen], prediction))[::-1]  # what is written last stays
    nearest = np.full(count, -1, np.int64)
    nearest[prediction[order]] = label[order]
    return nearest


def _are_first(nearest: np.ndarray, rank: np.ndarray, label_count: int) -> np.ndarray:
    """bool (predictions,): the most confident of those that look at the same label."""
    looking = np.flatnonzero(nearest >= 0)
    looking = looking[np.argsort(-rank[looking])]
    first = np.full(label_count, -1, np.int64)
    first[nearest[looking]] = looking
    is_first = np.zeros(len(nearest), bool)
    is_first[first[first >= 0]] = True
    return is_first


def _area_under(curve: VocCurve) -> float:
    recall = np.concatenate([[0.0], curve.recall, [1.0]])
    envelope = np.concatenate([[0.0], curve.precision, [0.0]])
    np.maximum.accumulate(envelope[::-1], out=envelope[::-1])
    return float((np.diff(recall) * envelope[1:]).sum())


def _eleven_points(curve: VocCurve) -> float:
    best = np.append(np.maximum.accumulate(curve.precision[::-1])[::-1], 0.0)
    return float(best[np.searchsorted(curve.recall, _ELEVEN, side="left")].mean())
