"""The values of metrics as queries ask for them: of frames and objects, at the operating point where that matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from predscope import metrics
from predscope.errors import PredscopeError
from predscope.exploration.metric_lookup import FRAMES, Side, choices, metric_named
from predscope.exploration.outcomes import detection, evaluated_set, match_table
from predscope.exploration.query import FrameQuery, chosen_label_set
from predscope.exploration.sorting import Sort
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.ranges import short
from predscope.project import Project
from predscope.recently_used import RecentlyUsed
from predscope.schema import Role

if TYPE_CHECKING:
    from predscope.metrics.column import MetricColumn

__all__ = ["Offer", "choices", "column_of", "metric_named", "metric_sort", "offers", "value_in_words"]

_outcome_columns: Final[RecentlyUsed[MetricColumn]] = RecentlyUsed(32)
_frame_values: Final[RecentlyUsed[MetricColumn]] = RecentlyUsed(32)


def column_of(
    project: Project, name: str, role: Role | None, set_name: str | None, query: FrameQuery
) -> MetricColumn | None:
    """A metric of frames (``role`` None), by frame index, or of the objects of a set, by row.

    The same column comes again until something is computed or imported, so it may stand in the key of a cache. Objects
    have the metrics of their frames, too.

    Args:
        set_name: of the objects; None: the set that the query chooses.
        query: its sets are those that metrics of frames look at; its operating point that of outcomes. The outcomes of
            labels are those against the first prediction set that it chooses.

    Returns:
        None if there is no such metric, or it has not been computed.
    """
    label_set = set_name if role == "labels" and set_name else chosen_label_set(project, query)
    prediction_set = set_name if role == "predictions" and set_name else evaluated_set(project, query)
    side = Side(role, {"labels": label_set, "predictions": prediction_set}[role] if role else None)
    metric = metric_named(project, name, side)
    if metric is None or (role is not None and side.set_name is None):
        return None
    try:
        if role is not None and metric.measured_on is MeasuredOn.FRAME:
            own = query if prediction_set is None else query.with_(prediction_sets=(prediction_set,))
            return _of_their_frames(project, name, side, own.with_(label_set=label_set))
        if metric.needs == "outcomes":
            return _at_operating_point(project, metric, side, label_set, prediction_set, query)
        if role is None:
            return metrics.frame_column(project, name, label_set=label_set, prediction_set=prediction_set)
        return metrics.object_column(project, name, role, side.set_name)
    except PredscopeError:  # not computed, or the set is gone
        return None


@dataclass(frozen=True, slots=True)
class Offer:
    """A metric that can be chosen, and whether its values are there."""

    metric: Metric
    is_ready: bool


def offers(project: Project, query: FrameQuery, sides: Sequence[Side] = (FRAMES,)) -> list[Offer]:
    """The metrics of frames, or of the objects of some sets, each once: computed already or not."""
    found: dict[str, Offer] = {}
    for side in sides:
        for metric in choices(project, side.role, side.set_name):
            if metric.name not in found or not found[metric.name].is_ready:
                is_ready = metric.needs == "outcomes" or (
                    column_of(project, metric.name, side.role, side.set_name, query) is not None
                )
                found[metric.name] = Offer(metric, is_ready)
    return list(found.values())


def value_in_words(column: MetricColumn, value: float) -> str:
    """One value of a column as a tile says it: "brightness .31", "weather rain", "truncated yes"."""
    metric = column.metric
    if column.codes is not None:
        return f"{metric.phrase} {column.categories[int(value)]}"
    if metric.is_integer and metric.range == (0, 1):
        return f"{metric.phrase} {'yes' if value else 'no'}"
    text = f"{value:,.0f}" if metric.is_integer else short(value)
    return f"{metric.phrase} {text} {metric.unit}".rstrip()


def metric_sort(column: MetricColumn) -> Sort:
    """The order of a metric's values; that of its categories where they are names."""
    metric = column.metric
    return Sort(
        metric.title,
        metric.unit,
        lambda measures: column.values,
        lambda value: value_in_words(column, value),
        descending_first=metric.higher_is != "good",
    )


def _at_operating_point(
    project: Project,
    metric: Metric,
    side: Side,
    label_set: str | None,
    prediction_set: str | None,
    query: FrameQuery,
) -> MetricColumn | None:
    if prediction_set is None or label_set is None:
        return None
    table = match_table(project, prediction_set, query.confidence, query.iou, label_set=label_set, by=query.by)
    point = (detection(project, prediction_set, label_set, query.by), query.confidence, query.iou)
    key = (metric.key, side, *point)
    if side.role is None:
        return _outcome_columns.get(key, lambda: metrics.frame_column(project, metric.name, table=table))
    role = side.role
    return _outcome_columns.get(
        key, lambda: metrics.object_column(project, metric.name, role, side.set_name, table=table)
    )


def _of_their_frames(project: Project, name: str, side: Side, query: FrameQuery) -> MetricColumn | None:
    """The values of the frames that the objects of a set are on."""
    column = column_of(project, name, None, None, query)
    if column is None or side.role is None:
        return None
    objects = project.objects(side.role, side.set_name)
    key = (column, str(project.path), project.revision, side)
    return _frame_values.get(key, lambda: column.take(objects.table(["frame_index"])["frame_index"].to_numpy()))
