"""The confusion matrix of a detector, in two stages, so that it agrees with precision and recall.

Stage one is the matching within classes: its matches are the diagonal. Stage two pairs what is left, one to one, across
classes. What then remains is background: labels that nothing found, predictions of nothing.

So the row of a class sums up to its labels, its column to its predictions, and its diagonal to its true positives.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
import pandas as pd

from predscope.evaluation.match_table import MatchTable, Outcome, Reason
from predscope.schema import ObjectClass

BACKGROUND: Final = "background"
Normalisation = Literal["counts", "recall", "precision"]


@dataclass(frozen=True)
class Confusion:
    """Counts of label class against predicted class; the last row and column are the background.

    Attributes:
        table: the outcomes that are counted.
        classes: in the order of rows and columns.
        counts: int64 (classes + 1, classes + 1): rows are label classes, columns predicted classes.
        background_reasons: int64 (classes, reasons): the background row by ``Reason``.
    """

    table: MatchTable
    classes: tuple[ObjectClass, ...]
    counts: np.ndarray
    background_reasons: np.ndarray

    def normalised(self, by: Normalisation) -> np.ndarray:
        """The counts, or their share of the row (recall) or of the column (precision); NaN for an empty one."""
        if by == "counts":
            return self.counts
        total = self.counts.sum(axis=1 if by == "recall" else 0, keepdims=True)
        with np.errstate(invalid="ignore"):
            return self.counts / total

    def cell(self, label_class: int, predicted_class: int) -> tuple[np.ndarray, np.ndarray]:
        """The objects that a cell counts, pair by pair: rows of the prediction set and of the label set.

        Args:
            label_class, predicted_class: class ids; the number of classes stands for the background, for which the
                prediction rows (or label rows) are empty.
        """
        predictions, labels = self._cells
        count = len(self.classes)
        positions = predictions.get((label_class, predicted_class), np.zeros(0, np.int64))
        missed = labels.get((label_class, predicted_class), np.zeros(0, np.int64))
        if label_class < count and predicted_class < count:
            missed = self.table.label[positions]
        return self.table.predictions.row[positions], self.table.labels.row[missed]

    def background_of(self, predicted_class: int, reason: Reason) -> np.ndarray:
        """Rows of the predictions of a class that are background for one reason."""
        positions, _ = self._cells
        chosen = positions.get((len(self.classes), predicted_class), np.zeros(0, np.int64))
        return self.table.predictions.row[chosen[self.table.reason[chosen] == reason]]

    def largest(self, count: int = 20) -> pd.DataFrame:
        """The most frequent confusions of two classes.

        Columns: ``label_class``, ``predicted_class`` (ids), ``label_name``, ``predicted_name``, ``count``,
        ``share_of_labels``, ``share_of_predictions``.
        """
        inner = self.counts[:-1, :-1].copy()
        np.fill_diagonal(inner, 0)
        order = np.argsort(-inner, axis=None, kind="stable")[:count]
        order = order[inner.reshape(-1)[order] > 0]
        row, column = np.unravel_index(order, inner.shape)
        names = np.array([entry.name for entry in self.classes], dtype=object)
        return pd.DataFrame(
            {
                "label_class": row,
                "predicted_class": column,
                "label_name": names[row],
                "predicted_name": names[column],
                "count": inner[row, column],
                "share_of_labels": self.normalised("recall")[row, column],
                "share_of_predictions": self.normalised("precision")[row, column],
            }
        )

    def to_pandas(self, by: Normalisation = "counts") -> pd.DataFrame:
        """The matrix with class names as index ("label") and columns ("prediction")."""
        names = [*(entry.name for entry in self.classes), BACKGROUND]
        return pd.DataFrame(
            self.normalised(by), index=pd.Index(names, name="label"), columns=pd.Index(names, name="prediction")
        )

    @cached_property
    def _cells(self) -> tuple[dict[tuple[int, int], np.ndarray], dict[tuple[int, int], np.ndarray]]:
        """Positions of the predictions by cell, and of the labels in cells without prediction."""
        side = len(self.classes) + 1
        predictions, cells = _predictions_in_cells(self.table, side)
        missed, missed_cells = _missed_in_cells(self.table, side)
        return _grouped(predictions, cells, side), _grouped(missed, missed_cells, side)


def confuse(table: MatchTable, classes: tuple[ObjectClass, ...]) -> Confusion:
    """Count the outcomes of an operating point by class."""
    side = len(classes) + 1
    predictions, cells = _predictions_in_cells(table, side)
    _, missed_cells = _missed_in_cells(table, side)
    counts = np.bincount(np.concatenate([cells, missed_cells]), minlength=side * side).reshape(side, side)
    in_background = predictions[cells // side == len(classes)]
    places = table.predictions.class_id[in_background] * len(Reason) + table.reason[in_background]
    reasons = np.bincount(places, minlength=len(classes) * len(Reason)).reshape(len(classes), len(Reason))
    return Confusion(table, classes, counts, reasons)


def _predictions_in_cells(table: MatchTable, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the predictions that count, and the cell of each: row * side + column."""
    counted = np.flatnonzero((table.outcome == Outcome.TRUE_POSITIVE) | (table.outcome == Outcome.FALSE_POSITIVE))
    row = np.full(len(counted), side - 1)
    has_label = (table.outcome[counted] == Outcome.TRUE_POSITIVE) | table.is_confused[counted]
    row[has_label] = table.labels.class_id[table.label[counted[has_label]]]
    return counted, row * side + table.predictions.class_id[counted]


def _missed_in_cells(table: MatchTable, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the labels that nothing was confused with, and their cells in the column of the background."""
    is_missed = table.label_outcome == Outcome.FALSE_NEGATIVE
    is_missed[table.label[table.is_confused]] = False
    missed = np.flatnonzero(is_missed)
    return missed, table.labels.class_id[missed] * side + side - 1


def _grouped(positions: np.ndarray, cells: np.ndarray, side: int) -> dict[tuple[int, int], np.ndarray]:
    order = np.argsort(cells, kind="stable")
    present, starts = np.unique(cells[order], return_index=True)
    groups = np.split(positions[order], starts[1:])
    return {divmod(int(cell), side): group for cell, group in zip(present, groups, strict=False)}
