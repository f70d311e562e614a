"""Frames with any number of classes: each class a question of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predscope.evaluation.frame_classes import FrameClasses, class_table
from predscope.schema import ObjectClass


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
        return class_table(self.classes, tp, self.is_labelled.sum(axis=0), self.is_predicted.sum(axis=0))


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
