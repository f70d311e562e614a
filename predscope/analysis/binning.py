"""Bins of a metric: quantiles, equal widths, categories.

Every value is in exactly one bin, because the outer ones are open: ``low <= value < high``. A missing value is in none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np

from predscope.evaluation.match_table import MatchTable
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.ranges import MetricRange
from predscope.round_steps import round_steps

DEFAULT_BINS: Final = 10
MOST_CATEGORIES: Final = 20
"""Beyond so many, the rarest share one bin."""
_GRID: Final = 1000
"""Quantiles by which each of several columns is represented, so that labels and predictions weigh the same."""
_MOVED_SHARE: Final = 0.05
"""Of a bin: how much a rounder edge may move into the next one."""


class Binning(StrEnum):
    """How the bins of a numeric metric are cut."""

    QUANTILE = "quantile"
    """About equally many values in each."""
    EQUAL_WIDTH = "width"
    """Edges evenly spaced, on round numbers."""


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins in the order of a chart.

    Attributes:
        metric: whose values.
        ranges: one a bin; they do not overlap.
        edges: float64 (bins - 1,): between neighbours, ascending; empty for categories.
    """

    metric: Metric
    ranges: tuple[MetricRange, ...]
    edges: np.ndarray

    def __len__(self) -> int:
        return len(self.ranges)

    def codes_of(self, column: MetricColumn) -> np.ndarray:
        """int64 (n,): the bin of each value; -1: missing, or a category that is in no bin."""
        if column.codes is None:
            codes = np.searchsorted(self.edges, column.values, side="right")
            codes[np.isnan(column.values)] = -1
            return codes if len(self) else np.full(len(column), -1, np.int64)
        bin_of = {name: place for place, one in enumerate(self.ranges) for name in one.categories}
        lookup = np.array([*(bin_of.get(name, -1) for name in column.categories), -1], np.int64)
        return lookup[column.codes]  # a missing value has code -1, which is the last entry


def bins_for(
    table: MatchTable,
    label_column: MetricColumn | None,
    prediction_column: MetricColumn | None,
    *,
    binning: Binning = Binning.QUANTILE,
    count: int = DEFAULT_BINS,
) -> Bins:
    """Bins over the labels and predictions of a table, both of equal weight.

    They come from all predictions, so that the bins stay where they are while the confidence moves.
    """
    sides = ((label_column, table.labels), (prediction_column, table.predictions))
    return make_bins(
        [
            column.take(objects.frame if column.metric.measured_on is MeasuredOn.FRAME else objects.row)
            for column, objects in sides
            if column is not None
        ],
        binning=binning,
        count=count,
    )


def make_bins(
    columns: Sequence[MetricColumn], *, binning: Binning = Binning.QUANTILE, count: int = DEFAULT_BINS
) -> Bins:
    """Bins over the values of one or several columns of the same metric.

    Args:
        columns: at least one.
        count: how many bins are wanted: there are fewer where values repeat, and about so many of equal width.
    """
    metric = columns[0].metric
    if metric.is_categorical:
        return category_bins(columns)
    edges = (quantile_edges if binning is Binning.QUANTILE else width_edges)(
        [column.values for column in columns], count, is_integer=metric.is_integer
    )
    return bins_between(metric, edges) if any((~column.is_missing).any() for column in columns) else _no_bins(metric)


def bins_between(metric: Metric, edges: np.ndarray) -> Bins:
    """Bins cut at some edges, ascending; the first and the last bin are open."""
    limits: list[float | None] = [None, *(float(edge) for edge in edges), None]
    ranges = tuple(MetricRange(metric.name, low, high) for low, high in pairwise(limits))
    return Bins(metric, ranges, np.asarray(edges, np.float64))


