"""Conditions that slices are made of: ranges of metrics, categories, and the class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from predscope.analysis.binning import Bins, bins_between, category_bins, quantile_edges
from predscope.analysis.counted import CountedObjects
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.ranges import MetricRange
from predscope.schema import ObjectClass, Role

CLASS_NAME: Final = "class"
CLASS_METRIC: Final = Metric(
    name=CLASS_NAME,
    title="Class",
    measured_on=MeasuredOn.OBJECT,
    definition="The class of the label, or the one that the model predicts.",
    is_categorical=True,
)
"""The class as one more categorical metric, for rules that speak of it."""

_NUMERIC_BINS: Final = 10
_MOST_CATEGORIES: Final = 100
_LANDMARKS: Final = {"px²": (32.0**2, 96.0**2)}
"""Edges that people think in: COCO's small and large."""
_LARGEST_SHARE: Final = 0.8
"""Of the objects: a condition that holds for more says next to nothing, even together with another."""


_NO_REASONS: Final = frozenset({"confidence", "random", "object_random", "diversity"})
"""The model's own doubt, and orders to look at things in."""


def may_explain(metric: Metric, role: Role) -> bool:
    """Whether a metric can be a reason why objects of a side are found or right, not a symptom or a tautology.

    Of a prediction, its class, place and size may (and values that somebody else has measured). What is inside of its
    box, its outline, its confidence and its company of other predictions may not: a box around nothing has flat pixels,
    a rough outline and no neighbours because it is wrong. And where there are more labels on a frame, more of any
    predictions are right.
    """
    if metric.needs == "outcomes" or metric.name in _NO_REASONS:
        return False
    if metric.measured_on is MeasuredOn.FRAME:
        return metric.of_role is None or (metric.of_role == "labels" and role == "labels")
    return role == "labels" or metric.needs == "values"


@dataclass(frozen=True, eq=False)
class Conditions:
    """What can be asked of one metric.

    Attributes:
        metric: of which.
        ranges: one a condition.
        codes: int64 (n,): the bin of each object; the last bin is that of missing values.
        holds: float64 (bins, conditions): 1 where the bin satisfies the condition.
        joinable: how many of the conditions, the first ones, are used together with others: not those between two
            limits, which are two conditions already.
    """

    metric: Metric
    ranges: tuple[MetricRange, ...]
    codes: np.ndarray
    holds: np.ndarray
    joinable: int

    def mask(self, place: int) -> np.ndarray:
        """bool (n,): the objects that satisfy one of the conditions."""
        return self.holds[:, place].astype(bool)[self.codes]


def class_column(objects: CountedObjects, classes: Sequence[ObjectClass]) -> MetricColumn:
    """The class of each of the objects."""
    return MetricColumn.categorical(CLASS_METRIC, objects.class_id, [entry.name for entry in classes])


def conditions_on(column: MetricColumn) -> Conditions | None:
    """Conditions on a column that has a value for each object; None where there is nothing to ask.

    Of numbers: below, from, or between any of nine quantiles. Of categories: each by itself.
    """
    total = len(column)
    bins = _bins(column)
    if len(bins) < 2:
        return None
    codes = bins.codes_of(column)
    codes[codes < 0] = len(bins)
    counts = np.bincount(codes, minlength=len(bins) + 1)[:-1]
    if column.is_categorical:
        spans = [(place, place + 1) for place in range(len(bins)) if len(bins.ranges[place].categories) == 1]
    else:
        last = len(bins)
        spans = [(0, end) for end in range(1, last)] + [(start, last) for start in range(1, last)]
        spans += list(combinations(range(1, last), 2))
    spans = [(start, end) for start, end in spans if 0 < counts[start:end].sum() <= _LARGEST_SHARE * total]
    if not spans:
        return None
    holds = np.zeros((len(bins) + 1, len(spans)))
    for place, (start, end) in enumerate(spans):
        holds[start:end, place] = 1
    ranges = tuple(_joined(bins, start, end) for start, end in spans)
    joinable = sum(one.low is None or one.high is None for one in ranges)
    return Conditions(column.metric, ranges, codes, holds, joinable)


def _bins(column: MetricColumn) -> Bins:
    if column.is_categorical:
        return category_bins([column], _MOST_CATEGORIES)
    metric = column.metric
    edges = quantile_edges([column.values], _NUMERIC_BINS, is_integer=metric.is_integer)
    known = column.values[~column.is_missing]
    if len(known):
        landmarks = [edge for edge in _LANDMARKS.get(metric.unit, ()) if known.min() < edge <= known.max()]
        edges = np.union1d(edges, landmarks)
    return bins_between(metric, edges)


def _joined(bins: Bins, start: int, end: int) -> MetricRange:
    """The range over neighbouring bins."""
    first, last = bins.ranges[start], bins.ranges[end - 1]
    return first if end == start + 1 else MetricRange(first.name, first.low, last.high)
