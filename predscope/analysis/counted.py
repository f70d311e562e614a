"""The objects that count at an operating point, and the value of a metric for each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from predscope.evaluation.match_table import MatchTable, Outcome
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import MeasuredOn
from predscope.schema import Role


@dataclass(frozen=True, eq=False)
class CountedObjects:
    """One side of a match table without what is ignored or below the confidence.

    Attributes:
        role: labels, of which a share is found (recall), or predictions, of which a share is right (precision).
        position: int64 (n,): in the labels or predictions of the table, ascending; so frames ascend too.
        frame: int64 (n,).
        row: int64 (n,): of the object set.
        class_id: int64 (n,).
        is_right: bool (n,): found, or a true positive.
        iou: float64 (n,): of a label with the prediction that found it or else overlaps it most; of a prediction with
            the label that it took or that the reason of its being wrong is about; 0 without any.
    """

    role: Role
    position: np.ndarray
    frame: np.ndarray
    row: np.ndarray
    class_id: np.ndarray
    is_right: np.ndarray
    iou: np.ndarray

    def __len__(self) -> int:
        return len(self.position)

    def take(self, chosen: np.ndarray) -> CountedObjects:
        """Some of them: positions, ascending, or a bool mask."""
        names = ("position", "frame", "row", "class_id", "is_right", "iou")
        return CountedObjects(self.role, *(getattr(self, name)[chosen] for name in names))

    def measured(self, column: MetricColumn) -> MetricColumn:
        """The column's value for each of the objects: a metric of frames reaches them through their frame."""
        return column.take(self.frame if column.metric.measured_on is MeasuredOn.FRAME else self.row)


def counted_objects(table: MatchTable, role: Role, class_id: int | None = None) -> CountedObjects:
    """True and false positives, or found and missed labels; of one class or of all."""
    if role == "predictions":
        objects, outcome, iou = table.predictions, table.outcome, table.iou
        wrong = Outcome.FALSE_POSITIVE
    else:
        objects, outcome, iou = table.labels, table.label_outcome, table.label_iou
        wrong = Outcome.FALSE_NEGATIVE
    counts = (outcome == Outcome.TRUE_POSITIVE) | (outcome == wrong)
    if class_id is not None:
        counts &= objects.class_id == class_id
    position = np.flatnonzero(counts)
    return CountedObjects(
        role=role,
        position=position,
        frame=objects.frame[position],
        row=objects.row[position],
        class_id=objects.class_id[position],
        is_right=outcome[position] == Outcome.TRUE_POSITIVE,
        iou=iou[position],
    )


def covers(column: MetricColumn, role: Role) -> bool:
    """Whether objects of a side have a value in a column of this metric: through their frame, or of their own."""
    return column.metric.measured_on is MeasuredOn.FRAME or column.metric.measured_on.covers(role)
