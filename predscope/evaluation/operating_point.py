"""Precision, recall and F1 at a confidence, and over all confidences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from predscope.evaluation.match_table import MatchTable, Outcome
from predscope.evaluation.matching import Matching
from predscope.evaluation.objects import Objects
from predscope.schema import ObjectClass

DEFAULT_CONFIDENCE: Final = 0.1
DEFAULT_IOU: Final = 0.5


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives."""

    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> float:
        """Share of the predictions that are right; NaN without predictions."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else np.nan

    @property
    def recall(self) -> float:
        """Share of the labels that are found; NaN without labels."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else np.nan

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); NaN without labels and predictions."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else np.nan


@dataclass(frozen=True)
class OperatingPoint:
    """Counts at one confidence and one IoU threshold.

    Attributes:
        confidence, iou_threshold: the point.
        classes: in the order of the arrays.
        tp, fp, fn: int64 (classes,).
        ignored: int64 (classes,): kept predictions that match a crowd or an ignored label.
    """

    confidence: float
    iou_threshold: float
    classes: tuple[ObjectClass, ...]
    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    ignored: np.ndarray

    @property
    def micro(self) -> Counts:
        """All classes pooled."""
        return Counts(int(self.tp.sum()), int(self.fp.sum()), int(self.fn.sum()))

    @property
    def macro(self) -> dict[str, float]:
        """Means of ``precision``, ``recall`` and ``f1`` over the classes with labels.

        A class without predictions has no precision, and is left out of its mean; its F1 is 0.
        """
        table = self.to_pandas()
        labelled = table[table["support"] > 0]
        return {name: float(labelled[name].mean()) for name in ("precision", "recall", "f1")}

    def to_pandas(self) -> pd.DataFrame:
        """One row a class; NaN where a share is of nothing.

        Columns: ``class_id``, ``name``, ``support`` (labels), ``tp``, ``fp``, ``fn``, ``ignored``, ``precision``,
        ``recall``, ``f1``.
        """
        with np.errstate(invalid="ignore"):
            return pd.DataFrame(
                {
                    "class_id": [entry.class_id for entry in self.classes],
                    "name": [entry.name for entry in self.classes],
                    "support": self.tp + self.fn,
                    "tp": self.tp,
                    "fp": self.fp,
                    "fn": self.fn,
                    "ignored": self.ignored,
                    "precision": self.tp / (self.tp + self.fp),
                    "recall": self.tp / (self.tp + self.fn),
                    "f1": 2 * self.tp / (2 * self.tp + self.fp + self.fn),
                }
            )


def count_outcomes(table: MatchTable, classes: tuple[ObjectClass, ...]) -> OperatingPoint:
    """The operating point of a match table."""

    def by_class(objects: Objects, chosen: np.ndarray) -> np.ndarray:
        return np.bincount(objects.class_id[chosen], minlength=len(classes))

    return OperatingPoint(
        confidence=table.confidence,
        iou_threshold=table.iou_threshold,
        classes=classes,
        tp=by_class(table.predictions, table.outcome == Outcome.TRUE_POSITIVE),
        fp=by_class(table.predictions, table.outcome == Outcome.FALSE_POSITIVE),
        fn=by_class(table.labels, table.label_outcome == Outcome.FALSE_NEGATIVE),
        ignored=by_class(table.predictions, table.outcome == Outcome.IGNORED),
    )


@dataclass(frozen=True)
class ConfidenceCurve:
    """Counts at every confidence threshold that makes a difference: the distinct confidences, falling.

    Attributes:
        class_id: of the class; None: all classes pooled.
        iou_threshold: of the matches.
        label_count: labels that count.
        confidence: float64 (n,), falling.
        tp, fp: int64 (n,): of the predictions at or above each confidence.
    """

    class_id: int | None
    iou_threshold: float
    label_count: int
    confidence: np.ndarray
    tp: np.ndarray
    fp: np.ndarray

    @property
    def fn(self) -> np.ndarray:
        return self.label_count - self.tp

    @property
    def precision(self) -> np.ndarray:
        return self.tp / (self.tp + self.fp)

    @property
    def recall(self) -> np.ndarray:
        """NaN without labels."""
        with np.errstate(invalid="ignore"):
            return self.tp / np.float64(self.label_count)

    @property
    def f1(self) -> np.ndarray:
        return 2 * self.tp / (self.tp + self.fp + self.label_count)

    def at(self, confidence: float) -> Counts:
        """Counts of the predictions at or above a confidence."""
        kept = int(np.searchsorted(-self.confidence, -confidence, side="right"))
        tp, fp = (int(self.tp[kept - 1]), int(self.fp[kept - 1])) if kept else (0, 0)
        return Counts(tp, fp, self.label_count - tp)

    def to_pandas(self, points: int | None = None) -> pd.DataFrame:
        """One row a confidence: ``confidence``, ``tp``, ``fp``, ``fn``, ``precision``, ``recall``, ``f1``.

        Args:
            points: for a chart, at most about so many rows, evenly spread over the predictions; the ends and the
                best F1 are always there. None: all.
        """
        chosen = np.arange(len(self.confidence))
        if points is not None and len(chosen) > points:
            kept = self.tp + self.fp
            even = np.searchsorted(kept, np.linspace(kept[0], kept[-1], points))
            chosen = np.unique(np.concatenate([even, [0, len(kept) - 1, int(np.argmax(self.f1))]]))
        columns = ("confidence", "tp", "fp", "fn", "precision", "recall", "f1")
        return pd.DataFrame({name: getattr(self, name)[chosen] for name in columns})


def confidence_curve(
    matching: Matching, labels: Objects, predictions: Objects, class_id: int | None = None
) -> ConfidenceCurve:
    """Counts over all confidences from one matching, of one class or of all."""
    is_right = matching.label >= 0
    is_right[is_right] = ~labels.is_out[matching.label[is_right]]
    counted = is_right | ((matching.label < 0) & ~predictions.is_ignored)
    label_counts = ~labels.is_out
    if class_id is not None:
        counted &= predictions.class_id == class_id
        label_counts = label_counts & (labels.class_id == class_id)
    positions = np.flatnonzero(counted)
    positions = positions[np.argsort(predictions.rank[positions])]
    confidence = predictions.confidence[positions]
    is_last = np.ones(len(confidence), bool)
    is_last[:-1] = confidence[1:] != confidence[:-1]
    tp = np.cumsum(is_right[positions])[is_last]
    seen = np.arange(1, len(positions) + 1)[is_last]
    return ConfidenceCurve(
        class_id, matching.iou_threshold, int(label_counts.sum()), confidence[is_last], tp, seen - tp
    )
