"""The objects behind a number of the page: crops of labels or predictions, page by page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import streamlit as st

from components import urls
from components.browser_code import browser_component
from components.chips import escape_markdown
from components.data.doors import RANGE_PARAMETER, noun_of, own_parameters
from components.drawing import read_sources
from components.gallery import gallery_source, gallery_style
from components.objects.paged import CROPS_A_PAGE
from components.state import ViewState
from predscope.exploration import FrameQuery
from predscope.exploration.metric_lookup import Side, metric_named
from predscope.exploration.set_objects import set_crops, set_objects
from predscope.metrics.ranges import MetricRange
from predscope.payload import project_layers, scene
from predscope.project import Project

_FOLDER: Final = Path(__file__).parent
_SELECTED: Final = "data.selected"
_PAGE: Final = "page"


def asked_ranges(project: Project, side: Side) -> tuple[list[MetricRange], list[str]]:
    """The ranges that the address names, and those of them that make no sense for these objects."""
    found, ignored = [], []
    for text in st.query_params.get_all(RANGE_PARAMETER):
        one = MetricRange.from_param(text)
        if one is None or metric_named(project, one.name, side) is None:
            ignored.append(text)
        else:
            found.append(one)
    return found, ignored


def close_objects() -> None:
    """Back to what the page was showing."""
    for name in (RANGE_PARAMETER, _PAGE):
        st.query_params.pop(name, None)


def show_objects(project: Project, side: Side, ranges: Sequence[MetricRange], query: FrameQuery) -> None:
    """The objects of a set in some ranges; a click opens Frame with the object, and Back returns.

    Args:
        query: all frames.
    """
    found = set_objects(project, side, ranges, query)
    conditions = " and ".join(
        one.text(metric) for one in ranges if (metric := metric_named(project, one.name, side)) is not None
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="data_objects_title"):
        st.button("Back", icon=":material/arrow_back:", key="data.close", on_click=close_objects)
        st.markdown(f"##### {noun_of(side, len(found))}: {escape_markdown(conditions)}", width="content")
    if not len(found):
        st.info("Nothing is in this range any more: the data has changed since this link was made.")
        return
    is_labels = side.role == "labels"
    query = query.with_(label_set=side.set_name) if is_labels else query.with_(prediction_sets=(str(side.set_name),))
    layers = project_layers(project, [] if is_labels else [str(side.set_name)], side.set_name if is_labels else None)
    layer = next(layer for layer in layers if layer.role == side.role)
    page = min(_asked_page(), found.page_count(CROPS_A_PAGE))
    crops = set_crops(project, layer, found, found.page(page, CROPS_A_PAGE), urls.crop_url)
    here = own_parameters() | ({_PAGE: str(page)} if page > 1 else {})

    def target(crop: dict[str, Any]) -> dict[str, str | list[str]]:
        return ViewState(query, page=page, frame=crop["frame_id"], selected=crop["frame"]).to_params() | here

    targets = {crop["frame"]: target(crop) for crop in crops}
    for crop in crops:
        crop["href"] = urls.page_url(urls.FRAME_PATH, targets[crop["frame"]])

    def opened() -> None:
        value = getattr(st.session_state["data.objects"], "open", None)
        if value is not None and str(value["frame"]) in targets:
            st.session_state[_SELECTED] = [str(name) for name in value["selected"]]
            st.switch_page(urls.FRAME_PAGE, query_params=targets[str(value["frame"])])

    drawn_scene = scene(project, [layer])
    _component()(
        key="data.objects",
        data={
            "scene": drawn_scene,
            "tiles": crops,
            "digest": hashlib.blake2b(orjson.dumps([drawn_scene, crops]), digest_size=8).hexdigest(),
            "counters": {
                "objects": [len(found), found.total],
                "frames": [found.frame_count, len(project.frames)],
            },
            "has_outcomes": False,
            "sorts": [],
            "sort": None,
            "place": urls.page_url(urls.DATA_PATH, here),
            "opened": st.query_params.get("object"),
            "selected": st.session_state.get(_SELECTED, []),
            "most_rows": None,
        },
        on_open_change=opened,
        on_selected_change=_keep_selected,
    )
    pages = found.page_count(CROPS_A_PAGE)
    if pages > 1:
        key = f"data.page.{page}"  # a widget of its own, so that the address decides which page it shows
        st.pagination(pages, default=page, key=key, on_change=_turn_page, args=(key,))


def _keep_selected() -> None:
    value = getattr(st.session_state["data.objects"], "selected", None)
    if value is not None:
        st.session_state[_SELECTED] = [str(name) for name in value]


def _turn_page(key: str) -> None:
    st.query_params[_PAGE] = str(st.session_state[key])


def _asked_page() -> int:
    text = st.query_params.get(_PAGE, "")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 10**6 else 1


@cache
def _component() -> Any:
    crops = read_sources(_FOLDER.parent / "objects", ("objects.css",))
    return browser_component(
        "predscope_set_objects",
        html="<div class='gallery'></div>",
        script=gallery_source() + "\n" + read_sources(_FOLDER, ("objects.js",)),
        style=gallery_style() + "\n" + crops + "\n" + read_sources(_FOLDER, ("objects.css",)),
    )
