"""Performance against metrics: every number of the By metric page, and the objects behind each of them.

The values of metrics are read and kept by ``predscope.metrics``, the statistics are those of ``predscope.analysis``;
here they meet the frames of a query and the outcomes at its operating point, and answers are kept for pages that ask
again and again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from predscope.analysis import (
    Binning,
    Bins,
    MetricImportance,
    MetricMap,
    MetricPerformance,
    WeakSlice,
    find_weak_slices,
    make_bins,
    metric_importance,
    performance_by_metric,
    performance_by_two_metrics,
)
from predscope.analysis.binning import DEFAULT_BINS
from predscope.analysis.counted import counted_objects
from predscope.analysis.slice_conditions import CLASS_METRIC, CLASS_NAME, may_explain
from predscope.analysis.weak_slices import FALSE_DISCOVERY_RATE
from predscope.evaluation.match_table import MatchTable
from predscope.evaluation.objects import Objects
from predscope.exploration.columns import RecentlyUsed
from predscope.exploration.metric_sides import MetricSides, known_columns, metric_sides, metrics_on_offer
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.performance import performance
from predscope.exploration.query import FrameQuery
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.ranges import MetricRange
from predscope.project import Project
from predscope.schema import Role

__all__ = [
    "MetricSides",
    "bins_of_metric",
    "counts_in_ranges",
    "importance",
    "joined_range",
    "known_columns",
    "map_of_metrics",
    "metric_sides",
    "metrics_on_offer",
    "most_important",
    "objects_in_ranges",
    "performance_against",
    "slice_objects",
    "strength_of",
    "weak_slices",
]

_FEWEST_GROUPS: Final = 16
"""With fewer sequences than that little could be told of them; their frames then count one by one."""
_USUAL: Final = "area"


_importances: Final[RecentlyUsed[list[MetricImportance]]] = RecentlyUsed(12)
_slices: Final[RecentlyUsed[list[WeakSlice]]] = RecentlyUsed(12)
_performances: Final[RecentlyUsed[MetricPerformance]] = RecentlyUsed(64)
_maps: Final[RecentlyUsed[MetricMap]] = RecentlyUsed(16)
_bins: Final[RecentlyUsed[Bins]] = RecentlyUsed(32)


def importance(
    project: Project, query: FrameQuery, prediction_set: str, *, class_name: str | None = None
) -> list[MetricImportance]:
    """How much every computed metric tells of what is found and what is right, the most important first.

    Computed once for an operating point (a second or two on 146,000 predictions), then kept.

    Args:
        query: its frames, at its operating point.
        class_name: only labels and predictions of this class; None: all.

    Raises:
        ProjectError: there are no labels, or there is no such set.
    """
    labels, predictions = known_columns(project, query, prediction_set)
    groups = _groups(project)

    def compute() -> list[MetricImportance]:
        table, class_id = _table(project, query, prediction_set), _class_id(project, class_name)
        return metric_importance(table, labels, predictions, class_id=class_id, groups=groups)

    return _importances.get((*_key(project, query, prediction_set), class_name, *labels, None, *predictions), compute)


def most_important(project: Project, query: FrameQuery, prediction_set: str) -> str | None:
    """Name of the metric that tells most of what is found or right; None where no metric has any values.

    It is asked at the project's own operating point, so that it stays the same while that is moved. A metric that may
    be a reason comes before those that can only be symptoms, and the class has pages of its own. Where no metric tells
    more than chance would, it is the size of objects, which people ask for first.
    """
    own_point = query.with_(confidence=query.default_confidence, iou=query.default_iou)
    found = [one for one in importance(project, own_point, prediction_set) if one.target == "correct"]
    found.sort(key=lambda one: -strength_of(one))
    reasons = [one for one in found if may_explain(one.metric, one.role) and one.metric.name != CLASS_NAME]
    certain = (one for one in reasons if one.information > one.threshold and one.q_value <= FALSE_DISCOVERY_RATE)
    usual = (one for one in reasons if one.metric.name == _USUAL)
    best = next((one for candidates in (certain, usual, reasons, found) for one in candidates), None)
    return None if best is None else best.metric.name


def strength_of(one: MetricImportance) -> float:
    """What a metric tells beyond chance of all objects, those without a value included: what metrics are sorted by."""
    return one.beyond_chance * one.count / (one.count + one.missing)


def weak_slices(project: Project, query: FrameQuery, prediction_set: str) -> list[WeakSlice]:
    """The parts of a query's frames and objects on which a prediction set does worse, strongest first.

    Computed once for an operating point (a second or two on 146,000 predictions), then kept.

    Raises:
        ProjectError: there are no labels, or there is no such set.
    """
    labels, predictions = known_columns(project, query, prediction_set)
    groups = _groups(project)

    def compute() -> list[WeakSlice]:
        table = _table(project, query, prediction_set)
        return find_weak_slices(table, labels, predictions, project.classes, groups=groups)

    return _slices.get((*_key(project, query, prediction_set), *labels, None, *predictions), compute)


def bins_of_metric(
    project: Project,
    query: FrameQuery,
    prediction_sets: Sequence[str],
    name: str,
    *,
    binning: Binning = Binning.QUANTILE,
    count: int = DEFAULT_BINS,
) -> Bins:
    """Bins of a metric over the labels and all predictions on the frames of a query, of one or several sets.

    They stay where they are while the operating point moves.

    Raises:
        InputError: there is no such metric.
        MetricsMissing: it has not been computed.
    """
    sides = [metric_sides(project, query, one, name) for one in prediction_sets]
    found = [performance(project, query, one) for one in prediction_sets]

    def compute() -> Bins:
        columns = [] if sides[0].labels is None else [_values(sides[0].labels, found[0].detection.labels)]
        columns += [
            _values(side.predictions, one.detection.predictions)
            for side, one in zip(sides, found, strict=True)
            if side.predictions is not None
        ]
        return make_bins(columns, binning=binning, count=count)

    columns = [column for side in sides for column in side.columns]
    return _bins.get((*found, *columns, binning, count), compute)


def performance_against(
    project: Project,
    query: FrameQuery,
    prediction_set: str,
    bins: Bins,
    *,
    class_name: str | None = None,
) -> MetricPerformance:
    """Counts and shares by bin of a metric, on the frames of a query at its operating point.

    Raises:
        MetricsMissing: the metric has not been computed.
    """
    sides = metric_sides(project, query, prediction_set, bins.metric.name)
    table = _table(project, query, prediction_set)
    return _performances.get(
        (*_key(project, query, prediction_set), *sides.columns, bins, class_name),
        lambda: performance_by_metric(table, *sides.columns, bins, _class_id(project, class_name)),
    )


def map_of_metrics(
    project: Project,
    query: FrameQuery,
    prediction_set: str,
    first: Bins,
    second: Bins,
    *,
    class_name: str | None = None,
) -> MetricMap:
    """Counts and shares by cell of two metrics, on the frames of a query at its operating point.

    Raises:
        MetricsMissing: one of the metrics has not been computed.
    """
    one, other = (metric_sides(project, query, prediction_set, bins.metric.name) for bins in (first, second))
    table = _table(project, query, prediction_set)
    return _maps.get(
        (*_key(project, query, prediction_set), *one.columns, *other.columns, first, second, class_name),
        lambda: performance_by_two_metrics(
            table, one.columns, other.columns, first, second, _class_id(project, class_name)
        ),
    )


def joined_range(bins: Bins, first: int, last: int) -> MetricRange:
    """The range over neighbouring bins, both ends included."""
    start, end = bins.ranges[first], bins.ranges[last]
    if bins.metric.is_categorical:
        names = tuple(name for one in bins.ranges[first : last + 1] for name in one.categories)
        return MetricRange(start.name, categories=names)
    return MetricRange(start.name, start.low, end.high)


def objects_in_ranges(query: ObjectQuery, ranges: Iterable[tuple[Metric, MetricRange]]) -> ObjectQuery:
    """The objects of a query that also lie in some ranges: of frames, by their frame; of objects, by their own value.

    A single class becomes the class of the query, where it has none.
    """
    frames, own, klass = list(query.frames.metric_ranges), list(query.metric_ranges), query.klass
    for metric, wanted in ranges:
        if metric.name == CLASS_NAME and klass is None and len(wanted.categories) == 1:
            klass = wanted.categories[0]
        else:
            (frames if metric.measured_on is MeasuredOn.FRAME else own).append(wanted)
    return query.with_(
        # metrics of frames that look at predictions look at those of the set that is shown
        frames=query.frames.with_(metric_ranges=tuple(frames), prediction_sets=(query.prediction_set,)),
        metric_ranges=tuple(own),
        klass=klass,
    )


def slice_objects(
    query: ObjectQuery, found: WeakSlice, metrics: Mapping[str, Metric], *, errors_only: bool = True
) -> ObjectQuery:
    """The errors of a slice, ``count - right`` of them: missed labels or false predictions; or all its ``count``.

    Args:
        query: all objects at the operating point.
        metrics: those on offer, by name.
        errors_only: without those that are found, or right.
    """
    error = "fn" if found.role == "labels" else "fp"
    ranges = [(metrics.get(one.name, CLASS_METRIC), one) for one in found.rule]
    outcomes = (error,) if errors_only else ("tp", error)
    return objects_in_ranges(query.with_(side=found.role, outcomes=outcomes), ranges)


def counts_in_ranges(
    project: Project,
    query: FrameQuery,
    prediction_set: str,
    ranges: Iterable[MetricRange],
    *,
    class_name: str | None = None,
) -> dict[Role, tuple[int, int]]:
    """How many labels, and predictions, lie in all of some ranges, and how many of them are found, or right.

    A side that does not have one of the metrics is left out.

    Raises:
        InputError: there is no such metric.
        MetricsMissing: one of the metrics has not been computed.
    """
    table, class_id = _table(project, query, prediction_set), _class_id(project, class_name)
    sides = [(one, metric_sides(project, query, prediction_set, one.name)) for one in ranges]
    counts: dict[Role, tuple[int, int]] = {}
    roles: tuple[Role, ...] = ("labels", "predictions")
    for role in roles:
        objects = counted_objects(table, role, class_id)
        held = np.ones(len(objects), bool)
        columns = [(one, side.labels if role == "labels" else side.predictions) for one, side in sides]
        if all(column is not None for _, column in columns):
            for one, column in columns:
                held &= one.holds(objects.measured(column))  # type: ignore[arg-type]  # none of them is None
            counts[role] = int(held.sum()), int((held & objects.is_right).sum())
    return counts


def _values(column: MetricColumn, objects: Objects) -> MetricColumn:
    """The column's value for each of the objects."""
    return column.take(objects.frame if column.metric.measured_on is MeasuredOn.FRAME else objects.row)


def _table(project: Project, query: FrameQuery, prediction_set: str) -> MatchTable:
    return performance(project, query, prediction_set).at(query.confidence, query.iou).table


def _key(project: Project, query: FrameQuery, prediction_set: str) -> tuple[Hashable, ...]:
    return performance(project, query, prediction_set), query.confidence, query.iou


def _groups(project: Project) -> np.ndarray | None:
    """int (frames,): the sequence of each frame, a number of its own where it has none; None: too few sequences."""
    sequence = project.frames["sequence"]
    codes, names = pd.factorize(sequence)
    if len(names) < _FEWEST_GROUPS:
        return None
    alone = codes < 0
    codes[alone] = len(names) + np.arange(int(alone.sum()))
    return codes


def _class_id(project: Project, name: str | None) -> int | None:
    return None if name is None else next((one.class_id for one in project.classes if one.name == name), -1)
