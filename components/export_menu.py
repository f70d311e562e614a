"""The popover that downloads what a gallery shows, in a format that other programs read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from components.chips import escape_markdown
from predscope.errors import PredscopeError
from predscope.exploration import FrameQuery, chosen_sets
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.query import chosen_label_set
from predscope.export import ExportSelection, export_download, exporters
from predscope.export.exporting import download_name
from predscope.export.shown import of_frames, of_objects
from predscope.project import Project
from predscope.schema import Role

MOST_OBJECTS: Final = 300_000
"""Of a download, which is made in memory; more are a matter of the command line."""
_MIME: Final = {"": "application/zip", ".json": "application/json", ".csv": "text/csv"}

Choices = dict[str, Callable[[], ExportSelection]]
"""What can be exported, by what it is called."""


def export_of_frames(project: Project, query: FrameQuery, key: str) -> None:
    """Download labels, or predictions of one model, of the frames that Explore shows."""
    sets: list[tuple[Role, str]] = [("predictions", name) for name in chosen_sets(project, query)]
    label_set = chosen_label_set(project, query)
    if label_set is not None:
        sets.insert(0, ("labels", label_set))
    choices: Choices = {
        f"{role.capitalize()}: {name}": lambda role=role, name=name: of_frames(project, query, role, name)
        for role, name in sets
    }
    if choices:
        _popover(choices, key, "Download labels or predictions of the frames shown")


def export_of_objects(project: Project, query: ObjectQuery, key: str) -> None:
    """Download the predictions, or the labels, that Objects shows."""
    choices: Choices = {
        f"Predictions: {query.prediction_set}": lambda: of_objects(project, query, "predictions"),
        f"Labels: {chosen_label_set(project, query.frames)}": lambda: of_objects(project, query, "labels"),
    }
    _popover(choices, key, "Download the objects shown")


def _popover(choices: Choices, key: str, help_text: str) -> None:
    box = st.popover(
        "Export", key=f"{key}.popover", on_change="rerun", type="tertiary", icon=":material/download:", help=help_text
    )
    if box.open:
        with box:
            _menu(choices, key)


def _menu(choices: Choices, key: str) -> None:
    what = st.selectbox("What", list(choices), key=f"{key}.what")
    try:
        selection = choices[what]()
        count = selection.count()
    except PredscopeError as error:
        st.warning(escape_markdown(str(error)))
        return
    fitting = exporters(selection.role)
    name = st.selectbox("Format", list(fitting), format_func=lambda one: fitting[one].title, key=f"{key}.format")
    frames = len(selection.frame_indices)
    objects = f"{count:,} {'object' if count == 1 else 'objects'}"
    st.caption(f"{objects} in {frames:,} {'frame' if frames == 1 else 'frames'}")
    if count > MOST_OBJECTS:
        st.info("That is much for a download. Save this view, and write it with `predscope export --view NAME`.")
        return
    exporter = fitting[name]
    st.download_button(
        "Download",
        lambda: export_download(selection, name)[1],  # made when it is clicked
        file_name=download_name(selection, exporter) + ("" if exporter.suffix else ".zip"),
        mime=_MIME.get(exporter.suffix, "application/octet-stream"),
        key=f"{key}.download",
        icon=":material/download:",
        type="primary",
        disabled=not count and selection.role == "predictions",
        on_click="ignore",
    )
    st.caption("With images: `predscope export --copy-images`.")
