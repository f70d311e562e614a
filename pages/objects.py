"""Objects: what the model found, what it invented and what it missed, one crop an object."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from components import urls
from components.chips import escape_markdown, object_chips
from components.objects import object_choices, object_gallery, toggled
from components.operating_point import operating_point
from components.session import current_project
from components.state import ViewState, change_state, read_state
from predscope.exploration.crops import crop_records
from predscope.exploration.object_query import ObjectQuery, active_object_filters, without_object_filters
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.exploration.query import chosen_label_set
from predscope.payload import project_layers, scene
from predscope.project import Project

CROPS_A_PAGE = 60
SELECTED = "objects.selected"


def ask(query: ObjectQuery) -> None:
    change_state(project, lambda state: state.with_objects(query))


def choose(field: str, name: str) -> None:
    change_state(project, lambda state: state.with_objects(toggled(state.objects or query, field, name)))


def move(fields: dict[str, Any]) -> None:
    """Another operating point, or another prediction set."""

    def moved(state: ViewState) -> ViewState:
        objects = state.objects or query
        if "prediction_sets" not in fields:
            return state.with_objects(objects.with_(frames=objects.frames.with_(**fields)))
        frames = objects.frames.with_(**fields) if objects.frames.prediction_sets else objects.frames
        return state.with_objects(objects.with_(frames=frames, prediction_set=fields["prediction_sets"][0]))

    change_state(project, moved)


def sort_by(text: str) -> None:
    changes = {"sort": text.removeprefix("-"), "descending": text.startswith("-")}
    change_state(project, lambda state: state.with_objects((state.objects or query).with_(**changes)))


def turn_page(key: str) -> None:
    change_state(project, lambda state: state.with_page(st.session_state[key]))


def keep_selected(objects: list[str]) -> None:
    st.session_state[SELECTED] = objects
    change_state(project, lambda state: state)  # it may arrive with the address from before another click


def show_gallery(project: Project, state: ViewState, selection: ObjectSelection) -> None:
    frames = selection.query.frames
    layers = project_layers(project, [selection.query.prediction_set], chosen_label_set(project, frames))
    page = min(state.page, selection.page_count(CROPS_A_PAGE))
    crops = crop_records(project, layers, selection, selection.page(page, CROPS_A_PAGE), urls.crop_url)
    frame_of = {crop["frame"]: crop["frame_id"] for crop in crops}
    for crop in crops:
        shown = replace(state, page=page).with_frame(crop["frame_id"], crop["frame"])
        crop["href"] = urls.page_url(urls.FRAME_PATH, shown.to_params())

    def open_object(identity: str, selected: list[str]) -> None:
        st.session_state[SELECTED] = selected
        target = replace(state, page=page).with_frame(frame_of.get(identity), identity)
        st.switch_page(urls.FRAME_PAGE, query_params=target.to_params())

    object_gallery(
        selection,
        scene(project, layers),
        crops,
        key="objects.gallery",
        place=urls.page_url(urls.OBJECTS_PATH, state.with_page(page).to_params()),
        opened=state.selected,
        selected=st.session_state.get(SELECTED, []),
        on_open=open_object,
        on_sort=sort_by,
        on_select=keep_selected,
    )
    pages = selection.page_count(CROPS_A_PAGE)
    if pages > 1:
        key = f"objects.page.{page}"  # a widget of its own, so that the address decides which page it shows
        st.pagination(pages, default=page, key=key, on_change=turn_page, args=(key,))


def show_nothing_found(project: Project, query: ObjectQuery) -> None:
    found = [(active, len(select_objects(project, active.without))) for active in active_object_filters(query)]
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
    with st.sidebar:
        operating_point(project, query.frames.with_(prediction_sets=(query.prediction_set,)), move)
        object_choices(project, selection, key="objects.choices", on_change=choose)
    ignored = (*query.frames.ignored, *query.ignored)
    if ignored:
        st.warning(f"The link names what this project does not have: {', '.join(map(escape_markdown, ignored))}.")
    object_chips(query, ask)
    if len(selection):
        show_gallery(project, state, selection)
    else:
        show_nothing_found(project, query)
