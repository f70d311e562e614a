"""Frame: one image, large, with everything that was labelled and predicted on it."""

from __future__ import annotations

import streamlit as st

from components import urls
from components.chips import escape_markdown
from components.frame_details import frame_details
from components.frame_viewer import frame_viewer
from components.object_walk import object_walk
from components.saved_views import save_page
from components.session import current_view
from components.state import ViewState, other_parameters, read_state
from predscope.exploration import select_frames
from predscope.exploration.object_selection import select_objects
from predscope.exploration.saved_views import frames_in_words, objects_in_words
from predscope.project import Project


def save_frame(project: Project, state: ViewState, frame_index: int) -> None:
    """Save the frame with its filters; without the object selected on it, which the next import numbers anew."""
    frame_id = str(project.frames["frame_id"].iloc[frame_index])
    words = frame_id
    if state.objects is not None:
        words = f"{frame_id}: {objects_in_words(project, state.objects)}"
    elif not state.query.is_unfiltered:
        words = f"{frame_id}: {frames_in_words(project, state.query)}"
    params = {**state.with_frame(frame_id).to_params(), **other_parameters()}
    save_page(project, urls.FRAME_PATH, params, state.query, words, key="frame.saved")


preview = st.query_params.get("preview")
project = current_view(preview).project
state = read_state(project, urls.FRAME_PATH)
view = current_view(preview, label_set=state.query.label_set)
objects = None if state.objects is None else select_objects(project, state.objects)
selection = select_frames(project, state.query) if objects is None else objects.frames
frame_index = None if state.frame is None else project.frame_index(state.frame)
if frame_index is None and len(selection):
    frame_index = int(selection.indices[0])
if state.frame is not None and project.frame_index(state.frame) is None:
    st.warning(f"There is no frame “{escape_markdown(state.frame)}” in this project; the first one is shown.")
ignored = (*state.query.ignored, *(state.objects.ignored if state.objects is not None else ()))
if ignored:
    st.warning(f"The link names what this project does not have: {', '.join(map(escape_markdown, ignored))}.")
if preview is not None:
    st.info("A look before the import: these predictions are not in the project yet. Answer on the command line.")
if frame_index is None:
    st.info("No frame meets the filters. Open **Explore** and remove one.")
else:
    if objects is not None:
        object_walk(project, state, objects, frame_index)
    frame_viewer(project, view.layers, state, selection, frame_index, objects=objects, preview=preview)
    with st.container(horizontal=True, vertical_alignment="top", gap="medium", key="frame_foot"):
        with st.container():
            frame_details(project, view.layers, frame_index, state.query if preview is None else None, state.selected)
        if preview is None:
            with st.container(width="content"):
                save_frame(project, state, frame_index)
