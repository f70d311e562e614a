"""Values far from the others: beyond 1.5 (moderate) and 2.5 (severe) interquartile ranges (Tukey, 1977)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from predscope.metrics.column import MetricColumn

MODERATE_RANGES: Final = 1.5
SEVERE_RANGES: Final = 2.5


class Severity(IntEnum):
    """How far out a value is."""

    NONE = 0
    """Inside of the bounds, or missing."""
    MODERATE = 1
    """More than 1.5 interquartile ranges below the first quartile or above the third."""
    SEVERE = 2
    """More than 2.5."""


@dataclass(frozen=True, eq=False)
class Outliers:
    """The outliers of one metric.

    Attributes:
        median, first_quartile, third_quartile: of the values; NaN without any.
        moderate: the lowest and the highest value that are no outliers.
        severe: the lowest and the highest value that are no severe ones.
        distance: float64 (n,): interquartile ranges below the first or above the third quartile; 0 between them and
            where missing.
        severity: int8 (n,), ``Severity``.
    """

    median: float
    first_quartile: float
    third_quartile: float
    moderate: tuple[float, float]
    severe: tuple[float, float]
    distance: np.ndarray
    severity: np.ndarray

    @property
    def moderate_count(self) -> int:
        return int((self.severity == Severity.MODERATE).sum())

    @property
    def severe_count(self) -> int:
        return int((self.severity == Severity.SEVERE).sum())

    def farthest(self, limit: int) -> np.ndarray:
        """int64: positions of outliers, the farthest out first."""
        order = np.argsort(-self.distance, kind="stable")[:limit]
        return order[self.severity[order] > Severity.NONE]


def find_outliers(column: MetricColumn) -> Outliers:
    """The outliers of a column. Categories, and values half of which are the same, have none.

    Where the quartiles are equal, the range between them says nothing of how values spread: a column that is 0 for most
    frames would call every other frame an outlier.
    """
    severity, distance = np.zeros(len(column), np.int8), np.zeros(len(column))
    known = column.values[~column.is_missing]
    if column.is_categorical or not len(known):
        nothing = (np.nan, np.nan)
        return Outliers(np.nan, np.nan, np.nan, nothing, nothing, distance, severity)
    first, median, third = (float(one) for one in np.quantile(known, [0.25, 0.5, 0.75]))
    spread = third - first
    if not spread > 0:
        everything = (-np.inf, np.inf)
        return Outliers(median, first, third, everything, everything, distance, severity)
    distance = np.nan_to_num(np.maximum(np.maximum(first - column.values, column.values - third), 0) / spread)
    severity[distance > MODERATE_RANGES] = Severity.MODERATE
    severity[distance > SEVERE_RANGES] = Severity.SEVERE
    moderate, severe = (
        (first - ranges * spread, third + ranges * spread) for ranges in (MODERATE_RANGES, SEVERE_RANGES)
    )
    return Outliers(median, first, third, moderate, severe, distance, severity)
