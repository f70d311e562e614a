"""Overview: what is loaded, a first look, how good the predictions are and where they are not."""

from __future__ import annotations

import streamlit as st

from components import urls
from components.doors import open_page
from components.first_look import first_look
from components.import_findings import import_findings
from components.import_links import import_links
from components.loaded_sets import class_balance, frames_in_words, loaded_sets
from components.overview.later import compute_later, is_computed
from components.overview.sets import compared_sets, expected_height
from components.saved_views import saved_list
from components.session import current_view
from components.state import ViewState, note_visit
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.payload import Layer
from predscope.project import Project


def open_frame(frame: str) -> None:
    state = ViewState(FrameQuery.of(project), frame=frame)
    st.switch_page(urls.FRAME_PAGE, query_params=state.to_params())


def sort_frames(sort: str) -> None:
    state = ViewState(FrameQuery.of(project).with_(sort=sort.lstrip("-"), descending=sort.startswith("-")))
    open_page(urls.EXPLORE_PATH, state.to_params())


def open_class(layer: Layer, class_name: str) -> None:
    query = FrameQuery.of(project)
    if layer.role == "labels":
        query = query.with_(label_classes=(class_name,))
    else:
        query = query.with_(predicted_classes=(class_name,), prediction_sets=(layer.name,), confidence=0.0)
    open_page(urls.EXPLORE_PATH, ViewState(query).to_params())


def open_objects(query: ObjectQuery) -> None:
    open_page(urls.OBJECTS_PATH, query.to_params())


def compute() -> None:
    from components.overview.performance import compute_performance  # after the first paint, for what it imports

    compute_performance(project, FrameQuery.of(project))


def show_comparison() -> None:
    with st.container(key="overview_performance"):
        compute_later(project, compute, "Comparing predictions with labels …", expected_height(project))
        if is_computed(project):
            from components.overview.performance import show_performance

            show_performance(project, FrameQuery.of(project), open_objects)


def show_measuring() -> None:
    """How far the metrics are, at the lower end of the window; the numbers above come first."""
    from components.metric_runs import show_metric_progress  # after the first paint, for what it imports

    show_metric_progress(project, in_sidebar=False)


def show_first_steps(project: Project) -> None:
    """What to do with a project that has no labels and no predictions yet."""
    with st.container(key="overview_first_steps", border=True):
        st.markdown("**Nothing is loaded yet but the images.** Bring labels and predictions, from files of any format:")
        import_links(["labels", "predictions"])
        st.caption("Or on the command line:")
        for role, example in (("labels", "instances.json"), ("predictions", "results.json")):
            st.code(f"predscope import {role} {example} --project {project.path}", language="console")


view = current_view()
project = view.project
note_visit("Overview")
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="overview_head"):
    st.markdown(f"#### {project.name}", help=str(project.path), width="content")
    if view.layers:
        import_links(["predictions"])
st.caption(frames_in_words(project))
if not view.layers:
    show_first_steps(project)
if len(project.frames):
    first_look(project, view.layers, open_frame, sort_frames)
if compared_sets(project) and len(project.frames):
    show_comparison()
saved_list(project, key="overview.saved", is_counted=is_computed(project) or not compared_sets(project))
if view.layers:
    loaded_sets(project)
    import_findings(project)
    class_balance(project, view.layers, open_class, key="overview.class_balance")
if is_computed(project) or not compared_sets(project):
    show_measuring()
