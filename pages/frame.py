"""Frame: one image, large, with everything that was labelled and predicted on it."""

from __future__ import annotations

import streamlit as st

from components import urls
from components.chips import escape_markdown
from components.frame_details import frame_details
from components.frame_viewer import frame_viewer
from components.session import current_view
from components.state import read_state
from predscope.exploration import select_frames

preview = st.query_params.get("preview")
view = current_view(preview)
project = view.project
state = read_state(project, urls.FRAME_PATH)
selection = select_frames(project, state.query)
frame_index = None if state.frame is None else project.frame_index(state.frame)
if frame_index is None and len(selection):
    frame_index = int(selection.indices[0])
if state.frame is not None and project.frame_index(state.frame) is None:
    st.warning(f"There is no frame “{escape_markdown(state.frame)}” in this project; the first one is shown.")
if preview is not None:
    st.info("A look before the import: these predictions are not in the project yet. Answer on the command line.")
if frame_index is None:
    st.info("No frame meets the filters. Open **Explore** and remove one.")
else:
    frame_viewer(project, view.layers, state, selection, frame_index, preview=preview)
    frame_details(project, view.layers, frame_index)
