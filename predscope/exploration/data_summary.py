"""What the data is like: how every metric is distributed, which values are far out, and how two parts differ.

Every count comes with the range of values that it counts, so that a page can open exactly those frames or objects.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.analysis.drift import Drift, find_drift
from predscope.analysis.outliers import Outliers, Severity, find_outliers
from predscope.exploration.metric_columns import choices, column_of
from predscope.exploration.metric_lookup import FRAMES, Side
from predscope.exploration.query import FrameQuery
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.ranges import MetricRange
from predscope.project import Project
from predscope.recently_used import RecentlyUsed

__all__ = [
    "Bar",
    "DataDrift",
    "Distribution",
    "FrameSize",
    "Tail",
    "describe",
    "distributions",
    "drift_between",
    "frame_sizes",
    "has_pending",
    "known_columns",
    "parts_on_offer",
    "sides_of",
]

BARS: Final = 24
MOST_CATEGORIES: Final = 12
_TELLS_NOTHING: Final = frozenset({"random", "object_random"})
_MEASURED_AHEAD: Final = frozenset({"pixels", "objects", "embeddings", "sequence"})
_MOST_DIGITS: Final = 17
_FEWEST_IN_PART: Final = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram: ``count`` values are in ``where``."""

    where: MetricRange
    count: int


@dataclass(frozen=True, slots=True)
class Tail:
    """The outliers on one side of a distribution.

    Attributes:
        where, count: all of them: more than 1.5 interquartile ranges beyond the quartile.
        severe_where, severe_count: those more than 2.5 beyond it; None without any.
    """

    where: MetricRange
    count: int
    severe_where: MetricRange | None
    severe_count: int


@dataclass(frozen=True, eq=False)
class Distribution:
    """The values of one metric over all frames, or over all objects of a set.

    Attributes:
        metric: which.
        known, missing: with and without a value.
        lowest, first_quartile, median, third_quartile, highest: of numbers; NaN for categories.
        bars: from the lowest values to the highest; of categories the most frequent first, then all the others as one.
            Every known value is in one bar.
        low, high: the outliers below and above; None without any.
    """

    metric: Metric
    known: int
    missing: int
    lowest: float
    first_quartile: float
    median: float
    third_quartile: float
    highest: float
    bars: tuple[Bar, ...]
    low: Tail | None
    high: Tail | None

    @property
    def outlier_count(self) -> int:
        return sum(tail.count for tail in (self.low, self.high) if tail is not None)


@dataclass(frozen=True, slots=True)
class FrameSize:
    """Frames of one size, in pixels as displayed; ``where`` are the two ranges that they alone meet."""

    width: int
    height: int
    count: int
    where: tuple[MetricRange, MetricRange]


@dataclass(frozen=True, eq=False)
class DataDrift:
    """How two parts of the frames differ.

    Attributes:
        first, second: bool (frames,): the two parts; frames that are in neither take no part.
        drifts: by metric, the largest difference first.
        columns: the values, by name of the metric, one a frame or an object.
        is_first, is_second: bool, aligned with the columns.
    """

    first: np.ndarray
    second: np.ndarray
    drifts: tuple[Drift, ...]
    columns: dict[str, MetricColumn]
    is_first: np.ndarray
    is_second: np.ndarray


_distributions: Final[RecentlyUsed[tuple[Distribution, ...]]] = RecentlyUsed(12)
_sizes: Final[RecentlyUsed[tuple[FrameSize, ...]]] = RecentlyUsed(4)
_drifts: Final[RecentlyUsed[DataDrift]] = RecentlyUsed(12)


def known_columns(project: Project, side: Side, query: FrameQuery) -> list[MetricColumn]:
    """The metrics of one side that have been computed and have values, without those that are made of outcomes.

    Args:
        query: its sets are those that metrics of frames look at.
    """
    found = []
    for metric in choices(project, side.role, side.set_name):
        if metric.needs == "outcomes" or metric.name in _TELLS_NOTHING:
            continue
        column = column_of(project, metric.name, side.role, side.set_name, query)
        if column is not None and not bool(column.is_missing.all()):
            found.append(column)
    return found


