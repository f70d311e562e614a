"""Frames that show the same, side by side."""

from __future__ import annotations

from typing import Final

import streamlit as st

from components.data.doors import frame_door, frames_door
from components.data.explanations import DUPLICATES
from components.data.links import Line, link_lines
from components.data.pictures import Picture, PictureGroup, picture_groups
from components.metric_runs import measuring_command
from components.performance.explanations import explained
from predscope.exploration import FrameQuery
from predscope.exploration.look_alikes import EXACT, NEAR, LookAlikes, count_look_alikes, look_alikes
from predscope.metrics.ranges import MetricRange
from predscope.project import Project

GROUPS_A_PAGE: Final = 20
MOST_PICTURES: Final = 12
"""Of one group: a video is one, too."""


def show_duplicates(project: Project, query: FrameQuery) -> None:
    """Groups of frames that are copies or nearly alike; every picture opens its frame."""
    with st.spinner("Comparing the images with each other …", show_time=True):
        found = look_alikes(project, query)
    if found is None:
        explained("The images have not been measured yet", "duplicates", DUPLICATES)
        _say_what_to_do(project)
        return
    exact, near = (count_look_alikes(project, query, where) for where in (EXACT, NEAR))
    explained(duplicates_in_words(found), "duplicates", DUPLICATES)
    link_lines(
        [
            _line(query, "exact", EXACT, exact, "an exact copy"),
            _line(query, "near", NEAR, near, "another frame nearly alike"),
        ],
        key="data.duplicates.counts",
        is_row=True,
    )
    if not found:
        return
    pages = -(-len(found) // GROUPS_A_PAGE)
    page = st.pagination(pages, key="data.duplicates.page") if pages > 1 else 1
    start = (page - 1) * GROUPS_A_PAGE
    picture_groups(
        project,
        [_group(project, query, one) for one in found[start : start + GROUPS_A_PAGE]],
        key="data.duplicates",
    )


def duplicates_in_words(found: list[LookAlikes]) -> str:
    """The finding: how many groups of either kind."""
    exact = sum(one.is_exact for one in found)
    near = len(found) - exact
    if not found:
        return "No two frames show the same"
    parts = []
    if exact:
        parts.append(f"{exact:,} {'group' if exact == 1 else 'groups'} of exact copies")
    if near:
        parts.append(f"{near:,} {'group' if near == 1 else 'groups'} of frames nearly alike")
    return " and ".join(parts)


def _say_what_to_do(project: Project) -> None:
    if project.images_root is None:
        st.caption("This project has no images.")
    elif command := measuring_command(project):
        st.caption(f"Measure them with {command}.")
    else:
        st.caption("They are being measured; the line at the lower end says how far.")


def _line(query: FrameQuery, name: str, where: MetricRange, count: int, words: str) -> Line:
    door = frames_door(query.with_(metric_ranges=(where,), sort=f"metric:{where.name}")) if count else None
    return Line(
        name, f"{count:,} {'frame' if count == 1 else 'frames'}", f"{'has' if count == 1 else 'have'} {words}", door
    )


def _group(project: Project, query: FrameQuery, one: LookAlikes) -> PictureGroup:
    frames = project.frames["frame_id"]
    kind = "exact copies" if one.is_exact else "nearly alike"
    pictures = [
        Picture(index, _distance(one, place), frame_door(query, str(frames.iloc[index])))
        for place, index in enumerate(one.frames[:MOST_PICTURES])
    ]
    more = len(one.frames) - MOST_PICTURES
    return PictureGroup(f"{len(one.frames):,} frames, {kind}", pictures, f"and {more:,} more" if more > 0 else "")


def _distance(one: LookAlikes, place: int) -> str:
    if one.is_exact:
        return ""
    if not place:
        return "the first"
    bits = one.bits[place]
    return "0 bits apart" if not bits else f"{bits} {'bit' if bits == 1 else 'bits'} apart"
