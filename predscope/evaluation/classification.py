"""Frames with one class each: accuracy, precision and recall, top-k.

Labels and predictions are joined by frame, never by their order: a frame without a prediction is a miss of its class,
and shifts nothing. Definitions are those of scikit-learn's ``metrics``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predscope.errors import InputError
from predscope.evaluation.binary_curve import BinaryCurve, binary_curve
from predscope.evaluation.frame_classes import FrameClasses, class_table
from predscope.schema import ObjectClass


@dataclass(frozen=True)
class Classification:
    """One class a frame, compared over the frames with a label.

    Attributes:
        classes: in the order of the arrays.
        frame: int64 (frames,): the frames with a label.
        label: int64 (frames,): class of the label.
        prediction: int64 (frames,): the most confident class; -1: none.
        confidence: float64 (frames,): of that class; NaN without one.
        scores: float64 (frames, classes): the model's score of each class, NaN where it gives none; None: it scores one
            class a frame only.
        unlabelled: frames with a prediction and no label; they are left out.
    """

    classes: tuple[ObjectClass, ...]
    frame: np.ndarray
    label: np.ndarray
    prediction: np.ndarray
    confidence: np.ndarray
    scores: np.ndarray | None
    unlabelled: int

    @property
    def accuracy(self) -> float:
        """Share of the labelled frames whose prediction is right; NaN without any."""
        return float((self.label == self.prediction).mean()) if len(self.label) else np.nan

    @property
    def confusion(self) -> np.ndarray:
        """int64 (classes, classes + 1): labels by row, predictions by column, the last for frames without one."""
        side = len(self.classes) + 1
        column = np.where(self.prediction < 0, side - 1, self.prediction)
        return np.bincount(self.label * side + column, minlength=(side - 1) * side).reshape(side - 1, side)

    def frames_of(self, label_class: int, predicted_class: int | None) -> np.ndarray:
        """The frames that a cell of the confusion counts; predicted_class None: those without a prediction."""
        wanted = -1 if predicted_class is None else predicted_class
        return self.frame[(self.label == label_class) & (self.prediction == wanted)]

    @property
    def macro(self) -> dict[str, float]:
        """Means of ``precision``, ``recall`` and ``f1`` over the classes that occur; undefined ones count as 0."""
        return self._means(None)

    @property
    def weighted(self) -> dict[str, float]:
        """The same, each class weighing as much as it has labels."""
        return self._means("support")

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that have labels; NaN without any."""
        recall = self.to_pandas()["recall"].to_numpy()
        return float(np.nanmean(recall)) if len(self.label) else np.nan

    @property
    def scored_classes(self) -> int:
        """How many classes every frame with a prediction has a score of, at least; 0 without scores."""
        if self.scores is None:
            return 0
        counts = np.isfinite(self.scores).sum(axis=1)
        return int(counts[counts > 0].min(initial=len(self.classes))) if counts.any() else 0

    def top_k_accuracy(self, k: int) -> float:
        """Share of the frames whose label is among the k classes with the highest scores.

        NaN where some frame has scores of less than k classes. Of equal scores, the lower class id comes first; a frame
        without any is a miss.
        """
        if k < 1:
            raise InputError(f"k must be 1 or more, got {k}.")
        if self.scores is None or not len(self.label) or k > self.scored_classes:
            return np.nan
        known = np.where(np.isnan(self.scores), -np.inf, self.scores)
        best = np.argsort(-known, axis=1, kind="stable")[:, :k]
        has_score = np.isfinite(self.scores[np.arange(len(self.label)), self.label])
        return float(((best == self.label[:, None]).any(axis=1) & has_score).mean())

    def curve(self, class_id: int) -> BinaryCurve | None:
        """ROC and precision-recall of a class against the rest, over the frames that have scores.

        None where one of them has no score of the class, or none has any.
        """
        if self.scores is None:
            return None
        is_scored = np.isfinite(self.scores).any(axis=1)
        scores = self.scores[is_scored, class_id]
        if not len(scores) or np.isnan(scores).any():
            return None
        return binary_curve(scores, self.label[is_scored] == class_id)

    def to_pandas(self) -> pd.DataFrame:
        """One row a class.

        Columns: ``class_id``, ``name``, ``support``, ``predicted``, ``tp``, ``precision``, ``recall``, ``f1``; NaN
        where a share is of nothing.
        """
        counts = self.confusion
        tp, support, predicted = np.diag(counts), counts.sum(axis=1), counts[:, :-1].sum(axis=0)
        return class_table(self.classes, tp, support, predicted)

    def _means(self, weight: str | None) -> dict[str, float]:
        table = self.to_pandas()
        table = table[(table["support"] > 0) | (table["predicted"] > 0)]
        if not len(table):
            return dict.fromkeys(("precision", "recall", "f1"), np.nan)
        weights = np.ones(len(table)) if weight is None else table[weight].to_numpy(float)
        return {
            name: float(np.average(table[name].fillna(0), weights=weights)) for name in ("precision", "recall", "f1")
        }


