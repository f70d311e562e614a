"""The values of metrics on both sides of a comparison: of labels, and of a prediction set."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from predscope.exploration.query import FrameQuery, chosen_label_set
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import Metric
from predscope.metrics.reading import MetricsMissing, available_metrics, frame_column, object_column
from predscope.project import Project
from predscope.schema import Role

__all__ = ["MetricSides", "known_columns", "metric_sides", "metrics_on_offer"]


@dataclass(frozen=True, eq=False)
class MetricSides:
    """The values of one metric on both sides of a comparison.

    Attributes:
        metric: which.
        labels, predictions: its columns; a metric of frames has one and the same on both sides. None: that side has no
            such metric.
    """

    metric: Metric
    labels: MetricColumn | None
    predictions: MetricColumn | None

    @property
    def columns(self) -> tuple[MetricColumn | None, MetricColumn | None]:
        return self.labels, self.predictions

    @property
    def has_values(self) -> bool:
        return any(column is not None and not bool(column.is_missing.all()) for column in self.columns)


def metrics_on_offer(project: Project, query: FrameQuery, prediction_set: str) -> list[Metric]:
    """The metrics that performance can be looked at against, computed already or not: of frames, then of objects.

    Metrics that are themselves made of outcomes are not among them: precision against precision says nothing.

    Raises:
        ProjectError: there are no labels, or there is no such set.
    """
    found: dict[str, Metric] = {}
    for metric in (
        *available_metrics(project),
        *available_metrics(project, "labels", chosen_label_set(project, query)),
        *available_metrics(project, "predictions", prediction_set),
    ):
        if metric.needs != "outcomes":
            found.setdefault(metric.name, metric)
    return list(found.values())


def metric_sides(project: Project, query: FrameQuery, prediction_set: str, name: str) -> MetricSides:
    """The values of a metric on both sides.

    Raises:
        InputError: there is no such metric.
        MetricsMissing: it has not been computed.
    """
    label_set = chosen_label_set(project, query)
    own: dict[Role, set[str]] = {
        "labels": {metric.name for metric in available_metrics(project, "labels", label_set)},
        "predictions": {metric.name for metric in available_metrics(project, "predictions", prediction_set)},
    }
    sets: dict[Role, str | None] = {"labels": label_set, "predictions": prediction_set}
    if not any(name in names for names in own.values()):
        column = frame_column(project, name, label_set=label_set, prediction_set=prediction_set)
        return MetricSides(column.metric, column, column)
    labels, predictions = (
        object_column(project, name, role, sets[role]) if name in own[role] else None for role in sets
    )
    known = labels or predictions
    return MetricSides(known.metric, labels, predictions)  # type: ignore[union-attr]  # one of them has it


def known_columns(
    project: Project, query: FrameQuery, prediction_set: str
) -> tuple[list[MetricColumn], list[MetricColumn]]:
    """What labels and predictions can be told apart by, as far as it has been computed: their columns."""
    label_set = chosen_label_set(project, query)

    def read(metrics: Iterable[Metric], column: Callable[[str], MetricColumn]) -> list[MetricColumn]:
        found = []
        for metric in metrics:
            if metric.needs != "outcomes":
                try:
                    found.append(column(metric.name))
                except MetricsMissing:
                    continue
        return found

    frames = read(
        available_metrics(project),
        lambda name: frame_column(project, name, label_set=label_set, prediction_set=prediction_set),
    )
    labels = read(
        available_metrics(project, "labels", label_set), lambda name: object_column(project, name, "labels", label_set)
    )
    predictions = read(
        available_metrics(project, "predictions", prediction_set),
        lambda name: object_column(project, name, "predictions", prediction_set),
    )
    return [*frames, *labels], [*frames, *predictions]