def has_pending(project: Project, query: FrameQuery) -> bool:
    """Whether a metric of frames or of any set is kept once measured, and has not been."""
    return any(
        metric.needs in _MEASURED_AHEAD and column_of(project, metric.name, side.role, side.set_name, query) is None
        for side in sides_of(project)
        for metric in choices(project, side.role, side.set_name)
    )


def distributions(project: Project, side: Side, query: FrameQuery) -> tuple[Distribution, ...]:
    """How the metrics of frames, or of the objects of a set, are distributed; kept until something changes."""
    columns = known_columns(project, side, query)
    key = (str(project.path), project.revision, side, *columns)
    return _distributions.get(key, lambda: tuple(describe(column) for column in columns))


def describe(column: MetricColumn) -> Distribution:
    """The distribution of one column."""
    known = column.values[~column.is_missing]
    missing = len(column) - len(known)
    if column.is_categorical or not len(known):
        nothing = (math.nan,) * 5
        return Distribution(column.metric, len(known), missing, *nothing, _category_bars(column), None, None)
    outliers = find_outliers(column)
    return Distribution(
        column.metric,
        len(known),
        missing,
        float(known.min()),
        outliers.first_quartile,
        outliers.median,
        outliers.third_quartile,
        float(known.max()),
        _bars(column.metric, known, outliers),
        _tail(column, outliers, above=False),
        _tail(column, outliers, above=True),
    )


def frame_sizes(project: Project, query: FrameQuery) -> tuple[FrameSize, ...]:
    """The sizes that frames have, the most frequent first; frames of unknown size are left out."""
    width, height = (column_of(project, name, None, None, query) for name in ("frame_width", "frame_height"))
    if width is None or height is None:
        return ()

    def group() -> tuple[FrameSize, ...]:
        is_known = ~(width.is_missing | height.is_missing)
        pairs = np.stack([width.values[is_known], height.values[is_known]], axis=1)
        sizes, counts = np.unique(pairs, axis=0, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return tuple(
            FrameSize(
                int(wide),
                int(high),
                count,
                (MetricRange("frame_width", wide, wide + 1), MetricRange("frame_height", high, high + 1)),
            )
            for (wide, high), count in zip(sizes[order].tolist(), counts[order].tolist(), strict=True)
        )

    return _sizes.get((str(project.path), project.revision, width, height), group)


def parts_on_offer(project: Project, query: FrameQuery) -> dict[str, MetricColumn]:
    """What frames can be parted by, by name: categories that at least two frames have, two or more of them."""
    found = {}
    for column in known_columns(project, FRAMES, query):
        if column.codes is None:
            continue
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.categories))
        if int((counts >= _FEWEST_IN_PART).sum()) > 1:
            found[column.metric.name] = column
    return found


def drift_between(
    project: Project, side: Side, query: FrameQuery, parted_by: MetricColumn, first: str, second: str | None
) -> DataDrift:
    """How frames, or the objects on them, differ between two parts of the frames.

    Args:
        side: whose metrics are compared.
        parted_by: of ``parts_on_offer``.
        first, second: two of its categories; second None: all other frames that have one.
    """
    columns = [column for column in known_columns(project, side, query) if column.metric.name != parted_by.metric.name]
    if side.role is not None:
        columns = [column for column in columns if column.metric.measured_on is not MeasuredOn.FRAME]

    def compare() -> DataDrift:
        is_first = MetricRange(parted_by.metric.name, categories=(first,)).holds(parted_by)
        others = tuple(name for name in parted_by.categories if name != first) if second is None else (second,)
        is_second = MetricRange(parted_by.metric.name, categories=others).holds(parted_by)
        of_first, of_second = is_first, is_second
        if side.role is not None:
            objects = project.objects(side.role, side.set_name)
            frame = objects.table(["frame_index"])["frame_index"].to_numpy()
            of_first, of_second = is_first[frame], is_second[frame]
        drifts = tuple(find_drift(columns, of_first, of_second))
        return DataDrift(
            is_first, is_second, drifts, {column.metric.name: column for column in columns}, of_first, of_second
        )

    key = (str(project.path), project.revision, side, parted_by, first, second, *columns)
    return _drifts.get(key, compare)


