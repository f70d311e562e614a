"""Explore: which frames are there, and which of them deserve a look."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components import urls
from components.chips import escape_markdown, filter_chips
from components.export_menu import export_of_frames
from components.filter_rail import filter_rail
from components.gallery import gallery
from components.metric_filters import COUNTED_ALREADY, metric_offers, metric_sorts
from components.metric_runs import show_metric_progress
from components.saved_views import save_frames
from components.session import current_project
from components.state import ViewState, change_state, read_state
from predscope.exploration import (
    FrameQuery,
    FrameSelection,
    chosen_sets,
    relaxations,
    select_frames,
    without_filters,
)
from predscope.exploration.metric_lookup import METRIC_SORT
from predscope.exploration.tiles import query_layers, tile_records
from predscope.payload import scene
from predscope.project import Project

TILES_A_PAGE = 60
SELECTED = "explore.selected"


def ask(query: FrameQuery) -> None:
    change_state(project, lambda state: state.with_query(query))


def sort_by(text: str) -> None:
    name, descending = text.lstrip("-"), text.startswith("-")
    change_state(project, lambda state: state.with_query(state.query.with_(sort=name, descending=descending)))


def open_frame(frame: str) -> None:
    target = state.with_frame(frame)
    st.switch_page(urls.FRAME_PAGE, query_params=target.to_params())


def turn_page(key: str) -> None:
    change_state(project, lambda state: state.with_page(st.session_state[key]))


def keep_selected(frames: list[str]) -> None:
    st.session_state[SELECTED] = frames
    change_state(project, lambda state: state)  # it may arrive with the address from before another click


def show_gallery(project: Project, state: ViewState, selection: FrameSelection) -> None:
    layers = query_layers(project, state.query)
    page = min(state.page, selection.page_count(TILES_A_PAGE))
    positions = selection.page(page, TILES_A_PAGE)
    tiles = tile_records(project, layers, selection, positions, urls.image_url, urls.thumbnail_url)
    for tile in tiles:
        tile["href"] = urls.page_url(urls.FRAME_PATH, state.with_frame(tile["frame"]).to_params())
    ids = project.frames["frame_id"].to_numpy()
    present = set(ids[selection.indices])
    gallery(
        selection,
        layers,
        scene(project, layers),
        tiles,
        key="explore.gallery",
        place=urls.page_url("", state.with_page(page).to_params()),
        opened=state.frame,
        more_sorts=metric_sorts(metrics, COUNTED_ALREADY - {state.query.sort.removeprefix(METRIC_SORT)}),
        selected=[frame for frame in st.session_state.get(SELECTED, []) if frame in present],
        on_open=open_frame,
        on_sort=sort_by,
        on_select=keep_selected,
    )
    pages = selection.page_count(TILES_A_PAGE)
    if pages > 1:
        key = f"explore.page.{page}"  # a widget of its own, so that the address decides which page it shows
        st.pagination(pages, default=page, key=key, on_change=turn_page, args=(key,))


def show_nothing_found(project: Project, query: FrameQuery) -> None:
    with st.container(key="nothing_found"):
        st.markdown("**No frame has all of this.** Remove a filter:")
        for active, frames in relaxations(project, query)[:5]:
            st.button(
                f"{escape_markdown(active.text)} → {frames:,} {'frame' if frames == 1 else 'frames'}",
                key=f"relax:{active.key}",
                icon=":material/close:",
                on_click=ask,
                args=(active.without,),
            )
        st.button("Clear all filters", key="relax_all", type="tertiary", on_click=ask, args=(without_filters(query),))


project = current_project()
state = read_state(project, urls.EXPLORE_PATH)
selection = select_frames(project, state.query)
metrics = metric_offers(project, state.query)
with st.sidebar:
    export = partial(export_of_frames, project, state.query, key="explore.export")
    save_frames(project, state.query, key="explore.saved", beside=export)
    filter_rail(project, selection, ask, metrics)
if state.query.ignored:
    st.warning(
        f"The link names what this project does not have: {', '.join(map(escape_markdown, state.query.ignored))}."
    )
filter_chips(state.query, ask, project)
if state.query.needs_outcomes and selection.outcomes_of and len(chosen_sets(project, state.query)) > 1:
    st.caption(
        f"Missed labels, false alarms and F1 are those of {escape_markdown(selection.outcomes_of)}; choose another "
        "model to see its own."
    )
show_gallery(project, state, selection)
if not len(project.frames):
    st.info(
        "This project has no frames yet. Import labels together with their images: "
        "`predscope import labels PATH --images DIR`."
    )
elif not len(selection):
    show_nothing_found(project, state.query)
show_metric_progress(project)
