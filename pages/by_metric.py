"""By metric: precision and recall against a metric, which metrics matter, and which parts of the data are weak."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from components import urls
from components.by_metric.choice import Choice, read_choice
from components.by_metric.gallery import Picked, show_picked
from components.by_metric.importance_view import metrics_that_matter
from components.by_metric.map_view import second_metric, show_map
from components.by_metric.metric_view import show_metric
from components.by_metric.settings import titles_of, view_setting
from components.by_metric.slices_view import show_slices
from components.by_metric.style import STYLE
from components.chips import escape_markdown, filter_chips
from components.errors.layout import STYLE as LAYOUT_STYLE
from components.errors.layout import columns
from components.metric_runs import measuring_command, show_metric_progress
from components.operating_point import operating_point
from components.performance.explanations import STYLE as EXPLANATION_STYLE
from components.performance.readiness import show_missing_sets, show_nothing_to_compare
from components.performance.title import show_title
from components.session import current_project
from components.state import ViewState, change_state, read_state
from predscope.exploration import FrameQuery, chosen_sets
from predscope.exploration.metric_performance import importance, metrics_on_offer, most_important, weak_slices
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.performance import performance
from predscope.metrics.metric import Metric
from predscope.metrics.reading import MetricsMissing
from predscope.project import Project

DEFAULTS = "by_metric.defaults"


def ask(query: FrameQuery) -> None:
    change_state(project, lambda state: state.with_query(query))


def move(fields: dict[str, Any]) -> None:
    """Another operating point, or another prediction set."""
    change_state(project, lambda state: state.with_query(state.query.with_(**fields)))


def without_picked(state: ViewState, choice: Choice) -> ViewState:
    """The state without what was picked here: Back from a frame brings it along as conditions on frames and objects."""
    ranges = tuple(one for one in state.query.metric_ranges if one not in choice.picked)
    return replace(state, query=state.query.with_(metric_ranges=ranges), objects=None)


def default_metric(project: Project, query: FrameQuery, set_name: str, metrics: dict[str, Metric]) -> str:
    """Asked once a session: more metrics may be measured meanwhile, and the chart stays what it is."""
    key = (str(project.path), project.revision, set_name)
    chosen: dict[Any, str] = st.session_state.setdefault(DEFAULTS, {})
    if chosen.get(key) not in metrics:
        with st.spinner("Finding the metrics that matter..."):
            chosen[key] = most_important(project, query, set_name) or next(iter(metrics))
    return chosen[key]


def draw(
    project: Project, everything: ObjectQuery, choice: Choice, metrics: dict[str, Metric], titles: dict[str, str]
) -> Picked | None:
    """What the left column shows; returns the objects for the right one, None where there are none to show."""
    query, set_name = everything.frames, everything.prediction_set
    if choice.view == "slices":
        with st.spinner("Looking for weak slices..."):
            found = weak_slices(project, query, set_name)
        return show_slices(project, everything, choice, metrics, found)
    name = choice.metric if choice.metric in metrics else default_metric(project, query, set_name, metrics)
    try:
        if choice.view == "map":
            with st.spinner("Finding the metrics that matter..."):
                second = second_metric(choice, metrics, name, importance(project, query, set_name))
            return show_map(project, everything, choice, metrics, titles, name, second)
        return show_metric(project, everything, choice, metrics[name], titles)
    except MetricsMissing:
        what = "One of the two metrics" if choice.view == "map" else escape_markdown(metrics[name].title)
        others = "others" if choice.view == "map" else "another metric"
        command = measuring_command(project)
        way = f", or compute it with {command}" if command else ""
        st.info(f"{what} has not been computed yet. Choose {others} meanwhile{way}.")
        return None


def show_page(project: Project, state: ViewState, choice: Choice, set_name: str) -> None:
    query = state.query.with_(prediction_sets=(set_name,))
    found = performance(project, query, set_name)
    everything = ObjectQuery(query, set_name)
    metrics = {metric.name: metric for metric in metrics_on_offer(project, query, set_name)}
    titles = titles_of(project, list(metrics.values()))
    left, right = columns()
    with left:
        show_title(project, state.query, found, set_name)
        if not state.query.is_unfiltered:
            filter_chips(state.query, ask)
    if show_nothing_to_compare(found, set_name, not state.query.is_unfiltered):
        return
    with left:
        view_setting(choice)
        picked = draw(project, everything, choice, metrics, titles)
    with right:
        if picked is not None:
            show_picked(project, state, picked)
    if choice.view == "metric":
        with left, st.container(key="by_metric_matters"):
            name = choice.metric if choice.metric in metrics else default_metric(project, query, set_name, metrics)
            metrics_that_matter(project, query, set_name, choice, name)


project = current_project()
choice = read_choice()
state = read_state(project, urls.BY_METRIC_PATH, lambda found: without_picked(found, choice))
st.html(EXPLANATION_STYLE)
st.html(LAYOUT_STYLE)
st.html(STYLE)
if state.query.ignored:
    st.warning(
        f"The link names what this project does not have: {', '.join(map(escape_markdown, state.query.ignored))}."
    )
if not show_missing_sets(project, state.query):
    set_name = chosen_sets(project, state.query)[0]
    with st.sidebar:
        operating_point(project, state.query, move)
    show_page(project, state, choice, set_name)
    show_metric_progress(project)
