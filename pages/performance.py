"""Performance: how good the predictions are, from which confidence on, and in which classes; counts open objects."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import urls
from components.chips import escape_markdown, filter_chips
from components.classification.view import show_classification
from components.doors import open_page
from components.performance.calibration import calibration
from components.performance.confusion import confusion
from components.performance.curves import curves
from components.performance.explanations import STYLE
from components.performance.headline import coco_figures, operating_point_figures
from components.performance.kinds import choose_kind, point_of
from components.performance.per_class import per_class
from components.performance.readiness import show_missing_sets, show_nothing_to_compare
from components.performance.thresholds import thresholds
from components.performance.title import show_title
from components.saved_views import save_page
from components.semantic.view import show_semantic
from components.session import current_project
from components.state import ViewState, change_state, other_parameters, read_state
from predscope.exploration import FrameQuery, chosen_sets
from predscope.exploration.data_kind import data_kinds
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.performance import performance
from predscope.exploration.saved_views import frames_in_words
from predscope.palette import prediction_set_color
from predscope.project import Project


def ask(query: FrameQuery) -> None:
    change_state(project, lambda state: state.with_query(query))


def change(fields: dict[str, Any]) -> None:
    change_state(project, lambda state: state.with_query(state.query.with_(**fields)))


def move(confidence: float) -> None:
    change({"confidence": confidence})


def open_objects(query: ObjectQuery) -> None:
    open_page(urls.OBJECTS_PATH, query.to_params())


def show_detection(project: Project, state: ViewState) -> None:
    query = state.query
    set_name = chosen_sets(project, query)[0]
    found = performance(project, query, set_name)
    show_title(project, query, found, set_name)
    if show_nothing_to_compare(found, set_name, not query.is_unfiltered):
        return
    point = found.at(query.confidence, query.iou)
    objects = ObjectQuery(query, set_name)
    color = prediction_set_color(project.set_names("predictions").index(set_name))
    operating_point_figures(point, objects, open_objects)
    coco_figures(found)
    confusion(
        point.confusion,
        objects,
        open_objects,
        dark=st.context.theme.type == "dark",
        by_place=lambda: found.at(query.confidence, query.iou, by_place=True).confusion,
    )
    per_class(found, objects, open_objects)
    curves(found, query.confidence, query.iou, set_name, color, move)
    thresholds(found, query.confidence, query.iou, set_name, move)
    calibration(found.calibration(query.iou), objects, open_objects)


BODIES = {"objects": show_detection, "semantic": show_semantic, "classification": show_classification}


def show_performance(project: Project, state: ViewState) -> None:
    set_name = chosen_sets(project, state.query)[0]
    kind = choose_kind(data_kinds(project, state.query, set_name))
    with st.sidebar:
        words = f"Performance of {set_name}, {frames_in_words(project, state.query)}"
        params = {**state.query.to_params(), **other_parameters()}
        save_page(project, urls.PERFORMANCE_PATH, params, state.query, words, key="performance.saved")
        point_of(kind, project, state.query, change)
    if not state.query.is_unfiltered:
        filter_chips(state.query, ask)
    BODIES[kind](project, state)


project = current_project()
state = read_state(project, urls.PERFORMANCE_PATH)
st.html(STYLE)
if state.query.ignored:
    st.warning(
        f"The link names what this project does not have: {', '.join(map(escape_markdown, state.query.ignored))}."
    )
if not show_missing_sets(project, state.query):
    show_performance(project, state)
