"""Frames with classes: accuracy, precision and recall, top-k, ROC and precision-recall.

Labels and predictions are joined by frame, never by their order: a frame without a prediction is a miss of its class,
and shifts nothing. Definitions are those of scikit-learn's ``metrics``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from predscope.errors import InputError
from predscope.schema import Geometry, ObjectClass


@dataclass(frozen=True)
class FrameClasses:
    """Classifications of whole frames.

    Attributes:
        frame, class_id: int64 (n,).
        confidence: float64 (n,); zeros for labels.
        scores: float64 (n, classes): a probability a class, NaN rows where there is none; None: nobody has any.
        row: int64 (n,): rows of the set.
    """

    frame: np.ndarray
    class_id: np.ndarray
    confidence: np.ndarray
    scores: np.ndarray | None
    row: np.ndarray

    @classmethod
    def from_table(cls, table: pa.Table, class_count: int) -> FrameClasses:
        """The classifications among objects with columns of ``OBJECT_SCHEMA``."""
        geometry = table["geometry"].to_numpy(zero_copy_only=False)
        row = np.flatnonzero(geometry == Geometry.CLASSIFICATION)
        table = table.take(pa.array(row))
        return cls(
            frame=table["frame_index"].to_numpy().astype(np.int64),
            class_id=table["class_id"].to_numpy().astype(np.int64),
            confidence=np.nan_to_num(table["confidence"].to_numpy().astype(np.float64)),
            scores=_scores(table, class_count),
            row=row,
        )


@dataclass(frozen=True)
class BinaryCurve:
    """A class against the rest, over all thresholds, from the highest.

    Attributes:
        threshold: float64 (n,), falling: scores at or above it count as the class.
        tp, fp: int64 (n,).
        positives, negatives: frames that are, and are not, of the class.
    """

    threshold: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    positives: int
    negatives: int

    @property
    def roc_auc(self) -> float:
        """Area under the ROC curve; NaN where there are only positives or only negatives."""
        if not self.positives or not self.negatives:
            return np.nan
        rates = (
            np.concatenate([[0], counts]) / of for counts, of in ((self.fp, self.negatives), (self.tp, self.positives))
        )
        x, y = rates
        return float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum())

    @property
    def average_precision(self) -> float:
        """Sum of precision times the gain in recall; NaN without positives."""
        if not self.positives:
            return np.nan
        gain = np.diff(np.concatenate([[0], self.tp])) / self.positives
        return float((gain * self.tp / (self.tp + self.fp)).sum())

    def to_pandas(self) -> pd.DataFrame:
        """One row a threshold: ``threshold``, ``false_positive_rate``, ``recall``, ``precision``."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return pd.DataFrame(
                {
                    "threshold": self.threshold,
                    "false_positive_rate": self.fp / np.float64(self.negatives),
                    "recall": self.tp / np.float64(self.positives),
                    "precision": self.tp / (self.tp + self.fp),
                }
            )


@dataclass(frozen=True)
class Classification:
    """One class a frame, compared over the frames with a label.

    Attributes:
        classes: in the order of the arrays.
        frame: int64 (frames,): the frames with a label.
        label: int64 (frames,): class of the label.
        prediction: int64 (frames,): the most confident class; -1: none.
        confidence: float64 (frames,): of that class; NaN without one.
        scores: float64 (frames, classes): where every compared frame has them; None: not.
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

    def top_k_accuracy(self, k: int) -> float:
        """Share of the frames whose label is among the k most probable classes; NaN without probabilities.

        Of equal probabilities, the lower class id comes first.
        """
        if k < 1:
            raise InputError(f"k must be 1 or more, got {k}.")
        if self.scores is None or not len(self.label):
            return np.nan
        best = np.argsort(-self.scores, axis=1, kind="stable")[:, :k]
        return float((best == self.label[:, None]).any(axis=1).mean())

    def curve(self, class_id: int) -> BinaryCurve | None:
        """ROC and precision-recall of a class against the rest; None without probabilities."""
        if self.scores is None:
            return None
        return binary_curve(self.scores[:, class_id], self.label == class_id)

    def to_pandas(self) -> pd.DataFrame:
        """One row a class.

        Columns: ``class_id``, ``name``, ``support``, ``predicted``, ``tp``, ``precision``, ``recall``, ``f1``; NaN
        where a share is of nothing.
        """
        counts = self.confusion
        tp, support, predicted = np.diag(counts), counts.sum(axis=1), counts[:, :-1].sum(axis=0)
        return _class_table(self.classes, tp, support, predicted)

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
    labels: FrameClasses, predictions: FrameClasses, classes: tuple[ObjectClass, ...]
) -> Classification:
    """Compare frames that have one class each; of several predictions the most confident counts.

    Raises:
        InputError: a frame has labels of several classes; see ``evaluate_multilabel``.
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
    prediction, confidence = np.full(len(frame), -1, np.int64), np.full(len(frame), np.nan)
    prediction[has_prediction], confidence[has_prediction] = predictions.class_id[rows], predictions.confidence[rows]
    scores = None
    if predictions.scores is not None and has_prediction.all() and np.isfinite(predictions.scores[rows]).all():
        scores = predictions.scores[rows]
    unlabelled = len(np.setdiff1d(predicted, frame))
    return Classification(classes, frame, label, prediction, confidence, scores, unlabelled)


