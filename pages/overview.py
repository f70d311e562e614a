"""Overview: what is loaded, what the imports said of it, and a first look."""

from __future__ import annotations

import streamlit as st

from components import urls
from components.first_look import first_look
from components.import_findings import import_findings
from components.loaded_sets import class_balance, frames_in_words, loaded_sets
from components.session import current_view
from components.state import ViewState, note_visit
from predscope.exploration import FrameQuery
from predscope.payload import Layer


def open_frame(frame: str) -> None:
    state = ViewState(FrameQuery.of(project), frame=frame)
    st.switch_page(urls.FRAME_PAGE, query_params=state.to_params())


def sort_frames(sort: str) -> None:
    state = ViewState(FrameQuery.of(project).with_(sort=sort.lstrip("-"), descending=sort.startswith("-")))
    st.switch_page(urls.EXPLORE_PAGE, query_params=state.to_params())


def open_class(layer: Layer, class_name: str) -> None:
    query = FrameQuery.of(project)
    if layer.role == "labels":
        query = query.with_(label_classes=(class_name,))
    else:
        query = query.with_(predicted_classes=(class_name,), prediction_sets=(layer.name,), confidence=0.0)
    st.switch_page(urls.EXPLORE_PAGE, query_params=ViewState(query).to_params())


view = current_view()
project = view.project
note_visit("Overview")
st.markdown(f"#### {project.name}", help=str(project.path))
st.caption(frames_in_words(project))
if len(project.frames):
    first_look(project, view.layers, open_frame, sort_frames)
if view.layers:
    loaded_sets(project)
    import_findings(project)
    class_balance(project, view.layers, open_class)
else:
    st.info(
        "Nothing is loaded yet but the images. Add labels and predictions:\n\n"
        f"`predscope import labels instances.json --project {project.path}`\n\n"
        f"`predscope import predictions results.json --project {project.path}`"
    )
