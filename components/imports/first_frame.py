"""The frames as they would be after the import, before anything is imported: the first one, and those after it."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np
import streamlit as st

from components import urls
from components.imports.flow import Flow
from components.session import published_project
from components.viewer import order_window, read_event, viewer
from predscope.importing import StagedImport
from predscope.payload import frame_payloads, frame_record, scene, staged_layers
from predscope.project import Project

VIEWER_KEY: Final = "imports.viewer"
HEIGHT: Final = "min(64vh, 620px)"
_SHOWN: Final = "imports.frame"
_ENTRY_FIELDS: Final = ("index", "image", "width", "height", "apply_exif")


def first_frame(flow: Flow) -> None:
    """The viewer on a frame that the import brings objects for."""
    staged = None if flow.job is None else flow.job.staged
    if staged is None:
        return
    with_objects = np.flatnonzero(np.diff(staged.objects.offsets))
    if not len(with_objects):
        return
    with st.container(key="imports_step_frame"):
        st.markdown("##### The first frame")
        st.caption("Nothing is imported yet. The arrow keys go through the frames that get objects.")
        _show(staged, with_objects)


def _show(staged: StagedImport, with_objects: np.ndarray) -> None:
    project = staged.project
    known = st.session_state.get(_SHOWN, (None, None, 0))
    if known[0] != staged.staged_id:
        known = (staged.staged_id, staged.first_frame, known[2] + 1)
        st.session_state[_SHOWN] = known
    _, frame_index, moves = known
    layers = staged_layers(project, staged.objects)
    position = int(np.searchsorted(with_objects, frame_index))
    published = published_project()

    def preview_of(index: int) -> str | None:
        """Only pictures that come with the import need it: the others are those of the project."""
        is_known = index < len(published.frames_table)
        return None if is_known and published.image_file(index) == project.image_file(index) else staged.staged_id

    def image_url(index: int, version: str) -> str:
        return urls.image_url(index, version, preview_of(index))

    def thumbnail_url(index: int, version: str) -> str:
        return urls.thumbnail_url(index, version, preview_of(index))

    def entry(index: int) -> dict[str, Any]:
        record = frame_record(project.frames.iloc[index], image_url, thumbnail_url)
        return {"id": record["frame"], **{name: record[name] for name in _ENTRY_FIELDS if name in record}}

    viewer(
        key=VIEWER_KEY,
        scene=scene(project, layers),
        frames=frame_payloads(project, layers, [frame_index], image_url, thumbnail_url),
        current=str(project.frames["frame_id"].iloc[frame_index]),
        order=order_window(with_objects.tolist(), position, entry, key=staged.staged_id),
        objects_url=urls.objects_url((layer.key for layer in layers), project.revision, staged.staged_id),
        server_nav=moves,
        settings={"threshold": 0.0, "iou": 0.5, "hiddenLayers": []},
        height=HEIGHT,
        on_view=partial(_follow, project, staged.staged_id, with_objects),
    )


def _follow(project: Project, staged_id: str, with_objects: np.ndarray) -> None:
    """Remember which frame the reader has come to, so that the window of the order follows."""
    event = read_event(st.session_state.get(VIEWER_KEY, {}))
    index = None if event.frame_id is None else project.frame_index(event.frame_id)
    if index is None and event.position is not None and 0 <= event.position < len(with_objects):
        index = int(with_objects[event.position])
    known = st.session_state.get(_SHOWN)
    if index is not None and known is not None and known[0] == staged_id:
        st.session_state[_SHOWN] = (staged_id, index, known[2])
