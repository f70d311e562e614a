"""A map of two metrics: precision and recall in each cell of their bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predscope.analysis.binning import Bins
from predscope.analysis.counted import counted_objects
from predscope.evaluation.intervals import wilson
from predscope.evaluation.match_table import MatchTable
from predscope.metrics.column import MetricColumn
from predscope.schema import Role


@dataclass(frozen=True, eq=False)
class MapCounts:
    """One side (labels or predictions) counted by cell.

    Attributes:
        total: int64 (first bins, second bins).
        right: int64, the same shape: found labels, or true positives.
        missing: without a value of one of the metrics: they are in no cell.
    """

    total: np.ndarray
    right: np.ndarray
    missing: int

    @property
    def rate(self) -> np.ndarray:
        """float64 (first bins, second bins): recall, or precision; NaN where there is nothing."""
        return np.divide(self.right, self.total, out=np.full(self.total.shape, np.nan), where=self.total > 0)

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """95 % of the rate (Wilson)."""
        return wilson(self.right, self.total)


@dataclass(frozen=True, eq=False)
class MetricMap:
    """Performance by cell of two metrics; a side that does not have both is None."""

    first: Bins
    second: Bins
    labels: MapCounts | None
    predictions: MapCounts | None

    def to_pandas(self) -> pd.DataFrame:
        """One row a cell: ``first``, ``second`` (bins), ``labels``, ``found``, ``recall``, ``predictions``, ``tp``,
        ``precision``; NaN where a side is not there or a share is of nothing."""
        shape = (len(self.first), len(self.second))
        first, second = np.indices(shape).reshape(2, -1)
        columns: dict[str, np.ndarray] = {"first": first, "second": second}
        for side, names in (
            (self.labels, ("labels", "found", "recall")),
            (self.predictions, ("predictions", "tp", "precision")),
        ):
            numbers = [np.full(shape, np.nan)] * 3 if side is None else [side.total, side.right, side.rate]
            columns |= {name: values.ravel() for name, values in zip(names, numbers, strict=True)}
        return pd.DataFrame(columns)


def performance_by_two_metrics(
    table: MatchTable,
    first: tuple[MetricColumn | None, MetricColumn | None],
    second: tuple[MetricColumn | None, MetricColumn | None],
    first_bins: Bins,
    second_bins: Bins,
    class_id: int | None = None,
) -> MetricMap:
    """Counts by cell at the operating point of the table.

    Args:
        first, second: each metric's column of the labels and that of the predictions (None: that side has none); a
            column of frames reaches objects through their frame.
        class_id: only objects of this class; None: all.
    """

    def side(role: Role, one: MetricColumn | None, other: MetricColumn | None) -> MapCounts | None:
        if one is None or other is None:
            return None
        objects = counted_objects(table, role, class_id)
        rows = first_bins.codes_of(objects.measured(one))
        columns = second_bins.codes_of(objects.measured(other))
        is_known = (rows >= 0) & (columns >= 0)
        shape = (len(first_bins), len(second_bins))
        cell = rows * shape[1] + columns
        total = np.bincount(cell[is_known], minlength=shape[0] * shape[1])
        right = np.bincount(cell[is_known & objects.is_right], minlength=shape[0] * shape[1])
        return MapCounts(total.reshape(shape), right.reshape(shape), int((~is_known).sum()))

    return MetricMap(
        first_bins,
        second_bins,
        side("labels", first[0], second[0]),
        side("predictions", first[1], second[1]),
    )
