"""The values of one metric, aligned with the frames of a project or with the rows of an object set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from predscope.metrics.metric import Metric


@dataclass(frozen=True, eq=False)
class MetricColumn:
    """One value a frame (by frame index) or an object (by row of its set).

    Attributes:
        metric: what they are values of.
        values: float64 (n,), NaN where missing; of a categorical metric its codes as numbers.
        codes: int32 (n,), index into ``categories``, -1 where missing; None for numbers.
        categories: the names, in the order of people; empty for numbers.
    """

    metric: Metric
    values: np.ndarray
    codes: np.ndarray | None = None
    categories: tuple[str, ...] = ()

    @classmethod
    def numeric(cls, metric: Metric, values: Any) -> MetricColumn:
        """From numbers; infinite ones count as missing."""
        numbers = np.array(values, np.float64).reshape(-1)
        numbers[~np.isfinite(numbers)] = np.nan
        return cls(metric, numbers)

    @classmethod
    def categorical(cls, metric: Metric, codes: Any, categories: Sequence[str]) -> MetricColumn:
        """From codes, -1 for missing, and the names that they stand for."""
        whole = np.asarray(codes, np.int32).reshape(-1)
        return cls(metric, np.where(whole < 0, np.nan, whole), whole, tuple(categories))

    @classmethod
    def from_names(cls, metric: Metric, names: Sequence[str | None]) -> MetricColumn:
        """From one name a row, None for missing; categories are sorted, numbers among them by size."""
        categories = sorted({name for name in names if name is not None}, key=_human_order)
        code_of: dict[str | None, int] = {name: code for code, name in enumerate(categories)}
        codes = np.fromiter((code_of.get(name, -1) for name in names), np.int32, len(names))
        return cls.categorical(metric, codes, categories)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_categorical(self) -> bool:
        return self.codes is not None

    @property
    def is_missing(self) -> np.ndarray:
        """bool (n,)."""
        return np.isnan(self.values)

    def take(self, rows: np.ndarray) -> MetricColumn:
        """The values of some rows, e.g. of each object's frame: positions, or a bool mask."""
        codes = None if self.codes is None else self.codes[rows]
        return MetricColumn(self.metric, self.values[rows], codes, self.categories)

    def name_of(self, row: int) -> str | None:
        """The category of a row; None where missing or a number."""
        return None if self.codes is None or self.codes[row] < 0 else self.categories[self.codes[row]]


def _human_order(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), text
    except ValueError:
        return 1, 0.0, text
