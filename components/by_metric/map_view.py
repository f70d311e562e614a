"""Two metrics at once: the map with its finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from components.by_metric.choice import COLORINGS, Choice, show
from components.by_metric.explanations import MAP
from components.by_metric.gallery import CountLine, Picked
from components.by_metric.map import metric_map
from components.by_metric.settings import map_settings
from components.chips import escape_markdown
from components.performance.explanations import explained
from predscope.analysis import MetricImportance, MetricMap, may_explain
from predscope.analysis.slice_conditions import CLASS_NAME
from predscope.exploration.metric_findings import FEWEST_OBJECTS
from predscope.exploration.metric_performance import (
    bins_of_metric,
    counts_in_ranges,
    map_of_metrics,
    objects_in_ranges,
)
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.outcome_words import sentence
from predscope.exploration.sorting import rate
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.project import Project

_MOST_BINS: Final = 8


def second_metric(choice: Choice, metrics: Mapping[str, Metric], first: str, found: Sequence[MetricImportance]) -> str:
    """The metric asked for; else the one that tells most beside the first, rather of what the first is not measured on.

    Args:
        found: importance, the most important first.
    """
    if choice.other in metrics and choice.other != first:
        return choice.other
    is_of_frames = metrics[first].measured_on is MeasuredOn.FRAME
    reasons = [
        one.metric.name
        for one in found
        if one.target == "correct" and one.metric.name in metrics and may_explain(one.metric, one.role)
    ]
    reasons.sort(key=lambda name: (metrics[name].measured_on is MeasuredOn.FRAME) == is_of_frames)
    return next((name for name in (*reasons, *metrics) if name not in (first, CLASS_NAME)), first)


def show_map(
    project: Project,
    everything: ObjectQuery,
    choice: Choice,
    metrics: Mapping[str, Metric],
    titles: dict[str, str],
    first: str,
    second: str,
) -> Picked | None:
    """The map; returns the cell that was picked, at first the one that the title speaks of, None where all are empty.

    Raises:
        MetricsMissing: one of the metrics has not been computed.
    """
    map_settings(choice, titles, first, second)
    query, set_name = everything.frames, everything.prediction_set
    bins = [
        bins_of_metric(project, query, [set_name], name, binning=choice.binning, count=min(choice.bins, _MOST_BINS))
        for name in (first, second)
    ]
    found = map_of_metrics(project, query, set_name, *bins)
    worst = lowest_cell(found, choice.coloring)
    title = map_in_words(found, choice.coloring, worst)
    explained(escape_markdown(title), "map", MAP)
    if (found.labels if choice.coloring in ("recall", "labels") else found.predictions) is None:
        return None
    cells = {(x, y): (one, other) for x, one in enumerate(bins[0].ranges) for y, other in enumerate(bins[1].ranges)}
    place = next((place for place, ranges in cells.items() if ranges == choice.picked), None)
    place = worst if place is None and not choice.picked else place
    error = "false" if choice.coloring in ("precision", "predictions") else "missed"
    shown = choice.shown or error

    def pick(x: int, y: int) -> None:
        show(choice.with_(metric=first, other=second, picked=cells[x, y], shown=error))

    metric_map(
        found,
        choice.coloring,
        place,
        title=title,
        key=f"by_metric.map.{first}.{second}",
        file_name=f"{first}-{second}-{set_name}",
        on_pick=pick,
    )
    ranges = [] if place is None else list(zip((metrics[first], metrics[second]), cells[place], strict=True))
    query_of_cell = objects_in_ranges(everything.with_(sort=choice.sort, descending=choice.descending), ranges)
    counts = counts_in_ranges(project, query, set_name, [wanted for _, wanted in ranges])
    again = choice.with_(metric=first, other=second, picked=() if place is None else cells[place], shown=shown, line="")
    words = " and ".join(wanted.text(metric) for metric, wanted in ranges)
    return Picked(sentence(words), shown, "", (CountLine("", counts, query_of_cell),), again)


def lowest_cell(found: MetricMap, coloring: str) -> tuple[int, int] | None:
    """The cell with the lowest rate that is sure: the lowest upper end of an interval; of counts, the largest."""
    counts = found.labels if coloring in ("recall", "labels") else found.predictions
    if counts is None or not counts.total.size or not counts.total.any():
        return None
    if coloring in ("labels", "predictions"):
        place = int(counts.total.argmax())
    else:
        enough = counts.total >= FEWEST_OBJECTS
        if not enough.any():
            return None
        place = int(np.where(enough, counts.interval[1], np.inf).argmin())
    x, y = np.unravel_index(place, counts.total.shape)
    return int(x), int(y)


def map_in_words(found: MetricMap, coloring: str, place: tuple[int, int] | None) -> str:
    """What stands out: where the rate is lowest, or most objects are."""
    counts = found.labels if coloring in ("recall", "labels") else found.predictions
    if counts is None:
        side = "labels" if coloring in ("recall", "labels") else "predictions"
        return f"{sentence(side)} do not have both of these metrics"
    if place is None:
        return "There are too few objects in every cell"
    one, other = found.first, found.second
    where = f"{one.ranges[place[0]].text(one.metric)} and {other.ranges[place[1]].text(other.metric)}"
    if coloring in ("labels", "predictions"):
        return f"Most {coloring} have {where}: {int(counts.total[place]):,}"
    return f"{COLORINGS[coloring]} is lowest at {where}: {rate(float(counts.rate[place]))}"
