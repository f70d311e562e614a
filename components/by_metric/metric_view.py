"""Performance against one metric: the chart with its finding."""

from __future__ import annotations

from typing import Final

import streamlit as st

from components.by_metric.chart import Line, metric_chart
from components.by_metric.choice import Choice, show
from components.by_metric.explanations import chart_explanation
from components.by_metric.gallery import CountLine, Picked
from components.by_metric.settings import chart_settings, metric_setting
from components.charts.style import PRECISION_COLOR, RECALL_COLOR
from components.chips import escape_markdown
from components.performance.explanations import explained
from predscope.analysis import Bins
from predscope.exploration import FrameQuery
from predscope.exploration.metric_findings import Finding, finding
from predscope.exploration.metric_performance import (
    bins_of_metric,
    counts_in_ranges,
    joined_range,
    objects_in_ranges,
    performance_against,
)
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.outcome_words import sentence
from predscope.metrics.metric import Metric
from predscope.metrics.ranges import MetricRange
from predscope.palette import class_colors, prediction_set_color
from predscope.project import Project
from predscope.schema import Role

SIDE_COLORS: Final[dict[Role, str]] = {"labels": RECALL_COLOR, "predictions": PRECISION_COLOR}
ERROR_OF: Final[dict[Role, str]] = {"labels": "missed", "predictions": "false"}


def lines_of(project: Project, query: FrameQuery, choice: Choice, set_name: str, bins: Bins) -> list[Line]:
    """What is drawn: one line for all, or one a prediction set, or one a class."""
    names = project.set_names("predictions")
    colors = class_colors(project.classes)
    classes = [name for name in choice.classes if name in colors]
    if classes:
        return [
            Line(
                name,
                set_name,
                name,
                colors[name],
                performance_against(project, query, set_name, bins, class_name=name),
            )
            for name in classes
        ]
    sets = compared_sets(project, choice, set_name)
    return [
        Line(
            name if len(sets) > 1 else "",
            name,
            None,
            prediction_set_color(names.index(name)),
            performance_against(project, query, name, bins),
        )
        for name in sets
    ]


def compared_sets(project: Project, choice: Choice, set_name: str) -> list[str]:
    """The prediction set that is shown, then those that it is compared with."""
    if choice.classes:
        return [set_name]
    others = [name for name in project.set_names("predictions") if name in choice.compared and name != set_name]
    return [set_name, *others]


def show_metric(
    project: Project, everything: ObjectQuery, choice: Choice, metric: Metric, titles: dict[str, str]
) -> Picked | None:
    """The chart; returns what was picked in it, None where no object has a value.

    Raises:
        MetricsMissing: the metric has not been computed.
    """
    query, set_name = everything.frames, everything.prediction_set
    sets = compared_sets(project, choice, set_name)
    with st.container(horizontal=True, vertical_alignment="bottom", key="by_metric_settings"):
        metric_setting(choice, titles, metric.name)
        others = [name for name in project.set_names("predictions") if name != set_name]
        names = [one.name for one in project.classes]
        chart_settings(choice, others, names, is_categorical=metric.is_categorical)
    bins = bins_of_metric(project, query, sets, metric.name, binning=choice.binning, count=choice.bins)
    lines = lines_of(project, query, choice, set_name, bins)
    found = finding(lines[0].performance)
    title = _title(metric, lines[0], found)
    explained(escape_markdown(title), "by_metric", chart_explanation(metric))
    if not len(bins):
        st.info(f"No label and no prediction here has a value of {escape_markdown(metric.phrase)}.")
        return None
    picked, shown = _what_is_picked(bins, choice, found)

    def pick(first: int, last: int, side: Role | None) -> None:
        wanted = joined_range(bins, first, last)
        show(choice.with_(metric=metric.name, picked=(wanted,), shown=ERROR_OF[side] if side else shown))

    metric_chart(
        lines,
        bins,
        place_of(bins, picked),
        title=title,
        missed=choice.rate == "missed",
        colors=SIDE_COLORS,
        key=f"by_metric.chart.{metric.name}",
        file_name=f"{metric.name}-{set_name}",
        on_pick=pick,
    )
    return _picked(project, everything, lines, metric, picked, shown, choice)


def place_of(bins: Bins, picked: MetricRange) -> tuple[int, int] | None:
    """First and last of the bins that a range covers exactly; None where it is of another metric or cut."""
    if picked.name != bins.metric.name or not len(bins):
        return None
    if picked.categories:
        held = [place for place, one in enumerate(bins.ranges) if set(one.categories) & set(picked.categories)]
        return (held[0], held[-1]) if held and held[-1] - held[0] + 1 == len(held) else None
    first = next((place for place, one in enumerate(bins.ranges) if one.low == picked.low), None)
    last = next((place for place, one in enumerate(bins.ranges) if one.high == picked.high), None)
    return (first, last) if first is not None and last is not None and first <= last else None


def _what_is_picked(bins: Bins, choice: Choice, found: Finding | None) -> tuple[MetricRange, str]:
    """The range that was clicked, else the one that the title speaks of, else all; and which of its objects."""
    if choice.picked and choice.picked[0].name == bins.metric.name:
        return choice.picked[0], choice.shown or "missed"
    if found is not None:
        return joined_range(bins, found.first, found.last), choice.shown or ERROR_OF[found.role]
    return joined_range(bins, 0, len(bins) - 1), choice.shown or "missed"


def _title(metric: Metric, line: Line, found: Finding | None) -> str:
    of = f" ({line.name})" if line.name else ""
    if found is not None:
        return found.text + of
    sides = [
        name
        for name, counts in (("recall", line.performance.labels), ("precision", line.performance.predictions))
        if counts is not None
    ]
    return f"{sentence(' and '.join(sides))} hardly {'depend' if len(sides) > 1 else 'depends'} on {metric.phrase}{of}"


def _picked(
    project: Project,
    everything: ObjectQuery,
    lines: list[Line],
    metric: Metric,
    picked: MetricRange,
    shown: str,
    choice: Choice,
) -> Picked:
    order = {"sort": choice.sort, "descending": choice.descending}

    def counted(line: Line) -> CountLine:
        own = everything.with_(prediction_set=line.prediction_set, klass=line.class_name, **order)
        counts = counts_in_ranges(
            project, everything.frames, line.prediction_set, (picked,), class_name=line.class_name
        )
        return CountLine(line.name, counts, objects_in_ranges(own, [(metric, picked)]))

    again = choice.with_(metric=metric.name, picked=(picked,), shown=shown)
    name = choice.line if any(line.name == choice.line for line in lines) else lines[0].name
    is_all = picked == MetricRange(metric.name)
    text = f"any {metric.phrase}" if is_all else picked.text(metric)
    return Picked(sentence(text), shown, name, tuple(map(counted, lines)), again)
