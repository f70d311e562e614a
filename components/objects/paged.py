"""A selection of objects on a page of the app: crops, sixty at a time, and the pages to turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

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


class Steps(Protocol):
    """What a gallery asks for, written into the address of the page that it is on."""

    def sort_by(self, order: str) -> None:
        """Sort by ``order``, with ``-`` in front for descending."""

    def turn_to(self, page: int) -> None:
        """Show another page of the gallery, from 1."""

    def stay(self) -> None:
        """Keep what is shown: nothing but the selection changed."""


@dataclass(frozen=True, slots=True)
class ObjectSteps:
    """Those of pages whose address says which objects they show.

    Attributes:
        query: the objects that are shown, where the address does not name any.
    """

    project: Project
    query: ObjectQuery

    def sort_by(self, order: str) -> None:
        sort = {"sort": order.removeprefix("-"), "descending": order.startswith("-")}
        change_state(self.project, lambda now: now.with_objects((now.objects or self.query).with_(**sort)))

    def turn_to(self, page: int) -> None:
        change_state(self.project, lambda now: now.with_objects(now.objects or self.query).with_page(page))

    def stay(self) -> None:
        change_state(self.project, lambda now: now)  # it may arrive with the address from before another click


def paged_objects(
    project: Project,
    state: ViewState,
    selection: ObjectSelection,
    *,
    key: str,
    path: str,
    parameters: Mapping[str, str | list[str]] | None = None,
    metrics: Sequence[Offer] = (),
    steps: Steps | None = None,
) -> None:
    """One page of a selection; a click opens Frame with the object, and Back returns to where the reader was.

    Args:
        state: what is shown; links to Frame carry it.
        key: begins the names of what is kept in the session.
        path: of the page that this is on.
        parameters: what the address has of that page alone; links to Frame carry it.
        metrics: of objects, that they can be sorted by.
        steps: how the page writes its address; None: as ``ObjectSteps`` does.
    """
    query, kept = selection.query, f"{key}.selected"
    steps = steps or ObjectSteps(project, query)
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

    def keep_selected(objects: Sequence[str]) -> None:
        st.session_state[kept] = list(objects)
        steps.stay()

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
        on_sort=steps.sort_by,
        on_select=keep_selected,
    )
    pages = selection.page_count(CROPS_A_PAGE)
    if pages > 1:
        name = f"{key}.page.{page}"  # a widget of its own, so that the address decides which page it shows
        st.pagination(pages, default=page, key=name, on_change=lambda: steps.turn_to(st.session_state[name]))
