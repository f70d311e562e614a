"""Errors: which kinds there are, what each costs, and beside the chart the objects themselves."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import urls
from components.chips import escape_markdown, object_chips
from components.errors.charts import choose_view, show_chart
from components.errors.layout import STYLE, columns
from components.errors.matching import (
    choose_matching,
    has_matchings,
    is_by_place,
    matching_parameters,
    write_matching,
)
from components.errors.views import default_objects, view_parameters
from components.objects import object_choices, toggled
from components.objects.paged import paged_objects
from components.operating_point import operating_point
from components.performance.explanations import STYLE as EXPLANATION_STYLE
from components.performance.readiness import show_missing_sets, show_nothing_to_compare
from components.performance.title import show_title
from components.saved_views import save_page
from components.session import current_project
from components.state import ViewState, change_state, other_parameters, read_state
from predscope.exploration import chosen_sets
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.exploration.performance import performance
from predscope.exploration.saved_views import objects_in_words
from predscope.project import Project


def ask(query: ObjectQuery, view: str) -> None:
    change_state(project, lambda state: state.with_objects(query))
    if has_matchings(view):
        write_matching(query.by_place)


def match_by(by_place: bool) -> None:
    """Another matching, of the same objects where some were chosen."""
    write_matching(by_place)
    change_state(
        project,
        lambda state: state if state.objects is None else state.with_objects(state.objects.with_(by_place=by_place)),
    )


def show_objects(project: Project, state: ViewState, selection: ObjectSelection, view: str) -> None:
    object_chips(selection.query, partial(ask, view=view))
    if len(selection):
        # What is shown before anything was chosen is as good as chosen, once one of its objects is opened.
        state = replace(state, query=selection.query.frames, objects=selection.query)
        parameters = view_parameters(view) | matching_parameters(selection.query.by_place)
        paged_objects(project, state, selection, key="errors", path=urls.ERRORS_PATH, parameters=parameters)
    else:
        st.info("Nothing is of this kind at this operating point. Choose another bar, or remove a filter.")


def save_errors(project: Project, query: ObjectQuery) -> None:
    words = f"Errors of {objects_in_words(project, query)}"
    params = {**query.to_params(), **other_parameters()}
    save_page(project, urls.ERRORS_PATH, params, query.frames, words, key="errors.saved")


def show_errors(project: Project, state: ViewState, everything: ObjectQuery, saving: DeltaGenerator) -> None:
    """The page; ``saving``: where to offer to save it."""
    frames = everything.frames
    found = performance(project, frames, everything.prediction_set)
    chart, gallery = columns()
    with chart:
        show_title(project, frames, found, everything.prediction_set)
    if show_nothing_to_compare(found, everything.prediction_set, not frames.is_unfiltered):
        return
    with chart:
        view = choose_view()
        by_place = is_by_place(view, state)
        if has_matchings(view):
            choose_matching(by_place, match_by)
    everything = everything.with_(by_place=by_place)
    tide = found.errors(frames.confidence, frames.iou)
    point = found.at(frames.confidence, frames.iou, by_place=by_place)
    query = (state.objects or default_objects(view, tide, point, everything)).with_(by_place=by_place)
    selection = select_objects(project, query)
    with saving:
        save_errors(project, selection.query)

    def choose(field: str, name: str) -> None:
        change_state(project, lambda state: state.with_objects(toggled(state.objects or query, field, name)))

    with st.sidebar:
        object_choices(project, selection, key="errors.choices", on_change=choose, fields=("klass",))
    with chart:
        show_chart(view, tide, point, everything, query, partial(ask, view=view), dark=st.context.theme.type == "dark")
    with gallery:
        show_objects(project, state, selection, view)


def move(fields: dict[str, Any]) -> None:
    """Another operating point, or another prediction set."""

    def moved(state: ViewState) -> ViewState:
        if state.objects is None:
            return state.with_query(state.query.with_(**fields))
        names = fields.get("prediction_sets", (state.objects.prediction_set,))
        query = state.query.with_(**fields)
        return state.with_objects(state.objects.with_(frames=query, prediction_set=names[0]))

    change_state(project, moved)


project = current_project()
state = read_state(project, urls.ERRORS_PATH)
st.html(EXPLANATION_STYLE)
st.html(STYLE)
ignored = (*state.query.ignored, *(state.objects.ignored if state.objects else ()))
if ignored:
    st.warning(f"The link names what this project does not have: {', '.join(map(escape_markdown, ignored))}.")
if not show_missing_sets(project, state.query):
    set_name = chosen_sets(project, state.query)[0] if state.objects is None else state.objects.prediction_set
    with st.sidebar:
        place_to_save = st.container()
        operating_point(project, state.query.with_(prediction_sets=(set_name,)), move)
    show_errors(project, state, ObjectQuery(state.query, set_name), place_to_save)
