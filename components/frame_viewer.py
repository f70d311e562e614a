"""The viewer on the frames of a selection, kept in step with the address.

The user steps through frames in the browser; the address follows. Back, Forward and links change the address; the
viewer follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import streamlit as st

from components import urls
from components.state import ViewState, change_state
from components.viewer import order_window, read_event, viewer
from predscope.exploration import FrameSelection
from predscope.payload import Layer, frame_payloads, frame_record, scene
from predscope.project import Project

VIEWER_KEY: Final = "frame.viewer"
_AGREED: Final = "frame.agreed"
_SERVER_NAV: Final = "frame.server_nav"


def frame_viewer(
    project: Project,
    layers: Sequence[Layer],
    state: ViewState,
    selection: FrameSelection,
    frame_index: int,
    *,
    preview: str | None = None,
) -> None:
    """Draw the viewer on one frame, with the other frames of the selection before and after it.

    Args:
        layers: the sets drawn over the frame.
        state: of the address; ``state.selected`` is selected.
        preview: id of the staged import that is shown, if one is.
    """
    wanted = (project.frames["frame_id"].iloc[frame_index], state.selected)
    if st.session_state.get(_AGREED) != wanted:  # the address says something else than the browser did
        st.session_state[_SERVER_NAV] = st.session_state.get(_SERVER_NAV, 0) + 1
        st.session_state[_AGREED] = wanted
    order = order_window(
        selection.indices,
        selection.position(frame_index),
        partial(_order_entry, project),
        key=f"{project.revision}{state.query.to_params()}",
    )
    hidden = [layer.key for layer in layers if not _is_shown(layer, state)]
    viewer(
        key=VIEWER_KEY,
        scene=scene(project, layers),
        frames=frame_payloads(project, layers, [frame_index], urls.image_url, urls.thumbnail_url),
        current=wanted[0],
        order=order,
        objects_url=urls.objects_url((layer.key for layer in layers), project.revision, preview),
        server_nav=st.session_state[_SERVER_NAV],
        selected=state.selected,
        settings={"threshold": state.query.confidence, "hiddenLayers": hidden},
        on_view=partial(_follow_viewer, project, selection),
    )


def _follow_viewer(project: Project, selection: FrameSelection) -> None:
    """Write into the address what the user has come to in the browser."""
    event = read_event(st.session_state[VIEWER_KEY])
    frame_id = event.frame_id
    if frame_id is None and event.position is not None and 0 <= event.position < len(selection):
        frame_id = project.frames["frame_id"].iloc[selection.indices[event.position]]
    if frame_id is None:
        return
    st.session_state[_AGREED] = (frame_id, event.selected)
    change_state(project, lambda state: state.with_frame(frame_id, event.selected))


def _order_entry(project: Project, frame_index: int) -> dict[str, Any]:
    record = frame_record(project.frames.iloc[frame_index], urls.image_url, urls.thumbnail_url)
    return {
        "id": record["frame"],
        **{name: record[name] for name in ("index", "image", "width", "height", "apply_exif")},
    }


def _is_shown(layer: Layer, state: ViewState) -> bool:
    sets = state.query.prediction_sets
    return layer.role == "labels" or not sets or layer.name in sets
