"""Performance against a metric: precision and recall in each of its bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predscope.analysis.binning import Bins
from predscope.analysis.counted import CountedObjects, counted_objects
from predscope.evaluation.intervals import wilson
from predscope.evaluation.match_table import MatchTable
from predscope.metrics.column import MetricColumn
from predscope.schema import Role


@dataclass(frozen=True, eq=False)
class BinCounts:
    """One side (labels or predictions) counted by bin.

    Attributes:
        total: int64 (bins,): labels, or predictions at or above the confidence; ignored ones are not counted.
        right: int64 (bins,): of them found, or true positives.
        iou_sum: float64 (bins,): of the right ones with their match.
        missing_total, missing_right: of those without a value of the metric, which are in no bin.
    """

    total: np.ndarray
    right: np.ndarray
    iou_sum: np.ndarray
    missing_total: int
    missing_right: int

    @property
    def wrong(self) -> np.ndarray:
        """int64 (bins,): false negatives, or false positives."""
        return self.total - self.right

    @property
    def rate(self) -> np.ndarray:
        """float64 (bins,): recall, or precision; NaN where there is nothing."""
        return _share(self.right, self.total)

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """float64 (bins,) each: 95 % of the rate (Wilson)."""
        return wilson(self.right, self.total)

    @property
    def mean_iou(self) -> np.ndarray:
        """float64 (bins,): of the right ones."""
        return _share(self.iou_sum, self.right)


@dataclass(frozen=True, eq=False)
class MetricPerformance:
    """Performance by bin of one metric.

    Attributes:
        bins: of the metric.
        class_id: whose objects are counted; None: all.
        labels: recall's side; None where labels have no such metric.
        predictions: precision's side; None where predictions have none.
    """

    bins: Bins
    class_id: int | None
    labels: BinCounts | None
    predictions: BinCounts | None

    @property
    def f1(self) -> np.ndarray | None:
        """float64 (bins,): harmonic mean of the bin's precision and recall; None where one side is not there."""
        if self.labels is None or self.predictions is None:
            return None
        precision, recall = self.predictions.rate, self.labels.rate
        return _share(2 * precision * recall, precision + recall)

    def to_pandas(self) -> pd.DataFrame:
        """One row a bin; NaN (None for counts) where a side does not have the metric or a share is of nothing.

        Columns: ``bin``, ``text``, ``low``, ``high`` (of the metric); ``predictions``, ``tp``, ``fp``, ``precision``,
        ``precision_low``, ``precision_high``; ``labels``, ``found``, ``fn``, ``recall``, ``recall_low``,
        ``recall_high``, ``fn_rate``, ``fn_rate_low``, ``fn_rate_high``; ``mean_iou`` (of the true positives, or of the
        found labels where only labels have the metric); ``f1``.
        """
        count, metric = len(self.bins), self.bins.metric
        columns: dict[str, object] = {
            "bin": np.arange(count),
            "text": [one.text(metric) for one in self.bins.ranges],
            "low": [np.nan if one.low is None else one.low for one in self.bins.ranges],
            "high": [np.nan if one.high is None else one.high for one in self.bins.ranges],
        }
        nothing = np.full(count, np.nan)
        for side, names in (
            (self.predictions, ("predictions", "tp", "fp", "precision")),
            (self.labels, ("labels", "found", "fn", "recall")),
        ):
            numbers = [nothing] * 4 if side is None else [side.total, side.right, side.wrong, side.rate]
            columns |= dict(zip(names, numbers, strict=True))
            columns[f"{names[3]}_low"], columns[f"{names[3]}_high"] = (nothing,) * 2 if side is None else side.interval
        if self.labels is None:
            columns |= dict.fromkeys(("fn_rate", "fn_rate_low", "fn_rate_high"), nothing)
        else:
            low, high = self.labels.interval
            columns |= {"fn_rate": 1 - self.labels.rate, "fn_rate_low": 1 - high, "fn_rate_high": 1 - low}
        by = self.predictions or self.labels
        columns["mean_iou"] = nothing if by is None else by.mean_iou
        columns["f1"] = nothing if self.f1 is None else self.f1
        return pd.DataFrame(columns)


def performance_by_metric(
    table: MatchTable,
    label_column: MetricColumn | None,
    prediction_column: MetricColumn | None,
    bins: Bins,
    class_id: int | None = None,
) -> MetricPerformance:
    """Counts and shares by bin at the operating point of the table.

    Over all bins and what is missing, the counts add up to those of the operating point.

    Args:
        label_column: of the labels' own, or of frames, which reaches labels through their frame; None: labels have no
            such metric.
        prediction_column: the same for predictions.
        bins: ``bins_for`` makes some.
        class_id: only labels, and only predictions, of this class; None: all.
    """

    def side(role: Role, column: MetricColumn | None) -> BinCounts | None:
        if column is None:
            return None
        objects = counted_objects(table, role, class_id)
        return _by_bin(objects, bins.codes_of(objects.measured(column)), len(bins))

    labels, predictions = (side(role, column) for role, column in _sides(label_column, prediction_column))
    return MetricPerformance(bins, class_id, labels, predictions)


def performance_by_class(
    table: MatchTable, label_column: MetricColumn | None, prediction_column: MetricColumn | None, bins: Bins
) -> dict[int, MetricPerformance]:
    """``performance_by_metric`` of each class that has labels or predictions that count, by class id."""
    labels, predictions = (
        {} if column is None else _by_class_and_bin(counted_objects(table, role), column, bins)
        for role, column in _sides(label_column, prediction_column)
    )
    empty = BinCounts(*(np.zeros(len(bins), np.int64),) * 2, np.zeros(len(bins)), 0, 0)
    return {
        class_id: MetricPerformance(
            bins,
            class_id,
            None if label_column is None else labels.get(class_id, empty),
            None if prediction_column is None else predictions.get(class_id, empty),
        )
        for class_id in sorted({*labels, *predictions})
    }


def _sides(
    label_column: MetricColumn | None, prediction_column: MetricColumn | None
) -> tuple[tuple[Role, MetricColumn | None], ...]:
    return ("labels", label_column), ("predictions", prediction_column)


def _by_class_and_bin(objects: CountedObjects, column: MetricColumn, bins: Bins) -> dict[int, BinCounts]:
    """Counts by bin of each class that has any of the objects."""
    width = len(bins) + 1
    classes = int(objects.class_id.max(initial=-1)) + 1
    places = objects.class_id * width + bins.codes_of(objects.measured(column)) + 1
    right = objects.is_right
    totals, rights, ious = (
        np.bincount(chosen, weights, minlength=classes * width).reshape(classes, width)
        for chosen, weights in ((places, None), (places[right], None), (places[right], objects.iou[right]))
    )
    return {
        class_id: BinCounts(
            totals[class_id, 1:],
            rights[class_id, 1:],
            ious[class_id, 1:],
            int(totals[class_id, 0]),
            int(rights[class_id, 0]),
        )
        for class_id in np.flatnonzero(totals.any(axis=1)).tolist()
    }


def _by_bin(objects: CountedObjects, codes: np.ndarray, count: int) -> BinCounts:
    """Counts by bin; code -1 is what is missing."""
    places = codes + 1
    total = np.bincount(places, minlength=count + 1)
    right = np.bincount(places[objects.is_right], minlength=count + 1)
    iou_sum = np.bincount(places[objects.is_right], objects.iou[objects.is_right], minlength=count + 1)
    return BinCounts(total[1:], right[1:], iou_sum[1:], int(total[0]), int(right[0]))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
