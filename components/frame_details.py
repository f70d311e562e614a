"""What is known of a frame beside its picture: its file, its metadata, how many objects each set has on it."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import pandas as pd
import streamlit as st

from predscope.payload import Layer
from predscope.project import Project


def frame_details(project: Project, layers: Sequence[Layer], frame_index: int) -> None:
    """A folded table below the viewer."""
    with st.expander("Frame details"):
        st.dataframe(frame_facts(project, layers, frame_index), hide_index=True, width="stretch")


def frame_facts(project: Project, layers: Sequence[Layer], frame_index: int) -> pd.DataFrame:
    """Columns ``what`` and ``value``: file, size, metadata, and one row of counts a layer."""
    frame = project.frames.iloc[frame_index]
    path = project.image_file(frame_index)
    facts = [
        ("Frame", frame["frame_id"]),
        ("Image file", str(path) if path is not None else f"{frame['file_name']} ({frame['image_status']})"),
    ]
    if pd.notna(frame["width"]):
        facts.append(("Size", f"{int(frame['width']):,} x {int(frame['height']):,} px"))
    if pd.notna(frame["source_id"]):
        facts.append(("Id in the labels file", str(frame["source_id"])))
    if pd.notna(frame["sequence"]):
        facts.append(("Sequence", f"{frame['sequence']}, frame {int(frame['sequence_index'])}"))
    if isinstance(frame["attributes"], str):
        facts += [(key, str(value)) for key, value in orjson.loads(frame["attributes"]).items()]
    for layer in layers:
        offsets = layer.objects.offsets
        facts.append((layer.name, f"{offsets[frame_index + 1] - offsets[frame_index]:,} objects"))
    return pd.DataFrame(facts, columns=["what", "value"])
