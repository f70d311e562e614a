"""Performance: how good the predictions are, from which confidence on, and in which classes; counts open objects."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import urls
from components.chips import escape_markdown, filter_chips
from components.operating_point import operating_point
from components.performance.calibration import calibration
from components.performance.confusion import confusion
from components.performance.curves import curves
from components.performance.explanations import STYLE
from components.performance.headline import coco_figures, operating_point_figures
from components.performance.per_class import per_class
from components.performance.readiness import show_missing_sets, show_nothing_to_compare
from components.performance.thresholds import thresholds
from components.session import current_project
from components.state import ViewState, change_state, read_state
from predscope.exploration import FrameQuery, chosen_label_set, chosen_sets
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.performance import Performance, coco_by_shape, performance
from predscope.palette import prediction_set_color
from predscope.project import Project


def ask(query: FrameQuery) -> None:
    change_state(project, lambda state: state.with_query(query))


def change(fields: dict[str, Any]) -> None:
    change_state(project, lambda state: state.with_query(state.query.with_(**fields)))


def move(confidence: float) -> None:
    change({"confidence": confidence})


def open_objects(query: ObjectQuery) -> None:
    st.switch_page(urls.OBJECTS_PAGE, query_params=query.to_params())


def show_title(project: Project, query: FrameQuery, found: Performance, set_name: str) -> None:
    label_set = escape_markdown(chosen_label_set(project, query) or "")
    frames, total = len(found.frames), len(project.frames)
    st.markdown(f"#### {escape_markdown(set_name)} against {label_set}")
    of_frames = f"{total:,} frames" if query.is_unfiltered else f"{frames:,} of {total:,} frames, those that are shown"
    st.caption(
        f"{of_frames}; {len(found.detection.labels):,} labels, {len(found.detection.predictions):,} predictions of any "
        "confidence, compared by their boxes"
    )
    if not query.is_unfiltered:
        filter_chips(query, ask)


def show_performance(project: Project, state: ViewState) -> None:
    query = state.query
    with st.sidebar:
        operating_point(project, query, change)
    set_name = chosen_sets(project, query)[0]
    found = performance(project, query, set_name)
    show_title(project, query, found, set_name)
    if show_nothing_to_compare(found, set_name, not query.is_unfiltered):
        return
    point = found.at(query.confidence, query.iou)
    objects = ObjectQuery(query, set_name)
    color = prediction_set_color(project.set_names("predictions").index(set_name))
    operating_point_figures(point, objects, open_objects)
    coco_figures(found.iou_types(), lambda iou_type: coco_by_shape(project, query, set_name, iou_type))
    confusion(point.confusion, objects, open_objects, dark=st.context.theme.type == "dark")
    per_class(found, objects, open_objects)
    curves(found, query.confidence, query.iou, color, move)
    thresholds(found, query.confidence, query.iou, set_name, move)
    calibration(found.calibration(query.iou))


project = current_project()
state = read_state(project, urls.PERFORMANCE_PATH)
st.html(STYLE)
if state.query.ignored:
    st.warning(
        f"The link names what this project does not have: {', '.join(map(escape_markdown, state.query.ignored))}."
    )
if not show_missing_sets(project, state.query):
    show_performance(project, state)
