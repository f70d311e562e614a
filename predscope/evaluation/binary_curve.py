"""A class against the rest: ROC and precision-recall over all thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


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