def _category_bars(column: MetricColumn) -> tuple[Bar, ...]:
    if column.codes is None:
        return ()
    name, categories = column.metric.name, column.categories
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(categories))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    # One more than fits is shown as itself, too: "all others" would take its place.
    most = MOST_CATEGORIES if len(order) > MOST_CATEGORIES + 1 else len(order)
    bars = [Bar(MetricRange(name, categories=(categories[code],)), int(counts[code])) for code in order[:most]]
    rest = order[most:]
    if len(rest):
        others = tuple(categories[code] for code in rest)
        bars.append(Bar(MetricRange(name, categories=others), int(counts[rest].sum())))
    return tuple(bars)


def _bars(metric: Metric, known: np.ndarray, outliers: Outliers) -> tuple[Bar, ...]:
    edges = _edges(metric, known, outliers)
    counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=len(edges) + 1)
    limits = [None, *edges.tolist(), None]
    return tuple(
        Bar(MetricRange(metric.name, low, high), count)
        for low, high, count in zip(limits[:-1], limits[1:], counts.tolist(), strict=True)
    )


def _edges(metric: Metric, known: np.ndarray, outliers: Outliers) -> np.ndarray:
    """Inner edges of the bars. The outer bars are open: a few values far out must not squeeze all others into one."""
    low, high = float(known.min()), float(known.max())
    low, high = max(low, outliers.severe[0]), min(high, outliers.severe[1])
    if metric.is_integer and high - low < BARS:
        return np.arange(math.floor(low) + 1, math.floor(high) + 1, dtype=np.float64)
    if not high > low:
        return np.empty(0)
    step = (high - low) / BARS
    edges = low + step * np.arange(1, BARS)
    if metric.is_integer:
        return np.unique(np.ceil(edges))
    return np.unique(np.round(edges, max(2 - math.floor(math.log10(step)), 0)))


def _tail(column: MetricColumn, outliers: Outliers, *, above: bool) -> Tail | None:
    values, name = column.values, column.metric.name
    is_there = values > outliers.median if above else values < outliers.median

    def range_of(severity: Severity) -> tuple[MetricRange | None, int]:
        is_out = is_there & (outliers.severity >= severity)
        if not is_out.any():
            return None, 0
        out, inside = values[is_out], values[~is_out & ~column.is_missing]
        if above:
            return MetricRange(name, low=_simplest(float(inside.max()), float(out.min()))), len(out)
        return MetricRange(name, high=_simplest(float(out.max()), float(inside.min()))), len(out)

    where, count = range_of(Severity.MODERATE)
    if where is None:
        return None
    return Tail(where, count, *range_of(Severity.SEVERE))


def _simplest(above: float, up_to: float) -> float:
    """The number with the fewest digits that is more than ``above`` and at most ``up_to``."""
    for digits in range(-math.floor(math.log10(max(abs(above), abs(up_to)))), _MOST_DIGITS):
        rounded = round(math.floor(up_to * 10**digits) / 10**digits, digits)
        if above < rounded <= up_to:
            return float(rounded)
    return up_to


def sides_of(project: Project) -> Sequence[Side]:
    """Whose metrics there are: of the frames, of every label set, of every prediction set."""
    return (
        FRAMES,
        *(Side("labels", name) for name in project.set_names("labels")),
        *(Side("predictions", name) for name in project.set_names("predictions")),
    )
