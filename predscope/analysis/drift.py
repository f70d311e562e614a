"""Whether two parts of the data differ in a metric: train and validation, last month and this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from predscope.analysis.significance import (
    chi_square_upper_tail,
    false_discovery_adjusted,
    kolmogorov_upper_tail,
)
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import Metric

_FEWEST: Final = 2


@dataclass(frozen=True, eq=False)
class Drift:
    """The difference of one metric between two parts.

    Attributes:
        metric: which.
        test: "ks": two-sample Kolmogorov-Smirnov, of numbers; "chi-square": of categories.
        first_count, second_count: values in each part.
        first_missing, second_missing: without a value; they take no part.
        statistic: the largest distance of the two distribution functions, or chi-square.
        effect: how different the parts are, 0 (not) to 1, whatever their size: the statistic of Kolmogorov-Smirnov, or
            Cramer's V.
        shift: the difference of the medians (second - first); NaN for categories.
        p_value: asymptotic.
        q_value: among all metrics asked for (Benjamini-Hochberg).
    """

    metric: Metric
    test: Literal["ks", "chi-square"]
    first_count: int
    second_count: int
    first_missing: int
    second_missing: int
    statistic: float
    effect: float
    shift: float
    p_value: float
    q_value: float


def find_drift(columns: Sequence[MetricColumn], first: np.ndarray, second: np.ndarray) -> list[Drift]:
    """The difference in every metric between two parts, the largest effect first.

    Objects of a frame are alike, so that p values of object metrics are too small; those of frame metrics are right.

    Args:
        columns: of frames, or of the objects of one set: aligned with each other.
        first, second: bool (n,) each: which of them are in either part.
    """
    found = []
    for column in columns:
        parts = column.take(np.flatnonzero(first)), column.take(np.flatnonzero(second))
        known = [~part.is_missing for part in parts]
        if min(int(has_value.sum()) for has_value in known) < _FEWEST:
            continue
        if column.is_categorical:
            codes = [part.values[has_value].astype(np.int64) for part, has_value in zip(parts, known, strict=True)]
            statistic, effect, p_value = _chi_square(codes[0], codes[1], len(column.categories))
            shift = np.nan
        else:
            one, other = (np.sort(part.values[has_value]) for part, has_value in zip(parts, known, strict=True))
            statistic, p_value = _kolmogorov_smirnov(one, other)
            effect, shift = statistic, float(np.median(other) - np.median(one))
        found.append((column, known, statistic, effect, shift, p_value))
    q_values = false_discovery_adjusted(np.array([one[-1] for one in found])).tolist()
    drifts = [
        Drift(
            metric=column.metric,
            test="chi-square" if column.is_categorical else "ks",
            first_count=int(known[0].sum()),
            second_count=int(known[1].sum()),
            first_missing=int((~known[0]).sum()),
            second_missing=int((~known[1]).sum()),
            statistic=statistic,
            effect=effect,
            shift=shift,
            p_value=p_value,
            q_value=q_value,
        )
        for (column, known, statistic, effect, shift, p_value), q_value in zip(found, q_values, strict=True)
    ]
    return sorted(drifts, key=lambda one: -one.effect)


def drift_to_pandas(drifts: Sequence[Drift]) -> pd.DataFrame:
    """One row a metric: ``metric`` (name), ``title`` and the attributes of ``Drift``."""
    names = [
        *("test", "first_count", "second_count", "first_missing", "second_missing"),
        *("statistic", "effect", "shift", "p_value", "q_value"),
    ]
    return pd.DataFrame(
        [
            {"metric": one.metric.name, "title": one.metric.title} | {name: getattr(one, name) for name in names}
            for one in drifts
        ],
        columns=["metric", "title", *names],
    )


def _kolmogorov_smirnov(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """The statistic and its p value, of sorted values."""
    places = np.concatenate([first, second])
    below_first = np.searchsorted(first, places, side="right") / len(first)
    below_second = np.searchsorted(second, places, side="right") / len(second)
    statistic = float(np.abs(below_first - below_second).max())
    size = float(np.sqrt(len(first) * len(second) / (len(first) + len(second))))
    return statistic, kolmogorov_upper_tail(statistic * (size + 0.12 + 0.11 / size))  # Stephens, 1970


def _chi_square(first: np.ndarray, second: np.ndarray, categories: int) -> tuple[float, float, float]:
    """The statistic, Cramer's V and the p value, of the codes in either part."""
    counts = np.stack([np.bincount(codes, minlength=categories) for codes in (first, second)]).astype(np.float64)
    counts = counts[:, counts.any(axis=0)]
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    degrees = counts.shape[1] - 1
    # with two parts the smaller side of the table is 2, and V is the square root of chi-square over n
    return statistic, float(np.sqrt(statistic / counts.sum())), chi_square_upper_tail(statistic, degrees)
