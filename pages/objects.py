"""Objects: what the model found, what it invented and what it missed, one crop an object."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from components import urls
from components.chips import escape_markdown, object_chips
from components.export_menu import export_of_objects
from components.import_links import import_links
from components.metric_filters import metric_offers
from components.metric_runs import show_metric_progress
from components.objects import object_choices, toggled
from components.objects.paged import paged_objects
from components.operating_point import operating_point
from components.saved_views import save_objects
from components.session import current_project
from components.state import ViewState, change_state, read_state
from predscope.exploration.metric_lookup import usable_ranges
from predscope.exploration.object_query import ObjectQuery, active_object_filters, without_object_filters
from predscope.exploration.object_selection import select_objects
from predscope.project import Project


def ask(query: ObjectQuery) -> None:
    change_state(project, lambda state: state.with_objects(query))


def choose(field: str, name: str) -> None:
    change_state(project, lambda state: state.with_objects(toggled(state.objects or query, field, name)))


def narrow(ranges: list[str]) -> None:
    """Other ranges of metrics."""

    def narrowed(state: ViewState) -> ViewState:
        objects = state.objects or query
        usable, _ = usable_ranges(project, ranges, objects.judged_sides(project))
        return state.with_objects(objects.with_(metric_ranges=usable))

    change_state(project, narrowed)


def move(fields: dict[str, Any]) -> None:
    """Another operating point, or another prediction set."""

    def moved(state: ViewState) -> ViewState:
        objects = state.objects or query
        if "prediction_sets" not in fields:
            return state.with_objects(objects.with_(frames=objects.frames.with_(**fields)))
        frames = objects.frames.with_(**fields) if objects.frames.prediction_sets else objects.frames
        return state.with_objects(objects.with_(frames=frames, prediction_set=fields["prediction_sets"][0]))

    change_state(project, moved)


def show_nothing_found(project: Project, query: ObjectQuery) -> None:
    found = [(active, len(select_objects(project, active.without))) for active in active_object_filters(query, project)]
    found = sorted(((active, count) for active, count in found if count), key=lambda entry: -entry[1])
    with st.container(key="nothing_found"):
        st.markdown(
            "**No object is all of this.** Remove a filter:"
            if found
            else f"**{escape_markdown(query.prediction_set)} and the labels have no object here to show.**"
        )
        for active, count in found[:5]:
            st.button(
                f"{escape_markdown(active.text)} → {count:,} {'object' if count == 1 else 'objects'}",
                key=f"relax:{active.key}",
                icon=":material/close:",
                on_click=ask,
                args=(active.without,),
            )
        if active_object_filters(query):
            st.button(
                "Clear all filters",
                key="relax_all",
                type="tertiary",
                on_click=ask,
                args=(without_object_filters(query),),
            )


def show_missing_sets(project: Project) -> None:
    """What to import before objects can be true or false."""
    missing = [role for role in ("labels", "predictions") if not project.set_names(role)]
    st.info(
        f"There are no {' and no '.join(missing)} yet. An object is a true positive, a false positive or missed when "
        "predictions are compared with labels. Import them:"
    )
    import_links(missing)
    for role in missing:
        example = "instances.json" if role == "labels" else "results.json"
        st.code(f"predscope import {role} {example} --project {project.path}", language="console")


project = current_project()
state = read_state(project, urls.OBJECTS_PATH)
if state.objects is None:
    show_missing_sets(project)
else:
    query = state.objects
    selection = select_objects(project, query)
    frames = query.frames.with_(prediction_sets=(query.prediction_set,))
    metrics = metric_offers(project, frames, query.judged_sides(project))
    with st.sidebar:
        export = partial(export_of_objects, project, query, key="objects.export")
        save_objects(project, query, key="objects.saved", beside=export)
        operating_point(project, frames, move)
        object_choices(project, selection, key="objects.choices", on_change=choose, metrics=metrics, on_ranges=narrow)
    ignored = (*query.frames.ignored, *query.ignored)
    if ignored:
        st.warning(f"The link names what this project does not have: {', '.join(map(escape_markdown, ignored))}.")
    object_chips(query, ask, project)
    if len(selection):
        paged_objects(project, state, selection, key="objects", path=urls.OBJECTS_PATH, metrics=metrics)
    else:
        show_nothing_found(project, query)
show_metric_progress(project)