@dataclass(frozen=True)
class MultilabelClassification:
    """Any number of classes a frame: each class a question of its own, over the same frames.

    Attributes:
        classes: in the order of the arrays.
        frames: int64 (frames,): that were compared.
        is_labelled, is_predicted: bool (frames, classes).
    """

    classes: tuple[ObjectClass, ...]
    frames: np.ndarray
    is_labelled: np.ndarray
    is_predicted: np.ndarray

    @property
    def exact_match(self) -> float:
        """Share of the frames with exactly the right classes; NaN without frames."""
        return float((self.is_labelled == self.is_predicted).all(axis=1).mean()) if len(self.frames) else np.nan

    def to_pandas(self) -> pd.DataFrame:
        """One row a class.

        Columns: ``class_id``, ``name``, ``support``, ``predicted``, ``tp``, ``precision``, ``recall``, ``f1``; NaN
        where a share is of nothing.
        """
        tp = (self.is_labelled & self.is_predicted).sum(axis=0)
        return _class_table(self.classes, tp, self.is_labelled.sum(axis=0), self.is_predicted.sum(axis=0))


def evaluate_multilabel(
    labels: FrameClasses,
    predictions: FrameClasses,
    classes: tuple[ObjectClass, ...],
    *,
    confidence: float = 0.5,
    frames: np.ndarray | None = None,
) -> MultilabelClassification:
    """Compare frames that have any number of classes.

    Args:
        confidence: predictions at or above it count.
        frames: to compare; None: those with a label.
    """
    chosen = np.unique(labels.frame) if frames is None else np.unique(frames)

    def marked(entries: FrameClasses, kept: np.ndarray) -> np.ndarray:
        result = np.zeros((len(chosen), len(classes)), bool)
        kept = kept & np.isin(entries.frame, chosen)
        result[np.searchsorted(chosen, entries.frame[kept]), entries.class_id[kept]] = True
        return result

    kept = predictions.confidence >= confidence
    return MultilabelClassification(
        classes, chosen, marked(labels, np.ones(len(labels.frame), bool)), marked(predictions, kept)
    )


def binary_curve(scores: np.ndarray, is_positive: np.ndarray) -> BinaryCurve:
    """Counts at every distinct score, from the highest."""
    order = np.argsort(-scores, kind="stable")
    score, positive = scores[order], is_positive[order]
    is_last = np.ones(len(score), bool)
    is_last[:-1] = score[1:] != score[:-1]
    tp = np.cumsum(positive)[is_last]
    seen = np.arange(1, len(score) + 1)[is_last]
    positives = int(is_positive.sum())
    return BinaryCurve(score[is_last], tp, seen - tp, positives, len(scores) - positives)


def _class_table(
    classes: tuple[ObjectClass, ...], tp: np.ndarray, support: np.ndarray, predicted: np.ndarray
) -> pd.DataFrame:
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(
            {
                "class_id": [entry.class_id for entry in classes],
                "name": [entry.name for entry in classes],
                "support": support,
                "predicted": predicted,
                "tp": tp,
                "precision": tp / predicted,
                "recall": tp / support,
                "f1": 2 * tp / (support + predicted),
            }
        )


def _scores(table: pa.Table, class_count: int) -> np.ndarray | None:
    if "class_scores" not in table.column_names or table["class_scores"].null_count == len(table):
        return None
    scores = np.full((len(table), class_count), np.nan)
    for row, values in enumerate(table["class_scores"].to_pylist()):
        if values is not None and len(values) == class_count:
            scores[row] = values
    return scores
