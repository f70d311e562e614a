"""What is known of a frame beside its picture: its file, its metadata, its objects by set, its metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import orjson
import pandas as pd
import streamlit as st

from components.fresh_fragment import fresh_fragment
from predscope.exploration import FrameQuery, chosen_label_set, chosen_sets
from predscope.exploration.metric_lookup import FRAMES, Side
from predscope.exploration.outcomes import frame_outcomes
from predscope.exploration.sorting import rate
from predscope.payload import Layer
from predscope.project import Project

MOST_EVALUATED: Final = 4
"""Prediction sets whose outcomes are told; each costs its own comparison with the labels."""


@fresh_fragment
def frame_details(
    project: Project,
    layers: Sequence[Layer],
    frame_index: int,
    query: FrameQuery | None = None,
    selected: str | None = None,
) -> None:
    """Folded tables below the viewer, filled when they are unfolded.

    Args:
        query: its operating point decides what is right and wrong on the frame; None: nothing is said of that, nor of
            metrics.
        selected: id of the object that is selected in the viewer; its metrics are told, too.
    """
    details = st.expander("Frame details", key="frame_details", on_change="rerun")
    if not details.open:
        return
    with details:
        facts = frame_facts(project, layers, frame_index)
        if query is not None:
            facts += frame_outcome_facts(project, frame_index, query)
        st.dataframe(pd.DataFrame(facts, columns=["what", "value"]), hide_index=True, width="stretch")
        if query is None:
            return
        _show_standings("Metrics of the frame", project, query, frame_index, FRAMES)
        side, row = object_side(layers, selected)
        if side is not None:
            noun = "label" if side.role == "labels" else "prediction"
            _show_standings(f"Metrics of the selected {noun}", project, query, row, side)


def object_side(layers: Sequence[Layer], identity: str | None) -> tuple[Side | None, int]:
    """The set and the row that the id of an object names; None and -1 where it names none of these layers."""
    key, _, text = (identity or "").rpartition(":")
    layer = next((layer for layer in layers if layer.key == key), None)
    if layer is None or not (text.isascii() and text.isdigit()) or int(text) >= layer.objects.count:
        return None, -1
    return Side(layer.objects.role, layer.objects.name), int(text)


def _show_standings(title: str, project: Project, query: FrameQuery, index: int, side: Side) -> None:
    from predscope.exploration.metric_standing import standings  # the statistics are for those who unfold it

    found = standings(project, query, index, side)
    if not found:
        return
    rows = [
        (one.metric.title, one.value, f"{one.place} (outlier)" if one.is_outlier else one.place, one.metric.definition)
        for one in found
    ]
    st.markdown(f"**{title}**")
    st.dataframe(
        pd.DataFrame(rows, columns=["metric", "value", "place", "how it is measured"]),
        hide_index=True,
        width="stretch",
        height="content",
    )


def frame_outcome_facts(project: Project, frame_index: int, query: FrameQuery) -> list[tuple[str, str]]:
    """One row a prediction set that counts: found, missed and false at the operating point, and the rates."""
    label_set = chosen_label_set(project, query)
    if label_set is None:
        return []
    facts = []
    for name in chosen_sets(project, query)[:MOST_EVALUATED]:
        outcomes = frame_outcomes(project, name, query.confidence, query.iou, label_set=label_set, by=query.by)
        counts = [int(array[frame_index]) for array in (outcomes.tp, outcomes.fp, outcomes.fn)]
        rates = [
            f"{words} {rate(value)}"
            for words, value in (
                ("precision", outcomes.precision[frame_index]),
                ("recall", outcomes.recall[frame_index]),
                ("F1", outcomes.f1[frame_index]),
            )
            if not np.isnan(value)
        ]
        text = "{:,} true positives, {:,} false positives, {:,} missed".format(*counts)
        point = f"confidence ≥ {rate(query.confidence)}, IoU ≥ {rate(query.iou)}"
        facts.append((f"{name} at {point}", ", ".join([text, *rates])))
    return facts


def _place_of_pixels(project: Project, frame_index: int) -> tuple[str, str]:
    frame = project.frames.iloc[frame_index]
    source = project.pixel_source(frame_index)
    if source is None or not source.file.is_file():
        return "Image file", f"{frame['file_name']} ({frame['image_status']})"
    if source.video_frame is not None:
        return "Video file", f"{source.file}, frame number {source.video_frame:,} (from 0)"
    if source.member is not None:
        return "Image in an archive", f"{source.file}: {source.member}"
    return "Image file", str(source.file)


def frame_facts(project: Project, layers: Sequence[Layer], frame_index: int) -> list[tuple[str, str]]:
    """Pairs of what and its value: file, size, metadata, and the objects of each layer."""
    frame = project.frames.iloc[frame_index]
    facts = [("Frame", frame["frame_id"]), _place_of_pixels(project, frame_index)]
    if pd.notna(frame["width"]):
        facts.append(("Size", f"{int(frame['width']):,} x {int(frame['height']):,} px"))
    if pd.notna(frame["source_id"]):
        facts.append(("Id in the labels file", str(frame["source_id"])))
    if pd.notna(frame["sequence"]):
        place = "" if pd.isna(frame["sequence_index"]) else f", place {int(frame['sequence_index']) + 1:,}"
        facts.append(("Sequence", f"{frame['sequence']}{place}"))
    if isinstance(frame["attributes"], str):
        facts += [(key, str(value)) for key, value in orjson.loads(frame["attributes"]).items()]
    for layer in layers:
        offsets = layer.objects.offsets
        facts.append((layer.name, f"{offsets[frame_index + 1] - offsets[frame_index]:,} objects"))
    return facts
