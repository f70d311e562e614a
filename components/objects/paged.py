"""A selection of objects on a page of the app: crops, sixty at a time, and the pages to turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from components import urls
from components.metric_filters import metric_sorts
from components.objects import object_gallery
from components.state import ViewState, change_state
from predscope.exploration.crops import crop_records
from predscope.exploration.metric_columns import Offer
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import ObjectSelection, metric_of
from predscope.exploration.query import chosen_label_set
from predscope.payload import project_layers, scene
from predscope.project import Project

CROPS_A_PAGE: Final = 60
_SORTS_OF_OTHER_NAMES: Final = frozenset({"class", "confidence", "match_iou"})


def paged_objects(
    project: Project,
    state: ViewState,
    selection: ObjectSelection,
    *,
    key: str,
    path: str,
    parameters: Mapping[str, str | list[str]] | None = None,
    metrics: Sequence[Offer] = (),
) -> None:
    """One page of a selection; a click opens Frame with the object, and Back returns to where the reader was.

    Args:
        state: of the address; its ``objects`` asked for the selection.
        key: begins the names of what is kept in the session.
        path: of the page that this is on.
        parameters: what the address has of that page alone; links to Frame carry it.
        metrics: of objects, that they can be sorted by.
    """
    query, kept = selection.query, f"{key}.selected"
    layers = project_layers(project, [query.prediction_set], chosen_label_set(project, query.frames))
    page = min(state.page, selection.page_count(CROPS_A_PAGE))
    crops = crop_records(project, layers, selection, selection.page(page, CROPS_A_PAGE), urls.crop_url)
    frame_of = {crop["frame"]: crop["frame_id"] for crop in crops}

    def address(identity: str) -> dict[str, str | list[str]]:
        """Of Frame, with an object."""
        shown = replace(state, page=page).with_frame(frame_of.get(identity), identity)
        return shown.to_params() | dict(parameters or {})

    for crop in crops:
        crop["href"] = urls.page_url(urls.FRAME_PATH, address(crop["frame"]))

    def open_object(identity: str, selected: Sequence[str]) -> None:
        st.session_state[kept] = list(selected)
        st.switch_page(urls.FRAME_PAGE, query_params=address(identity))

    def sort_by(text: str) -> None:
        order = {"sort": text.removeprefix("-"), "descending": text.startswith("-")}
        change_state(project, lambda now: now.with_objects((now.objects or query).with_(**order)))

    def keep_selected(objects: Sequence[str]) -> None:
        st.session_state[kept] = list(objects)
        change_state(project, lambda now: now)  # it may arrive with the address from before another click

    object_gallery(
        selection,
        scene(project, layers),
        crops,
        key=f"{key}.gallery",
        place=urls.page_url(path, state.with_page(page).to_params()),
        opened=state.selected,
        selected=st.session_state.get(kept, []),
        more_sorts=metric_sorts(metrics, _SORTS_OF_OTHER_NAMES - {metric_of(query)}),
        on_open=open_object,
        on_sort=sort_by,
        on_select=keep_selected,
    )
    pages = selection.page_count(CROPS_A_PAGE)
    if pages > 1:
        name = f"{key}.page.{page}"  # a widget of its own, so that the address decides which page it shows
        st.pagination(pages, default=page, key=name, on_change=_turn_page, args=(project, query, name))


def _turn_page(project: Project, query: ObjectQuery, name: str) -> None:
    page = st.session_state[name]
    change_state(project, lambda state: state.with_objects(state.objects or query).with_page(page))
