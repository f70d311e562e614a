"""Which metric, and how it is drawn: the controls above the chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from components.by_metric.choice import (
    COLORINGS,
    FEWEST_BINS,
    MOST_BINS,
    MOST_CLASSES,
    RATES,
    VIEWS,
    Choice,
    choose_among,
    choose_from_list,
    choose_number,
    choose_several,
    show,
)
from predscope.analysis import Binning
from predscope.metrics.metadata import frame_metadata
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.registry import all_metrics
from predscope.project import Project

_KINDS: Final = {
    MeasuredOn.FRAME: "Frame",
    MeasuredOn.OBJECT: "Object",
    MeasuredOn.LABEL: "Label",
    MeasuredOn.PREDICTION: "Prediction",
}
_BINNINGS: Final = {Binning.QUANTILE: "Equal counts", Binning.EQUAL_WIDTH: "Equal widths"}


def titles_of(project: Project, metrics: Sequence[Metric]) -> dict[str, str]:
    """Each metric with what it is measured on, by name; what came with the data is named so. Sorted by group."""
    built_in, metadata = all_metrics(), frame_metadata(project)
    groups: dict[str, list[Metric]] = {}
    for metric in metrics:
        group = _KINDS[metric.measured_on]
        if metric.name not in built_in and metric.compute is None and metric.needs == "values":
            own = metric.measured_on is not MeasuredOn.FRAME
            group = f"{group} metadata" if metric.name in metadata or own else "Joined"
        groups.setdefault(group, []).append(metric)
    return {metric.name: f"{metric.title} · {group.lower()}" for group, own in groups.items() for metric in own}


def view_setting(choice: Choice) -> None:
    choose_among("What is shown", "by_metric.view", VIEWS, choice.view, lambda view: show(choice.unpicked(view=view)))


def metric_setting(choice: Choice, titles: dict[str, str], name: str) -> None:
    """The metric of the chart."""
    choose_from_list(
        "Metric", "by_metric.metric", list(titles), titles, name, lambda other: show(choice.unpicked(metric=other))
    )


def chart_settings(choice: Choice, others: Sequence[str], classes: Sequence[str], *, is_categorical: bool) -> None:
    """How the metric is cut and drawn.

    Args:
        others: prediction sets that can be compared with the one that is shown.
        classes: names of those that can be drawn apart.
        is_categorical: the metric has no bins to choose.
    """
    with st.popover("Drawn how", icon=":material/tune:", type="tertiary"):
        if not is_categorical:
            choose_among(
                "Bins",
                "by_metric.cut",
                _BINNINGS,
                choice.binning,
                lambda binning: show(choice.unpicked(binning=Binning(binning))),
            )
            choose_number(
                "Bins", "by_metric.bins", FEWEST_BINS, MOST_BINS, choice.bins, lambda n: show(choice.unpicked(bins=n))
            )
        choose_among("Labels", "by_metric.rate", RATES, choice.rate, lambda rate: show(choice.with_(rate=rate)))
        if others:
            choose_several(
                "Compare with",
                "by_metric.compared",
                others,
                [name for name in choice.compared if name in others],
                "No other predictions",
                len(others),
                lambda names: show(choice.with_(compared=names, classes=(), line="")),
            )
        choose_several(
            "Classes apart",
            "by_metric.classes",
            classes,
            [name for name in choice.classes if name in classes],
            "All together",
            MOST_CLASSES,
            lambda names: show(choice.with_(classes=names, line="")),
        )


def map_settings(choice: Choice, titles: dict[str, str], first: str, second: str) -> None:
    """The two metrics of the map, and its colour."""
    left, right = st.columns(2)
    with left:
        choose_from_list(
            "From left to right", "by_metric.first", list(titles), titles, first,
            lambda name: show(choice.unpicked(metric=name, other=second)),
        )  # fmt: skip
    with right:
        choose_from_list(
            "From bottom to top", "by_metric.second", list(titles), titles, second,
            lambda name: show(choice.unpicked(metric=first, other=name)),
        )  # fmt: skip
    choose_among(
        "Colour", "by_metric.color", COLORINGS, choice.coloring, lambda name: show(choice.with_(coloring=name))
    )
