"""Classifications of whole frames: what is read of labels and predictions, and shares of their counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

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


def has_one_class(labels: FrameClasses) -> bool:
    """Whether no frame has labels of several classes."""
    pairs = np.unique(np.stack([labels.frame, labels.class_id]), axis=1)
    return len(np.unique(pairs[0])) == pairs.shape[1]


def class_table(
    classes: tuple[ObjectClass, ...], tp: np.ndarray, support: np.ndarray, predicted: np.ndarray
) -> pd.DataFrame:
    """Shares of counts; one row a class.

    Args:
        tp, support, predicted: int64 (classes,): frames with both label and prediction of the class, with such a
            label, with such a prediction.

    Returns:
        Columns ``class_id``, ``name``, ``support``, ``predicted``, ``tp``, ``precision``, ``recall``, ``f1``; NaN where
        a share is of nothing.
    """
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