def evaluate_classification(
    labels: FrameClasses,
    predictions: FrameClasses,
    classes: tuple[ObjectClass, ...],
    *,
    confidence: float = 0.0,
) -> Classification:
    """Compare frames that have one class each; of several predictions the most confident counts.

    Args:
        confidence: a frame whose most confident prediction is below it has none; the scores of its classes stay.

    Raises:
        InputError: a frame has labels of several classes; see ``multilabel``.
    """
    frame, first = np.unique(labels.frame, return_index=True)
    label = labels.class_id[first]
    if (labels.class_id != label[np.searchsorted(frame, labels.frame)]).any():
        raise InputError(
            "some frames have labels of several classes.", fix="Evaluate them as multi-label classification."
        )
    order = np.lexsort((np.arange(len(predictions.frame)), -predictions.confidence, predictions.frame))
    predicted, best = np.unique(predictions.frame[order], return_index=True)
    chosen = order[best]
    place = np.searchsorted(predicted, frame)
    has_prediction = np.zeros(len(frame), bool)
    inside = place < len(predicted)
    has_prediction[inside] = predicted[place[inside]] == frame[inside]
    rows = chosen[place[has_prediction]]
    prediction, chosen_confidence = np.full(len(frame), -1, np.int64), np.full(len(frame), np.nan)
    prediction[has_prediction], chosen_confidence[has_prediction] = (
        predictions.class_id[rows],
        predictions.confidence[rows],
    )
    is_below = ~(chosen_confidence >= confidence)
    prediction[is_below], chosen_confidence[is_below] = -1, np.nan
    scores = _scores_of_frames(predictions, frame, len(classes))
    if predictions.scores is not None:
        scores = np.full((len(frame), len(classes)), np.nan)
        scores[has_prediction] = predictions.scores[rows]
    unlabelled = len(np.setdiff1d(predicted, frame))
    return Classification(classes, frame, label, prediction, chosen_confidence, scores, unlabelled)


def _scores_of_frames(predictions: FrameClasses, frame: np.ndarray, class_count: int) -> np.ndarray | None:
    """The highest confidence of each class in each of the frames, where a model gives one prediction a class."""
    place = np.searchsorted(frame, predictions.frame)
    is_known = np.zeros(len(place), bool)
    is_known[place < len(frame)] = frame[place[place < len(frame)]] == predictions.frame[place < len(frame)]
    cell = place[is_known] * class_count + predictions.class_id[is_known]
    if len(np.unique(cell)) == len(np.unique(place[is_known])):
        return None
    scores = np.full(len(frame) * class_count, -np.inf)
    np.maximum.at(scores, cell, predictions.confidence[is_known])
    scores[np.isneginf(scores)] = np.nan
    return scores.reshape(len(frame), class_count)
