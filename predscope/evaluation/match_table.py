"""What became of every prediction and every label at one confidence and one IoU threshold, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pandas as pd

from predscope.evaluation.matching import Matching, assign, effective
from predscope.evaluation.objects import Objects
from predscope.evaluation.pairs import Pairs


class Outcome(IntEnum):
    """What became of an object."""

    LEFT_OUT = 0
    """A prediction below the confidence threshold."""
    TRUE_POSITIVE = 1
    """Matched; of a label: found."""
    FALSE_POSITIVE = 2
    """A prediction that matches no label."""
    FALSE_NEGATIVE = 3
    """A label that no prediction found."""
    IGNORED = 4
    """A crowd or ignored label, or a prediction that matches one."""


class Reason(IntEnum):
    """Why a prediction is a false positive: the first that fits."""

    NONE = 0
    """It is none."""
    WRONG_CLASS = 1
    """It would match a label of another class."""
    DUPLICATE = 2
    """It would match a label of its class that a more confident prediction has taken."""
    LOCALISATION = 3
    """It overlaps a label of its class, by less than the threshold."""
    BOTH = 4
    """It overlaps a label of another class, by less than the threshold."""
    BACKGROUND = 5
    """It overlaps no label by as much as the lowest IoU of the pairs (0.1)."""


@dataclass(frozen=True)
class MatchTable:
    """Outcomes at one operating point. Positions count the predictions and labels that were given.

    Attributes:
        confidence, iou_threshold: the operating point; predictions at or above the confidence are kept.
        labels, predictions: what was matched.
        outcome: int8 (predictions,), ``Outcome``.
        reason: int8 (predictions,), ``Reason``.
        label: int64 (predictions,): the label that was taken; for a false positive the one that its reason is about;
            -1: none.
        iou: float64 (predictions,): with that label; 0 without.
        is_confused: bool (predictions,): a false positive that takes the place of a label of another class, one to one
            (``confusion`` says how); the other false positives of a wrong class overlap a label that is spoken for.
        label_outcome: int8 (labels,), ``Outcome``.
        label_prediction: int64 (labels,): the prediction that found it; for a false negative the one that is confused
            with it, else the kept prediction of any class with the highest IoU; -1: none.
        label_iou: float64 (labels,): with that prediction; 0 without.
        class_agnostic: objects were matched by place alone, see ``class_agnostic``; else within classes first.
    """

    confidence: float
    iou_threshold: float
    labels: Objects
    predictions: Objects
    outcome: np.ndarray
    reason: np.ndarray
    label: np.ndarray
    iou: np.ndarray
    is_confused: np.ndarray
    label_outcome: np.ndarray
    label_prediction: np.ndarray
    label_iou: np.ndarray
    class_agnostic: bool = False

    def predictions_to_pandas(self) -> pd.DataFrame:
        """One row a kept prediction; ``row`` and ``label_row`` are rows of the sets (-1: none).

        Columns: ``row``, ``frame_index``, ``class_id``, ``confidence``, ``outcome``, ``reason``, ``label_row``,
        ``iou``.
        """
        kept = np.flatnonzero(self.outcome != Outcome.LEFT_OUT)
        return pd.DataFrame(
            {
                "row": self.predictions.row[kept],
                "frame_index": self.predictions.frame[kept],
                "class_id": self.predictions.class_id[kept],
                "confidence": self.predictions.confidence[kept],
                "outcome": _names(self.outcome[kept], Outcome),
                "reason": _names(self.reason[kept], Reason),
                "label_row": _rows(self.labels, self.label[kept]),
                "iou": self.iou[kept],
            }
        )

    def labels_to_pandas(self) -> pd.DataFrame:
        """One row a label; ``row`` and ``prediction_row`` are rows of the sets (-1: none).

        Columns: ``row``, ``frame_index``, ``class_id``, ``outcome``, ``prediction_row``, ``iou``.
        """
        return pd.DataFrame(
            {
                "row": self.labels.row,
                "frame_index": self.labels.frame,
                "class_id": self.labels.class_id,
                "outcome": _names(self.label_outcome, Outcome),
                "prediction_row": _rows(self.predictions, self.label_prediction),
                "iou": self.label_iou,
            }
        )


def tabulate(pairs: Pairs, matching: Matching, labels: Objects, predictions: Objects, confidence: float) -> MatchTable:
    """Outcomes at ``confidence`` and the IoU threshold of the matching.

    Two stages: matches within classes first; then, of what is left, free predictions take by falling confidence the
    free label of another class with the highest IoU at or above the threshold, in the same way.
    """
    kept = predictions.confidence >= confidence
    takes = kept & (matching.label >= 0)
    outcome = np.where(kept, np.int8(Outcome.FALSE_POSITIVE), np.int8(Outcome.LEFT_OUT))
    outcome[takes] = np.where(labels.is_out[matching.label[takes]], Outcome.IGNORED, Outcome.TRUE_POSITIVE)
    outcome[kept & predictions.is_ignored & ~takes] = Outcome.IGNORED
    label = np.where(takes, matching.label, -1)
    iou = np.where(takes, matching.iou, 0.0)
    found = np.zeros(len(labels), bool)
    found[matching.label[takes]] = True
    label_outcome = np.where(found, np.int8(Outcome.TRUE_POSITIVE), np.int8(Outcome.FALSE_NEGATIVE))
    label_outcome[labels.is_out] = Outcome.IGNORED

    is_wrong = outcome == Outcome.FALSE_POSITIVE
    confused = _confuse(pairs, is_wrong, label_outcome == Outcome.FALSE_NEGATIVE, labels, predictions, matching)
    is_confused = confused.label >= 0
    reason, about = reasons(pairs, is_wrong & ~is_confused, matching.iou_threshold)
    has_pair = about >= 0
    label[has_pair], iou[has_pair] = pairs.label[about[has_pair]], pairs.iou[about[has_pair]]
    reason[is_confused] = Reason.WRONG_CLASS
    label[is_confused], iou[is_confused] = confused.label[is_confused], confused.iou[is_confused]

    nearest = pairs.best_of_labels(kept[pairs.prediction], len(labels))
    has_near = nearest >= 0
    label_prediction = np.full(len(labels), -1, np.int64)
    label_iou = np.zeros(len(labels))
    label_prediction[has_near], label_iou[has_near] = pairs.prediction[nearest[has_near]], pairs.iou[nearest[has_near]]
    for taker, ious in ((matching.prediction, matching.iou), (confused.prediction, confused.iou)):
        is_taken = taker >= 0
        is_taken[is_taken] = kept[taker[is_taken]]
        label_prediction[is_taken], label_iou[is_taken] = taker[is_taken], ious[taker[is_taken]]
    return MatchTable(
        confidence=confidence,
        iou_threshold=matching.iou_threshold,
        labels=labels,
        predictions=predictions,
        outcome=outcome,
        reason=reason,
        label=label,
        iou=iou,
        is_confused=is_confused,
        label_outcome=label_outcome,
        label_prediction=label_prediction,
        label_iou=label_iou,
    )


def _confuse(
    pairs: Pairs,
    is_wrong: np.ndarray,
    is_missed: np.ndarray,
    labels: Objects,
    predictions: Objects,
    matching: Matching,
) -> Matching:
    may_be = ~pairs.is_same_class & (pairs.iou >= effective(matching.iou_threshold))
    may_be &= is_wrong[pairs.prediction] & is_missed[pairs.label]
    return assign(pairs, np.flatnonzero(may_be), labels, predictions, matching.iou_threshold)


def reasons(pairs: Pairs, is_wrong: np.ndarray, iou_threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Why predictions are wrong that stand for no label, and what that is about.

    Args:
        is_wrong: bool (predictions,).

    Returns:
        int8 (predictions,): the ``Reason`` of each that is wrong; int64 (predictions,): the pair that it is about.
        ``Reason.NONE`` and -1 for all others.
    """
    count = len(is_wrong)
    open_pair = is_wrong[pairs.prediction] & ~pairs.is_out
    is_match = pairs.iou >= effective(iou_threshold)
    same, other = open_pair & pairs.is_same_class, open_pair & ~pairs.is_same_class
    reason = np.where(is_wrong, np.int8(Reason.BACKGROUND), np.int8(Reason.NONE))
    about = np.full(count, -1, np.int64)
    # From the last rule to the first: what an earlier rule says replaces what a later one said.
    for chosen, name in (
        (other, Reason.BOTH),
        (other & is_match, Reason.WRONG_CLASS),
        (same, Reason.LOCALISATION),
        (same & is_match, Reason.DUPLICATE),
    ):
        best = pairs.best_of_predictions(chosen, count)
        reason[best >= 0] = name
        about = np.where(best >= 0, best, about)
    return reason, about


def _names(codes: np.ndarray, kind: type[IntEnum]) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(codes.astype(np.int64), pd.Index([entry.name.lower() for entry in kind]))


def _rows(objects: Objects, positions: np.ndarray) -> np.ndarray:
    return np.append(objects.row, -1)[positions]