def category_bins(columns: Sequence[MetricColumn], most: int = MOST_CATEGORIES) -> Bins:
    """One bin a category, in the order of the columns; beyond ``most`` the rarest share the last one."""
    counts: dict[str, float] = {}
    for column in columns:
        codes = np.zeros(0, np.int64) if column.codes is None else column.codes
        found = np.bincount(codes[codes >= 0], minlength=len(column.categories))
        for name, number in zip(column.categories, found.tolist(), strict=True):
            counts[name] = counts.get(name, 0) + number / max(len(column), 1)
    present = [name for name, number in counts.items() if number]
    kept = set(present)
    if len(present) > most:
        kept = set(sorted(present, key=lambda name: -counts[name])[: most - 1])
    metric = columns[0].metric
    ranges = [MetricRange(metric.name, categories=(name,)) for name in present if name in kept]
    others = tuple(name for name in present if name not in kept)
    if others:
        ranges.append(MetricRange(metric.name, categories=others))
    return Bins(metric, tuple(ranges), np.zeros(0))


def quantile_edges(values: Sequence[np.ndarray], count: int, *, is_integer: bool = False) -> np.ndarray:
    """Edges between bins of about equally many values; each bin holds at least one.

    Args:
        values: one or several arrays, each of the same weight; NaN where missing.
        is_integer: values are whole; so are the edges then.
    """
    known = [np.sort(array[~np.isnan(array)]) for array in values]
    known = [array for array in known if len(array)]
    if not known or count < 2:
        return np.zeros(0)
    pooled = known[0] if len(known) == 1 else np.sort(np.concatenate([_on_grid(array) for array in known]))
    distinct = pooled[np.concatenate([[True], pooled[1:] != pooled[:-1]])]
    if len(distinct) <= count:
        return distinct[1:]
    edges = np.unique(pooled[(np.arange(1, count) * len(pooled)) // count])
    edges = edges[edges > pooled[0]]
    moved = int(len(pooled) * _MOVED_SHARE / count)
    rounded = np.unique([_rounder(edge, pooled, moved, is_integer) for edge in edges.tolist()])
    per_bin = np.diff(np.searchsorted(pooled, rounded), prepend=0, append=len(pooled))
    return rounded if len(rounded) == len(edges) and per_bin.all() else edges


def width_edges(values: Sequence[np.ndarray], count: int, *, is_integer: bool = False) -> np.ndarray:
    """Evenly spaced edges on round numbers, for about ``count`` bins from the lowest to the highest value."""
    known = np.concatenate([array[~np.isnan(array)] for array in values])
    if not len(known) or count < 2:
        return np.zeros(0)
    low, high = float(known.min()), float(known.max())
    if not high > low:
        return np.zeros(0)
    step = _nice_step((high - low) / count, is_integer)
    first = math.floor(low / step) + 1
    # the highest value of a continuous metric does not need a bin of its own, a whole number may
    last = math.floor(high / step) + 1 if is_integer else math.ceil(high / step)
    edges = np.unique([float(f"{place * step:.12g}") for place in range(first, last)])
    return edges[(edges > low) & (edges <= high)]


def _on_grid(ordered: np.ndarray) -> np.ndarray:
    """``_GRID`` of the values, evenly spread over them (or all, repeated): so each array weighs the same."""
    return ordered[np.arange(_GRID) * len(ordered) // _GRID]


def _no_bins(metric: Metric) -> Bins:
    return Bins(metric, (), np.zeros(0))


def _nice_step(wanted: float, is_integer: bool) -> float:
    """The round step nearest to the wanted one by ratio; at least 1 between whole numbers."""
    steps = round_steps(wanted)
    if is_integer:
        steps = [step for step in steps if step >= 1 and step == int(step)] or [1.0]
    return min(steps, key=lambda step: abs(math.log(step / wanted)))


def _rounder(edge: float, ordered: np.ndarray, moved: int, is_integer: bool) -> float:
    """The edge in as few digits as move at most so many of the values across it."""
    if edge == 0:
        return edge
    place = int(np.searchsorted(ordered, edge))
    leading = -math.floor(math.log10(abs(edge)))
    for digits in range(leading, leading + 4):
        candidate = float(round(edge, digits))
        if is_integer and candidate != int(candidate):
            continue
        if abs(int(np.searchsorted(ordered, candidate)) - place) <= moved:
            return candidate
    return edge
