"""What a project holds, as sentences, a table and a chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st

from components.charts.class_balance import class_balance_chart
from predscope.payload import Layer
from predscope.project import Project
from predscope.summary import class_counts, count_frames, summarize_sets

MOST_CLASSES: Final = 30
"""Bars that are shown at once; the table beside the chart has all."""


def frames_in_words(project: Project) -> str:
    """``125 frames in /data/photos, 1 without its image, 3 without labels; 7 classes``."""
    counts = count_frames(project)
    parts = [f"{counts.total:,} {'frame' if counts.total == 1 else 'frames'}"]
    if project.images_root is not None:
        parts[0] += f" in {project.images_root}"
    if counts.missing:
        parts.append(f"{counts.missing:,} without {'its' if counts.missing == 1 else 'their'} image")
    if counts.unreadable:
        parts.append(f"{counts.unreadable:,} whose image cannot be read")
    if counts.without_labels:
        parts.append(f"{counts.without_labels:,} without labels")
    classes = len(project.classes)
    return f"{', '.join(parts)}; {classes:,} {'class' if classes == 1 else 'classes'}"


def loaded_sets(project: Project) -> None:
    """One row a set: where it came from, how much is in it, what was rejected."""
    table = summarize_sets(project)
    st.markdown("##### What is loaded")
    st.dataframe(
        table[
            [
                "set",
                "role",
                "objects",
                "frames",
                "mean_confidence",
                "repaired",
                "rejected",
                "version",
                "format",
                "source",
            ]
        ],
        hide_index=True,
        width="stretch",
        placeholder="",
        column_config={
            "set": "Set",
            "role": "Kind",
            "objects": st.column_config.NumberColumn("Objects", format="localized"),
            "frames": st.column_config.NumberColumn("On frames", format="localized", help="Frames with at least one."),
            "mean_confidence": st.column_config.NumberColumn("Mean confidence", format="%.2f"),
            "repaired": st.column_config.NumberColumn("Repaired", format="localized"),
            "rejected": st.column_config.NumberColumn("Rejected", format="localized"),
            "version": st.column_config.NumberColumn("Version", format="%d"),
            "format": "Format",
            "source": "Source",
        },
    )


def class_balance(
    project: Project,
    layers: Sequence[Layer],
    on_open: Callable[[Layer, str], None],
    *,
    key: str,
    has_title: bool = True,
) -> None:
    """Objects by class in every set; a click on a bar calls ``on_open`` with its layer and the name of its class.

    Args:
        key: of the chart.
        has_title: whether the chart has a title of its own; if not, only what it leaves out is said.
    """
    counts = class_counts(project, list(layers))
    if counts.empty:
        return
    most = counts.loc[counts.max(axis=1).nlargest(MOST_CLASSES).index]
    title = "Objects by class"
    if len(most) < len(counts):
        title += f": the {MOST_CLASSES} most frequent of {len(counts):,}"
    if has_title:
        st.markdown(f"##### {title}")
    elif len(most) < len(counts):
        st.caption(title)

    def open_bar() -> None:
        for point in st.session_state[key]["selection"]["points"][:1]:
            on_open(next(layer for layer in layers if layer.name == point["customdata"]), point["y"])

    st.plotly_chart(
        class_balance_chart(most, {layer.name: layer.color for layer in layers}),
        key=key,
        config={"displaylogo": False},
        on_select=open_bar,
        selection_mode="points",
    )
    with st.expander("As a table"):
        st.dataframe(counts, width="stretch")
