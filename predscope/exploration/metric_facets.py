"""How the values of a metric are spread over what is selected: the histogram or the categories beside a filter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from predscope.metrics.metric import Metric
from predscope.recently_used import RecentlyUsed
from predscope.round_steps import round_steps

if TYPE_CHECKING:
    from predscope.metrics.column import MetricColumn

BINS: Final = 24
MANY_CATEGORIES: Final = 8
"""From more on, those come first that most have."""
_TAIL: Final = 1.0
"""Per cent of the values at either end that may share the outer bins, where they lie far from the rest."""
_FAR: Final = 2.0
"""The whole span is that many times as wide as the span without its tails."""
_LONG_TAIL: Final = 10.0
"""The 99th percentile is that many times the median: then bins widen with the value."""

_edges: Final[RecentlyUsed[tuple[float, ...]]] = RecentlyUsed(64)


@dataclass(frozen=True, slots=True)
class MetricFacet:
    """The values of a metric among what is selected under all conditions but those on the metric itself.

    Attributes:
        metric: whose values.
        edges: of bins, ascending; the first and the last bin also hold what lies beyond. Empty for categories.
        counts: by bin; ``len(edges) - 1``.
        categories: with how many have each; empty for numbers.
        lowest, highest: of all values there are; NaN without any.
        missing: how many have no value.
    """

    metric: Metric
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    categories: tuple[tuple[str, int], ...]
    lowest: float
    highest: float
    missing: int


def metric_facet(parts: Sequence[tuple[MetricColumn, np.ndarray]]) -> MetricFacet:
    """Count the values of a metric.

    Args:
        parts: columns of the metric, each with the places in it that are selected; at least one.
    """
    metric, columns = parts[0][0].metric, tuple(column for column, _ in parts)
    chosen = np.concatenate([column.values[places] for column, places in parts])
    missing = int(np.count_nonzero(np.isnan(chosen)))
    if parts[0][0].is_categorical:
        counts = _category_counts(parts)
        if len(counts) > MANY_CATEGORIES:
            totals = _category_counts([(column, np.arange(len(column))) for column in columns])
            counts = dict(sorted(counts.items(), key=lambda entry: -totals[entry[0]]))
        return MetricFacet(metric, (), (), tuple(counts.items()), math.nan, math.nan, missing)
    edges = _edges.get(columns, lambda: bin_edges(_known(columns), metric))
    known = _known(columns)
    if not edges:
        return MetricFacet(metric, (), (), (), math.nan, math.nan, missing)
    bins = np.searchsorted(edges[1:-1], chosen[~np.isnan(chosen)], side="right")
    return MetricFacet(
        metric=metric,
        edges=edges,
        counts=tuple(np.bincount(bins, minlength=len(edges) - 1).tolist()),
        categories=(),
        lowest=float(known.min()),
        highest=float(known.max()),
        missing=missing,
    )


def bin_edges(values: np.ndarray, metric: Metric, count: int = BINS) -> tuple[float, ...]:
    """Edges on round numbers of about ``count`` bins; far values are left to the outer bins. Empty without values.

    Args:
        values: float64 (n,), none missing.
    """
    if not len(values):
        return ()
    low, high = float(values.min()), float(values.max())
    first, middle, last = np.percentile(values, [_TAIL, 50, 100 - _TAIL]).tolist()
    is_integer = metric.is_integer
    if metric.range is None and first > 0 and last > _LONG_TAIL * middle and not is_integer:
        edges = np.unique([_rounded(edge, 2) for edge in np.geomspace(first, last, count + 1)])
        return tuple(edges.tolist())
    if metric.range is None and last > first and high - low > _FAR * (last - first):
        low, high = first, last
    if is_integer:
        high += 1
    step = _nice_step((high - low) / count, is_integer=is_integer)
    places = np.arange(math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1) + 1)
    return tuple(float(f"{place * step:.12g}") for place in places.tolist())


def _category_counts(parts: Sequence[tuple[MetricColumn, np.ndarray]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for column, places in parts:
        codes = column.codes[places] if column.codes is not None else np.zeros(0, np.int32)
        found = np.bincount(codes[codes >= 0], minlength=len(column.categories))
        for name, number in zip(column.categories, found.tolist(), strict=True):
            counts[name] = counts.get(name, 0) + number
    return counts


def _known(columns: Sequence[MetricColumn]) -> np.ndarray:
    values = np.concatenate([column.values for column in columns])
    return values[~np.isnan(values)]


def _nice_step(wanted: float, *, is_integer: bool) -> float:
    """The round step that is not smaller than the wanted one; at least 1 between whole numbers."""
    if (is_integer and wanted <= 1) or wanted <= 0:
        return 1.0
    steps = [step for step in round_steps(wanted) if step >= wanted * (1 - 1e-9)]
    whole = [step for step in steps if step == int(step)]
    return (whole[0] if whole else math.ceil(wanted)) if is_integer else steps[0]


def _rounded(number: float, digits: int) -> float:
    return float(f"{number:.{digits}g}")
