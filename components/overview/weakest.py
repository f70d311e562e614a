"""Where each prediction set does worst: the weakest slices in a sentence each, and the worst frames."""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from components import urls
from components.chips import escape_markdown
from components.data.doors import Door, frame_door, frames_door
from components.data.links import Line, link_lines
from components.data.pictures import Picture, PictureGroup, picture_groups
from components.metric_runs import measuring_command
from components.overview.sets import MOST_WORST, compared_sets
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.metric_columns import column_of
from predscope.exploration.metric_performance import metrics_on_offer, slice_objects, weak_slices
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.selection import FrameSelection
from predscope.project import Project

SLICES: Final = 4
FRAMES: Final = 7
_MEASURED: Final = "brightness"
"""A metric that every image has, once it has been measured."""


def compute_weakest(project: Project, query: FrameQuery) -> None:
    """Everything that is shown here; kept."""
    for name in compared_sets(project)[:MOST_WORST]:
        weak_slices(project, query, name)
        worst_frames(project, query, name)


def weakest_slices(project: Project, query: FrameQuery) -> None:
    """The strongest slices of each set; a number opens the errors that it counts."""
    names = compared_sets(project)[:MOST_WORST]
    st.markdown("##### Where it does worst" if len(names) == 1 else "##### Where they do worst")
    for name in names:
        lines = slice_lines(project, query, name)
        if len(names) > 1:
            st.caption(f"{escape_markdown(name)}{'' if lines else ': no part of the data stands out'}")
        if lines:
            link_lines(lines, key=f"overview.slices.{name}")
        elif len(names) == 1:
            st.caption("No part of the data stands out.")
    if project.images_root is not None and column_of(project, _MEASURED, None, None, query) is None:
        command = measuring_command(project)
        way = f" Measure them with {command}." if command else ""
        st.caption(
            f"The images are not measured yet: light, sharpness and the like are not among the reasons so far.{way}"
        )


def slice_lines(project: Project, query: FrameQuery, name: str) -> list[Line]:
    """One line a slice: how many errors it has, and its sentence."""
    objects = ObjectQuery(query, name)
    metrics = {metric.name: metric for metric in metrics_on_offer(project, query, name)}
    lines = []
    for place, found in enumerate(weak_slices(project, query, name)[:SLICES]):
        errors = found.count - found.right
        noun = "missed" if found.role == "labels" else "false"
        opens = slice_objects(objects, found, metrics)
        door = Door(urls.OBJECTS_PATH, opens.to_params())
        lines.append(Line(f"slice_{place}", f"{errors:,} {noun}", found.sentence, door if errors else None))
    return lines


def worst_frames(project: Project, query: FrameQuery, name: str) -> FrameSelection:
    """All frames, those with the lowest F1 first; of these the ones with the most errors are first."""
    return select_frames(project, query.with_(prediction_sets=(name,), sort="f1", descending=False))


def worst_frame_pictures(project: Project, query: FrameQuery) -> None:
    """The worst frames of each set, each a link to the frame."""
    groups = []
    for name in compared_sets(project)[:MOST_WORST]:
        selection = worst_frames(project, query, name)
        values = selection.values
        if not len(values) or np.isnan(values[0]) or values[0] == 1:
            continue
        shown = [place for place in range(min(FRAMES, len(selection))) if values[place] < 1]
        own = selection.query
        pictures = [
            Picture(
                int(selection.indices[place]),
                f"{selection.value_in_words(place)}, {selection.errors_in_words(place)}",
                frame_door(own, str(project.frames["frame_id"].iloc[selection.indices[place]])),
            )
            for place in shown
        ]
        groups.append(PictureGroup(name, pictures, f"all {len(selection):,} frames, the worst first", frames_door(own)))
    if groups:
        st.markdown("##### The worst frames")
        picture_groups(project, groups, key="overview.worst", height=104)
